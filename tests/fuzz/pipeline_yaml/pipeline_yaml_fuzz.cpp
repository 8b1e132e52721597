// Any bytes as a pipeline file: the compiler answers with a pipeline or with complaints, and what compiles survives
// storage. Boards and settings go through the same reader, so they are tried on the same bytes.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/materialize.hpp"
#include "core/spec/board_profile.hpp"
#include "core/spec/pipeline_file.hpp"
#include "core/spec/plan_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phalarope;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto pipeline = spec::compile_pipeline(text, "fuzz.yaml");
  if (pipeline) {
    const auto bytes = spec::encode(*pipeline);
    const auto read = spec::decode_pipeline(bytes);
    PHAL_ENFORCE(read.has_value() && spec::encode(*read) == bytes, "a compiled pipeline survives storage");
    const auto plan = std::make_unique<ResolvedTurnPlan>();
    PHAL_ENFORCE(materialize(read->plan, "turn", Epoch{1}, *plan).has_value(), "a compiled pipeline materialises");
  } else {
    PHAL_ENFORCE(!pipeline.error().empty(), "a refusal says why");
  }
  (void)spec::parse_board_profile(text, "fuzz.yaml");
  // The same bytes as a stored pipeline: refused or sound, never a crash.
  (void)spec::decode_pipeline(std::as_bytes(std::span(data, size)));
  return 0;
}
