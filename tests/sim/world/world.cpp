// Time and queue of one session's world.
#include "tests/sim/world/world.hpp"

#include <algorithm>
#include <cstring>

namespace phalarope::sim {
namespace {

// Once in so many events somebody acts of their own accord, beside whoever must because nothing else is left.
constexpr std::int64_t acts_permille = 5;
constexpr std::int64_t wall_jump_max_ms = 400LL * 24 * 3600 * 1000;

std::uint8_t node_of(const GraphDefinition& graph, NodeType type) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].type == type) return static_cast<std::uint8_t>(i);
  }
  return no_node.value;
}

struct Carried {
  std::uint16_t pool = 0;
  std::uint32_t bytes = 0;
  PayloadClass what = PayloadClass::metadata;
};

Carried carried_by(EventKind kind) {
  switch (kind) {
    case EventKind::audio_frame:
      return {microphone_pool, 320, PayloadClass::audio_raw};
    case EventKind::synthesis_frame:
      return {synthesis_pool, 640, PayloadClass::audio_raw};
    case EventKind::recognition_partial:
    case EventKind::recognition_final:
    case EventKind::dialogue_sentence:
      return {text_pool, 24, PayloadClass::text_raw};
    default:
      return {};  // not a decision over all kinds
  }
}

}  // namespace

World::World(const WorldParts& parts)
    : chance_(parts.seed),
      faults_(parts.faults),
      manner_(parts.manner),
      payloads_(parts.payloads),
      slot_(parts.slot),
      tells_of_evidence_(parts.tells_of_evidence),
      recogniser_(node_of(parts.graph, NodeType::recogniser)),
      synthesiser_(node_of(parts.graph, NodeType::synthesiser)),
      now_ns_(parts.begins_ns),
      epoch_(parts.epoch) {
  later(Duration{0}, made(EventKind::connected, Lane::control));
}

std::optional<Event> World::next(Instant now) {
  now_ns_ = std::max(now_ns_, now.value);
  Event event = future_.top().event;
  event.mono_ns = future_.top().at_ns;
  future_.pop();
  if (event.node != no_node.value) event.transport_sequence = ++results_[event.node];
  if (faults_.strikes(Fault::clock_jumps, chance_)) {
    wall_ahead_ns_ = chance_.between(-wall_jump_max_ms, wall_jump_max_ms) * ns_per_ms;
  }
  event.wall_ns = std::max<std::int64_t>(0, event.mono_ns + wall_ahead_ns_);
  if (future_.empty() || chance_.happens(acts_permille)) somebody_acts();
  if (!equip(event)) {
    ++events_without_slab_;
    return std::nullopt;
  }
  return event;
}

bool World::equip(Event& event) {
  const Carried carried = carried_by(event.kind);
  if (carried.pool == 0) return true;
  if (faults_.strikes(Fault::payload_shortage, chance_)) return false;
  const auto payload = payloads_.try_acquire(carried.pool, carried.bytes);
  if (!payload) return false;
  const std::span<std::byte> bytes = payloads_.write(*payload);
  std::memset(bytes.data(), 'a', bytes.size());
  event.payload = *payload;
  event.payload_class = carried.what;
  return true;
}

void World::react(const Event& command, Instant now) {
  now_ns_ = std::max(now_ns_, now.value);
  switch (command.kind) {
    case EventKind::command_recognise_finalise:
      return recogniser_answers(command);
    case EventKind::command_dialogue_ask:
      return dialogue_answers(command);
    case EventKind::command_synthesise: {
      const std::int64_t frames = chance_.between(5, manner_.answer_frames_max);
      return voice_begins(command, frames);
    }
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
    case EventKind::command_duck:
      return duck(command);
    default:
      return;  // nobody in this world minds
  }
}

Event World::made(EventKind kind, Lane lane) const {
  Event event{};
  event.kind = kind;
  event.lane = lane;
  event.session_slot = slot_;
  return event;
}

void World::later(Duration delay, Event event) {
  std::int64_t at_ns = now_ns_ + std::max<std::int64_t>(0, delay.value);
  if (event.node != no_node.value) {
    at_ns = std::max(at_ns, free_at_ns_[event.node]);
    free_at_ns_[event.node] = at_ns;
  }
  future_.push({at_ns, ++order_, event});
}

}  // namespace phalarope::sim
