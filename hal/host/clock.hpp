// The only place that reads a clock. Everything else is told the time.
//
// HostClock is the machine's; VirtualClock stands still until the runner moves it, so that a run on WAV files takes
// no longer than its computation and gives the same events every time.
#pragma once

#include "core/engine/base/strong.hpp"

namespace phalarope::hal {

/// CLOCK_MONOTONIC; any thread; never goes back.
Instant monotonic_now() noexcept;
/// CLOCK_REALTIME; for correlation only.
WallTime wall_now() noexcept;

/// What workers and runners stamp their events with. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const noexcept = 0;
  virtual WallTime wall() const noexcept = 0;
};

class HostClock final : public Clock {
 public:
  Instant now() const noexcept override { return monotonic_now(); }
  WallTime wall() const noexcept override { return wall_now(); }
};

/// Starts at the given wall time and moves only by move_to(). Owner: the one thread of a virtual-time run.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(WallTime start) noexcept : start_(start) {}
  Instant now() const noexcept override { return Instant{elapsed_ns_}; }
  WallTime wall() const noexcept override { return start_ + Duration{elapsed_ns_}; }
  /// Never back: an earlier instant leaves the clock as it is.
  void move_to(Instant instant) noexcept {
    if (instant.value > elapsed_ns_) elapsed_ns_ = instant.value;
  }

 private:
  WallTime start_;
  std::int64_t elapsed_ns_ = 0;
};

}  // namespace phalarope::hal
