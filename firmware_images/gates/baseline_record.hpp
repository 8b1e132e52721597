// BaselineRecord: one turn's baseline evidence in the form people and tools exchange, with its completeness check.
//
//   wire::TurnEvidence (a recording) ─▶ baseline_of ─┐
//   baseline artifact (JSON)         ─▶ read ────────┴▶ BaselineRecord ─▶ first_missing_field, completeness, slo_gates
//
// The engine checks its own fixed-size form before a turn may end (core/engine/evidence/turn_evidence.hpp); documents
// have no bounds on texts and lists, so the same order of checks stands here once more, and a test holds the two to
// the same answer. Absent and zero differ. Plain values. Contract: evidence.md 1.1, 1.3-1.5, 1.11.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/evidence/turn_evidence.hpp"
#include "core/replay/replay_artifact.hpp"

namespace phalarope::gates {

using OptionalMs = std::optional<std::int64_t>;

struct RedactionDecision {
  std::string payload_class;
  std::string action;
};

struct InvocationOutcome {
  std::string provider_invocation_id;
  std::string modality;
  std::string provider_id;
  std::string outcome_class;
  bool retryable = false;
  std::string retry_decision;
  std::int64_t attempt_count = 0;
  std::int64_t final_attempt_latency_ms = 0;
  std::int64_t total_invocation_latency_ms = 0;
};

inline constexpr std::array<std::string_view, provenance_ref_count> provenance_names = {
    "routing_view_snapshot",       "admission_policy_snapshot",  "abi_compatibility_snapshot",
    "version_resolution_snapshot", "policy_resolution_snapshot", "provider_health_snapshot"};

struct BaselineRecord {
  std::string session_id;
  std::string turn_id;
  std::string pipeline_version;
  std::string event_id;
  std::string envelope_snapshot;
  std::vector<std::string> payload_tags;
  std::vector<RedactionDecision> redaction_decisions;
  std::string plan_hash;
  std::array<std::string, provenance_ref_count> snapshot_provenance;
  std::vector<replay::Decision> decision_outcomes;
  std::vector<InvocationOutcome> invocation_outcomes;
  OptionalMs determinism_seed;
  std::vector<std::string> ordering_markers;
  std::string merge_rule_id;
  std::string merge_rule_version;
  std::int64_t authority_epoch = 0;
  std::vector<std::string> migration_markers;
  std::string terminal_outcome;
  std::string terminal_reason;
  bool close_emitted = false;
  OptionalMs turn_open_proposed_at_ms;
  OptionalMs turn_open_at_ms;  // present: the turn was accepted
  OptionalMs turn_terminal_at_ms;
  OptionalMs first_output_at_ms;
  OptionalMs cancel_accepted_at_ms;
  OptionalMs cancel_fence_applied_at_ms;
  OptionalMs cancel_sent_at_ms;
  OptionalMs cancel_ack_at_ms;
  bool accepted_stale_epoch_output = false;
  OptionalMs audio_input_ingress_at_ms;
  OptionalMs assistant_audio_playback_started_at_ms;

  bool accepted() const { return turn_open_at_ms.has_value(); }
};

/// The first step of the completeness check that fails, in its fixed order; `none` when the record is complete.
EvidenceField first_missing_field(const BaselineRecord& record);

/// evidence.md 1.1, "Completeness report"; turns that were not accepted are skipped.
struct Completeness {
  std::int64_t total_accepted_turns = 0;
  std::int64_t complete_accepted_turns = 0;
  std::vector<std::string> incomplete_accepted_turn_ids;  // sorted

  double ratio() const;
};
Completeness completeness_of(const std::vector<BaselineRecord>& records);

/// A recording's baseline record (the table wire::TurnEvidence); nothing when the bytes are no such table.
std::optional<BaselineRecord> baseline_of(std::span<const std::byte> record_body);

/// The artifact file of evidence.md 1.11.
struct BaselineArtifact {
  std::string generated_at_utc;
  std::vector<BaselineRecord> entries;
};
std::string to_json(const BaselineArtifact& artifact);
/// Refuses another version, no entries, an unknown member, with the path of the first problem.
std::expected<BaselineArtifact, std::string> read_baseline_artifact(std::string_view json);

}  // namespace phalarope::gates
