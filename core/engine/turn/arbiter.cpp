#include "core/engine/turn/arbiter.hpp"

#include <array>
#include <utility>

#include "core/engine/base/enforce.hpp"
#include "core/engine/turn/fence.hpp"

namespace phalarope {
namespace {

struct EndRow {
  End end;
  TurnTrigger terminal;
  Reason reason;
};

// runtime.md 2.5: the terminal outcome of each end, in the order of 2.6
constexpr std::array<EndRow, end_count> end_table = {{
    {End::authority_revoked, TurnTrigger::abort, Reason::authority_loss},                // T8
    {End::cancel_accepted, TurnTrigger::abort, Reason::cancelled},                       // T7, T7a
    {End::budget_terminate, TurnTrigger::abort, Reason::budget_exhausted},               // T10c
    {End::provider_failure, TurnTrigger::abort, Reason::provider_failure},               // T10a
    {End::node_failure, TurnTrigger::abort, Reason::node_timeout_or_failure},            // T10b
    {End::transport_lost, TurnTrigger::abort, Reason::transport_disconnect_or_stall},    // T11
    {End::evidence_failed, TurnTrigger::abort, Reason::recording_evidence_unavailable},  // T9
    {End::no_legal_path, TurnTrigger::abort, Reason::deterministic_reason},              // T10d
    {End::success, TurnTrigger::commit, Reason::none},                                   // T6
}};

consteval bool end_rows_stand_at_their_number() {
  for (std::size_t i = 0; i < end_table.size(); ++i) {
    if (static_cast<std::size_t>(end_table[i].end) != i) return false;
    if ((end_table[i].terminal == TurnTrigger::abort) != (end_table[i].reason != Reason::none)) return false;
  }
  return true;
}
static_assert(end_rows_stand_at_their_number(), "an abort has a reason, a commit has none");

/// The pen that writes a decision, in place: a decision is 900 bytes, and copying it would cost more than deciding.
/// Nothing of it is seen outside before it is complete and checked.
class Draft {
 public:
  Draft(TurnDecision& decision, const TurnRecord& turn, const StepPoint& point) noexcept
      : decision_(decision), point_(point), number_(turn.number()) {
    decision_.from = turn.state();
    decision_.to = turn.state();
    decision_.ticket = turn.ticket();
  }

  /// Takes an edge of the turn table.
  [[nodiscard]] Result<TurnState, TurnRefusal> move(TurnTrigger trigger) noexcept {
    const auto to = next(decision_.to, trigger);
    if (!to) return to;
    const bool kept = decision_.transitions.push_back({decision_.to, trigger, *to});
    PHAL_ENFORCE(kept, "no step takes more than two edges");
    decision_.to = *to;
    return to;
  }

  /// Gives a control signal: the i-th of a step carries the input's runtime sequence + i (2.5).
  Event& say(EventKind kind, Emitter emitter, Reason reason) noexcept {
    StepPoint here = point_;
    here.sequence.value += decision_.control.size();
    const bool kept = decision_.control.push_back(make_signal(here, kind, emitter, reason, number_, decision_.ticket));
    PHAL_ENFORCE(kept, "no step says more than a barge-in does");
    return decision_.control.back();
  }

  void list(EventKind name, Reason reason) noexcept {
    const bool kept = decision_.lifecycle.push_back({name, reason});
    PHAL_ENFORCE(kept, "no lifecycle list is longer than that of a lost transport");
  }

  /// From here on both times are a millisecond, and the transport sequence is one, further on (T11).
  void advance_one_ms() noexcept {
    point_.transport_sequence += 1;
    point_.at = point_.at + milliseconds(1);
    point_.wall = point_.wall + milliseconds(1);
  }

  void set_epoch(Epoch epoch) noexcept { point_.epoch = epoch; }
  TurnNumber number() const noexcept { return number_; }
  const StepPoint& point() const noexcept { return point_; }
  TurnDecision& decision() noexcept { return decision_; }

 private:
  TurnDecision& decision_;
  StepPoint point_;
  TurnNumber number_;
};

/// The state reached, or why nothing was decided.
using Reached = Result<TurnState, TurnRefusal>;

Reached propose(Draft& draft, const TurnInput& input) noexcept {
  if (const auto to = draft.move(TurnTrigger::turn_open_proposed); !to) return refuse(to.error());
  draft.say(EventKind::turn_open_proposed, Emitter::session_prelude, input.intent_reason);
  return draft.decision().to;
}

constexpr TurnTrigger opening_trigger_of(OutcomeKind kind) noexcept {
  switch (kind) {
    case OutcomeKind::reject:
      return TurnTrigger::reject;
    case OutcomeKind::defer:
      return TurnTrigger::defer;
    case OutcomeKind::stale_epoch_reject:
      return TurnTrigger::stale_epoch_reject;
    case OutcomeKind::deauthorized_drain:
      return TurnTrigger::deauthorized_drain;
    case OutcomeKind::admit:
    case OutcomeKind::shed:
      break;
  }
  return TurnTrigger::turn_open;  // not a way back: next_when_refused names it
}

/// Opening -> Idle: one outcome, one signal, one entry.
Reached return_to_idle(Draft& draft, const DecisionOutcome& outcome) noexcept {
  const TurnTrigger trigger = opening_trigger_of(outcome.kind);
  if (const auto way = next_when_refused(draft.decision().to, trigger); !way) return refuse(way.error());
  const auto to = draft.move(trigger);
  PHAL_ENFORCE(to.has_value(), "a way back that exists can be taken");
  Event& signal = draft.say(signal_of(outcome.kind), outcome.emitter, outcome.reason);
  if (outcome.turn == no_turn) {  // said of the tenant or session, not of the turn (G7)
    signal.turn_number = no_turn.value;
    signal.scope = Scope::session;
  }
  draft.list(signal_of(outcome.kind), outcome.reason);
  draft.decision().outcome = outcome;
  return draft.decision().to;
}

DecisionOutcome defer_of(const Draft& draft, Reason reason) noexcept {
  return {.kind = OutcomeKind::defer,
          .phase = OutcomePhase::pre_turn,
          .scope = OutcomeScope::turn,
          .emitter = Emitter::admission,
          .reason = reason,
          .turn = draft.number(),
          .epoch = std::nullopt};
}

Reached open(Draft& draft, const TurnInput& input) noexcept {
  if (!input.gates.passed()) return return_to_idle(draft, input.gates.outcome);
  if (input.other_active) {
    draft.decision().refusal = TurnRefusal::other_turn_active;
    return return_to_idle(draft, defer_of(draft, Reason::admission_capacity_defer));
  }
  PHAL_ENFORCE(input.ticket != no_ticket, "a turn that opens needs a ticket to be heard with");
  if (const auto to = draft.move(TurnTrigger::turn_open); !to) return refuse(to.error());
  draft.set_epoch(input.gates.epoch);
  draft.decision().fence = FenceMove::admit;
  draft.decision().ticket = input.ticket;
  draft.say(EventKind::turn_open, Emitter::turn_arbiter, Reason::none);
  draft.list(EventKind::turn_open, Reason::none);
  draft.decision().outcome = input.gates.outcome;
  return draft.decision().to;
}

/// The signals that precede the terminal outcome, and those of them that the lifecycle list names too.
void say_prelude(Draft& draft, const TurnInput& input, End end) noexcept {
  switch (end) {
    case End::authority_revoked: {
      Event& drain = draft.say(EventKind::deauthorized_drain, Emitter::authority, Reason::authority_revoked_in_turn);
      drain.scope = Scope::none;  // 1.5: the in-turn one carries no scope
      draft.list(EventKind::deauthorized_drain, Reason::authority_revoked_in_turn);
      draft.decision().outcome = DecisionOutcome{.kind = OutcomeKind::deauthorized_drain,
                                                 .phase = OutcomePhase::active_turn,
                                                 .scope = OutcomeScope::turn,
                                                 .emitter = Emitter::authority,
                                                 .reason = Reason::authority_revoked_in_turn,
                                                 .turn = draft.number(),
                                                 .epoch = draft.point().epoch};
      return;
    }
    case End::cancel_accepted:
      if (!input.barge_in) return;
      draft.say(EventKind::barge_in, Emitter::cancellation, Reason::none);
      draft.say(EventKind::cancel, Emitter::cancellation, input.cancel_cause);
      if (input.output_pending)
        draft.say(EventKind::playback_cancelled, Emitter::transport, Reason::cancel_fence_applied);
      return;
    case End::budget_terminate:
      draft.say(EventKind::budget_exhausted, Emitter::budget, Reason::budget_exhausted);
      return;
    case End::transport_lost:
      draft.say(EventKind::disconnected, Emitter::connection, Reason::transport_disconnect_or_stall);
      draft.advance_one_ms();
      draft.say(EventKind::stall, Emitter::connection, Reason::transport_disconnect_or_stall);
      draft.list(EventKind::disconnected, Reason::transport_disconnect_or_stall);
      draft.list(EventKind::stall, Reason::transport_disconnect_or_stall);
      return;
    case End::provider_failure:
    case End::node_failure:
    case End::evidence_failed:
    case End::no_legal_path:
    case End::success:
      return;
  }
}

/// Active -> Terminal -> Closed. Terminal is transient: both edges are one step.
void say_end(Draft& draft, TurnTrigger terminal, Reason reason) noexcept {
  const auto to_terminal = draft.move(terminal);
  const auto to_closed = draft.move(TurnTrigger::close);
  PHAL_ENFORCE(to_terminal.has_value() && to_closed.has_value(), "an active turn can always be ended");
  // An aborted voice falls silent; a committed one may be played to its end (2.8, 7.4 commit point).
  if (terminal == TurnTrigger::abort) draft.decision().fence = FenceMove::raise;
  draft.say(signal_of(terminal), Emitter::turn_arbiter, reason);
  draft.say(EventKind::close, Emitter::turn_arbiter, Reason::none);
  draft.list(signal_of(terminal), reason);
  draft.list(EventKind::close, Reason::none);
}

Reached arbitrate(Draft& draft, const TurnInput& input, AppendEvidence append_evidence) noexcept {
  const std::optional<End> end = winner(input.pending);
  // Legality first (7.2): only an active turn is arbitrated; T12 too is a row of Active.
  if (const auto way = next(draft.decision().to, TurnTrigger::abort); !way) return refuse(way.error());
  if (!end) return draft.decision().to;

  const EndRow& row = end_table[static_cast<std::size_t>(*end)];
  const bool traced = *end == End::no_legal_path && input.trace_reason != Reason::none;
  const Reason reason = traced ? input.trace_reason : row.reason;
  const TerminalMark mark{.turn = draft.number(),
                          .end = *end,
                          .terminal = signal_of(row.terminal),
                          .reason = reason,
                          .cancel_accepted = input.pending.has(End::cancel_accepted),
                          .point = draft.point()};
  say_prelude(draft, input, *end);
  // 2.7: evidence first, then the word. A failure known beforehand is not tried again.
  const bool appended = !input.pending.has(End::evidence_failed) && append_evidence(mark);
  draft.decision().end = end;
  if (appended) {
    say_end(draft, row.terminal, reason);
  } else {
    draft.decision().evidence_failed = true;
    draft.decision().lifecycle.clear();
    draft.decision().outcome.reset();
    const EndRow& unrecorded = end_table[static_cast<std::size_t>(End::evidence_failed)];
    say_end(draft, unrecorded.terminal, unrecorded.reason);
  }
  return draft.decision().to;
}

Reached late(Draft& draft) noexcept {
  if (draft.decision().from != TurnState::closed) return refuse(TurnRefusal::turn_state_mismatch);
  return draft.decision().to;
}

Reached stale(Draft& draft, const TurnInput& input) noexcept {
  // An opening turn hears of its epoch from gate G3.
  if (draft.decision().from == TurnState::opening) return refuse(TurnRefusal::turn_state_mismatch);
  Event& signal = draft.say(EventKind::stale_epoch_reject, Emitter::authority, Reason::authority_epoch_mismatch);
  signal.argument_a = static_cast<std::int64_t>(input.offending_epoch.value);
  draft.decision().outcome = DecisionOutcome{.kind = OutcomeKind::stale_epoch_reject,
                                             .phase = OutcomePhase::scheduling_point,
                                             .scope = OutcomeScope::node_dispatch,
                                             .emitter = Emitter::authority,
                                             .reason = Reason::authority_epoch_mismatch,
                                             .turn = draft.number(),
                                             .epoch = input.offending_epoch};
  return draft.decision().to;
}

Reached shed(Draft& draft, const TurnInput& input) noexcept {
  if (draft.decision().from != TurnState::active) return refuse(TurnRefusal::turn_state_mismatch);
  const OutcomeScope scope = is_scheduling_scope(input.shed_scope) ? input.shed_scope : OutcomeScope::edge_enqueue;
  const Reason reason = input.shed_reason != Reason::none ? input.shed_reason : Reason::scheduling_point_shed;
  draft.say(EventKind::shed, Emitter::admission, reason);
  draft.decision().outcome = DecisionOutcome{.kind = OutcomeKind::shed,
                                             .phase = OutcomePhase::scheduling_point,
                                             .scope = scope,
                                             .emitter = Emitter::admission,
                                             .reason = reason,
                                             .turn = draft.number(),
                                             .epoch = std::nullopt};
  return draft.decision().to;
}

Reached decide(Draft draft, const TurnInput& input, AppendEvidence append_evidence) noexcept {
  switch (input.ask) {
    case TurnAsk::propose:
      return propose(draft, input);
    case TurnAsk::open:
      return open(draft, input);
    case TurnAsk::abandon:
      return return_to_idle(draft, defer_of(draft, input.abandon_reason));
    case TurnAsk::arbitrate:
      return arbitrate(draft, input, append_evidence);
    case TurnAsk::late:
      return late(draft);
    case TurnAsk::stale:
      return stale(draft, input);
    case TurnAsk::shed:
      return shed(draft, input);
  }
  return refuse(TurnRefusal::arbiter_contract_violation);
}

}  // namespace

Result<TurnState, TurnRefusal> check_contract(const TurnDecision& decision) noexcept {
  std::size_t terminal_edges = 0;
  std::size_t close_edges = 0;
  TurnState at = decision.from;
  for (const TurnTransition& edge : decision.transitions) {
    const bool exists = edge.from == at && next(edge.from, edge.trigger) == edge.to;
    if (!exists) return refuse(TurnRefusal::arbiter_contract_violation);
    terminal_edges += edge.to == TurnState::terminal ? 1U : 0U;
    close_edges += edge.to == TurnState::closed ? 1U : 0U;
    at = edge.to;
  }
  const bool fell_back = !decision.transitions.empty() && decision.to == TurnState::idle;
  const bool ended_once = terminal_edges == close_edges;  // never twice: Closed has no exit (turn_table.hpp)
  const bool explained = decision.outcome ? is_legal(*decision.outcome) : !fell_back;
  if (at != decision.to || !ended_once || !explained) return refuse(TurnRefusal::arbiter_contract_violation);
  return decision.to;
}

Result<TurnDecision, TurnRefusal> Arbiter::step(TurnRecord& turn, const TurnInput& input,
                                                AppendEvidence append_evidence) noexcept {
  if (turn.number() == no_turn) return refuse(TurnRefusal::turn_id_required);
  PHAL_ENFORCE(turn.state() != TurnState::terminal, "Terminal is transient: it is never seen between two steps");

  Result<TurnDecision, TurnRefusal> decided{std::in_place};
  const Reached reached = decide(Draft(*decided, turn, input.point), input, append_evidence);
  if (!reached) return refuse(reached.error());
  PHAL_ENFORCE(check_contract(*decided).has_value(), "a decision keeps the arbiter's contract");
  PHAL_ENFORCE(decided->transitions.empty() == (decided->to == turn.state()), "a state changes only along an edge");

  turn.state_ = decided->to;
  if (decided->fence == FenceMove::admit) {
    turn.ticket_ = decided->ticket;
    turn.epoch_ = input.gates.epoch;
  }
  // Also when the cancel lost to another end: what was cancelled stays cancelled (7.2).
  if (decided->end && input.pending.has(End::cancel_accepted)) turn.fenced_ = true;
  return decided;
}

TurnDecision Arbiter::close_after_power_loss(TurnNumber turn, const StepPoint& point) noexcept {
  PHAL_ENFORCE(turn != no_turn, "only a turn that was opened needs to be closed");
  TurnRecord open_turn(turn);
  open_turn.state_ = TurnState::active;
  TurnDecision decision;
  Draft draft(decision, open_turn, point);
  say_end(draft, TurnTrigger::abort, Reason::power_loss);
  decision.fence = FenceMove::keep;  // nothing sounds after a power cut
  PHAL_ENFORCE(check_contract(decision).has_value(), "a recovery record keeps the arbiter's contract");
  return decision;
}

}  // namespace phalarope
