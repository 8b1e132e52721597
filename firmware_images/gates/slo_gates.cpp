#include "firmware_images/gates/slo_gates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "firmware_images/gates/percentile.hpp"

namespace phalarope::gates {
namespace {

/// The intervals of one gate, with what is wrong with them.
class Intervals {
 public:
  Intervals(std::string_view gate, SloReport& report) : gate_(gate), report_(report) {}

  /// A turn that owes this interval; one that is not judged by it is told all the same.
  void take(const BaselineRecord& record, const OptionalMs& from, const OptionalMs& to, bool judged = true) {
    if (!from || !to) {
      report_.violations.push_back(fmt::format("{}: turn {} lacks an anchor", gate_, record.turn_id));
    } else if (*to < *from) {
      report_.violations.push_back(fmt::format("{}: turn {} has a negative interval", gate_, record.turn_id));
    } else {
      values_.push_back(*to - *from);
      if (judged) judged_.push_back(*to - *from);
    }
  }

  OptionalMs limit(std::size_t percent, std::int64_t limit_ms) const {
    if (const OptionalMs measured = percentile(judged_, percent); measured && *measured > limit_ms) {
      report_.violations.push_back(
          fmt::format("{}: p{} {} ms, the limit is {} ms", gate_, percent, *measured, limit_ms));
    }
    return percentile(values_, percent);
  }

 private:
  std::string_view gate_;
  SloReport& report_;
  std::vector<std::int64_t> values_;
  std::vector<std::int64_t> judged_;
};

bool ends_once_and_closes(const BaselineRecord& record) {
  return (record.terminal_outcome == "commit" || record.terminal_outcome == "abort") && record.close_emitted;
}

/// A turn whose synthesiser succeeded owes its first output; one that had nothing to say ("stop") does not.
bool spoke(const BaselineRecord& record) {
  return record.terminal_outcome == "commit" &&
         std::ranges::any_of(record.invocation_outcomes, [](const InvocationOutcome& one) {
           return one.modality == "tts" && one.outcome_class == "success";
         });
}

void judge_latencies(const std::vector<BaselineRecord>& records, const SloThresholds& limits, SloReport& report) {
  Intervals open("turn_open", report);
  Intervals first("first_output", report);
  Intervals fence("cancel_fence", report);
  Intervals whole("end_to_end", report);
  Intervals heard("audio_to_playback", report);
  for (const BaselineRecord& record : records) {
    if (record.cancel_accepted_at_ms) {
      ++report.cancel_observed_turns;
      fence.take(record, record.cancel_accepted_at_ms, record.cancel_fence_applied_at_ms);
    }
    if (!record.accepted()) continue;
    open.take(record, record.turn_open_proposed_at_ms, record.turn_open_at_ms);
    if (record.first_output_at_ms) ++report.happy_path_turns;
    if (record.first_output_at_ms || spoke(record)) {
      first.take(record, record.turn_open_at_ms, record.first_output_at_ms);
    }
    const bool anchored = record.audio_input_ingress_at_ms && record.assistant_audio_playback_started_at_ms;
    if (anchored) heard.take(record, record.audio_input_ingress_at_ms, record.assistant_audio_playback_started_at_ms);
    whole.take(record, record.turn_open_at_ms, record.turn_terminal_at_ms, !anchored);
  }
  report.turn_open_decision_p95_ms = open.limit(95, limits.turn_open_decision_p95_ms);
  report.first_output_p95_ms = first.limit(95, limits.first_output_p95_ms);
  report.cancel_fence_p95_ms = fence.limit(95, limits.cancel_fence_p95_ms);
  report.end_to_end_p50_ms = whole.limit(50, limits.end_to_end_p50_ms);
  report.end_to_end_p95_ms = whole.limit(95, limits.end_to_end_p95_ms);
  report.audio_to_playback_p50_ms = heard.limit(50, limits.end_to_end_p50_ms);
  report.audio_to_playback_p95_ms = heard.limit(95, limits.end_to_end_p95_ms);
}

void judge_counts(const std::vector<BaselineRecord>& records, const SloThresholds& limits, SloReport& report) {
  std::int64_t correct_ends = 0;
  for (const BaselineRecord& record : records) {
    if (!record.accepted()) continue;
    ++report.accepted_turns;
    if (record.accepted_stale_epoch_output) ++report.stale_epoch_accepted_outputs;
    if (ends_once_and_closes(record)) {
      ++correct_ends;
    } else {
      report.violations.push_back(fmt::format("lifecycle: turn {} has not one end and a close", record.turn_id));
    }
  }
  if (report.accepted_turns == 0) report.violations.emplace_back("no turn was accepted, so nothing is shown");
  if (report.stale_epoch_accepted_outputs > limits.max_stale_accepted_output) {
    report.violations.push_back(
        fmt::format("authority: {} stale outputs were accepted", report.stale_epoch_accepted_outputs));
  }
  const Completeness completeness = completeness_of(records);
  report.baseline_completeness_ratio = completeness.ratio();
  if (report.accepted_turns != 0 && report.baseline_completeness_ratio < limits.required_completeness) {
    report.violations.push_back(
        fmt::format("completeness: incomplete turns: {}", fmt::join(completeness.incomplete_accepted_turn_ids, ", ")));
  }
  if (report.accepted_turns != 0) {
    report.terminal_correctness_ratio = static_cast<double>(correct_ends) / static_cast<double>(report.accepted_turns);
  }
}

}  // namespace

SloReport judge_slo(const std::vector<BaselineRecord>& records, const SloThresholds& limits) {
  SloReport report;
  report.samples = static_cast<std::int64_t>(records.size());
  judge_latencies(records, limits, report);
  judge_counts(records, limits, report);
  return report;
}

}  // namespace phalarope::gates
