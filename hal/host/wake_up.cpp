#include "hal/host/wake_up.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {

WakeUp::WakeUp() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  PHAL_ENFORCE(fd_ >= 0, "the kernel gave no eventfd for the engine's wake-up");
}

WakeUp::~WakeUp() { ::close(fd_); }

void WakeUp::wait(Instant now, Instant deadline) noexcept {
  const Duration left = deadline - now;
  if (left.value > 0) {
    const timespec timeout{.tv_sec = left.value / ns_per_second, .tv_nsec = left.value % ns_per_second};
    pollfd token{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::ppoll(&token, 1, &timeout, nullptr) > 0) {
      std::uint64_t count = 0;
      const auto bytes = ::read(fd_, &count, sizeof count);
      static_cast<void>(bytes);  // a token already taken is as good as one taken now
    }
  }
  withdraw();
}

void WakeUp::write_token() noexcept {
  const std::uint64_t one = 1;
  const auto bytes = ::write(fd_, &one, sizeof one);
  static_cast<void>(bytes);  // a full counter means that the sleeper is already being woken
}

}  // namespace phalarope::hal
