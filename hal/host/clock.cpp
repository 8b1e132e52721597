#include "hal/host/clock.hpp"

#include <ctime>

namespace phalarope::hal {
namespace {
std::int64_t read_ns(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * ns_per_second + now.tv_nsec;
}
}  // namespace

Instant monotonic_now() noexcept { return Instant{read_ns(CLOCK_MONOTONIC)}; }
WallTime wall_now() noexcept { return WallTime{read_ns(CLOCK_REALTIME)}; }

}  // namespace phalarope::hal
