// DelayLockedLoop: the true time of a device's samples, out of wake-ups that come late by a different amount each time.
//
//     period ends as seen:      │     │       │   │      │        jitter of the scheduler
//     as filtered:            t0│   t1│     │     │     │         e = seen - t1;  t1 += period + b e;  period += c e
//
// Second-order loop after F. Adriaensen, "Using a DLL to filter time" (Linux Audio Conference, 2005), with
// omega = 2 pi * bandwidth * period, b = sqrt(2) omega, c = omega^2. It starts wide to find the period, then narrows so
// that jitter averages out. From the filtered period follow the drift of the device's clock against ours, and the
// mapping between sample positions and instants in both directions.
//
// Fixed point, because the engine's decisions must be the same on every processor (decisions.md D23): instants are
// whole nanoseconds plus a 32-bit fraction; the period is nanoseconds in Q32; b and c are Q32 below one.
//
// Invariants. (1) After `resync` the mapping passes exactly through the update that caused it. (2) Any gap in the
// sample count (xrun) or an error beyond a bound resyncs instead of bending the period. (3) Between resyncs mapped
// instants grow with samples. (4) The period stays within the bound of the nominal one. Owner: the thread that owns the
// device's position (a copy may be given to others). Not here: reading the clock. Contract: runtime.md 8.2 (sample
// index is canonical, skew is corrected, never ignored).
#pragma once

#include <cstdint>
#include <optional>

#include "core/engine/base/result.hpp"
#include "core/engine/base/strong.hpp"

namespace phalarope {

struct LoopConfig {
  std::uint32_t rate_hz = 16'000;
  std::uint32_t period_frames = 160;
  std::uint32_t bandwidth_start_mhz = 1'000;  // millihertz while locking: settles within about a second
  std::uint32_t bandwidth_locked_mhz = 100;   // millihertz when locked: jitter falls to a few per cent
  Duration error_max = milliseconds(50);      // a later wake-up says nothing about the device: resync
  std::uint32_t lock_after_updates = 200;     // updates in the wide band before the narrow one
};

enum class LoopError : std::uint8_t { config_invalid, not_started, beyond_horizon };
constexpr const char* describe(LoopError error) noexcept {
  switch (error) {
    case LoopError::config_invalid:
      return "config_invalid: the loop needs a rate up to 1 MHz, a period of 0.1 to 1000 ms and a bandwidth below a "
             "13th of the period rate";
    case LoopError::not_started:
      return "not_started: no update has been given yet";
    case LoopError::beyond_horizon:
      return "beyond_horizon: too far from the last update to extrapolate";
  }
  return "";
}

enum class LoopState : std::uint8_t { waiting, locking, locked };
/// What an update did.
enum class LoopStep : std::uint8_t {
  resync_first,  // the first update
  resync_gap,    // the sample count did not follow on: an xrun
  resync_error,  // the error was beyond its bound
  followed
};

class DelayLockedLoop {
 public:
  static Result<DelayLockedLoop, LoopError> make(const LoopConfig& config) noexcept;

  /// `position` frames were completed at about `seen`. Each update is one period after the one before; anything else is
  /// a gap.
  LoopStep update(MediaTime position, Instant seen) noexcept;
  /// Forgets the past, for example after an xrun that the device has told.
  void reset() noexcept { state_ = LoopState::waiting; }

  LoopState state() const noexcept { return state_; }
  /// Filtered instant of a sample position, up to `horizon_periods` away from the last update.
  Result<Instant, LoopError> instant_of(MediaTime position) const noexcept;
  /// The sample position nearest to an instant, up to `horizon_periods` away from the last update.
  Result<MediaTime, LoopError> position_at(Instant instant) const noexcept;
  /// The device's clock against ours in parts per 10^9: positive when the device is fast.
  std::int64_t drift_ppb() const noexcept;
  /// The filtered period, rounded to whole nanoseconds.
  Duration period() const noexcept;
  /// Seen minus expected of the last update that was followed.
  Duration last_error() const noexcept { return last_error_; }
  std::uint64_t resync_count() const noexcept { return resync_count_; }

  static constexpr std::int64_t horizon_periods = 10'000;

 private:
  /// Coefficients of one bandwidth, Q32.
  struct Gain {
    std::int64_t b_q32 = 0;
    std::int64_t c_q32 = 0;
  };
  /// Nanoseconds with a 32-bit fraction.
  struct FineInstant {
    std::int64_t ns = 0;
    std::uint32_t fraction = 0;
  };

  DelayLockedLoop() noexcept = default;
  static std::optional<Gain> gain_of(std::uint32_t bandwidth_mhz, std::int64_t period_ns) noexcept;
  static FineInstant plus_q32(FineInstant instant, std::int64_t span_q32) noexcept;
  void resync(MediaTime position, Instant seen) noexcept;

  LoopConfig config_{};
  Gain gain_start_{};
  Gain gain_locked_{};
  std::int64_t nominal_period_q32_ = 0;
  std::int64_t period_q32_ = 0;
  FineInstant start_{};  // t0: filtered instant of `position_`
  FineInstant end_{};    // t1: expected instant of `position_` + one period
  MediaTime position_{};
  Duration last_error_{};
  std::uint64_t resync_count_ = 0;
  std::uint32_t updates_ = 0;
  LoopState state_ = LoopState::waiting;
};

}  // namespace phalarope
