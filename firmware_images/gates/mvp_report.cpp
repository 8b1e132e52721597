// The promotion report as JSON and as a page of text (evidence.md 4.1, 4.6).
#include <fmt/format.h>

#include "firmware_images/gates/mvp_gates.hpp"
#include "firmware_images/gates/report_text.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;

struct Decision {
  std::string_view name;
  bool FixedDecisions::* value;
};
constexpr Decision decisions[] = {
    {"simple_mode_only", &FixedDecisions::simple_mode_only},
    {"provider_policy_compliant", &FixedDecisions::provider_policy_compliant},
    {"livekit_path_ready", &FixedDecisions::livekit_path_ready},
    {"streaming_evidence", &FixedDecisions::streaming_evidence},
    {"non_streaming_evidence", &FixedDecisions::non_streaming_evidence},
    {"parity_markers_present", &FixedDecisions::parity_markers_present},
    {"parity_comparison_valid", &FixedDecisions::parity_comparison_valid},
};

Json json_of(const LiveEndToEnd& live) {
  Json json = {{"sample_count", live.sample_count}};
  if (live.end_to_end_p50_ms) json["end_to_end_p50_ms"] = *live.end_to_end_p50_ms;
  if (live.end_to_end_p95_ms) json["end_to_end_p95_ms"] = *live.end_to_end_p95_ms;
  json["waived"] = live.waived;
  json["waiver_reason"] = live.waiver_reason;
  json["attempt_files"] = live.attempt_files;
  json["violations"] = live.violations;
  json["passed"] = live.violations.empty();
  return json;
}

Json json_of(const FixedDecisions& fixed) {
  Json json = Json::object();
  for (const Decision& decision : decisions) json[std::string(decision.name)] = fixed.*decision.value;
  json["violations"] = fixed.violations;
  json["passed"] = fixed.violations.empty();
  return json;
}

}  // namespace

std::string to_json(const MvpDocument& document) {
  const Json json = {{"schema_version", "phalarope.tooling.slo-gates-mvp-report.v1"},
                     {"generated_at_utc", document.generated_at_utc},
                     {"baseline_artifact_path", document.baseline_artifact_path},
                     {"live_provider_chain_path", document.live_provider_chain_path},
                     {"livekit_smoke_report_path", document.livekit_smoke_report_path},
                     {"thresholds", Json::parse(thresholds_json(document.thresholds))},
                     {"baseline_report", Json::parse(slo_report_json(document.baseline_report))},
                     {"live_end_to_end", json_of(document.live_end_to_end)},
                     {"fixed_decisions", json_of(document.fixed_decisions)},
                     {"warnings", document.warnings()},
                     {"violations", document.violations()},
                     {"passed", document.violations().empty()}};
  return as_document(json);
}

std::string to_markdown(const MvpDocument& document) {
  std::string text =
      fmt::format("# Promotion gates\n\n{}\n\n| decision | holds |\n|---|---|\n", document.generated_at_utc);
  for (const Decision& decision : decisions) {
    text += fmt::format("| {} | {} |\n", decision.name, document.fixed_decisions.*decision.value ? "yes" : "no");
  }
  for (const std::string& warning : document.warnings()) text += "\nWaived: " + warning + "\n";
  return text + status_lines(document.violations());
}

}  // namespace phalarope::gates
