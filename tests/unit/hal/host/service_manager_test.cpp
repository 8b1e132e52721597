// What systemd would receive: one datagram a word, at a path or an abstract name, and nothing without a manager.
#include "hal/host/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace phalarope::hal {
namespace {

/// The service manager's end of NOTIFY_SOCKET.
class Manager {
 public:
  explicit Manager(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0) << std::strerror(errno);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(fd_);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::string received() const {
    char buffer[256];
    const auto size = ::recv(fd_, buffer, sizeof buffer, 0);
    return size < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(size));
  }

 private:
  int fd_;
};

void say_everything(const Manager& manager) {
  const ServiceManager sut;
  sut.ready("listening");
  EXPECT_EQ(manager.received(), "READY=1\nSTATUS=listening");
  sut.alive();
  EXPECT_EQ(manager.received(), "WATCHDOG=1");
  sut.stopping();
  EXPECT_EQ(manager.received(), "STOPPING=1");
  EXPECT_EQ(manager.received(), "") << "one datagram a word";
}

TEST(ServiceManager, IsToldAtAPath) {
  const std::string path = ::testing::TempDir() + "phalarope-notify-" + std::to_string(::getpid());
  std::filesystem::remove(path);
  say_everything(Manager(path));
  std::filesystem::remove(path);
}

TEST(ServiceManager, IsToldAtAnAbstractName) {
  say_everything(Manager("@phalarope-notify-" + std::to_string(::getpid())));
}

TEST(ServiceManager, ThatIsGoneCostsNothing) {
  ::setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
  const ServiceManager sut;
  sut.ready("listening");
  ::setenv("NOTIFY_SOCKET", std::string(300, 'x').c_str(), 1);
  ServiceManager().alive();
  ::unsetenv("NOTIFY_SOCKET");
  ServiceManager().alive();
}

TEST(ServiceManager, WatchdogIsTheOneMeantForThisProcess) {
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  EXPECT_EQ(ServiceManager().watchdog_interval(), std::chrono::microseconds(2'000'000));
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_TRUE(ServiceManager().watchdog_interval());
  ::setenv("WATCHDOG_PID", std::to_string(::getppid()).c_str(), 1);
  EXPECT_FALSE(ServiceManager().watchdog_interval());
  ::unsetenv("WATCHDOG_PID");
  for (const char* const bad : {"", "0", "-1", "2s", "99999999999999999999"}) {
    ::setenv("WATCHDOG_USEC", bad, 1);
    EXPECT_FALSE(ServiceManager().watchdog_interval()) << bad;
  }
  ::unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace phalarope::hal
