// HTTP actions against a real server on a socket of this machine: what is sent, and what each kind of answer becomes.
#include "hal/speech/action_runner.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace phalarope::hal {
namespace {

/// Takes one call, notes what was asked and answers with the given bytes; no bytes: it holds the line and says nothing.
class OneCallServer {
 public:
  explicit OneCallServer(std::string answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~OneCallServer() { asked(); }
  OneCallServer(const OneCallServer&) = delete;
  OneCallServer& operator=(const OneCallServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/lamp"; }
  /// After the call.
  const std::string& asked() {
    if (thread_.joinable()) {
      ::shutdown(listener_, SHUT_RDWR);
      thread_.join();
      ::close(listener_);
    }
    return asked_;
  }

 private:
  void serve() {
    const int call = ::accept(listener_, nullptr, nullptr);
    if (call < 0) return;
    char bytes[2048];
    while (!complete()) {
      const ssize_t count = ::recv(call, bytes, sizeof bytes, 0);
      if (count <= 0) break;
      asked_.append(bytes, static_cast<std::size_t>(count));
    }
    if (answer_.empty()) {
      while (::recv(call, bytes, sizeof bytes, 0) > 0) {
      }
    }
    static_cast<void>(::send(call, answer_.data(), answer_.size(), MSG_NOSIGNAL));
    ::close(call);
  }
  bool complete() const {
    const std::size_t end = asked_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t length = asked_.find("Content-Length: ");
    return length == std::string::npos || asked_.size() >= end + 4 + std::stoul(asked_.substr(length + 16));
  }

  std::string answer_, asked_;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Action call(const std::string& url, std::int64_t timeout_ms = 2000) {
  Action action;
  action.kind = Action::Kind::http;
  action.method = "POST";
  action.url = url;
  action.body = R"({"lamp":"on"})";
  action.timeout_ms = timeout_ms;
  return action;
}

const auto never = [] { return false; };

TEST(HttpAction, SendsItsBodyAndGivesTheFirstLineOfTheAnswer) {
  OneCallServer server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nwarm\nblue\n");
  const ActionResult result = run_action(call(server.url()), never);
  EXPECT_EQ(result.outcome, ActionOutcome::done);
  EXPECT_EQ(result.output, "warm");
  EXPECT_TRUE(server.asked().starts_with("POST /lamp HTTP/1.1\r\n")) << server.asked();
  EXPECT_TRUE(server.asked().ends_with(R"({"lamp":"on"})")) << server.asked();
  EXPECT_NE(server.asked().find("Content-Type: application/json\r\n"), std::string::npos) << server.asked();
}

TEST(HttpAction, AnAnswerOfFourHundredOrMoreFailsIt) {
  OneCallServer server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(run_action(call(server.url()), never).outcome, ActionOutcome::failed);
}

TEST(HttpAction, ARedirectIsNotFollowedAndIsNoSuccess) {
  OneCallServer elsewhere("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  OneCallServer server("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() + "\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(run_action(call(server.url()), never).outcome, ActionOutcome::failed);
  EXPECT_TRUE(elsewhere.asked().empty()) << elsewhere.asked();
}

TEST(HttpAction, AServerThatSaysNothingIsLeftAfterTheTimeout) {
  OneCallServer server("");
  EXPECT_EQ(run_action(call(server.url(), 100), never).outcome, ActionOutcome::timed_out);
}

TEST(HttpAction, ACancelEndsTheCall) {
  OneCallServer server("");
  EXPECT_EQ(run_action(call(server.url(), 60'000), [] { return true; }).outcome, ActionOutcome::cancelled);
}

TEST(HttpAction, NobodyListeningIsTold) {
  std::string url;
  {
    const OneCallServer gone("");
    url = gone.url();
  }
  EXPECT_EQ(run_action(call(url), never).outcome, ActionOutcome::absent);
}

TEST(HttpAction, AnotherProtocolThanHttpIsRefused) {
  EXPECT_EQ(run_action(call("file:///etc/hostname"), never).outcome, ActionOutcome::failed);
}

}  // namespace
}  // namespace phalarope::hal
