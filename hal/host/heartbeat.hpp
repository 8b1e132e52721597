// Heartbeat: whether the service manager may be told that the board lives.
//
//   looks (interval / 8)   |    |    |    |    |    |    |    |
//   engine's rounds        5    9   12   12   12   12 ...          stands still
//   fed                    x    x    x    .    .    .         ...  ─ interval ─▶ restart
//
// Fed only while both the audio thread's periods and the engine's rounds have advanced since the look before. So a
// stand- still is found at most an eighth of the interval after it began, and the restart comes at most 9/8 of it after
// that. A single late period costs one of eight chances.
//
// Each feeding thread has a Heartbeat of its own: a flusher or a control thread that stands still then stops only its
// own words, and the turn goes on (Q34). Contract: design.md Isolation; reliability goal Q34.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/engine/base/strong.hpp"

namespace phalarope::hal {

/// Looks in one interval of the service manager's watchdog.
constexpr std::int64_t heartbeat_looks = 8;

class Heartbeat {
 public:
  /// `interval` is the service manager's (WATCHDOG_USEC); nothing: never due.
  explicit Heartbeat(std::optional<std::chrono::microseconds> interval)
      : every_(interval ? Duration{interval->count() * 1000 / heartbeat_looks} : Duration{0}) {}

  /// `periods` and `rounds` count what the audio and the engine thread have done so far.
  bool due(Instant now, std::uint64_t periods, std::uint64_t rounds) noexcept {
    if (every_.value == 0 || now < next_look_) return false;
    const bool lives = periods != periods_seen_ && rounds != rounds_seen_;
    periods_seen_ = periods;
    rounds_seen_ = rounds;
    next_look_ = now + every_;
    return lives;
  }

 private:
  Duration every_;
  Instant next_look_{};
  std::uint64_t periods_seen_ = 0;
  std::uint64_t rounds_seen_ = 0;
};

}  // namespace phalarope::hal
