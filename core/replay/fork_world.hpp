// ForkWorld: what stands behind the engine in a future that was not recorded: nodes that really answer, a loudspeaker,
// and the user's recorded voice. Whoever has the speech libraries supplies it; replay itself has neither clock nor
// device, so every call says what time it is. One thread. Contract: design.md "A replay"; core/engine/graph/node.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "core/engine/base/event.hpp"

namespace phalarope::replay {

/// What a node says of a command: kind, arguments, payload class as the node gave them; the rest is the caller's.
struct WorldAnswer {
  Event event{};
  std::vector<std::byte> payload;
};

/// One command to one node.
struct WorldAsk {
  const Event& command;
  std::span<const std::byte> payload;
  bool forked = false;     // the node that the fork was given, not the recorded one
  bool cancelled = false;  // its ticket was cancelled before the node came to it
};

class ForkWorld {
 public:
  virtual ~ForkWorld() = default;

  /// The node's answers, all at once. An error says why it cannot be run here and what to do.
  virtual std::expected<std::vector<WorldAnswer>, std::string> ask(const WorldAsk& ask) = 0;
  virtual void cancel(const Event& command, bool forked) = 0;

  /// The loudspeaker takes a command; `samples` is what a play_frame sounds like.
  virtual void play(const Event& command, std::span<const std::byte> samples) = 0;
  virtual void move_fence(const Event& command_fence) = 0;
  /// One period: what it tells, in the order in which it tells it.
  virtual void run_period(Instant at, std::int64_t first_frame, std::vector<Event>& told) = 0;
  /// Whether nothing sounds and nothing is left to be told.
  virtual bool speaker_idle() const = 0;

  /// What the microphone heard there, echo taken off; empty when the recording holds no sound.
  virtual std::span<const std::int16_t> heard(std::int64_t media_sample, std::int64_t frames) = 0;
};

}  // namespace phalarope::replay
