// Turns: how one is proposed, opened by the gates, and ended once; what the evidence of it says.
#include <algorithm>

#include "core/engine/session/session.hpp"
#include "core/engine/turn/fence.hpp"

namespace phalarope {
namespace {

Capacity capacity_of(std::int64_t bits, bool can_take_turns) noexcept {
  if (has_control_bit(bits, ControlBit::capacity_reject)) return Capacity::reject;
  return has_control_bit(bits, ControlBit::capacity_defer) || !can_take_turns ? Capacity::defer : Capacity::allow;
}

BundleDecisions bundle_of(std::int64_t bits, Epoch lease_epoch) noexcept {
  BundleDecisions bundle;
  bundle.lease_epoch = lease_epoch;
  bundle.lease_valid = has_control_bit(bits, ControlBit::lease_valid);
  bundle.lease_granted = has_control_bit(bits, ControlBit::lease_granted);
  if (has_control_bit(bits, ControlBit::admission_reject)) {
    bundle.admission = AdmissionKind::reject;
    bundle.admission_reason = Reason::cp_admission_reject_policy;
  } else if (has_control_bit(bits, ControlBit::admission_defer)) {
    bundle.admission = AdmissionKind::defer;
    bundle.admission_reason = Reason::cp_admission_defer_capacity;
  }
  return bundle;
}

/// 6.2: why a pool does not take a node's work.
bool is_pool_refusal(Reason reason) noexcept {
  return reason == Reason::execution_pool_saturated || reason == Reason::execution_pool_closed ||
         reason == Reason::node_concurrency_limited;
}

FailurePolicy policy_of(std::int64_t bits, ControlBit rejects) noexcept {
  return has_control_bit(bits, rejects) ? FailurePolicy::reject : FailurePolicy::defer;
}

AllowedBranches branches_of(const ResolvedTurnPlan& plan) noexcept {
  AllowedBranches allowed;
  for (const AdaptiveAction action : plan.allowed_adaptive_actions) {
    if (action == AdaptiveAction::degrade) allowed.degrade = true;
    if (action == AdaptiveAction::fallback) allowed.fallback = true;
  }
  return allowed;
}

}  // namespace

Result<void, GraphProblem> Session::configured(const SessionPlan& plan, GraphExecutor& graph) noexcept {
  const ResolvedTurnPlan& frozen = plan.prepared->plan;
  const GraphPatience patience =
      patience_of(plan.pipeline->graph, plan.pipeline->deadlines, milliseconds(frozen.budgets.node_budget_ms_default));
  return graph.configure(plan.pipeline->graph, patience, branches_of(frozen));
}

void Session::adopt(const SessionPlan& plan, std::uint32_t first_symbol) noexcept {
  adopted_plan_ = plan;
  adopted_first_symbol_ = first_symbol;
  if (!turn_active()) take_adopted_plan();
}

// A graph that cannot be executed changes nothing: the session goes on with what it has.
void Session::take_adopted_plan() noexcept {
  const SessionPlan plan = adopted_plan_;
  adopted_plan_ = {};
  if (plan.pipeline == nullptr) return;
  GraphExecutor graph{};
  if (!configured(plan, graph)) return;
  graph_ = graph;
  plan_ = plan;
  lay_edges();
  start_.first_symbol = adopted_first_symbol_;
  planned_turn_ = 0;
}

void Session::propose(Reason reason, Outbox& out) noexcept {
  PHAL_ENFORCE(!turn_active(), "a turn is proposed only when none is active");
  take_adopted_plan();
  ++turns_proposed_;
  turn_ = TurnRecord(TurnNumber{turns_proposed_});
  book_.open_page(start_, turns_proposed_, out.input());
  TurnInput intent;
  intent.ask = TurnAsk::propose;
  intent.point = point_of(out.input());
  intent.point.epoch = epoch();
  intent.intent_reason = reason;
  const auto no_evidence = [](const TerminalMark&) { return true; };
  const auto decision = Arbiter::step(turn_, intent, no_evidence);
  PHAL_ENFORCE(decision.has_value(), "a fresh turn can always be proposed");
  publish(*decision, out);
  open(out);
}

// Freezes a turn's plan in the slot that is not in force; at once when it was frozen ahead under the same epoch.
bool Session::plan_turn(std::uint32_t number, Epoch epoch) noexcept {
  ResolvedTurnPlan& next = plans_[1 - plan_in_force_];
  if (planned_turn_ == number && next.authority_epoch == epoch) return true;
  planned_turn_ = 0;
  if (!materialize(*plan_.prepared, turn_id_of(number).view(), epoch, next)) return false;
  planned_turn_ = number;
  return true;
}

// Called where nobody waits: hashing a plan takes longer than everything between a stop word and silence.
void Session::plan_ahead() noexcept { static_cast<void>(plan_turn(turns_proposed_ + 1, epoch())); }

GateVerdict Session::walk_the_gates() noexcept {
  OpenRequest request;
  request.turn = turn_.number();
  request.epoch = control_epoch_;
  request.snapshot_valid = has_control_bit(control_bits_, ControlBit::snapshot_valid);
  // A turn whose end could not be recorded is not begun: its evidence needs room before it needs words.
  // Background work waits while the board has more to do than it can: it is asked for again later (5.7, D24).
  const bool gives_way = under_pressure_ && start_.priority == SessionPriority::background;
  request.capacity =
      capacity_of(control_bits_, evidence_room_ == EvidenceRoom::next_turn && !defers_proposals(life_) && !gives_way);
  request.epoch_valid = has_control_bit(control_bits_, ControlBit::epoch_valid);
  request.authorized = has_control_bit(control_bits_, ControlBit::authorized);
  request.snapshot_failure_policy = policy_of(control_bits_, ControlBit::snapshot_failure_rejects);
  request.plan_failure_policy = policy_of(control_bits_, ControlBit::plan_failure_rejects);

  const auto resolve = [this]() -> std::optional<BundleDecisions> {
    if (!has_control_bit(control_bits_, ControlBit::bundle_resolves)) return std::nullopt;
    return bundle_of(control_bits_, lease_epoch_);
  };
  const auto plan = [this](Epoch merged) { return plan_turn(turn_.number().value, merged); };
  const auto verdict = walk_gates(request, GateHooks{.resolve_bundle = resolve, .materialize_plan = plan});
  PHAL_ENFORCE(verdict.has_value(), "the gates are walked with a turn id");
  return *verdict;
}

void Session::open(Outbox& out) noexcept {
  const Event& input = out.input();
  TurnInput ask;
  ask.ask = TurnAsk::open;
  ask.point = point_of(input);
  ask.point.epoch = epoch();
  ask.gates = walk_the_gates();
  ask.ticket = Ticket{tickets_given_ + 1};
  const auto no_evidence = [](const TerminalMark&) { return true; };
  const auto decision = Arbiter::step(turn_, ask, no_evidence);
  PHAL_ENFORCE(decision.has_value(), "an opening turn is opened or sent back");
  if (decision->outcome) book_.decided(*decision->outcome, input);
  if (decision->to != TurnState::active) {
    publish(*decision, out);
    return;
  }
  ++tickets_given_;
  plan_in_force_ = 1 - plan_in_force_;
  planned_turn_ = 0;
  ++counters_.turns_opened;
  turn_number_ = turn_.number().value;
  ticket_ = turn_.ticket().value;
  turn_utterance_ = utterance_.open() || utterance_.state == UtteranceState::done ? utterance_.number : 0;
  last_progress_ns_ = input.mono_ns;
  graph_.begin();
  book_.accepted(start_, turn_plan(), input, lease_epoch_.value);
  Event fence{};
  fence.kind = EventKind::command_fence;
  fence.ticket = ticket_;
  fence.turn_number = turn_number_;
  fence.scope = Scope::turn;
  fence.emitter = Emitter::turn_arbiter;
  out.give(fence);
  publish(*decision, out);
  // The recogniser owes this turn its words, also when it was asked for them before the turn existed.
  Event owed{};
  owed.kind = utterance_.takes_audio() ? EventKind::command_recognise_start : EventKind::command_recognise_finalise;
  owed.node = graph_.find(NodeType::recogniser).value;
  owed.mono_ns = input.mono_ns;
  owed.runtime_sequence = input.runtime_sequence;
  if (utterance_.state == UtteranceState::awaited || utterance_.state == UtteranceState::done) graph_.commanded(owed);
  book_.asked(start_, Modality::stt, owed);
}

void Session::publish(const TurnDecision& decision, Outbox& out) noexcept {
  for (const Event& control : decision.control) out.give(control);
}

bool Session::close_evidence(const TerminalMark& mark, const Event& input) noexcept {
  const bool complete = book_.close_page(mark, input, lease_epoch_.value);
  evidence_finished_ = complete && evidence_room_ != EvidenceRoom::lost;
  return evidence_finished_;
}

void Session::finish(PendingEnds ends, Reason cause, Outbox& out) noexcept {
  PHAL_ENFORCE(turn_active(), "only an active turn ends");
  const Event& input = out.input();
  const bool somebody_speaks = dissolve_hold(out) && utterance_.open();
  TurnInput ask;
  ask.ask = TurnAsk::arbitrate;
  ask.point = point_of(input);
  ask.point.epoch = epoch();
  ask.pending = ends;
  ask.barge_in = barge_in_;
  ask.output_pending = answer().received_frames > 0;
  ask.cancel_cause = cause;
  const auto append = [this, &input](const TerminalMark& mark) { return close_evidence(mark, input); };
  const auto decision = Arbiter::step(turn_, ask, append);
  PHAL_ENFORCE(decision.has_value() && decision->to == TurnState::closed, "an active turn can always be ended");

  // Silence first, words after (7.5).
  if (decision->fence == FenceMove::raise) {
    Event fence{};
    fence.kind = EventKind::command_fence;
    fence.ticket = no_ticket.value;
    fence.turn_number = turn_number_;
    fence.reason = cause;
    fence.argument_a = plan_.pipeline->interruption.fade_ms * plan_.pipeline->voice.sample_rate_hz / 1000;
    fence.argument_b = static_cast<std::int64_t>(ticket_);
    fence.scope = Scope::turn;
    fence.emitter = Emitter::cancellation;
    out.give(fence);
    interrupted_ticket_ = ticket_;
    interrupted_turn_ = turn_number_;
    ++counters_.turns_aborted;
  } else {
    ++counters_.turns_committed;
  }
  clear_turn(decision->fence == FenceMove::raise, out);
  if (decision->outcome) book_.decided(*decision->outcome, input);
  publish(*decision, out);
  turn_number_ = 0;
  ticket_ = 0;
  // Whoever began to speak while the turn was ending by itself gets a turn of their own.
  if (somebody_speaks) propose(Reason::session_turn_intent, out);
}

// Empties what the turn left behind: nodes that still work for it, sentences that nobody will say.
void Session::clear_turn(bool interrupted, Outbox& out) noexcept {
  GraphCommands cancels;
  constexpr std::int64_t hard = 1;
  graph_.cancel(about_the_turn(out.input()), hard, cancels);
  for (const Event& cancel : cancels) {
    // The recogniser listens to the user, not to a turn: an utterance outlives the turn it interrupts.
    if (cancel.node != graph_.find(NodeType::recogniser).value) out.give(cancel);
  }
  for (const WaitingSentence& sentence : answer().waiting) release(sentence.text, out);
  flush_edges(out);
  // An interrupted answer stays until the audio thread has said how much of it was heard.
  if (interrupted) answer_in_use_ = 1 - answer_in_use_;
  answer().clear();
  turn_utterance_ = 0;
  words_delivered_ = false;
  tools_running_ = 0;
  apologised_ = false;
  barge_in_ = false;
}

void Session::on_connection(EventKind what, Outbox& out) noexcept {
  const auto changed = next(connection_, what, out.input().at());
  if (!changed) return;
  connection_ = *changed;
  signal(what, Emitter::connection, out.input().reason, out);
  plan_ahead();
  if (what != EventKind::connected) return;
  // Only the first one moves the session; the table refuses it everywhere else.
  if (const auto active = next(life_, SessionTrigger::connected_with_authority)) life_ = *active;
}

// What happened to the line between the user and this session. A board looks for a lost device again by itself: its
// session waits, however long, and hears again (D14).
void Session::on_line(EventKind what, Outbox& out) noexcept {
  if (what == EventKind::device_lost) return on_connection(EventKind::reconnecting, out);
  if (what == EventKind::device_restored) return on_connection(EventKind::connected, out);
  on_connection(what, out);
  if (what == EventKind::ended) drain(SessionTrigger::connection_ended);
}

void Session::drain(SessionTrigger why) noexcept {
  if (const auto draining = next(life_, why)) life_ = *draining;
}

void Session::on_shutdown(Outbox& out) noexcept {
  drain(SessionTrigger::shutdown_requested);
  if (turn_active()) finish(PendingEnds(End::cancel_accepted), Reason::user_cancel, out);
  on_connection(EventKind::ended, out);
}

void Session::on_user_turn_requested(const Event& input, Outbox& out) noexcept {
  static_cast<void>(input);
  if (turn_active()) {
    suspect(InterruptionInput::push_to_talk, 0, out);
  } else {
    propose(Reason::push_to_talk, out);
  }
}

// An event of the world (a tick, a supervisor's word) as something that happened to the running turn.
Event Session::about_the_turn(const Event& input) const noexcept {
  Event about = input;
  about.turn_number = turn_number_;
  about.ticket = ticket_;
  about.authority_epoch = epoch().value;
  return about;
}

// Work that a pool refused is shed at the node's dispatch; what that means for the turn is the failure's business.
void Session::tell_shed(const Event& refused, Outbox& out) noexcept {
  Event& shed = signal(EventKind::shed, Emitter::admission, refused.reason, out);
  shed.node = refused.node;
  shed.target_lane = Lane::data;
  book_.decided({.kind = OutcomeKind::shed,
                 .phase = OutcomePhase::scheduling_point,
                 .scope = OutcomeScope::node_dispatch,
                 .emitter = Emitter::admission,
                 .reason = refused.reason,
                 .turn = TurnNumber{turn_number_},
                 .epoch = std::nullopt},
                refused);
}

void Session::on_node_failed(const Event& input, Outbox& out) noexcept {
  // A failure of an older turn's call is over with that turn; a stuck node is nobody's turn and fails the running one.
  if (!turn_active() || (input.ticket != 0 && input.ticket != ticket_)) return;
  if (is_pool_refusal(input.reason)) tell_shed(input, out);
  const auto shaped = graph_.on_failed(about_the_turn(input));
  const bool overloaded = input.reason == Reason::execution_pool_saturated;
  const auto outcome = overloaded ? wire::OutcomeClass::overload : wire::OutcomeClass::infrastructure_failure;
  if (shaped) after_failure(*shaped, NodeIndex{input.node}, outcome, out);
}

void Session::after_failure(const ShapedFailure& failure, NodeIndex node, wire::OutcomeClass outcome,
                            Outbox& out) noexcept {
  for (const Event& said : failure.signals) out.give(said);
  const bool voice_failed = node == graph_.find(NodeType::synthesiser) || node == graph_.find(NodeType::playback);
  const bool last_resort = failure.terminal() || voice_failed || apologised_;
  book_.failed(plan_.pipeline->graph.nodes[node.value].modality, outcome,
               last_resort ? wire::RetryDecision::none : wire::RetryDecision::fallback, out.input());
  if (last_resort) {
    finish(PendingEnds(End::node_failure), Reason::timeout, out);
    return;
  }
  apologise(out);
}

void Session::on_tick(const Event& input, Outbox& out) noexcept {
  const std::int64_t now_ns = input.mono_ns;
  if (utterance_.state == UtteranceState::closing && now_ns >= utterance_.deadline_ns) {
    ++counters_.frames_lost_at_close;
    ask_for_verdict(out);
  }
  if (held() && now_ns >= interruption_.deadline.value) suspect(InterruptionInput::hold_expired, 0, out);
  for (std::size_t i = 0; i < graph_nodes_max && turn_active(); ++i) {
    const auto overdue = graph_.on_deadline(about_the_turn(input));
    if (!overdue) break;
    after_failure(overdue->failure, overdue->node, wire::OutcomeClass::timeout, out);
  }
  if (turn_active() && next_edge_deadline()) end_waits(out);
  if (turn_active() && now_ns - last_progress_ns_ >= milliseconds(turn_plan().budgets.turn_budget_ms).value) {
    finish(PendingEnds(End::budget_terminate), Reason::timeout, out);
  }
  if (lease_expires_ns_ != 0 && now_ns >= lease_expires_ns_) lose_lease(SessionTrigger::lease_lost, out);
  if (connection_.cleanup_deadline && input.at() >= *connection_.cleanup_deadline) {
    connection_.cleanup_deadline.reset();
    drain(SessionTrigger::disconnect_deadline_passed);
    if (turn_active()) finish(PendingEnds(End::transport_lost), Reason::transport_disconnect_or_stall, out);
  }
}

void Session::on_xrun(const Event& input, Outbox& out) noexcept {
  Event& lost = signal(EventKind::discontinuity, Emitter::sync_integrity, input.reason, out);
  lost.range_start = input.range_start;
  lost.range_end = input.range_end;
  lost.sync_or_merge_group = static_cast<std::uint32_t>(input.runtime_sequence);
  lost.set(EventFlag::has_range);
}

std::optional<Instant> Session::next_deadline() const noexcept {
  std::optional<Instant> earliest;
  const auto consider = [&earliest](Instant deadline) {
    if (!earliest || deadline < *earliest) earliest = deadline;
  };
  if (utterance_.state == UtteranceState::closing) consider(Instant{utterance_.deadline_ns});
  if (held()) consider(Instant{interruption_.deadline.value});
  if (turn_active()) {
    consider(Instant{last_progress_ns_ + milliseconds(turn_plan().budgets.turn_budget_ms).value});
    if (const auto node = graph_.next_deadline()) consider(*node);
    if (const auto edge = next_edge_deadline()) consider(*edge);
  }
  if (lease_expires_ns_ != 0) consider(Instant{lease_expires_ns_});
  if (connection_.cleanup_deadline) consider(*connection_.cleanup_deadline);
  return earliest;
}

}  // namespace phalarope
