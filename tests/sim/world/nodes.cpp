// What answers the engine: recogniser, dialogue, synthesiser and loudspeaker, in good health and in bad.
#include <algorithm>

#include "tests/sim/world/world.hpp"

namespace phalarope::sim {
namespace {
constexpr std::int64_t frame_frames = 320;
constexpr std::int64_t frame_ns = 20 * ns_per_ms;
constexpr std::int64_t samples_per_ms = 16;
constexpr std::int64_t position_every_frames = 5;
constexpr std::int64_t word_every_frames = 15;
constexpr std::int64_t frames_of_a_group = 4;  // of what is synchronised with each other
}  // namespace

Event World::reply(const Event& command, EventKind kind) const {
  Event event = made(kind, Lane::data);
  event.node = command.node;
  event.ticket = command.ticket;
  event.turn_number = command.turn_number;
  event.authority_epoch = command.authority_epoch;
  event.provider_invocation = command.provider_invocation;
  return event;
}

// A result on its way back: once as it should be; where a fault strikes, again, or in a stranger's name.
void World::answer(const Event& command, Event result) {
  const Duration delay = delay_of_node();
  later(delay, result);
  if (faults_.strikes(Fault::answered_twice, chance_)) later(delay, result);
  if (!faults_.strikes(Fault::stranger_speaks, chance_)) return;
  const std::int64_t lie = chance_.between(0, 3);
  if (lie == 0) result.ticket = command.ticket + 1000;
  if (lie == 1) result.ticket = command.ticket == 0 ? 0 : command.ticket - 1;
  if (lie == 2) result.turn_number = command.turn_number + 7;
  if (lie == 3) result.provider_invocation = command.provider_invocation + 1;
  later(delay, result);
}

Duration World::delay_of_node() {
  if (faults_.strikes(Fault::node_late, chance_)) {
    const std::int64_t late_ms = chance_.between(500, 20'000);
    return milliseconds(late_ms);
  }
  const std::int64_t delay_ms = chance_.between(1, manner_.delay_max_ms);
  return milliseconds(delay_ms);
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
  answer(command, verdict);
}

void World::dialogue_answers(const Event& command) {
  if (faults_.strikes(Fault::node_silent, chance_)) return;
  if (faults_.strikes(Fault::node_fails, chance_)) return answer(command, reply(command, EventKind::node_failed));
  const bool wordless = chance_.happens(50);
  // Now and then a tool is at work until the last sentence; no draw decides it, so that worlds stay what they were.
  const bool with_tool = command.runtime_sequence % 3 == 0;
  if (with_tool) later(milliseconds(1), reply(command, EventKind::tool_started));
  const std::int64_t sentences = wordless ? 0 : chance_.between(1, manner_.sentences_max);
  for (std::int64_t i = 0; i < sentences; ++i) {
    Event sentence = reply(command, EventKind::dialogue_sentence);
    sentence.argument_a = i;
    answer(command, sentence);
  }
  if (with_tool && sentences != 1) later(milliseconds(1), reply(command, EventKind::tool_ended));
  Event done = reply(command, EventKind::dialogue_done);
  done.argument_a = sentences;
  answer(command, done);
}

void World::voice_begins(const Event& command, std::int64_t frames) {
  if (faults_.strikes(Fault::node_silent, chance_)) return;
  if (faults_.strikes(Fault::node_fails, chance_)) return answer(command, reply(command, EventKind::node_failed));
  const bool same_answer = voice_.ticket == command.ticket;
  if (same_answer && voice_.busy) {  // a merged item's next sentence: a node takes its commands one after the other
    voice_.waiting.emplace_back(command, frames);
    return;
  }
  auto waiting = same_answer ? std::move(voice_.waiting) : decltype(voice_.waiting){};
  voice_ = {.ticket = command.ticket,
            .turn = command.turn_number,
            .credit = same_answer ? voice_.credit : 0,
            .frames_left = frames,
            .sentence = command.argument_a,
            .sample = same_answer ? voice_.sample : 0,
            .busy = true,
            .waiting = std::move(waiting)};
  if (faults_.strikes(Fault::credit_ignored, chance_)) voice_.credit += voice_.frames_left;
  voice_goes_on(command);
}

void World::voice_goes_on(const Event& command) {
  if (!voice_.busy || command.ticket != voice_.ticket) return;
  for (; voice_.credit > 0 && voice_.frames_left > 0; --voice_.credit, --voice_.frames_left) {
    if (voice_.frames_left % word_every_frames == 0) {
      Event word = reply(command, EventKind::synthesis_word);
      word.argument_a = voice_.sample;
      later(milliseconds(5), word);
    }
    Event frame = reply(command, EventKind::synthesis_frame);
    frame.argument_a = voice_.sample;
    frame.argument_b = frame_frames;
    frame.sync_or_merge_group = static_cast<std::uint32_t>(1 + voice_.sample / frame_frames / frames_of_a_group);
    later(milliseconds(5), frame);
    voice_.sample += frame_frames;
  }
  if (voice_.frames_left > 0) return;
  Event done = reply(command, EventKind::synthesis_done);
  done.argument_a = voice_.sentence;
  done.argument_b = voice_.sample;
  later(milliseconds(5), done);
  voice_.busy = false;
  if (voice_.waiting.empty()) return;
  const auto [next, frames] = voice_.waiting.front();
  voice_.waiting.pop_front();
  voice_begins(next, frames);
}

void World::cancel(const Event& command) {
  if (command.node != synthesiser_ || command.ticket != voice_.ticket) return;
  if (faults_.strikes(Fault::output_after_cancel, chance_)) {
    Event late = reply(command, EventKind::synthesis_frame);
    late.argument_a = voice_.sample;
    late.argument_b = frame_frames;
    late.ticket = voice_.ticket;
    late.turn_number = voice_.turn;
    const std::int64_t late_ms = chance_.between(1, 100);
    later(milliseconds(late_ms), late);
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

void World::duck(const Event& command) {
  Event ducked = made(EventKind::duck_applied, Lane::control);
  ducked.ticket = command.ticket;
  ducked.argument_a =
      loudspeaker_.started_ns < 0 ? 0 : (now_ns_ - loudspeaker_.started_ns) / ns_per_ms * samples_per_ms;
  later(milliseconds(10), ducked);
}

void World::play(const Event& command) {
  if (command.ticket != loudspeaker_.ticket) return;  // the fence moved while the frame was on its way
  loudspeaker_.received = command.argument_a + command.argument_b;
  if (loudspeaker_.started_ns < 0) {
    loudspeaker_.started_ns = now_ns_;
    loudspeaker_.stuck = faults_.strikes(Fault::playback_stuck, chance_);
    Event started = made(EventKind::playback_started, Lane::control);
    started.ticket = command.ticket;
    started.authority_epoch = command.authority_epoch;
    later(milliseconds(10), started);
  }
  // By what was passed, not by which frame came: where frames were dropped the loudspeaker plays silence.
  const std::int64_t stretch = loudspeaker_.received / (position_every_frames * frame_frames);
  if (stretch > loudspeaker_.stretches && !loudspeaker_.stuck) {
    loudspeaker_.stretches = stretch;
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

}  // namespace phalarope::sim
