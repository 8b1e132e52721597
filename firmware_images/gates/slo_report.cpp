// The SLO report as JSON and as a page of text (evidence.md 4.1, 4.5).
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "firmware_images/gates/report_text.hpp"
#include "firmware_images/gates/slo_gates.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;

struct Latency {
  std::string_view name;
  OptionalMs SloReport::* value;
};
constexpr Latency latencies[] = {
    {"turn_open_decision_p95_ms", &SloReport::turn_open_decision_p95_ms},
    {"first_output_p95_ms", &SloReport::first_output_p95_ms},
    {"cancel_fence_p95_ms", &SloReport::cancel_fence_p95_ms},
    {"end_to_end_p50_ms", &SloReport::end_to_end_p50_ms},
    {"end_to_end_p95_ms", &SloReport::end_to_end_p95_ms},
    {"audio_to_playback_p50_ms", &SloReport::audio_to_playback_p50_ms},
    {"audio_to_playback_p95_ms", &SloReport::audio_to_playback_p95_ms},
};

Json json_of(const SloThresholds& limits) {
  return {{"turn_open_decision_p95_ms", limits.turn_open_decision_p95_ms},
          {"first_output_p95_ms", limits.first_output_p95_ms},
          {"cancel_fence_p95_ms", limits.cancel_fence_p95_ms},
          {"end_to_end_p50_ms", limits.end_to_end_p50_ms},
          {"end_to_end_p95_ms", limits.end_to_end_p95_ms},
          {"required_completeness", limits.required_completeness},
          {"max_stale_accepted_output", limits.max_stale_accepted_output}};
}

Json json_of(const SloReport& report) {
  Json json = {{"samples", report.samples},
               {"accepted_turns", report.accepted_turns},
               {"happy_path_turns", report.happy_path_turns},
               {"cancel_observed_turns", report.cancel_observed_turns}};
  for (const Latency& latency : latencies) {
    if (report.*latency.value) json[std::string(latency.name)] = *(report.*latency.value);
  }
  json["baseline_completeness_ratio"] = report.baseline_completeness_ratio;
  json["stale_epoch_accepted_outputs"] = report.stale_epoch_accepted_outputs;
  json["terminal_correctness_ratio"] = report.terminal_correctness_ratio;
  json["violations"] = report.violations;
  json["passed"] = report.passed();
  return json;
}

}  // namespace

std::string thresholds_json(const SloThresholds& thresholds) { return json_of(thresholds).dump(); }
std::string slo_report_json(const SloReport& report) { return json_of(report).dump(); }

std::string to_json(const SloGatesDocument& document) {
  const Json json = {{"schema_version", "phalarope.tooling.slo-gates-report.v1"},
                     {"generated_at_utc", document.generated_at_utc},
                     {"baseline_artifact_path", document.baseline_artifact_path},
                     {"thresholds", json_of(document.thresholds)},
                     {"report", json_of(document.report)}};
  return as_document(json);
}

std::string to_markdown(const SloGatesDocument& document) {
  const SloReport& report = document.report;
  std::string text = fmt::format("# SLO gates\n\n{} at {}\n\n| figure | measured |\n|---|---|\n",
                                 document.baseline_artifact_path, document.generated_at_utc);
  text += fmt::format("| accepted turns | {} of {} |\n", report.accepted_turns, report.samples);
  for (const Latency& latency : latencies) {
    if (report.*latency.value) text += fmt::format("| {} | {} |\n", latency.name, *(report.*latency.value));
  }
  text += fmt::format("| baseline_completeness_ratio | {} |\n| stale_epoch_accepted_outputs | {} |\n",
                      report.baseline_completeness_ratio, report.stale_epoch_accepted_outputs);
  text += fmt::format("| terminal_correctness_ratio | {} |\n", report.terminal_correctness_ratio);
  return text + status_lines(report.violations);
}

}  // namespace phalarope::gates
