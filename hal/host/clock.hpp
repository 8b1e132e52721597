// The only place that reads a clock. Everything else is told the time.
#pragma once

#include "core/engine/base/strong.hpp"

namespace phalarope::hal {

/// CLOCK_MONOTONIC; any thread; never goes back.
Instant monotonic_now() noexcept;
/// CLOCK_REALTIME; for correlation only.
WallTime wall_now() noexcept;

}  // namespace phalarope::hal
