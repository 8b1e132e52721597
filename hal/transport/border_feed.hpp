// BorderFeed: what the engine says, on its way to whoever listens outside.
//
//   engine thread: seen(step) ─▶ signals only ─▶ │ ring, 256 │ ─▶ hear(): the transport's thread ─▶ Border::give
//                                    └ no room: counted; the next one that finds room is preceded by one drop_notice
//
// Invariants. (1) The engine never waits for a peer (I9): a full ring costs it a count. (2) Each stretch that found no
// room is told by one notice with its first and last sequence, before anything newer (I5). (3) What the lanes say of
// themselves and the markers of a migration are inputs of a step and words of the board at once: they leave, too.
// Threads: seen() the engine's; hear() any one. Contract: runtime.md 1.5, 5.6; I5, I9.
#pragma once

#include <atomic>
#include <optional>

#include "core/engine/runtime.hpp"

namespace phalarope::hal {

constexpr std::size_t border_events_max = 256;

class BorderFeed {
 public:
  /// For RuntimeWiring; the feed outlives the runtime.
  StepTap tap() noexcept {
    return {.owner = this, .seen = [](void* owner, const Event& input, std::span<const Event> outputs) noexcept {
              static_cast<BorderFeed*>(owner)->seen(input, outputs);
            }};
  }
  bool hear(Event& signal) noexcept { return ring_.try_pop(signal); }
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  void seen(const Event& input, std::span<const Event> outputs) noexcept;
  void put(const Event& signal) noexcept;

  SpscRing<Event, border_events_max> ring_;
  std::optional<Event> gap_;               // owner: engine; the notice of what found no room, still to be said
  std::atomic<std::uint64_t> dropped_{0};  // a figure, no hand-over
};

}  // namespace phalarope::hal
