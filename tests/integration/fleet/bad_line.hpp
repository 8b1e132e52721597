// A line between a board and its server that somebody has the hand on: bytes pass, late, one way only, or not at all.
//
// Fault model: `answers_late` holds back what the server says; `swallow_answers` takes it away for ever, so that the
// server has what the board believes unsent; `cut` closes every connection and lets none through.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace phalarope::testing {

class BadLine {
 public:
  explicit BadLine(std::uint16_t server_port) : server_port_(server_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~BadLine() {
    stopping_ = true;
    acceptor_.join();
    for (std::thread& pump : pumps_) pump.join();
    ::close(listener_);
  }
  BadLine(const BadLine&) = delete;
  BadLine& operator=(const BadLine&) = delete;

  std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }
  void answers_late(std::chrono::milliseconds by) { delay_ms_ = by.count(); }
  void swallow_answers(bool yes) { swallow_ = yes; }
  void cut(bool yes) { cut_ = yes; }

 private:
  static constexpr int poll_ms = 10;

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void accept_all() {
    while (!stopping_) {
      pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, poll_ms) <= 0) continue;
      const int board = ::accept(listener_, nullptr, nullptr);
      const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in address = loopback(server_port_);
      if (cut_ || ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(board);
        ::close(server);
        continue;
      }
      pumps_.emplace_back([this, board, server] { pump(board, server); });
    }
  }

  void pump(int board, int server) {
    for (bool open = true; open && !stopping_ && !cut_;) {
      pollfd both[] = {{.fd = board, .events = POLLIN, .revents = 0}, {.fd = server, .events = POLLIN, .revents = 0}};
      if (::poll(both, 2, poll_ms) <= 0) continue;
      if (both[0].revents != 0) open = pass(board, server, false);
      if (open && both[1].revents != 0) open = pass(server, board, true);
    }
    ::close(board);
    ::close(server);
  }

  bool pass(int from, int to, bool is_answer) {
    char bytes[16 * 1024];
    const ssize_t count = ::recv(from, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    if (is_answer && swallow_) return true;
    if (is_answer && delay_ms_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms_));
    return ::send(to, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
  }

  std::uint16_t server_port_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<long> delay_ms_{0};
  std::atomic<bool> swallow_{false};
  std::atomic<bool> cut_{false};
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
  std::vector<std::thread> pumps_;  // acceptor's; joined after it
};

}  // namespace phalarope::testing
