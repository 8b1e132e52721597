// Any bytes as a pipeline file, v1 or v2: the compiler answers with a pipeline or with complaints, what compiles
// survives storage, and the same document written in its canonical form compiles to the same graph and plan hash.
// Boards and settings go through the same reader, so they are tried on the same bytes.
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

namespace {

using namespace phalarope;

void hold_canonical_form(std::string_view text, const CompiledPipeline& pipeline, const ResolvedTurnPlan& plan) {
  spec::Diagnostics diagnostics;
  const std::string canonical = spec::canonical_text(spec::parse_document(text, "fuzz.yaml", diagnostics));
  // Aliases are written out: a small file may have a canonical form beyond what a file may be.
  if (canonical.size() > spec::document_bytes_max) return;
  const auto again = spec::compile_pipeline(canonical, "canonical.yaml");
  PHAL_ENFORCE(again.has_value(), "the canonical form of what compiles compiles");
  const auto plan_again = std::make_unique<ResolvedTurnPlan>();
  PHAL_ENFORCE(materialize(again->plan, "turn", Epoch{1}, *plan_again).has_value(), "and materialises");
  PHAL_ENFORCE(plan_again->plan_hash == plan.plan_hash, "to the same plan hash");
  PHAL_ENFORCE(again->graph.nodes.size() == pipeline.graph.nodes.size(), "and to as many nodes");
  PHAL_ENFORCE(again->graph.edges.size() == pipeline.graph.edges.size(), "and to as many edges");
  for (std::size_t i = 0; i < pipeline.graph.edges.size(); ++i) {
    PHAL_ENFORCE(again->graph.edges[i].when == pipeline.graph.edges[i].when, "under the same conditions");
    PHAL_ENFORCE(!pipeline.graph.edges[i].when.never(), "and no condition excludes everything");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto pipeline = spec::compile_pipeline(text, "fuzz.yaml");
  if (pipeline) {
    const auto bytes = spec::encode(*pipeline);
    const auto read = spec::decode_pipeline(bytes);
    PHAL_ENFORCE(read.has_value() && spec::encode(*read) == bytes, "a compiled pipeline survives storage");
    const auto plan = std::make_unique<ResolvedTurnPlan>();
    PHAL_ENFORCE(materialize(read->plan, "turn", Epoch{1}, *plan).has_value(), "a compiled pipeline materialises");
    hold_canonical_form(text, *pipeline, *plan);
  } else {
    PHAL_ENFORCE(!pipeline.error().empty(), "a refusal says why");
  }
  (void)spec::parse_board_profile(text, "fuzz.yaml");
  // The same bytes as a stored pipeline: refused or sound, never a crash.
  (void)spec::decode_pipeline(std::as_bytes(std::span(data, size)));
  return 0;
}
