// Engine times as telemetry says them: whole milliseconds on the wire, fractions in a metric's value.
//
// A recording may be hostile, so every time is brought into a range in which the sums made of it cannot overflow.
// Pure; any thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/engine/base/strong.hpp"

namespace phalarope::telemetry {

constexpr std::int64_t engine_ns_max = std::int64_t{1} << 60;  // 36 years of uptime
constexpr std::int64_t wall_ns_max = std::int64_t{1} << 62;    // the year 2116

constexpr std::int64_t engine_time(std::int64_t ns) noexcept { return std::clamp<std::int64_t>(ns, 0, engine_ns_max); }
constexpr std::int64_t wall_time(std::int64_t ns) noexcept { return std::clamp<std::int64_t>(ns, 0, wall_ns_max); }
/// From one engine time to a later one; 0 when it is not later.
constexpr std::int64_t span_ns(std::int64_t from_ns, std::int64_t to_ns) noexcept {
  return std::max<std::int64_t>(0, engine_time(to_ns) - engine_time(from_ns));
}
constexpr std::int64_t ms_of(std::int64_t ns) noexcept { return ns / ns_per_ms; }
constexpr double fraction_ms_of(std::int64_t ns) noexcept {
  return static_cast<double>(ns) / static_cast<double>(ns_per_ms);
}

}  // namespace phalarope::telemetry
