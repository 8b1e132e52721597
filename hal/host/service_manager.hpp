// What the program tells systemd (Type=notify, WatchdogSec): ready, alive, stopping, one status line.
// Without a service manager every call does nothing. Protocol: sd_notify(3), one datagram to $NOTIFY_SOCKET.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace phalarope::hal {

class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID once.
  ServiceManager();

  void ready(std::string_view status) const;
  void status(std::string_view status) const;
  void stopping() const;
  /// Only while the step and period counters advance (heartbeat.hpp).
  void alive() const;
  /// Silence of this length ends the process; nothing when no watchdog is set, or one of another process.
  std::optional<std::chrono::microseconds> watchdog_interval() const;

 private:
  void send(const std::string& message) const;
  std::string socket_path_;
  std::optional<std::chrono::microseconds> interval_;
};

}  // namespace phalarope::hal
