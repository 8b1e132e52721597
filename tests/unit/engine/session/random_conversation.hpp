// A random conversation: inputs of one user of every kind a board sends, for tests that need many sessions at work.
#pragma once

#include <random>
#include <vector>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope::testing {

/// In an order that opens, interrupts and ends turns now and then.
inline std::vector<Event> a_conversation(std::uint32_t seed) {
  constexpr EventKind kinds[] = {
      EventKind::speech_started,        EventKind::speech_ended,        EventKind::end_of_utterance,
      EventKind::recognition_final,     EventKind::dialogue_sentence,   EventKind::synthesis_frame,
      EventKind::playback_started,      EventKind::user_turn_requested, EventKind::dialogue_done,
      EventKind::user_cancel_requested, EventKind::synthesis_done,      EventKind::tick,
      EventKind::playback_completed,    EventKind::fence_applied};
  std::mt19937 random(seed);
  std::vector<Event> events;
  Event first{};
  first.kind = EventKind::connected;
  events.push_back(first);
  std::int64_t now_ns = 0;
  std::uint64_t ticket = 0;
  for (int i = 0; i < 400; ++i) {
    Event event{};
    event.kind = kinds[random() % std::size(kinds)];
    now_ns += milliseconds(static_cast<std::int64_t>(random() % 40)).value;
    event.mono_ns = now_ns;
    event.wall_ns = now_ns;
    event.argument_a = static_cast<std::int64_t>(random() % 4);
    event.argument_b = static_cast<std::int64_t>(random() % 640);
    if (event.kind == EventKind::user_turn_requested) ++ticket;
    event.ticket = ticket;
    event.turn_number = static_cast<std::uint32_t>(ticket);
    event.provider_invocation = static_cast<std::uint32_t>(random() % 3);
    constexpr std::uint8_t nodes[] = {recogniser_node, dialogue_node, synthesiser_node};
    event.node = nodes[random() % 3];
    events.push_back(event);
  }
  return events;
}

}  // namespace phalarope::testing
