// Documents the gate tests start from: sound ones, to be bent one member at a time.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/spec/strict_json.hpp"
#include "firmware_images/gates/baseline_record.hpp"

namespace phalarope::gates::test {

/// A complete record of a committed turn: proposed 0, open 100, first output 600, end 900 ms.
inline BaselineRecord complete_record() {
  BaselineRecord record;
  record.session_id = "sess-1";
  record.turn_id = "turn-1";
  record.pipeline_version = "pipeline-v1";
  record.event_id = "evt-1";
  record.envelope_snapshot = "eventabi/v1";
  record.payload_tags = {"metadata"};
  record.redaction_decisions = {{"metadata", "allow"}};
  record.plan_hash = "plan/turn-1";
  record.snapshot_provenance.fill("ref/v1");
  record.decision_outcomes = {{.outcome_kind = "admit",
                               .phase = "pre_turn",
                               .scope = "turn",
                               .session_id = "sess-1",
                               .turn_id = "turn-1",
                               .event_id = "evt-1-admit",
                               .runtime_timestamp_ms = 100,
                               .wall_clock_timestamp_ms = 100,
                               .emitted_by = "RK-25",
                               .reason = "admission_capacity_allow"}};
  record.ordering_markers = {"runtime_sequence:1"};
  record.merge_rule_id = "merge/default";
  record.merge_rule_version = "v1.0";
  record.terminal_outcome = "commit";
  record.close_emitted = true;
  record.turn_open_proposed_at_ms = 0;
  record.turn_open_at_ms = 100;
  record.first_output_at_ms = 600;
  record.turn_terminal_at_ms = 900;
  return record;
}

/// A document as the readers see it.
inline spec::JsonValue parsed(const nlohmann::ordered_json& json) {
  auto value = spec::parse_strict_json(json.dump());
  return value ? *value : spec::JsonValue{};
}

inline std::string repository(const std::string& path) { return std::string(PHALAROPE_SOURCE_DIR) + "/" + path; }

}  // namespace phalarope::gates::test
