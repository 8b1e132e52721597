// The seven gates over baseline records: how fast turns open, speak, fall silent, and whether their evidence is whole.
//
//   gate                from                        to                       limit
//   1 turn-open         turn_open_proposed_at_ms    turn_open_at_ms          p95 120 ms
//   2 first output      turn_open_at_ms             first_output_at_ms       p95 1500 ms
//   3 cancel fence      cancel_accepted_at_ms       cancel_fence_applied_    p95 150 ms
//   4 authority         stale outputs accepted                               0
//   5 completeness      complete / accepted                                  1.0
//   6 lifecycle         one end, then close / accepted                       1.0
//   7 end to end        turn_open_at_ms             turn_terminal_at_ms      p50 1500, p95 2000 ms
//   7 anchored          audio_input_ingress_at_ms   .._playback_started_     the same limits
//
// Gate 7 is about the user's wait (D3): a turn that holds both anchors is judged by them, and its terminal - open,
// which grows with what was said and answered, is told beside it; a turn that lacks one is judged by that.
// A limit that is met exactly is met. An anchor that a turn owes and lacks, a negative interval, and no accepted turn
// at all are violations too; a gate without samples adds none. A turn that
// committed after its synthesiser succeeded owes a first output (NF-025); one that had nothing to say does not.
// Pure. Contract: evidence.md 4.4, 4.5, 7 (1), (14); decisions.md D3.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firmware_images/gates/baseline_record.hpp"

namespace phalarope::gates {

struct SloThresholds {
  std::int64_t turn_open_decision_p95_ms = 120;
  std::int64_t first_output_p95_ms = 1500;
  std::int64_t cancel_fence_p95_ms = 150;
  std::int64_t end_to_end_p50_ms = 1500;
  std::int64_t end_to_end_p95_ms = 2000;
  double required_completeness = 1.0;
  std::int64_t max_stale_accepted_output = 0;
};

struct SloReport {
  std::int64_t samples = 0;
  std::int64_t accepted_turns = 0;
  std::int64_t happy_path_turns = 0;
  std::int64_t cancel_observed_turns = 0;
  OptionalMs turn_open_decision_p95_ms;
  OptionalMs first_output_p95_ms;
  OptionalMs cancel_fence_p95_ms;
  OptionalMs end_to_end_p50_ms;
  OptionalMs end_to_end_p95_ms;
  OptionalMs audio_to_playback_p50_ms;
  OptionalMs audio_to_playback_p95_ms;
  double baseline_completeness_ratio = 0;
  std::int64_t stale_epoch_accepted_outputs = 0;
  double terminal_correctness_ratio = 0;
  std::vector<std::string> violations;

  bool passed() const { return violations.empty(); }
};

SloReport judge_slo(const std::vector<BaselineRecord>& records, const SloThresholds& limits = {});

/// `phalarope.tooling.slo-gates-report.v1`.
struct SloGatesDocument {
  std::string generated_at_utc;
  std::string baseline_artifact_path;
  SloThresholds thresholds;
  SloReport report;
};
std::string to_json(const SloGatesDocument& document);
std::string to_markdown(const SloGatesDocument& document);

/// The two parts as JSON text, for a report that holds them as well.
std::string thresholds_json(const SloThresholds& thresholds);
std::string slo_report_json(const SloReport& report);

}  // namespace phalarope::gates
