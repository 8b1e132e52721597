// One step of a session: one switch over what the world says, one over what nodes answer; one function per kind.
#include "core/engine/session/session.hpp"

#include "core/engine/lanes/event_source.hpp"

namespace phalarope {
namespace {
Modality modality_of(EventKind command) noexcept {
  switch (command) {
    case EventKind::command_dialogue_ask:
      return Modality::llm;
    case EventKind::command_synthesise:
    case EventKind::command_apology:
      return Modality::tts;
    default:
      return Modality::none;  // not a decision over all kinds
  }
}
}  // namespace

Result<void, GraphProblem> Session::start(const SessionStart& start, const SessionPlan& plan) noexcept {
  const std::uint64_t tickets = std::max<std::uint64_t>(tickets_given_, start.turns_before);
  *this = Session{};
  start_ = start;
  plan_ = plan;
  turns_proposed_ = start.turns_before;
  tickets_given_ = tickets;
  const auto done = configured(plan, graph_);
  if (done) lay_edges();
  return done;
}

void Session::step(const Event& input, Outbox& out) noexcept {
  evidence_finished_ = false;
  take(input, out);
  // 2.3: a session on its way out is gone when its last turn is.
  if (life_ == SessionState::draining && !turn_active()) life_ = SessionState::ended;
}

void Session::take(const Event& input, Outbox& out) noexcept {
  if (is_a_result(input.kind)) return take_result(input, out);
  switch (input.kind) {
    case EventKind::speech_started:
      return on_speech_started(input, out);
    case EventKind::speech_continues:
      return on_speech_continues(input, out);
    case EventKind::speech_ended:
      return on_speech_ended(input, out);
    case EventKind::end_of_utterance:
      return on_end_of_utterance(input, out);
    case EventKind::audio_frame:
      return on_audio_frame(input, out);
    case EventKind::playback_started:
      return on_playback_started(input, out);
    case EventKind::playback_position:
      return on_playback_position(input, out);
    case EventKind::playback_completed:
      return on_playback_completed(input, out);
    case EventKind::duck_applied:
      return on_duck_applied(input);
    case EventKind::fence_applied:
      return on_fence_applied(input, out);
    case EventKind::xrun:
      return on_xrun(input, out);
    case EventKind::device_lost:
    case EventKind::device_restored:
    case EventKind::connected:
    case EventKind::reconnecting:
    case EventKind::disconnected:
    case EventKind::silence:
    case EventKind::stall:
    case EventKind::ended:
      return on_line(input.kind, out);
    case EventKind::control_snapshot:
      return on_control_snapshot(input, out);
    case EventKind::lease_rotated:
      return on_lease_rotated(input, out);
    case EventKind::evidence_state:
    case EventKind::flow_xoff:
    case EventKind::flow_xon:
      return note_room(input);
    case EventKind::shutdown_requested:
      return on_shutdown(out);
    case EventKind::user_cancel_requested:
      return on_user_cancel(input, out);
    case EventKind::user_turn_requested:
      return on_user_turn_requested(input, out);
    case EventKind::tick:
      return on_tick(input, out);
    // Everything else is for the record: signals of the lanes, telemetry.
    default:
      if (input.payload.present()) release(input.payload, out);
      return;
  }
}

// What a node says of its work. Under whose authority it was asked comes before what it says (3.3).
void Session::take_result(const Event& input, Outbox& out) noexcept {
  if (refuse_foreign_epoch(input, out)) return;
  switch (input.kind) {
    case EventKind::recognition_partial:
      return on_recognition_partial(input, out);
    case EventKind::recognition_final:
      return on_recognition_final(input, out);
    case EventKind::dialogue_sentence:
      return on_dialogue_sentence(input, out);
    case EventKind::dialogue_done:
      return on_dialogue_done(input, out);
    case EventKind::tool_started:
    case EventKind::tool_ended:
      return on_tool(input, out);
    case EventKind::synthesis_frame:
      return on_synthesis_frame(input, out);
    case EventKind::synthesis_word:
      return on_synthesis_word(input, out);
    case EventKind::synthesis_done:
      return on_synthesis_done(input, out);
    case EventKind::node_failed:
      return on_node_failed(input, out);
    // An acknowledgement is for the record.
    default:
      if (input.payload.present()) release(input.payload, out);
      return;
  }
}

// What the board has room for: the recorder for one more turn's end, the lanes for one more turn's data.
void Session::note_room(const Event& input) noexcept {
  if (input.kind == EventKind::evidence_state) {
    evidence_room_ = static_cast<EvidenceRoom>(input.argument_a);
    return;
  }
  // What a lane says of one item is for the record; what is said to a session is said about all of its work.
  if (input.argument_a == flow_of_the_session) under_pressure_ = input.kind == EventKind::flow_xoff;
}

Event& Session::signal(EventKind kind, Emitter emitter, Reason reason, Outbox& out) noexcept {
  StepPoint point = point_of(out.input());
  point.epoch = epoch();
  return out.give(make_signal(point, kind, emitter, reason, TurnNumber{turn_number_}, Ticket{ticket_}));
}

Event& Session::command(EventKind kind, NodeIndex node, Outbox& out) noexcept {
  Event given{};
  given.kind = kind;
  given.node = node.value;
  given.turn_number = turn_number_;
  given.ticket = ticket_;
  given.authority_epoch = epoch().value;
  given.lane = Lane::data;
  given.scope = turn_active() ? Scope::turn : Scope::session;
  given.emitter = Emitter::turn_arbiter;
  return out.give(given);
}

void Session::hand_out(const Event& node_command, Outbox& out) noexcept {
  Event& given = command(node_command.kind, NodeIndex{node_command.node}, out);
  given.payload = node_command.payload;
  given.payload_class = node_command.payload_class;
  given.argument_a = node_command.argument_a;
  given.argument_b = node_command.argument_b;
  given.edge = node_command.edge;
  given.sync_or_merge_group = node_command.sync_or_merge_group;
  given.range_start = node_command.range_start;
  given.range_end = node_command.range_end;
  if (node_command.has(EventFlag::has_range)) given.set(EventFlag::has_range);
  graph_.commanded(given);
  const Modality modality = modality_of(given.kind);
  if (modality != Modality::none) book_.asked(start_, modality, given);
}

void Session::release(const PayloadHandle& payload, Outbox& out) noexcept {
  if (!payload.present()) return;
  Event done{};
  done.kind = EventKind::command_release_payload;
  done.payload = payload;
  done.lane = Lane::data;
  done.scope = Scope::session;
  done.emitter = Emitter::turn_arbiter;
  out.give(done);
}

}  // namespace phalarope
