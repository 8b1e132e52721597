// AudioWorld: everything the audio thread needs around it, and hands to drive it one step at a time.
// Small fakes of the engine's side: it sends commands, moves the fence, and reads the rings. Test thread only.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "core/engine/audio_link.hpp"
#include "core/engine/memory/arena.hpp"
#include "hal/audio/audio_format.hpp"

namespace phalarope::hal::testing {

constexpr std::uint32_t test_slabs = 256;
constexpr std::uint32_t test_slab_bytes = 2 * 3200;

class AudioWorld {
 public:
  AudioWorld() : region_(8U << 20), arena_(region_) {
    for (const std::uint16_t pool : {microphone_pool, synthesis_pool}) {
      const auto added =
          payloads.add_pool(arena_, {.pool = pool, .slab_bytes = test_slab_bytes, .slabs_max = test_slabs});
      if (!added) std::abort();
    }
  }

  AudioLink link() { return {*control, *data, *commands, fence, payloads}; }

  bool play(Ticket ticket, std::int64_t first_sample, const std::vector<std::int16_t>& samples) {
    const auto bytes = static_cast<std::uint32_t>(samples.size() * 2);
    const auto handle = payloads.try_acquire(synthesis_pool, bytes);
    if (!handle) return false;
    std::memcpy(payloads.write(*handle).data(), samples.data(), bytes);
    Event event = command(EventKind::command_play_frame, ticket, first_sample);
    event.argument_b = static_cast<std::int64_t>(samples.size());
    event.payload = *handle;
    return commands->try_push(event);
  }
  bool send(EventKind kind, Ticket ticket, std::int64_t argument = 0) {
    return commands->try_push(command(kind, ticket, argument));
  }

  /// Takes everything that was said, control first; releases payloads.
  std::vector<Event> take_events() {
    std::vector<Event> events;
    Event event{};
    while (control->try_pop(event)) events.push_back(event);
    while (data->try_pop(event)) {
      if (event.payload.present()) {
        const auto bytes = payloads.read(event.payload);
        if (bytes) {
          last_payload.resize(bytes->size() / 2);
          std::memcpy(last_payload.data(), bytes->data(), bytes->size());
          heard_frames.push_back({event.media_sample, last_payload});
        }
        (void)payloads.release(event.payload);
      }
      events.push_back(event);
    }
    return events;
  }
  std::uint32_t slabs_held(std::uint16_t pool) const {
    const auto counters = payloads.counters(pool);
    return counters->slabs_max - counters->free_slabs;
  }
  std::uint64_t stale_uses(std::uint16_t pool) const { return payloads.counters(pool)->stale_count; }

  struct HeardFrame {
    std::int64_t first_frame;
    std::vector<std::int16_t> samples;
  };
  std::unique_ptr<SpscRing<Event, audio_control_events_max>> control =
      std::make_unique<SpscRing<Event, audio_control_events_max>>();
  std::unique_ptr<SpscRing<Event, audio_data_events_max>> data =
      std::make_unique<SpscRing<Event, audio_data_events_max>>();
  std::unique_ptr<SpscRing<Event, audio_commands_max>> commands =
      std::make_unique<SpscRing<Event, audio_commands_max>>();
  Fence fence;
  PayloadStore payloads;
  std::vector<std::int16_t> last_payload;
  std::vector<HeardFrame> heard_frames;

 private:
  static Event command(EventKind kind, Ticket ticket, std::int64_t argument) {
    Event event{};
    event.kind = kind;
    event.ticket = ticket.value;
    event.turn_number = static_cast<std::uint32_t>(ticket.value);
    event.argument_a = argument;
    return event;
  }
  std::vector<std::byte> region_;
  Arena arena_;
};

inline std::vector<Event> of_kind(const std::vector<Event>& events, EventKind kind) {
  std::vector<Event> found;
  for (const Event& event : events) {
    if (event.kind == kind) found.push_back(event);
  }
  return found;
}

/// A ramp whose values tell their position: sample k of an answer is k + 1 (wrapped), never silence.
inline std::int16_t ramp_sample(std::int64_t k) { return static_cast<std::int16_t>(1000 + k % 20000); }
inline std::vector<std::int16_t> ramp(std::int64_t from, std::int64_t frames) {
  std::vector<std::int16_t> samples;
  for (std::int64_t k = from; k < from + frames; ++k) samples.push_back(ramp_sample(k));
  return samples;
}

}  // namespace phalarope::hal::testing
