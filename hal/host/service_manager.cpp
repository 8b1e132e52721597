#include "hal/host/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace phalarope::hal {
namespace {

std::optional<std::int64_t> number_of(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text + std::strlen(text);
  const auto parsed = std::from_chars(text, end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

ServiceManager::ServiceManager() {
  if (const char* path = std::getenv("NOTIFY_SOCKET"); path != nullptr) socket_path_ = path;
  const auto watched = number_of("WATCHDOG_PID");
  const auto interval_us = number_of("WATCHDOG_USEC");
  if (watched && *watched != ::getpid()) return;  // meant for a parent of ours
  if (interval_us && *interval_us > 0) interval_ = std::chrono::microseconds(*interval_us);
}

void ServiceManager::send(const std::string& message) const {
  sockaddr_un address{};
  if (socket_path_.empty() || socket_path_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
  if (socket_path_.front() == '@') address.sun_path[0] = '\0';  // abstract socket
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path_.size());
  const auto sent =
      ::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length);
  static_cast<void>(sent);  // the service manager may be gone; that is not our failure
  ::close(fd);
}

void ServiceManager::ready(std::string_view status) const { send("READY=1\nSTATUS=" + std::string(status)); }
void ServiceManager::status(std::string_view status) const { send("STATUS=" + std::string(status)); }
void ServiceManager::stopping() const { send("STOPPING=1"); }
void ServiceManager::alive() const { send("WATCHDOG=1"); }
std::optional<std::chrono::microseconds> ServiceManager::watchdog_interval() const { return interval_; }

}  // namespace phalarope::hal
