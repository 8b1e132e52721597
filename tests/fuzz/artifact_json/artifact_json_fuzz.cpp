// Any bytes as a wire artifact, and as lines of the two batch commands: each is answered, none crashes, every answer is
// one line of strict JSON, and a plan that resolves is a valid artifact.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/engine/base/enforce.hpp"
#include "core/spec/artifact_rules.hpp"
#include "core/spec/artifact_validator.hpp"
#include "core/spec/plan_resolve.hpp"
#include "core/spec/strict_json.hpp"

namespace {

void expect_one_line_of_json(const std::string& answer) {
  PHAL_ENFORCE(answer.find('\n') == std::string::npos, "an answer is one line");
  PHAL_ENFORCE(phalarope::spec::parse_strict_json(answer).has_value(), "an answer is strict JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phalarope::spec;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view kind : artifact_kinds) {
    const ArtifactVerdict verdict = validate_artifact(kind, text);
    PHAL_ENFORCE(verdict.valid == verdict.rule.empty(), "an invalid artifact names its rule");
    expect_one_line_of_json(to_json(kind, verdict));
  }
  expect_one_line_of_json(answer_validate_line(text, 0));
  expect_one_line_of_json(answer_resolve_line(text, 0));
  if (const auto plan = resolve_plan(text)) {
    PHAL_ENFORCE(validate_artifact("resolved_turn_plan", plan->artifact).valid, "a resolved plan is a valid artifact");
  }
  return 0;
}
