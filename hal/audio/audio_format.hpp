// The engine's one audio format: 16 kHz, mono, signed 16 bit. Everything else is converted at the border.
// Pure constants and conversions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/engine/base/strong.hpp"

namespace phalarope::hal {

constexpr std::int64_t engine_rate_hz = 16'000;
/// Canceller and voice activity work in steps of 10 ms.
constexpr std::size_t frame_frames = 160;
constexpr std::int64_t frames_per_ms = engine_rate_hz / 1000;
/// Periods of 4 to 30 ms: below, wake-ups cost more than the audio; above, the fence is no longer "at once".
constexpr std::size_t period_frames_min = 64;
constexpr std::size_t period_frames_max = 480;
static_assert(frame_frames * 100 == engine_rate_hz, "a frame is 10 ms");

constexpr Duration frames_to_duration(std::int64_t frames) noexcept {
  return Duration{frames * (ns_per_second / engine_rate_hz)};
}
constexpr std::int64_t duration_to_frames(Duration span) noexcept {
  return span.value / (ns_per_second / engine_rate_hz);
}
static_assert(ns_per_second % engine_rate_hz == 0, "a frame is a whole number of nanoseconds");

}  // namespace phalarope::hal
