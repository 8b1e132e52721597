// TurnEvidence: the baseline record of one turn, in the form the engine builds it: fixed size, no pointers.
//
//   | identity, plan, provenance, order, epoch, terminal, times | decisions ░░ | invocations ░░ |
//   └──────────── recorded_head(): up to the last one used ────────────┘       └ recorded_invocations()
//
// A turn keeps one of these from its proposal on and writes into it what it measures; at the terminal the gaps are
// filled (fill_gaps), the record is checked (first_missing_field) and appended (recorder.hpp); only then may `commit`
// become visible. The flusher turns it into the FlatBuffers table wire::TurnEvidence with all symbols spelt out.
//
// Strings that live longer than a turn are symbols; those made for the turn are inside. Times are engine nanoseconds;
// `absent` differs from zero. Engine thread. Contract: evidence.md 1.1-1.5; runtime.md Appendix B.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/engine/plan/turn_plan.hpp"
#include "evidence_generated.h"

namespace phalarope {

/// An optional integer that nobody gave; no valid time, epoch or seed is negative.
constexpr std::int64_t absent = -1;

constexpr std::size_t evidence_decisions_max = 4;
constexpr std::size_t evidence_invocations_max = 16;
constexpr std::size_t evidence_migration_markers_max = 4;
constexpr std::size_t payload_class_count = 6;
/// Tags may repeat (evidence.md 1.1), so there is room for each class twice.
constexpr std::size_t evidence_payload_tags_max = 12;
constexpr std::size_t provenance_ref_count = 6;

/// An id made for the turn: event id, invocation id, `plan/<turn_id>`.
using EvidenceText = FixedString<turn_id_bytes_max + 16>;
using OrderingMarker = FixedString<47>;

/// The six refs of evidence.md 1.3, in its order.
enum class ProvenanceRef : std::uint8_t {
  routing_view,
  admission_policy,
  abi_compatibility,
  version_resolution,
  policy_resolution,
  provider_health
};
/// The plan's refs as symbols: they are interned once, when the engine starts.
using EvidenceProvenance = std::array<SymbolId, provenance_ref_count>;
constexpr EvidenceProvenance baseline_provenance = {symbol::routing_view_v1,      symbol::admission_policy_v1,
                                                    symbol::abi_compat_v1,        symbol::version_resolution_v1,
                                                    symbol::policy_resolution_v1, symbol::provider_health_v1};

struct EvidenceRedaction {
  PayloadClass payload_class = PayloadClass::metadata;
  wire::RedactionAction action = wire::RedactionAction::none;
};

/// evidence.md 1.4.
struct EvidenceDecision {
  wire::DecisionKind kind = wire::DecisionKind::none;
  wire::DecisionPhase phase = wire::DecisionPhase::none;
  wire::DecisionScope scope = wire::DecisionScope::none;
  Emitter emitted_by = Emitter::none;
  Reason reason = Reason::none;
  SymbolId session_id = no_symbol;
  TurnId turn_id;
  EvidenceText event_id;
  std::int64_t runtime_timestamp_ns = absent;
  std::int64_t wall_clock_timestamp_ns = absent;
  std::int64_t authority_epoch = absent;
};

/// evidence.md 1.5, the summary of one invocation.
struct EvidenceInvocation {
  EvidenceText provider_invocation_id;
  SymbolId provider_id = no_symbol;
  wire::EvidenceModality modality = wire::EvidenceModality::none;
  wire::OutcomeClass outcome_class = wire::OutcomeClass::none;
  wire::RetryDecision retry_decision = wire::RetryDecision::unset;
  bool retryable = false;
  std::uint32_t attempt_count = 0;
  std::int64_t final_attempt_latency_ns = absent;
  std::int64_t total_invocation_latency_ns = absent;
};

struct TurnEvidence {
  // identity
  SymbolId session_id = no_symbol;
  SymbolId pipeline_version = no_symbol;
  TurnId turn_id;
  EvidenceText event_id;
  SymbolId envelope_snapshot = no_symbol;
  std::uint32_t turn_number = 0;
  std::uint16_t session_slot = 0;
  // payload classes and what is done to them
  FixedVector<PayloadClass, evidence_payload_tags_max> payload_tags;
  FixedVector<EvidenceRedaction, payload_class_count> redaction_decisions;
  // plan and determinism
  EvidenceText plan_hash;
  EvidenceProvenance snapshot_provenance{};
  std::int64_t determinism_seed = absent;
  FixedVector<OrderingMarker, ordering_markers_max> ordering_markers;
  SymbolId merge_rule_id = no_symbol;
  SymbolId merge_rule_version = no_symbol;
  std::int64_t authority_epoch = 0;
  FixedVector<EventKind, evidence_migration_markers_max> migration_markers;
  // terminal
  wire::TerminalOutcome terminal_outcome = wire::TerminalOutcome::none;
  Reason terminal_reason = Reason::none;
  bool close_emitted = false;
  bool accepted_stale_epoch_output = false;
  // times
  std::int64_t turn_open_proposed_at_ns = absent;
  std::int64_t turn_open_at_ns = absent;  // present: the turn was accepted
  std::int64_t turn_terminal_at_ns = absent;
  std::int64_t first_output_at_ns = absent;
  std::int64_t cancel_accepted_at_ns = absent;
  std::int64_t cancel_fence_applied_at_ns = absent;
  std::int64_t cancel_sent_at_ns = absent;
  std::int64_t cancel_ack_at_ns = absent;
  // manifest extension
  SymbolId resolved_turn_plan_id = no_symbol;
  SymbolId execution_profile_version = no_symbol;
  std::int64_t lease_epoch_at_turn_open = absent;
  std::int64_t lease_epoch_at_terminal = absent;
  std::int64_t turn_close_at_ns = absent;
  std::int64_t audio_input_ingress_at_ns = absent;
  std::int64_t assistant_audio_playback_started_at_ns = absent;
  std::uint32_t post_cancel_rejections = 0;
  Scope cancel_scope = Scope::none;
  std::uint32_t required_fields_filled = 0;  // written by fill_gaps
  std::uint32_t decision_count = 0;
  std::uint32_t invocation_count = 0;
  // last, so that what is not used is not copied
  std::array<EvidenceDecision, evidence_decisions_max> decision_items;
  std::array<EvidenceInvocation, evidence_invocations_max> invocation_items;

  /// As new, for the price of the head: items beyond their counts are never read.
  void clear() noexcept;
  bool accepted() const noexcept { return turn_open_at_ns >= 0; }
  std::span<const EvidenceDecision> decision_outcomes() const noexcept {
    return {decision_items.data(), decision_count};
  }
  std::span<const EvidenceInvocation> invocation_outcomes() const noexcept {
    return {invocation_items.data(), invocation_count};
  }
  [[nodiscard]] bool add_decision(const EvidenceDecision& decision) noexcept {
    if (decision_count == evidence_decisions_max) return false;
    decision_items[decision_count++] = decision;
    return true;
  }
  [[nodiscard]] bool add_invocation(const EvidenceInvocation& outcome) noexcept {
    if (invocation_count == evidence_invocations_max) return false;
    invocation_items[invocation_count++] = outcome;
    return true;
  }
  /// The two pieces that are recorded.
  std::span<const std::byte> recorded_head() const noexcept;
  std::span<const std::byte> recorded_invocations() const noexcept;
};
static_assert(std::is_trivially_copyable_v<TurnEvidence>, "the ring carries it as bytes");
/// The reserve of a turn is made of it, and what finds no room must be the same on every processor.
constexpr std::size_t turn_evidence_bytes = 5208;
static_assert(sizeof(TurnEvidence) == turn_evidence_bytes, "as large on 32 bits as on 64");

/// The reverse: `bytes` is recorded_head() followed by recorded_invocations(). False when it is not.
[[nodiscard]] bool read_turn_evidence(std::span<const std::byte> bytes, TurnEvidence& evidence) noexcept;

// ---- completeness ----------------------------------------------------------------------------------------

/// The steps of the completeness check, in its fixed order (evidence.md 1.1).
enum class EvidenceField : std::uint8_t {
  none,  // complete
  identity,
  envelope_snapshot,
  payload_tags,
  redaction_decisions,
  plan_hash,
  snapshot_provenance,
  decision_outcomes,
  invocation_outcomes,
  ordering_markers,
  merge_rule,
  authority_epoch,
  terminal_outcome,
  close_emitted,
  terminal_reason,
  turn_terminal_at,
  cancel_markers
};
constexpr std::size_t evidence_field_count = 17;
const char* name_of(EvidenceField field) noexcept;

/// The first field that keeps the record from being complete; `none` when it is.
EvidenceField first_missing_field(const TurnEvidence& evidence) noexcept;
bool is_valid(const EvidenceDecision& decision) noexcept;
bool is_valid(const EvidenceInvocation& outcome) noexcept;

/// Completeness over many turns. Ids of incomplete turns are kept as far as the caller's room goes.
struct CompletenessCounts {
  std::uint64_t total_accepted_turns = 0;
  std::uint64_t complete_accepted_turns = 0;
  void add(const TurnEvidence& evidence) noexcept {
    if (!evidence.accepted()) return;
    ++total_accepted_turns;
    if (first_missing_field(evidence) == EvidenceField::none) ++complete_accepted_turns;
  }
  /// In 1/1000; 0 when no turn was accepted.
  std::uint32_t ratio_permille() const noexcept {
    if (total_accepted_turns == 0) return 0;
    return static_cast<std::uint32_t>(complete_accepted_turns * 1000 / total_accepted_turns);
  }
};

}  // namespace phalarope
