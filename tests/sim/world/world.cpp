#include "tests/sim/world/world.hpp"

#include <algorithm>

namespace phalarope::sim {
namespace {
constexpr std::int64_t frame_frames = 320;
constexpr std::int64_t frame_ns = 20 * ns_per_ms;
constexpr std::int64_t samples_per_ms = 16;

std::uint8_t node_of(const GraphDefinition& graph, NodeType type) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].type == type) return static_cast<std::uint8_t>(i);
  }
  return no_node.value;
}
}  // namespace

World::World(Chance& chance, FaultMix& faults, const GraphDefinition& graph)
    : chance_(chance),
      faults_(faults),
      recogniser_(node_of(graph, NodeType::recogniser)),
      dialogue_(node_of(graph, NodeType::dialogue)),
      synthesiser_(node_of(graph, NodeType::synthesiser)) {
  later(Duration{0}, made(EventKind::connected, Lane::control));
}

std::optional<Event> World::next(std::optional<Instant> deadline) {
  if (future_.empty() || chance_.happens(5)) somebody_acts();
  const Happening& first = future_.top();
  if (deadline && deadline->value < first.at_ns) return std::nullopt;
  Event event = first.event;
  now_ns_ = std::max(now_ns_, first.at_ns);
  event.mono_ns = now_ns_;
  event.wall_ns = now_ns_;
  future_.pop();
  return event;
}

void World::somebody_acts() {
  if (faults_.strikes(Fault::user_impatient, chance_)) {
    // One draw a statement: compilers evaluate arguments in different orders, and every seed must mean the same world.
    const bool talks = chance_.happens(500);
    const std::int64_t delay_ms = chance_.between(0, 50);
    later(milliseconds(delay_ms),
          made(talks ? EventKind::user_turn_requested : EventKind::user_cancel_requested, Lane::control));
  }
  if (faults_.strikes(Fault::xrun, chance_)) {
    Event xrun = made(EventKind::xrun, Lane::control);
    xrun.range_start = now_ns_ * samples_per_ms / ns_per_ms;
    xrun.range_end = xrun.range_start + 160;
    xrun.reason = Reason::capture_overrun;
    later(Duration{0}, xrun);
  }
  if (faults_.strikes(Fault::device_gone, chance_)) {
    later(Duration{0}, made(EventKind::device_lost, Lane::control));
    later(milliseconds(chance_.between(10, 60'000)), made(EventKind::device_restored, Lane::control));
  }
  if (faults_.strikes(Fault::evidence_full, chance_)) {
    Event full = made(EventKind::evidence_state, Lane::control);
    full.argument_a = static_cast<std::int64_t>(chance_.happens(500) ? EvidenceRoom::lost : EvidenceRoom::running_only);
    later(Duration{0}, full);
    full.argument_a = static_cast<std::int64_t>(EvidenceRoom::next_turn);
    later(milliseconds(chance_.between(1, 2'000)), full);
  }
  control_plane_acts();
  somebody_speaks();
}

void World::control_plane_acts() {
  Event snapshot = made(EventKind::control_snapshot, Lane::control);
  snapshot.argument_a = control_all_granted;
  if (faults_.strikes(Fault::authority_revoked, chance_)) {
    snapshot.authority_epoch = epoch_;
    snapshot.argument_b = static_cast<std::int64_t>(epoch_);
    snapshot.argument_a &= ~control_bit(ControlBit::authorized);
    later(Duration{0}, snapshot);
    ++epoch_;
    snapshot.authority_epoch = epoch_;
    snapshot.argument_b = static_cast<std::int64_t>(epoch_);
    snapshot.argument_a = control_all_granted;
    later(milliseconds(chance_.between(1, 1'000)), snapshot);
  }
  if (epoch_ > 1 && faults_.strikes(Fault::stale_snapshot, chance_)) {
    snapshot.authority_epoch = epoch_ - 1;
    snapshot.argument_b = static_cast<std::int64_t>(epoch_ - 1);
    later(milliseconds(1'001), snapshot);
  }
}

// One stretch of speech: its start, what voice activity says meanwhile, its frames, its end.
void World::somebody_speaks() {
  const std::int64_t start_ns =
      std::max(now_ns_ + chance_.between(0, 3'000) * ns_per_ms, speaking_until_ns_ + ns_per_ms);
  const std::int64_t length_ms = chance_.happens(300) ? chance_.between(80, 400) : chance_.between(400, 3'000);
  const std::uint32_t utterance = ++utterance_;
  const auto at = [&](std::int64_t ms, Event event) {
    event.argument_a = utterance;
    event.media_sample = (start_ns / ns_per_ms + ms) * samples_per_ms;
    later(Duration{start_ns + ms * ns_per_ms - now_ns_}, event);
  };
  at(0, made(EventKind::speech_started, Lane::control));
  for (std::int64_t ms = 100; ms < length_ms; ms += 100) {
    Event frame = made(EventKind::audio_frame, Lane::data);
    frame.provider_invocation = utterance;
    if (!faults_.strikes(Fault::frames_lost, chance_)) at(ms, frame);
    Event continues = made(EventKind::speech_continues, Lane::control);
    continues.argument_b = ms;
    at(ms, continues);
    if (ms == 300 && chance_.happens(400)) {
      Event partial = made(EventKind::recognition_partial, Lane::data);
      partial.provider_invocation = utterance;
      partial.node = recogniser_;
      at(ms, partial);
    }
  }
  if (!faults_.strikes(Fault::speech_end_lost, chance_)) at(length_ms, made(EventKind::speech_ended, Lane::control));
  Event last = made(EventKind::audio_frame, Lane::data);
  last.provider_invocation = utterance;
  if (!faults_.strikes(Fault::frames_lost, chance_)) at(length_ms, last);
  speaking_until_ns_ = start_ns + length_ms * ns_per_ms;
}

void World::react(const Event& command) {
  switch (command.kind) {
    case EventKind::command_recognise_finalise:
      return recogniser_answers(command);
    case EventKind::command_dialogue_ask:
      return dialogue_answers(command);
    case EventKind::command_synthesise:
      return voice_begins(command, chance_.between(5, 120));
    case EventKind::command_apology:
      return voice_begins(command, 60);
    case EventKind::command_node_credit:
      // Credit may come before the sentence it is for: the first frame shall not wait.
      if (command.ticket > voice_.ticket) voice_ = Voice{.ticket = command.ticket, .turn = command.turn_number};
      if (command.ticket == voice_.ticket) voice_.credit += command.argument_a;
      return voice_goes_on(command);
    case EventKind::command_node_cancel:
      return cancel(command);
    case EventKind::command_fence:
      return fence_moves(command);
    case EventKind::command_play_frame:
      return play(command);
    case EventKind::command_play_end:
      if (command.ticket != loudspeaker_.ticket) return;
      loudspeaker_.end = command.argument_a;
      return finish_playing();
    case EventKind::command_duck: {
      Event ducked = made(EventKind::duck_applied, Lane::control);
      ducked.ticket = loudspeaker_.ticket;
      ducked.argument_a =
          loudspeaker_.started_ns < 0 ? 0 : (now_ns_ - loudspeaker_.started_ns) / ns_per_ms * samples_per_ms;
      return later(milliseconds(10), ducked);
    }
    default:
      return;  // nobody in this world minds
  }
}

Duration World::delay_of_node() {
  if (faults_.strikes(Fault::node_late, chance_)) return milliseconds(chance_.between(500, 20'000));
  return milliseconds(chance_.between(1, 300));
}

void World::recogniser_answers(const Event& command) {
  if (faults_.strikes(Fault::node_silent, chance_)) return;
  Event verdict = reply(command, EventKind::recognition_final);
  verdict.node = recogniser_;
  const std::int64_t draw = chance_.between(0, 99);
  UtteranceClass what = UtteranceClass::words;
  if (draw >= 75) what = UtteranceClass::back_channel;
  if (draw >= 85) what = UtteranceClass::rejected;
  if (draw >= 92) what = UtteranceClass::empty;
  if (draw >= 97) what = UtteranceClass::stop_phrase;
  if (faults_.strikes(Fault::recogniser_confused, chance_)) what = static_cast<UtteranceClass>(chance_.between(0, 5));
  verdict.argument_a = static_cast<std::int64_t>(what);
  later(delay_of_node(), verdict);
}

void World::dialogue_answers(const Event& command) {
  if (faults_.strikes(Fault::node_silent, chance_)) return;
  if (faults_.strikes(Fault::node_fails, chance_))
    return later(delay_of_node(), reply(command, EventKind::node_failed));
  const std::int64_t sentences = chance_.happens(50) ? 0 : chance_.between(1, 5);
  for (std::int64_t i = 0; i < sentences; ++i) {
    Event sentence = reply(command, EventKind::dialogue_sentence);
    sentence.argument_a = i;
    later(delay_of_node(), sentence);
  }
  later(delay_of_node(), reply(command, EventKind::dialogue_done));
}

void World::voice_begins(const Event& command, std::int64_t frames) {
  if (faults_.strikes(Fault::node_silent, chance_)) return;
  if (faults_.strikes(Fault::node_fails, chance_))
    return later(delay_of_node(), reply(command, EventKind::node_failed));
  const bool same_answer = voice_.ticket == command.ticket;
  voice_ = {.ticket = command.ticket,
            .turn = command.turn_number,
            .credit = same_answer ? voice_.credit : 0,
            .frames_left = frames,
            .sentence = command.argument_a,
            .sample = same_answer ? voice_.sample : 0,
            .busy = true};
  voice_goes_on(command);
}

void World::voice_goes_on(const Event& command) {
  if (!voice_.busy || command.ticket != voice_.ticket) return;
  for (; voice_.credit > 0 && voice_.frames_left > 0; --voice_.credit, --voice_.frames_left) {
    if (voice_.frames_left % 15 == 0) {
      Event word = reply(command, EventKind::synthesis_word);
      word.argument_a = voice_.sample;
      later(milliseconds(5), word);
    }
    Event frame = reply(command, EventKind::synthesis_frame);
    frame.argument_a = voice_.sample;
    frame.argument_b = frame_frames;
    later(milliseconds(5), frame);
    voice_.sample += frame_frames;
  }
  if (voice_.frames_left > 0) return;
  Event done = reply(command, EventKind::synthesis_done);
  done.argument_a = voice_.sentence;
  done.argument_b = voice_.sample;
  later(milliseconds(5), done);
  voice_.busy = false;
}

void World::cancel(const Event& command) {
  if (command.node != synthesiser_ || command.ticket != voice_.ticket) return;
  if (faults_.strikes(Fault::output_after_cancel, chance_)) {
    Event late = reply(command, EventKind::synthesis_frame);
    late.argument_a = voice_.sample;
    late.argument_b = frame_frames;
    late.ticket = voice_.ticket;
    late.turn_number = voice_.turn;
    later(milliseconds(chance_.between(1, 100)), late);
  }
  voice_ = Voice{.ticket = voice_.ticket};
}

void World::fence_moves(const Event& command) {
  if (loudspeaker_.ticket != 0 && loudspeaker_.ticket != command.ticket && loudspeaker_.received > 0) {
    Event applied = made(EventKind::fence_applied, Lane::control);
    applied.ticket = loudspeaker_.ticket;
    applied.argument_a =
        loudspeaker_.started_ns < 0 ? 0 : (now_ns_ - loudspeaker_.started_ns) / ns_per_ms * samples_per_ms;
    later(milliseconds(10), applied);
  }
  if (command.ticket != loudspeaker_.ticket) loudspeaker_ = Loudspeaker{.ticket = command.ticket};
}

void World::play(const Event& command) {
  if (command.ticket != loudspeaker_.ticket) return;
  loudspeaker_.received = command.argument_a + command.argument_b;
  if (loudspeaker_.started_ns < 0) {
    loudspeaker_.started_ns = now_ns_;
    loudspeaker_.stuck = faults_.strikes(Fault::playback_stuck, chance_);
    Event started = made(EventKind::playback_started, Lane::control);
    started.ticket = command.ticket;
    later(milliseconds(10), started);
  }
  if (command.argument_a / frame_frames % 5 == 4 && !loudspeaker_.stuck) {
    Event position = made(EventKind::playback_position, Lane::data);
    position.ticket = command.ticket;
    position.argument_a = loudspeaker_.received;
    const std::int64_t played_at_ns = loudspeaker_.started_ns + loudspeaker_.received / frame_frames * frame_ns;
    later(Duration{std::max<std::int64_t>(ns_per_ms, played_at_ns - now_ns_)}, position);
  }
}

void World::finish_playing() {
  if (loudspeaker_.stuck) return;
  Event completed = made(EventKind::playback_completed, Lane::control);
  completed.ticket = loudspeaker_.ticket;
  const std::int64_t end_ns = loudspeaker_.started_ns + loudspeaker_.end / frame_frames * frame_ns;
  later(Duration{std::max<std::int64_t>(ns_per_ms, end_ns - now_ns_)}, completed);
}

Event World::made(EventKind kind, Lane lane) const {
  Event event{};
  event.kind = kind;
  event.lane = lane;
  return event;
}

Event World::reply(const Event& command, EventKind kind) const {
  Event event = made(kind, Lane::data);
  event.node = command.node;
  event.ticket = command.ticket;
  event.turn_number = command.turn_number;
  event.provider_invocation = command.provider_invocation;
  return event;
}

PayloadHandle World::payload() { return {.generation = ++payloads_, .length_bytes = 320, .slot = 1, .pool = 1}; }

void World::later(Duration delay, Event event) {
  std::int64_t at_ns = now_ns_ + std::max<std::int64_t>(0, delay.value);
  if (event.node != no_node.value) {
    at_ns = std::max(at_ns, free_at_ns_[event.node]);
    free_at_ns_[event.node] = at_ns;
  }
  const bool carries = event.kind == EventKind::audio_frame || event.kind == EventKind::recognition_partial ||
                       event.kind == EventKind::recognition_final || event.kind == EventKind::dialogue_sentence ||
                       event.kind == EventKind::synthesis_frame;
  if (carries) event.payload = payload();
  if (event.kind == EventKind::recognition_partial) {
    event.argument_a =
        static_cast<std::int64_t>(chance_.happens(700) ? UtteranceClass::words : UtteranceClass::back_channel);
  }
  future_.push({at_ns, ++order_, event});
}

}  // namespace phalarope::sim
