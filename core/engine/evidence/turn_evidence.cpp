#include "core/engine/evidence/turn_evidence.hpp"

#include <cstddef>
#include <cstring>

namespace phalarope {
namespace {

using wire::DecisionKind;
using wire::DecisionPhase;
using wire::DecisionScope;

constexpr std::uint8_t scopes(std::initializer_list<DecisionScope> list) noexcept {
  unsigned bits = 0;
  for (const DecisionScope scope : list) bits |= 1U << static_cast<unsigned>(scope);
  return static_cast<std::uint8_t>(bits);
}
constexpr std::uint8_t at_scheduling =
    scopes({DecisionScope::edge_enqueue, DecisionScope::edge_dequeue, DecisionScope::node_dispatch});
constexpr std::uint8_t turn_or_scheduling = at_scheduling | scopes({DecisionScope::turn});
constexpr std::uint8_t before_turn = scopes({DecisionScope::tenant, DecisionScope::session, DecisionScope::turn});
constexpr std::uint8_t session_or_turn = scopes({DecisionScope::session, DecisionScope::turn});
constexpr std::uint8_t tenant_or_session = scopes({DecisionScope::tenant, DecisionScope::session});

struct DecisionRow {
  DecisionKind kind;
  DecisionPhase phase;
  Emitter emitter;
  std::uint8_t scopes;
};

// Every decision that may be said (evidence.md 1.4). What is not a row is not valid.
constexpr DecisionRow decision_rows[] = {
    {DecisionKind::admit, DecisionPhase::pre_turn, Emitter::admission, before_turn},
    {DecisionKind::admit, DecisionPhase::scheduling_point, Emitter::admission, at_scheduling},
    {DecisionKind::admit, DecisionPhase::active_turn, Emitter::admission, turn_or_scheduling},
    {DecisionKind::admit, DecisionPhase::pre_turn, Emitter::cp_admission, tenant_or_session},
    {DecisionKind::reject, DecisionPhase::pre_turn, Emitter::admission, before_turn},
    {DecisionKind::reject, DecisionPhase::scheduling_point, Emitter::admission, at_scheduling},
    {DecisionKind::reject, DecisionPhase::active_turn, Emitter::admission, turn_or_scheduling},
    {DecisionKind::reject, DecisionPhase::pre_turn, Emitter::cp_admission, tenant_or_session},
    {DecisionKind::defer, DecisionPhase::pre_turn, Emitter::admission, before_turn},
    {DecisionKind::defer, DecisionPhase::scheduling_point, Emitter::admission, at_scheduling},
    {DecisionKind::defer, DecisionPhase::active_turn, Emitter::admission, turn_or_scheduling},
    {DecisionKind::defer, DecisionPhase::pre_turn, Emitter::cp_admission, tenant_or_session},
    {DecisionKind::shed, DecisionPhase::scheduling_point, Emitter::admission, at_scheduling},
    {DecisionKind::stale_epoch_reject, DecisionPhase::pre_turn, Emitter::authority, session_or_turn},
    {DecisionKind::stale_epoch_reject, DecisionPhase::scheduling_point, Emitter::authority, at_scheduling},
    {DecisionKind::deauthorized_drain, DecisionPhase::pre_turn, Emitter::authority, session_or_turn},
    {DecisionKind::deauthorized_drain, DecisionPhase::active_turn, Emitter::authority, scopes({DecisionScope::turn})},
};

constexpr bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

bool tags_are_sound(const TurnEvidence& evidence) noexcept {
  for (const PayloadClass tag : evidence.payload_tags) {
    if (static_cast<std::size_t>(tag) >= payload_class_count) return false;
  }
  return !evidence.payload_tags.empty();
}

bool redaction_is_sound(const TurnEvidence& evidence) noexcept {
  unsigned decided = 0;
  for (const EvidenceRedaction& decision : evidence.redaction_decisions) {
    const auto index = static_cast<unsigned>(decision.payload_class);
    if (index >= payload_class_count) return false;
    if (decision.action < wire::RedactionAction::allow || decision.action > wire::RedactionAction::tokenize)
      return false;
    if ((decided & (1U << index)) != 0) return false;
    decided |= 1U << index;
  }
  for (const PayloadClass tag : evidence.payload_tags) {
    if ((decided & (1U << static_cast<unsigned>(tag))) == 0) return false;
  }
  return decided != 0;
}

bool provenance_is_sound(const TurnEvidence& evidence) noexcept {
  for (const SymbolId ref : evidence.snapshot_provenance) {
    if (ref == no_symbol) return false;
  }
  return true;
}

bool decisions_are_sound(const TurnEvidence& evidence) noexcept {
  for (const EvidenceDecision& decision : evidence.decision_outcomes()) {
    if (!is_valid(decision)) return false;
  }
  return evidence.decision_count != 0;
}

bool invocations_are_sound(const TurnEvidence& evidence) noexcept {
  for (const EvidenceInvocation& outcome : evidence.invocation_outcomes()) {
    if (!is_valid(outcome)) return false;
  }
  return true;
}

bool markers_are_sound(const TurnEvidence& evidence) noexcept {
  const auto& markers = evidence.ordering_markers;
  for (std::size_t i = 0; i < markers.size(); ++i) {
    if (is_blank(markers[i].view())) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (markers[i] == markers[j]) return false;
    }
  }
  return !markers.empty();
}

using Check = bool (*)(const TurnEvidence&) noexcept;
struct FieldCheck {
  EvidenceField field;
  Check is_present;
};

// evidence.md 1.1, "Completeness check": in this order, stopping at the first failure.
constexpr FieldCheck field_checks[] = {
    {EvidenceField::identity,
     [](const TurnEvidence& e) noexcept {
       return e.session_id != no_symbol && !e.turn_id.empty() && e.pipeline_version != no_symbol && !e.event_id.empty();
     }},
    {EvidenceField::envelope_snapshot, [](const TurnEvidence& e) noexcept { return e.envelope_snapshot != no_symbol; }},
    {EvidenceField::payload_tags, tags_are_sound},
    {EvidenceField::redaction_decisions, redaction_is_sound},
    {EvidenceField::plan_hash, [](const TurnEvidence& e) noexcept { return !e.plan_hash.empty(); }},
    {EvidenceField::snapshot_provenance, provenance_is_sound},
    {EvidenceField::decision_outcomes, decisions_are_sound},
    {EvidenceField::invocation_outcomes, invocations_are_sound},
    {EvidenceField::ordering_markers, markers_are_sound},
    {EvidenceField::merge_rule,
     [](const TurnEvidence& e) noexcept { return e.merge_rule_id != no_symbol && e.merge_rule_version != no_symbol; }},
    {EvidenceField::authority_epoch, [](const TurnEvidence& e) noexcept { return e.authority_epoch >= 0; }},
    {EvidenceField::terminal_outcome,
     [](const TurnEvidence& e) noexcept {
       return e.terminal_outcome == wire::TerminalOutcome::commit || e.terminal_outcome == wire::TerminalOutcome::abort;
     }},
    {EvidenceField::close_emitted, [](const TurnEvidence& e) noexcept { return e.close_emitted; }},
    {EvidenceField::terminal_reason,
     [](const TurnEvidence& e) noexcept {
       return e.terminal_outcome != wire::TerminalOutcome::abort || e.terminal_reason != Reason::none;
     }},
    {EvidenceField::turn_terminal_at,
     [](const TurnEvidence& e) noexcept { return !e.accepted() || e.turn_terminal_at_ns >= e.turn_open_at_ns; }},
    {EvidenceField::cancel_markers,
     [](const TurnEvidence& e) noexcept {
       return e.cancel_accepted_at_ns < 0 || (e.cancel_fence_applied_at_ns >= 0 && e.cancel_sent_at_ns >= 0);
     }},
};
static_assert(std::size(field_checks) == evidence_field_count - 1, "every field but `none` has its check");
static_assert(
    [] {
      for (std::size_t i = 0; i < std::size(field_checks); ++i) {
        if (static_cast<std::size_t>(field_checks[i].field) != i + 1) return false;
      }
      return true;
    }(),
    "the checks stand in the order of the enum");

// clang-format off
constexpr const char* field_names[evidence_field_count] = {
    "complete", "identity", "envelope_snapshot", "payload_tags", "redaction_decisions", "plan_hash",
    "snapshot_provenance", "decision_outcomes", "invocation_outcomes", "ordering_markers", "merge_rule",
    "authority_epoch", "terminal_outcome", "close_emitted", "terminal_reason", "turn_terminal_at", "cancel_markers"};
// clang-format on

constexpr std::size_t head_bytes_of(std::size_t decisions) noexcept {
  return offsetof(TurnEvidence, decision_items) + decisions * sizeof(EvidenceDecision);
}

}  // namespace

const char* name_of(EvidenceField field) noexcept { return field_names[static_cast<std::size_t>(field)]; }

EvidenceField first_missing_field(const TurnEvidence& evidence) noexcept {
  for (const FieldCheck& check : field_checks) {
    if (!check.is_present(evidence)) return check.field;
  }
  return EvidenceField::none;
}

bool is_valid(const EvidenceDecision& decision) noexcept {
  if (decision.session_id == no_symbol || decision.event_id.empty() || decision.reason == Reason::none) return false;
  if (decision.runtime_timestamp_ns < 0 || decision.wall_clock_timestamp_ns < 0) return false;
  const bool about_a_turn = decision.scope == DecisionScope::turn || decision.phase == DecisionPhase::active_turn;
  if (about_a_turn && decision.turn_id.empty()) return false;
  const bool about_authority =
      decision.kind == DecisionKind::stale_epoch_reject || decision.kind == DecisionKind::deauthorized_drain;
  if (about_authority && decision.authority_epoch < 0) return false;
  const unsigned scope_bit = 1U << static_cast<unsigned>(decision.scope);
  for (const DecisionRow& row : decision_rows) {
    if (row.kind == decision.kind && row.phase == decision.phase && row.emitter == decision.emitted_by &&
        (row.scopes & scope_bit) != 0) {
      return true;
    }
  }
  return false;
}

bool is_valid(const EvidenceInvocation& outcome) noexcept {
  if (outcome.provider_invocation_id.empty() || outcome.provider_id == no_symbol) return false;
  if (outcome.modality < wire::EvidenceModality::stt || outcome.modality > wire::EvidenceModality::external)
    return false;
  if (outcome.outcome_class < wire::OutcomeClass::success || outcome.outcome_class > wire::OutcomeClass::cancelled) {
    return false;
  }
  if (outcome.retry_decision < wire::RetryDecision::none || outcome.retry_decision > wire::RetryDecision::fallback) {
    return false;
  }
  return outcome.attempt_count >= 1 && outcome.final_attempt_latency_ns >= 0 &&
         outcome.total_invocation_latency_ns >= outcome.final_attempt_latency_ns;
}

void TurnEvidence::clear() noexcept {
  static constexpr TurnEvidence blank{};
  std::memcpy(static_cast<void*>(this), &blank, offsetof(TurnEvidence, decision_items));
}

std::span<const std::byte> TurnEvidence::recorded_head() const noexcept {
  return {reinterpret_cast<const std::byte*>(this), head_bytes_of(decision_count)};
}

std::span<const std::byte> TurnEvidence::recorded_invocations() const noexcept {
  return std::as_bytes(invocation_outcomes());
}

bool read_turn_evidence(std::span<const std::byte> bytes, TurnEvidence& evidence) noexcept {
  if (bytes.size() < head_bytes_of(0)) return false;
  TurnEvidence read;
  std::memcpy(static_cast<void*>(&read), bytes.data(), head_bytes_of(0));
  if (read.decision_count > evidence_decisions_max || read.invocation_count > evidence_invocations_max) return false;
  const std::size_t decision_bytes = read.decision_count * sizeof(EvidenceDecision);
  const std::size_t invocation_bytes = read.invocation_count * sizeof(EvidenceInvocation);
  if (bytes.size() != head_bytes_of(0) + decision_bytes + invocation_bytes) return false;
  const std::byte* const decisions = bytes.data() + head_bytes_of(0);
  std::memcpy(static_cast<void*>(read.decision_items.data()), decisions, decision_bytes);
  std::memcpy(static_cast<void*>(read.invocation_items.data()), decisions + decision_bytes, invocation_bytes);
  evidence = read;
  return true;
}

}  // namespace phalarope
