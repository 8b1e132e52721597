#include "core/engine/session/turn_book.hpp"

#include <algorithm>

#include "core/engine/evidence/evidence_fill.hpp"

namespace phalarope {
namespace {

constexpr std::size_t turn_id_digits_min = 6;
constexpr std::size_t decimal_digits_max = 20;

/// Decimal digits, zero-padded to `digits_min`; what does not fit is left out (ids are bounded well below).
template <std::size_t n>
void append_number(FixedString<n>& text, std::uint64_t number, std::size_t digits_min = 1) noexcept {
  char digits[decimal_digits_max];
  std::size_t at = sizeof digits;
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (sizeof digits - at < digits_min) digits[--at] = '0';
  static_cast<void>(text.append({digits + at, sizeof digits - at}));
}

EvidenceText text_of(std::string_view text) noexcept {
  EvidenceText result;
  static_cast<void>(result.assign(text.substr(0, std::min(text.size(), EvidenceText::capacity()))));
  return result;
}

EvidenceText event_id_of(std::uint64_t runtime_sequence) noexcept {
  EvidenceText id = text_of("evt-");
  append_number(id, runtime_sequence);
  return id;
}

wire::DecisionKind wire_kind(OutcomeKind kind) noexcept {
  switch (kind) {
    case OutcomeKind::admit:
      return wire::DecisionKind::admit;
    case OutcomeKind::reject:
      return wire::DecisionKind::reject;
    case OutcomeKind::defer:
      return wire::DecisionKind::defer;
    case OutcomeKind::shed:
      return wire::DecisionKind::shed;
    case OutcomeKind::stale_epoch_reject:
      return wire::DecisionKind::stale_epoch_reject;
    case OutcomeKind::deauthorized_drain:
      return wire::DecisionKind::deauthorized_drain;
  }
  return wire::DecisionKind::none;
}

wire::DecisionPhase wire_phase(OutcomePhase phase) noexcept {
  switch (phase) {
    case OutcomePhase::pre_turn:
      return wire::DecisionPhase::pre_turn;
    case OutcomePhase::scheduling_point:
      return wire::DecisionPhase::scheduling_point;
    case OutcomePhase::active_turn:
      return wire::DecisionPhase::active_turn;
  }
  return wire::DecisionPhase::none;
}

wire::DecisionScope wire_scope(OutcomeScope scope) noexcept {
  switch (scope) {
    case OutcomeScope::tenant:
      return wire::DecisionScope::tenant;
    case OutcomeScope::session:
      return wire::DecisionScope::session;
    case OutcomeScope::turn:
      return wire::DecisionScope::turn;
    case OutcomeScope::edge_enqueue:
      return wire::DecisionScope::edge_enqueue;
    case OutcomeScope::edge_dequeue:
      return wire::DecisionScope::edge_dequeue;
    case OutcomeScope::node_dispatch:
      return wire::DecisionScope::node_dispatch;
  }
  return wire::DecisionScope::none;
}

struct ModalityRow {
  Modality modality;
  wire::EvidenceModality wire_modality;
  SessionSymbol provider;
  std::string_view name;
};
constexpr std::array<ModalityRow, 3> modality_rows{{
    {Modality::stt, wire::EvidenceModality::stt, SessionSymbol::stt_provider, "stt"},
    {Modality::llm, wire::EvidenceModality::llm, SessionSymbol::llm_provider, "llm"},
    {Modality::tts, wire::EvidenceModality::tts, SessionSymbol::tts_provider, "tts"},
}};

const ModalityRow& row_of(Modality modality) noexcept {
  for (const ModalityRow& row : modality_rows) {
    if (row.modality == modality) return row;
  }
  PHAL_ENFORCE(false, "only providers with a modality are asked");
  return modality_rows.front();
}

}  // namespace

TurnId turn_id_of(std::uint32_t turn_number) noexcept {
  TurnId id;
  static_cast<void>(id.assign("turn-"));
  append_number(id, turn_number, turn_id_digits_min);
  return id;
}

void TurnBook::open_page(const SessionStart& start, std::uint32_t turn_number, const Event& proposal) noexcept {
  open_ = 1 - closed_;
  page().clear();
  for (Call& call : calls_) call.asked_ns = absent;
  page().session_id = start.symbol(SessionSymbol::session_id);
  page().pipeline_version = start.symbol(SessionSymbol::pipeline_version);
  page().execution_profile_version = start.symbol(SessionSymbol::execution_profile);
  page().turn_id = turn_id_of(turn_number);
  page().turn_number = turn_number;
  page().session_slot = static_cast<std::uint16_t>(start.session_slot);
  page().turn_open_proposed_at_ns = proposal.mono_ns;
  for (std::size_t i = 0; i < provenance_ref_count; ++i) {
    page().snapshot_provenance[i] =
        SymbolId{start.symbol(SessionSymbol::routing_view).value + static_cast<std::uint32_t>(i)};
  }
  static_cast<void>(page().payload_tags.push_back(PayloadClass::metadata));
  static_cast<void>(page().payload_tags.push_back(PayloadClass::audio_raw));
}

void TurnBook::open_page_again(const SessionStart& start, const Event& opened) noexcept {
  open_page(start, opened.turn_number, opened);
  page().turn_open_at_ns = opened.mono_ns;
  page().authority_epoch = static_cast<std::int64_t>(opened.authority_epoch);
  page().merge_rule_id = start.symbol(SessionSymbol::merge_rule_id);
  page().merge_rule_version = start.symbol(SessionSymbol::merge_rule_version);
}

void TurnBook::decided(const DecisionOutcome& outcome, const Event& input) noexcept {
  EvidenceDecision decision;
  decision.kind = wire_kind(outcome.kind);
  decision.phase = wire_phase(outcome.phase);
  decision.scope = wire_scope(outcome.scope);
  decision.emitted_by = outcome.emitter;
  decision.reason = outcome.reason;
  decision.session_id = page().session_id;
  if (outcome.turn != no_turn) decision.turn_id = page().turn_id;
  decision.event_id = event_id_of(input.runtime_sequence);
  if (outcome.kind == OutcomeKind::admit) static_cast<void>(decision.event_id.append("-admit"));
  decision.runtime_timestamp_ns = input.mono_ns;
  decision.wall_clock_timestamp_ns = input.wall_ns;
  if (outcome.epoch) decision.authority_epoch = static_cast<std::int64_t>(outcome.epoch->value);
  // A closed page has passed its check; a decision that would undo that stays in the event log alone.
  if (open_ == closed_ && !is_valid(decision)) return;
  static_cast<void>(page().add_decision(decision));  // more than the bound are in the event log anyway
}

void TurnBook::accepted(const SessionStart& start, const ResolvedTurnPlan& plan, const Event& input,
                        std::uint64_t lease_epoch) noexcept {
  page().turn_open_at_ns = input.mono_ns;
  page().plan_hash = text_of(plan.plan_hash.view());
  page().determinism_seed = plan.determinism.seed;
  for (const Name& marker : plan.determinism.ordering_markers) {
    OrderingMarker text;
    if (text.assign(marker.view())) static_cast<void>(page().ordering_markers.push_back(text));
  }
  page().merge_rule_id = start.symbol(SessionSymbol::merge_rule_id);
  page().merge_rule_version = start.symbol(SessionSymbol::merge_rule_version);
  page().authority_epoch = static_cast<std::int64_t>(plan.authority_epoch.value);
  page().lease_epoch_at_turn_open = static_cast<std::int64_t>(lease_epoch);
}

// The summary's texts are made here, while nobody waits; the end of the turn only adds what it took.
void TurnBook::asked(const SessionStart& start, Modality modality, const Event& command) noexcept {
  Call& call = calls_[static_cast<std::size_t>(modality)];
  call.answered_ns = absent;
  call.outcome = wire::OutcomeClass::cancelled;  // what it stays when the turn ends first
  if (call.asked_ns != absent) return;
  call.asked_ns = command.mono_ns;
  call.number = static_cast<std::uint32_t>(command.runtime_sequence);
  const ModalityRow& row = row_of(modality);
  EvidenceInvocation& summary = call.summary;
  summary = EvidenceInvocation{};
  const EvidenceText asked_by = event_id_of(command.runtime_sequence);
  const bool fits = summary.provider_invocation_id.assign_all(
      "pvi/", start.session_id_text(), "/", page().turn_id.view(), "/", asked_by.view(), "/", row.name);
  PHAL_ENFORCE(fits, "an invocation id's parts are bounded well below its own bound");
  summary.provider_id = start.symbol(row.provider);
  summary.modality = row.wire_modality;
  summary.retry_decision = wire::RetryDecision::none;
  summary.attempt_count = 1;
}

void TurnBook::answered(Modality modality, const Event& result) noexcept {
  Call& call = calls_[static_cast<std::size_t>(modality)];
  call.answered_ns = result.mono_ns;
  call.outcome = wire::OutcomeClass::success;
}

void TurnBook::failed(Modality modality, wire::OutcomeClass outcome, wire::RetryDecision then,
                      const Event& about) noexcept {
  Call& call = calls_[static_cast<std::size_t>(modality)];
  call.answered_ns = about.mono_ns;
  call.outcome = outcome;
  call.summary.retry_decision = then;
}

Modality TurnBook::modality_of_call(std::uint32_t call) const noexcept {
  for (const ModalityRow& row : modality_rows) {
    const Call& known = calls_[static_cast<std::size_t>(row.modality)];
    if (known.asked_ns != absent && known.number == call) return row.modality;
  }
  return Modality::none;
}

void TurnBook::first_output(const Event& frame) noexcept {
  if (page().first_output_at_ns == absent) page().first_output_at_ns = frame.mono_ns;
}

void TurnBook::user_fell_silent(std::int64_t at_ns) noexcept { page().audio_input_ingress_at_ns = at_ns; }

void TurnBook::playback_started(const Event& event) noexcept {
  if (page().assistant_audio_playback_started_at_ns == absent) {
    page().assistant_audio_playback_started_at_ns = event.mono_ns;
  }
}

void TurnBook::add_calls(std::int64_t now_ns) noexcept {
  for (const ModalityRow& row : modality_rows) {
    Call& call = calls_[static_cast<std::size_t>(row.modality)];
    if (call.asked_ns == absent) continue;
    const std::int64_t end_ns = call.answered_ns != absent ? call.answered_ns : now_ns;
    call.summary.outcome_class = call.outcome;
    call.summary.final_attempt_latency_ns = std::max<std::int64_t>(0, end_ns - call.asked_ns);
    call.summary.total_invocation_latency_ns = call.summary.final_attempt_latency_ns;
    static_cast<void>(page().add_invocation(call.summary));  // three modalities, sixteen places
  }
}

bool TurnBook::close_page(const TerminalMark& mark, const Event& input, std::uint64_t lease_epoch) noexcept {
  closed_ = open_;
  add_calls(input.mono_ns);
  page().turn_terminal_at_ns = input.mono_ns;
  page().turn_close_at_ns = input.mono_ns;
  page().lease_epoch_at_terminal = static_cast<std::int64_t>(lease_epoch);
  page().event_id = event_id_of(input.runtime_sequence);
  if (mark.cancel_accepted) {
    // The fence is moved by the same step that accepts the cancel, before anything else of it is published.
    page().cancel_accepted_at_ns = input.mono_ns;
    page().cancel_fence_applied_at_ns = input.mono_ns;
    page().cancel_sent_at_ns = input.mono_ns;
    page().cancel_scope = Scope::turn;
  }
  FillContext context;
  context.terminal_event_id = page().event_id;
  context.bundle_pipeline_version = page().pipeline_version;
  context.bundle_provenance = page().snapshot_provenance;
  context.terminal_at = input.at();
  context.terminal_wall = WallTime{input.wall_ns};
  context.runtime_sequence = input.runtime_sequence;
  context.turn_epoch = page().authority_epoch;
  context.cancel_accepted = mark.cancel_accepted;
  context.outcome = mark.terminal == EventKind::commit ? wire::TerminalOutcome::commit : wire::TerminalOutcome::abort;
  context.reason = mark.reason;
  static_cast<void>(fill_gaps(page(), context));
  return first_missing_field(page()) == EvidenceField::none;
}

}  // namespace phalarope
