// Sound artifacts for the comparator's tests: a trace of three turns whose every field is set, so that one can be bent.
#pragma once

#include <string>
#include <vector>

#include "core/replay/comparator.hpp"

namespace phalarope::replay::test {

inline Decision decision(int number) {
  return {.outcome_kind = "admit",
          .phase = "pre_turn",
          .scope = "turn",
          .session_id = "kitchen",
          .turn_id = "turn-" + std::to_string(number),
          .event_id = "event-" + std::to_string(number),
          .runtime_timestamp_ms = 100 * number,
          .wall_clock_timestamp_ms = 1000 + 100 * number,
          .emitted_by = "RK-25",
          .reason = "admission_capacity_allow",
          .authority_epoch = 7};
}

inline TraceEntry entry(int number) {
  return {.plan_hash = "plan",
          .snapshot_provenance_ref = "snapshots",
          .decision = decision(number),
          .lane = Lane::control,
          .runtime_sequence = 10 + number,
          .provider_id = "stt-a",
          .provider_model = "small",
          .ordering_marker = "runtime_sequence:" + std::to_string(10 + number),
          .authority_epoch = 7,
          .runtime_timestamp_ms = 100 * number};
}

inline std::vector<TraceEntry> trace_of(int count) {
  std::vector<TraceEntry> trace;
  for (int number = 0; number < count; ++number) trace.push_back(entry(number));
  return trace;
}

inline std::vector<MessageClass> message_classes(const Divergences& divergences) {
  std::vector<MessageClass> classes;
  for (const Divergence& divergence : divergences) classes.push_back(divergence.message_class);
  return classes;
}

}  // namespace phalarope::replay::test
