#include "core/engine/evidence/evidence_fill.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <string_view>

namespace phalarope {
namespace {

using wire::RedactionAction;

// evidence.md 1.10, columns OR-02 L0, L1, L2; rows in the order of PayloadClass.
constexpr RedactionAction redaction_table[payload_class_count][3] = {
    {RedactionAction::allow, RedactionAction::allow, RedactionAction::allow},  // metadata
    {RedactionAction::drop, RedactionAction::mask, RedactionAction::hash},     // audio_raw
    {RedactionAction::hash, RedactionAction::mask, RedactionAction::mask},     // text_raw
    {RedactionAction::allow, RedactionAction::allow, RedactionAction::allow},  // derived_summary
    {RedactionAction::hash, RedactionAction::hash, RedactionAction::hash},     // PII
    {RedactionAction::drop, RedactionAction::hash, RedactionAction::hash},     // PHI
};

// A text that does not fit is left out: the completeness check then refuses the record by name.
template <typename Text>
void assign_parts(Text& text, std::initializer_list<std::string_view> parts) noexcept {
  text.clear();
  for (const std::string_view part : parts) {
    if (text.append(part)) continue;
    text.clear();
    return;
  }
}

std::string_view turn_id_or_unknown(const TurnEvidence& evidence) noexcept {
  return evidence.turn_id.empty() ? "unknown" : evidence.turn_id.view();
}

bool fill_symbol(SymbolId& id, SymbolId from, SymbolId otherwise) noexcept {
  if (id != no_symbol) return false;
  id = from != no_symbol ? from : otherwise;
  return true;
}

bool fill_time(std::int64_t& time_ns, std::int64_t value_ns) noexcept {
  if (time_ns >= 0) return false;
  time_ns = std::max<std::int64_t>(value_ns, 0);
  return true;
}

void fill_identity(TurnEvidence& evidence, const FillContext& context) noexcept {
  fill_symbol(evidence.pipeline_version, context.bundle_pipeline_version, symbol::pipeline_v1);
  if (evidence.event_id.empty()) evidence.event_id = context.terminal_event_id;
  if (evidence.event_id.empty()) assign_parts(evidence.event_id, {"evt-runtime-terminal"});
  fill_symbol(evidence.envelope_snapshot, symbol::eventabi_v1, symbol::eventabi_v1);
}

void fill_redaction(TurnEvidence& evidence) noexcept {
  if (evidence.payload_tags.empty()) static_cast<void>(evidence.payload_tags.push_back(PayloadClass::metadata));
  for (const PayloadClass tag : evidence.payload_tags) {
    if (static_cast<std::size_t>(tag) >= payload_class_count) continue;
    const bool decided = std::any_of(evidence.redaction_decisions.begin(), evidence.redaction_decisions.end(),
                                     [tag](const EvidenceRedaction& known) { return known.payload_class == tag; });
    if (!decided) {
      static_cast<void>(evidence.redaction_decisions.push_back({tag, redaction_action(tag, RecordingLevel::L0)}));
    }
  }
}

std::uint32_t fill_decision(TurnEvidence& evidence, const FillContext& context) noexcept {
  if (evidence.decision_count != 0) return 0;
  EvidenceDecision admit;
  admit.kind = wire::DecisionKind::admit;
  admit.phase = wire::DecisionPhase::pre_turn;
  admit.scope = wire::DecisionScope::turn;
  admit.emitted_by = Emitter::admission;
  admit.reason = Reason::admission_capacity_allow;
  admit.session_id = evidence.session_id;
  admit.turn_id = evidence.turn_id;
  assign_parts(admit.event_id, {evidence.event_id.view(), "-admit"});
  admit.runtime_timestamp_ns = std::max<std::int64_t>(context.terminal_at.value, 0);
  admit.wall_clock_timestamp_ns = std::max<std::int64_t>(context.terminal_wall.value, 0);
  static_cast<void>(evidence.add_decision(admit));
  return 1;
}

void fill_invocation(TurnEvidence& evidence, const FillContext& context) noexcept {
  if (evidence.invocation_count != 0 || context.reason != Reason::provider_failure) return;
  EvidenceInvocation unknown;
  assign_parts(unknown.provider_invocation_id, {"pvi/", turn_id_or_unknown(evidence)});
  unknown.provider_id = symbol::provider_unknown;
  unknown.modality = wire::EvidenceModality::external;
  unknown.outcome_class = wire::OutcomeClass::infrastructure_failure;
  unknown.retry_decision = wire::RetryDecision::none;
  unknown.attempt_count = 1;
  unknown.final_attempt_latency_ns = 0;
  unknown.total_invocation_latency_ns = 0;
  static_cast<void>(evidence.add_invocation(unknown));
}

bool is_blank(const OrderingMarker& marker) noexcept {
  return marker.view().find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

void fill_markers(TurnEvidence& evidence, const FillContext& context) noexcept {
  FixedVector<OrderingMarker, ordering_markers_max> kept;
  for (const OrderingMarker& marker : evidence.ordering_markers) {
    const bool repeated = std::any_of(kept.begin(), kept.end(), [&](const OrderingMarker& k) { return k == marker; });
    if (!is_blank(marker) && !repeated) static_cast<void>(kept.push_back(marker));
  }
  if (!kept.empty() && kept.size() == evidence.ordering_markers.size()) return;
  if (kept.empty()) {
    char digits[std::numeric_limits<std::uint64_t>::digits10 + 1] = {};
    const auto end = std::to_chars(digits, digits + sizeof digits, context.runtime_sequence).ptr;
    OrderingMarker marker;
    assign_parts(marker, {"runtime_sequence:", std::string_view(digits, static_cast<std::size_t>(end - digits))});
    static_cast<void>(kept.push_back(marker));
  }
  evidence.ordering_markers = kept;
}

void fill_order(TurnEvidence& evidence, const FillContext& context) noexcept {
  fill_markers(evidence, context);
  fill_symbol(evidence.merge_rule_id, symbol::merge_default, symbol::merge_default);
  fill_symbol(evidence.merge_rule_version, symbol::v1_0, symbol::v1_0);
  if (!context.caller_supplied_record && evidence.determinism_seed == absent) {
    const auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    evidence.determinism_seed = static_cast<std::int64_t>(std::min(context.runtime_sequence, largest));
  }
  if (evidence.authority_epoch < 0) evidence.authority_epoch = 0;
  if (evidence.authority_epoch == 0 && context.turn_epoch > 0) evidence.authority_epoch = context.turn_epoch;
}

std::uint32_t fill_times(TurnEvidence& evidence, const FillContext& context) noexcept {
  const std::int64_t terminal_ns = context.terminal_at.value;
  std::uint32_t filled = 0;
  filled += fill_time(evidence.turn_open_proposed_at_ns, terminal_ns - ns_per_ms);
  filled += fill_time(evidence.turn_open_at_ns, terminal_ns);
  filled += fill_time(evidence.turn_terminal_at_ns, terminal_ns);
  evidence.turn_terminal_at_ns = std::max(evidence.turn_terminal_at_ns, evidence.turn_open_at_ns);
  if (context.cancel_accepted || evidence.cancel_accepted_at_ns >= 0) {
    filled += fill_time(evidence.cancel_accepted_at_ns, terminal_ns);
    filled += fill_time(evidence.cancel_fence_applied_at_ns, evidence.cancel_accepted_at_ns + ns_per_ms);
    filled += fill_time(evidence.cancel_sent_at_ns, evidence.cancel_accepted_at_ns);
    // Not counted: a node need not answer a cancel.
    fill_time(evidence.cancel_ack_at_ns, evidence.cancel_fence_applied_at_ns);
  }
  return filled;
}

}  // namespace

RedactionAction redaction_action(PayloadClass payload_class, RecordingLevel level) noexcept {
  const auto row = static_cast<std::size_t>(payload_class);
  // An unknown class is treated as the most secret one.
  if (row >= payload_class_count) return RedactionAction::drop;
  return redaction_table[row][static_cast<std::size_t>(level)];
}

std::uint32_t fill_gaps(TurnEvidence& evidence, const FillContext& context) noexcept {
  std::uint32_t filled = 0;
  fill_identity(evidence, context);
  fill_redaction(evidence);
  if (evidence.plan_hash.empty()) {
    assign_parts(evidence.plan_hash, {"plan/", turn_id_or_unknown(evidence)});
  }
  for (std::size_t i = 0; i < provenance_ref_count; ++i) {
    filled += fill_symbol(evidence.snapshot_provenance[i], context.bundle_provenance[i], baseline_provenance[i]);
  }
  filled += fill_decision(evidence, context);
  fill_invocation(evidence, context);
  fill_order(evidence, context);
  filled += fill_times(evidence, context);
  evidence.terminal_outcome = context.outcome;
  evidence.terminal_reason = context.reason;
  evidence.close_emitted = true;
  evidence.required_fields_filled = filled;
  return filled;
}

}  // namespace phalarope
