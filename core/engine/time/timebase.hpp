// Timebase: places a session's monotonic time on its wall and media axes, and corrects itself when the world disagrees.
//
//     anchor (mono, wall, media)          project(mono):  wall  = anchor.wall  + (mono - anchor.mono)
//        │                                                media = anchor.media + (mono - anchor.mono)
//        ▼         last projection
//     ───●─────────────●───────────▶ mono
//                       observe(): |error| > bound ⇒ the anchor moves to what was observed ("rebased")
//
// Invariants. (1) Projected monotonic times never go back between two calibrations. (2) A refused call changes nothing,
// except that an observe() whose observation is refused has projected already. (3) Same calls, same results.
// Integers only: nanoseconds inside, milliseconds in the contract's JSON (decisions.md D13). `media` here is the media
// clock in nanoseconds; on audio paths the sample count is canonical (MediaTime, delay_locked_loop.hpp).
// Owner: one session, engine thread. Not here: reading clocks (hal/host). Contract: runtime.md 8.1, 8.2; I8.
#pragma once

#include <cstdint>

#include "core/engine/base/result.hpp"
#include "core/engine/base/strong.hpp"

namespace phalarope {

/// A point on a session's media clock, in nanoseconds.
using MediaClock = Point<struct MediaClockTag, Duration>;

enum class TimebaseError : std::uint8_t {
  value_negative,
  not_calibrated,
  before_anchor,      // a calibration before the previous anchor
  before_projection,  // a projection before the last one
  out_of_range        // beyond what 64 bits of nanoseconds hold (292 years)
};
constexpr const char* describe(TimebaseError error) noexcept {
  switch (error) {
    case TimebaseError::value_negative:
      return "value_negative: times and skew bounds are at least 0";
    case TimebaseError::not_calibrated:
      return "not_calibrated: calibrate the session's timebase first";
    case TimebaseError::before_anchor:
      return "before_anchor: a calibration may not lie before the previous anchor";
    case TimebaseError::before_projection:
      return "before_projection: monotonic time went back behind the last projection";
    case TimebaseError::out_of_range:
      return "out_of_range: the projected time does not fit";
  }
  return "";
}

struct TimebasePoint {
  Instant mono{};
  WallTime wall{};
  MediaClock media{};
  constexpr bool operator==(const TimebasePoint&) const noexcept = default;
};

struct Projection {
  TimebasePoint at{};
  Duration skew{};       // the larger of wall and media error; 0 for a plain projection
  bool rebased = false;  // the anchor moved to the observed values, which `at` repeats
  constexpr bool operator==(const Projection&) const noexcept = default;
};

class Timebase {
 public:
  /// Sets the anchor.
  constexpr Result<void, TimebaseError> calibrate(const TimebasePoint& anchor) noexcept {
    if (anchor.mono.value < 0 || anchor.wall.value < 0 || anchor.media.value < 0) {
      return refuse(TimebaseError::value_negative);
    }
    if (calibrated_ && anchor.mono < anchor_.mono) return refuse(TimebaseError::before_anchor);
    anchor_ = anchor;
    last_ = anchor;
    calibrated_ = true;
    return {};
  }

  /// Where `mono` lies on the other axes.
  constexpr Result<Projection, TimebaseError> project(Instant mono) noexcept {
    if (!calibrated_) return refuse(TimebaseError::not_calibrated);
    if (mono.value < 0) return refuse(TimebaseError::value_negative);
    if (mono < last_.mono) return refuse(TimebaseError::before_projection);
    const Duration since_anchor = mono - anchor_.mono;
    TimebasePoint at{.mono = mono, .wall = {}, .media = {}};
    if (__builtin_add_overflow(anchor_.wall.value, since_anchor.value, &at.wall.value) ||
        __builtin_add_overflow(anchor_.media.value, since_anchor.value, &at.media.value)) {
      return refuse(TimebaseError::out_of_range);
    }
    last_ = at;
    return Projection{.at = at, .skew = {}, .rebased = false};
  }

  /// Compares an observation with the projection and moves the anchor there when they differ by more than `skew_max`.
  constexpr Result<Projection, TimebaseError> observe(const TimebasePoint& observed, Duration skew_max) noexcept {
    const Result<Projection, TimebaseError> projected = project(observed.mono);
    if (!projected) return projected;
    if (observed.wall.value < 0 || observed.media.value < 0 || skew_max.value < 0) {
      return refuse(TimebaseError::value_negative);
    }
    // Both sides are at least 0, so the differences fit.
    const Duration wall_error = magnitude(observed.wall - projected->at.wall);
    const Duration media_error = magnitude(observed.media - projected->at.media);
    const Duration skew = wall_error < media_error ? media_error : wall_error;
    if (skew <= skew_max) return Projection{.at = projected->at, .skew = skew, .rebased = false};
    anchor_ = observed;
    last_ = observed;
    return Projection{.at = observed, .skew = skew, .rebased = true};
  }

  constexpr bool calibrated() const noexcept { return calibrated_; }
  constexpr const TimebasePoint& anchor() const noexcept { return anchor_; }
  constexpr const TimebasePoint& last() const noexcept { return last_; }

 private:
  static constexpr Duration magnitude(Duration span) noexcept {
    return Duration{span.value < 0 ? -span.value : span.value};
  }

  TimebasePoint anchor_{};
  TimebasePoint last_{};
  bool calibrated_ = false;
};

}  // namespace phalarope
