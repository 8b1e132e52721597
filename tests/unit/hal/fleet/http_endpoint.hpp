// An HTTP endpoint of this machine that keeps what it was sent, headers and all.
//
// Fault model: it answers any status, takes its time, or closes without an answer. Of each connection it reads one
// request; bodies come with a Content-Length.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace phalarope::testing {

class HttpEndpoint {
 public:
  HttpEndpoint() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~HttpEndpoint() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }
  void answer_with(int status) { status_ = status; }  // 0: close without a word
  void take_time(std::chrono::milliseconds time) { wait_ms_ = time.count(); }
  /// Each request as it came, head and body.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  static constexpr int poll_ms = 20;

  void serve() {
    while (!stopping_) {
      pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, poll_ms) <= 0) continue;
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      answer(connection);
      ::close(connection);
    }
  }

  void answer(int connection) {
    std::string request;
    while (!is_whole(request)) {
      char bytes[4096];
      const ssize_t count = ::recv(connection, bytes, sizeof bytes, 0);
      if (count <= 0) break;
      request.append(bytes, static_cast<std::size_t>(count));
      if (request.ends_with("\r\n\r\n") && request.find("Expect: 100-continue") != std::string::npos)
        say(connection, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms_.load()));
    if (status_ != 0)
      say(connection, "HTTP/1.1 " + std::to_string(status_) + " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }

  static bool is_whole(const std::string& request) {
    const std::size_t head_end = request.find("\r\n\r\n");
    const std::size_t length = request.find("Content-Length: ");
    if (head_end == std::string::npos) return false;
    const std::size_t body_bytes = length < head_end ? std::stoul(request.substr(length + 16)) : 0;
    return request.size() >= head_end + 4 + body_bytes;
  }
  static void say(int connection, const std::string& text) {
    static_cast<void>(!::send(connection, text.data(), text.size(), MSG_NOSIGNAL));
  }

  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::atomic<int> status_{204};
  std::atomic<long> wait_ms_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace phalarope::testing
