#include "core/spec/scenario/scenario_engine.hpp"

#include <limits>
#include <utility>

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/white_space.hpp"
#include "core/engine/turn/fence.hpp"
#include "core/engine/turn/late_events.hpp"
#include "core/spec/plan_resolve.hpp"
#include "core/spec/scenario/scenario_reader.hpp"
#include "core/spec/scenario/scenario_signal.hpp"

namespace phalarope::spec {
namespace {

constexpr SymbolId the_session{1};  // of the one session there is; 0 would be a blank id
constexpr TurnNumber some_turn{1};  // stands for "a turn id is known" in signals that no turn's state decides

ScenarioRefusal refused(std::string_view diagnostic, std::string message) {
  return {.event_index = std::nullopt, .diagnostic = std::string(diagnostic), .message = std::move(message)};
}

/// A script's time on the engine's axis; what would not fit stands at the end of it, a disconnect timeout before.
Instant instant_of(std::int64_t ms) noexcept {
  constexpr std::int64_t last_ms =
      (std::numeric_limits<std::int64_t>::max() - disconnect_timeout_default.value) / ns_per_ms;
  return Instant{std::min(ms, last_ms) * ns_per_ms};
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

JsonValue lifecycle_json(const LifecycleEntry& entry) {
  return json_object({}, {json_text("Name", name_of(entry.name)), json_text("Reason", name_of(entry.reason))});
}

/// Whether the lifecycle list says the same; such a signal is left out of the report's control_signals.
bool restates_lifecycle(EventKind kind) noexcept {
  return kind == EventKind::commit || kind == EventKind::abort || kind == EventKind::close;
}

void append_list(std::vector<JsonValue>& members, std::string_view name, std::vector<JsonValue> items) {
  if (!items.empty()) members.push_back(json_list(std::string(name), std::move(items)));
}

}  // namespace

ScenarioEngine::ScenarioEngine(const ScenarioSession& session) : session_(session) {
  const auto epoch = authority_.accept(the_session, session_.authority_epoch);
  PHAL_ENFORCE(epoch.has_value(), "the reader gives no negative epoch to a session");
}

std::optional<ScenarioRefusal> ScenarioEngine::process(ScenarioEvent event) {
  if (trim_white_space(event.session_id) != trim_white_space(session_.session_id)) {
    return refused(id_of(TurnRefusal::session_mismatch), "session " + quoted(event.session_id) + ": " +
                                                             std::string(sentence_of(TurnRefusal::session_mismatch)));
  }
  if (event.kind->group != ScenarioGroup::connection && is_blank(event.turn_id)) {
    return refused(id_of(TurnRefusal::turn_id_required), std::string(sentence_of(TurnRefusal::turn_id_required)));
  }
  if (!event.carries_epoch && event.kind->group != ScenarioGroup::output) {
    event.authority_epoch = static_cast<std::int64_t>(authority_.current()->value);
  }
  ++report_.processed_events;
  switch (event.kind->group) {
    case ScenarioGroup::connection:
      return connect(event);
    case ScenarioGroup::proposal:
      return propose(event);
    case ScenarioGroup::ingress:
      return ingress(event);
    case ScenarioGroup::output:
      return put_out(event);
    case ScenarioGroup::ending:
      return end_turn(event);
  }
  return std::nullopt;
}

// ---- one function a group ----------------------------------------------------------------------------------------

ScenarioEngine::Refused ScenarioEngine::connect(const ScenarioEvent& event) {
  const TurnNumber turn = event.names_turn ? some_turn : no_turn;
  if (is_stale(event)) {
    say_stale(event, turn);
    return std::nullopt;
  }
  const auto after = next(connection_, event.kind->signal, instant_of(event.runtime_timestamp_ms));
  if (!after) {
    return refused(id_of(after.error()), quoted(event.kind->name) + ": " + std::string(sentence_of(after.error())));
  }
  connection_ = *after;
  if (event.kind->signal == EventKind::connected) move_session(SessionTrigger::connected_with_authority);
  if (event.kind->signal == EventKind::ended) move_session(SessionTrigger::connection_ended);
  take_epoch(event);
  const Event signal =
      make_signal(point_of(event), event.kind->signal, Emitter::connection, Reason::none, turn, no_ticket);
  report_.control_signals.push_back(answer_signal_json(signal, event, event.reason));
  return std::nullopt;
}

ScenarioEngine::Refused ScenarioEngine::propose(const ScenarioEvent& event) {
  const TurnNumber number = number_of(event.turn_id);
  const auto record = turns_->record_to_propose(number);
  if (!record) return refusal_of(record.error(), event, TurnState::idle);
  TurnInput intent;
  intent.ask = TurnAsk::propose;
  intent.point = point_of(event);
  const auto no_evidence = [](const TerminalMark&) { return true; };
  const auto proposed = Arbiter::step(**record, intent, no_evidence);
  if (!proposed) return refusal_of(proposed.error(), event, TurnState::idle);
  numbers_.try_emplace(std::string(trim_white_space(event.turn_id)), number);

  std::string plan_hash;
  const TurnDecision decision = open(**record, event, plan_hash);
  if (decision.to == TurnState::active) take_epoch(event);
  JsonValue result = result_of(decision, event);
  if (!plan_hash.empty()) result.members.push_back(json_text("plan_hash", std::move(plan_hash)));
  report_.open_results.push_back(std::move(result));
  for (const LifecycleEntry& entry : decision.lifecycle) report_.lifecycle_events.push_back(lifecycle_json(entry));
  return std::nullopt;
}

/// Walks the gates with what the event says about each, and opens the turn or sends it back.
TurnDecision ScenarioEngine::open(TurnRecord& turn, const ScenarioEvent& event, std::string& plan_hash) {
  OpenRequest request;
  request.turn = turn.number();
  request.epoch = point_of(event).epoch;
  request.snapshot_valid = event.snapshot_valid;
  request.capacity = defers_proposals(life_) ? Capacity::defer : event.capacity;
  const EpochCheck epoch = authority_.check(event.authority_epoch);
  request.epoch_valid =
      event.authority_epoch_valid && (epoch == EpochCheck::current || epoch == EpochCheck::newer);  // 2.4, 10.2
  request.authorized = event.authority_authorized;
  request.snapshot_failure_policy = event.snapshot_failure_policy;
  request.plan_failure_policy = event.plan_failure_policy;

  const auto resolve = [&request]() -> std::optional<BundleDecisions> {
    return BundleDecisions{.lease_epoch = request.epoch};  // 4.1 rows 8 and 9: the defaults
  };
  const auto materialize = [&](Epoch merged) {
    if (event.plan_unavailable) return false;
    const auto plan = resolve_plan(
        default_plan_request(event.turn_id, event.pipeline_version, static_cast<std::int64_t>(merged.value)));
    if (plan) plan_hash = plan->plan_hash;
    return plan.has_value();
  };
  const auto verdict = walk_gates(request, {.resolve_bundle = resolve, .materialize_plan = materialize});
  PHAL_ENFORCE(verdict.has_value(), "the gates are walked with a turn id");

  TurnInput ask;
  ask.ask = TurnAsk::open;
  ask.point = point_of(event);
  ask.gates = *verdict;
  ask.other_active = turns_->other_active(turn.number());
  ask.ticket = Ticket{last_ticket_.value + 1};
  const auto no_evidence = [](const TerminalMark&) { return true; };
  const auto decision = Arbiter::step(turn, ask, no_evidence);
  PHAL_ENFORCE(decision.has_value(), "an opening turn is opened or sent back");
  if (decision->to == TurnState::active) last_ticket_ = ask.ticket;
  return *decision;
}

ScenarioEngine::Refused ScenarioEngine::ingress(const ScenarioEvent& event) {
  const TurnNumber number = number_of(event.turn_id);
  const bool late = turns_->state_of(number) == TurnState::closed;
  const EpochCheck epoch = is_stale(event) ? EpochCheck::stale : EpochCheck::current;
  if (late) {
    const LateEventDecision decided = decide_late_event(epoch, LateEventPolicy::drop, false, false);
    if (decided.action == LateEventAction::drop) {
      report_.late_events.push_back(json_object(
          {},
          {json_text("event_id", event.event_id), json_text("turn_id", event.turn_id), json_text("action", "drop")}));
      take_epoch(event);
      return std::nullopt;
    }
  }
  if (epoch == EpochCheck::stale) {
    say_stale(event, number);
    return std::nullopt;
  }
  auto record = ingress_record(event, session_.default_data_class);
  if (!record) return refused(scenario_diagnostic::schema, record.error());
  take_epoch(event);
  report_.ingress_records.push_back(*std::move(record));
  return std::nullopt;
}

ScenarioEngine::Refused ScenarioEngine::put_out(const ScenarioEvent& event) {
  const std::string key(trim_white_space(event.turn_id));
  const bool fenced = fenced_by_output_.contains(key) || turns_->is_fenced(number_of(event.turn_id));
  // 7.3: an older epoch is row 1, whatever else was said of it; one that was found not valid is row 2.
  const EpochCheck seen = authority_.check(event.authority_epoch);
  const bool otherwise_bad = seen != EpochCheck::stale && !event.authority_epoch_valid;
  const OutputAttempt attempt{.epoch = otherwise_bad ? EpochCheck::invalid : seen,
                              .carries_cancel = event.cancel_accepted,
                              .turn_fenced = fenced};
  const OutputDecision decision = decide_output(attempt);
  if (decision.signal != EventKind::stale_epoch_reject) {
    take_epoch(event);
    if (event.cancel_accepted) fenced_by_output_.insert(key);
  }
  std::vector<JsonValue> members{json_text("event_id", event.event_id), json_boolean("accepted", decision.accepted),
                                 json_text("signal", name_of(decision.signal)),
                                 json_text("reason", name_of(decision.reason)),
                                 json_text("emitted_by", emitter_code(decision.emitter))};
  if (decision.late_after_cancel) members.push_back(json_boolean("late_after_cancel", true));
  report_.output_decisions.push_back(json_object({}, std::move(members)));
  const Event signal =
      make_signal(point_of(event), decision.signal, decision.emitter, decision.reason, some_turn, no_ticket);
  report_.control_signals.push_back(answer_signal_json(signal, event));
  return std::nullopt;
}

ScenarioEngine::Refused ScenarioEngine::end_turn(const ScenarioEvent& event) {
  const TurnNumber number = number_of(event.turn_id);
  if (is_stale(event)) {
    report_.active_results.push_back(result_of(say_stale(event, number), event));
    return std::nullopt;
  }
  const auto record = turns_->find(number);
  if (!record) return refusal_of(record.error(), event, TurnState::active);
  TurnInput ask;
  ask.ask = TurnAsk::arbitrate;
  ask.point = point_of(event);
  ask.pending.add(event.kind->end);
  if (event.cancel_accepted) ask.pending.add(End::cancel_accepted);  // 2.6: pending at the same point
  const auto append_evidence = [&event](const TerminalMark&) { return !event.evidence_unavailable; };
  const auto decision = Arbiter::step(**record, ask, append_evidence);
  if (!decision) return refusal_of(decision.error(), event, TurnState::active);
  take_epoch(event);
  publish(*decision, event);
  report_.active_results.push_back(result_of(*decision, event));
  return std::nullopt;
}

// ---- what the groups share ---------------------------------------------------------------------------------------

/// T14: the engine says it of the turn if there is one; the turn's state stays what it is.
TurnDecision ScenarioEngine::say_stale(const ScenarioEvent& event, TurnNumber number) {
  const Event signal = make_signal(point_of(event), EventKind::stale_epoch_reject, Emitter::authority,
                                   Reason::authority_epoch_mismatch, number, no_ticket);
  if (event.kind->group == ScenarioGroup::connection) {  // said of the session: no turn's state is asked
    report_.control_signals.push_back(answer_signal_json(signal, event));
    return {};
  }
  const auto known = turns_->find(number);
  TurnRecord never_proposed(number);
  TurnInput ask;
  ask.ask = TurnAsk::stale;
  ask.point = point_of(event);
  ask.offending_epoch = ask.point.epoch;
  const auto no_evidence = [](const TerminalMark&) { return true; };
  const auto decision = Arbiter::step(known ? **known : never_proposed, ask, no_evidence);
  PHAL_ENFORCE(decision.has_value(), "between two events no turn is opening");
  publish(*decision, event);
  return *decision;
}

/// Whether the event itself carries an epoch older than the current one. A negative one is none (10.2).
bool ScenarioEngine::is_stale(const ScenarioEvent& event) const {
  return event.carries_epoch && authority_.check(event.authority_epoch) == EpochCheck::stale;
}

void ScenarioEngine::take_epoch(const ScenarioEvent& event) {
  if (authority_.check(event.authority_epoch) != EpochCheck::newer) return;
  const auto taken = authority_.accept(the_session, event.authority_epoch);
  PHAL_ENFORCE(taken.has_value(), "a newer epoch is accepted");
}

/// Repeated signals are legal for the connection and lead nowhere for the session.
void ScenarioEngine::move_session(SessionTrigger trigger) {
  if (const auto to = next(life_, trigger)) life_ = *to;
}

/// The number of a proposed turn; of any other, the one that the next new turn will bear.
TurnNumber ScenarioEngine::number_of(const std::string& turn_id) const {
  const auto known = numbers_.find(trim_white_space(turn_id));
  return known != numbers_.end() ? known->second : turns_->next_number();
}

ScenarioEngine::Refused ScenarioEngine::refusal_of(TurnRefusal cause, const ScenarioEvent& event, TurnState expected) {
  const TurnState actual = turns_->state_of(number_of(event.turn_id));
  return refused(id_of(cause), "turn " + quoted(event.turn_id) + " on " + quoted(event.kind->name) + ": " +
                                   std::string(sentence_of(cause)) + " Expected " + std::string(name_of(expected)) +
                                   ", actual " + std::string(name_of(actual)) + ".");
}

void ScenarioEngine::publish(const TurnDecision& decision, const ScenarioEvent& event) {
  for (const Event& signal : decision.control) {
    if (!restates_lifecycle(signal.kind)) report_.control_signals.push_back(step_signal_json(signal, event));
  }
  for (const LifecycleEntry& entry : decision.lifecycle) report_.lifecycle_events.push_back(lifecycle_json(entry));
}

JsonValue ScenarioEngine::result_of(const TurnDecision& decision, const ScenarioEvent& event) {
  std::vector<JsonValue> lifecycle;
  for (const LifecycleEntry& entry : decision.lifecycle) lifecycle.push_back(lifecycle_json(entry));
  std::vector<JsonValue> control;
  for (const Event& signal : decision.control) control.push_back(step_signal_json(signal, event));
  std::vector<JsonValue> members{json_text("state", std::string(name_of(decision.to))),
                                 json_text("event_id", event.event_id)};
  append_list(members, "lifecycle_events", std::move(lifecycle));
  append_list(members, "control_signals", std::move(control));
  return json_object({}, std::move(members));
}

}  // namespace phalarope::spec
