// Servers that misbehave, against the HTTP action of the intents (Q24): each call ends by its timeout + 75 ms with the
// right outcome, what is kept of the answer is bounded and its own, and the next call works.
//
// One row a behaviour; each server is a thread on a socket of this machine that takes one call.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "hal/host/clock.hpp"
#include "hal/speech/action_runner.hpp"

namespace phalarope::hal {
namespace {

constexpr std::int64_t timeout_ms = 300;
constexpr std::int64_t grace_ms = 75;
/// What a machine that does ten other things at once, or a sanitizer, may add to a bound.
constexpr std::int64_t machine_share_ms = 400;
constexpr int nap_us = 5'000;

/// One call as the server's thread sees it.
class Line {
 public:
  Line(int socket, const std::atomic<bool>& over, std::string its_url)
      : url(std::move(its_url)), socket_(socket), over_(over) {}
  /// False when the caller has hung up, or the test is over.
  bool say(std::string_view text) const {
    while (!text.empty() && !over_.load()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return !over_.load();
  }
  void say_slowly(std::string_view text) const {
    for (const char letter : text) {
      if (!say({&letter, 1})) return;
      ::usleep(nap_us * 20);
    }
  }
  void say_for_ever(std::string_view text) const {
    while (say(text)) {
    }
  }
  void hold() const {
    char byte = 0;
    while (!over_.load() && ::recv(socket_, &byte, 1, MSG_DONTWAIT) != 0) ::usleep(nap_us);
  }
  void reset() const {  // the line is cut, not closed
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  std::string url;

 private:
  int socket_;
  const std::atomic<bool>& over_;
};
using Manner = std::function<void(const Line&)>;

class HostileServer {
 public:
  explicit HostileServer(Manner manner) : manner_(std::move(manner)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    host_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~HostileServer() {
    over_.store(true);
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;
  std::string url(std::string_view scheme) const { return std::string(scheme) + "://" + host_ + "/lamp"; }
  int calls() const { return calls_.load(); }

 private:
  void serve() {
    while (!over_.load()) {
      const int call = ::accept(listener_, nullptr, nullptr);
      if (call < 0) return;
      ++calls_;
      char bytes[2048];
      static_cast<void>(::recv(call, bytes, sizeof bytes, 0));
      manner_(Line(call, over_, url("http")));
      ::close(call);
    }
  }
  Manner manner_;
  int listener_;
  std::string host_;
  std::atomic<bool> over_{false};
  std::atomic<int> calls_{0};
  std::thread thread_;
};

const std::string ok = "HTTP/1.1 200 OK\r\n";

struct Behaviour {
  const char* name;
  Manner manner;
  std::vector<ActionOutcome> outcomes;  // any of these
  const char* output = "";
  const char* scheme = "http";
};

using enum ActionOutcome;
const Behaviour behaviours[] = {
    {"SaysNothing", [](const Line& line) { line.hold(); }, {timed_out}},
    {"HangsUpAtOnce", [](const Line&) {}, {failed}},
    {"CutsTheLine", [](const Line& line) { line.reset(); }, {failed}},
    {"OneByteATime", [](const Line& line) { line.say_slowly(ok + "Content-Length: 2\r\n\r\nok"); }, {timed_out}},
    {"OneByteOfTheBodyATime",
     [](const Line& line) {
       line.say(ok + "Content-Length: 60\r\n\r\n");
       line.say_slowly(std::string(60, 'x'));
     },
     {timed_out},
     nullptr},
    {"HeadersWithoutEnd",
     [](const Line& line) {
       line.say(ok);
       line.say_for_ever("X-More: of the same\r\n");
     },
     {failed, timed_out}},
    {"OneHeaderWithoutEnd",
     [](const Line& line) {
       line.say(ok + "X-Long: ");
       line.say_for_ever(std::string(4096, 'x'));
     },
     {failed, timed_out}},
    {"BodyWithoutEnd",
     [](const Line& line) {
       line.say(ok + "\r\n");
       line.say_for_ever(std::string(65536, 'x'));
     },
     {failed, timed_out},
     nullptr},
    {"AGigabyteIsPromised",
     [](const Line& line) {
       line.say(ok + "Content-Length: 1073741824\r\n\r\n");
       line.say_for_ever(std::string(65536, 'x'));
     },
     {failed, timed_out},
     nullptr},
    {"LengthTooLong", [](const Line& line) { line.say(ok + "Content-Length: 500\r\n\r\nshort"); }, {failed}, nullptr},
    {"LengthTooShort", [](const Line& line) { line.say(ok + "Content-Length: 2\r\n\r\nlonger"); }, {done}, "lo"},
    {"LengthBelowNothing",
     [](const Line& line) { line.say(ok + "Content-Length: -5\r\n\r\nx"); },
     {done, failed},
     nullptr},
    {"LengthBeyondAllNumbers",
     [](const Line& line) { line.say(ok + "Content-Length: 99999999999999999999\r\n\r\nx"); },
     {failed, done},
     nullptr},
    {"TwoLengths",
     [](const Line& line) { line.say(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy"); },
     {failed, done},
     nullptr},
    {"ChunksWithABadSize",
     [](const Line& line) { line.say(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n"); },
     {failed}},
    {"ChunksWithoutEnd",
     [](const Line& line) {
       line.say(ok + "Transfer-Encoding: chunked\r\n\r\n");
       line.say_for_ever("1\r\nx\r\n");
     },
     {failed, timed_out},
     nullptr},
    {"NotHttpAtAll", [](const Line& line) { line.say("SSH-2.0-OpenSSH_9.2\r\n"); }, {failed}, nullptr},
    {"AVersionThatDoesNotExist", [](const Line& line) { line.say("HTTP/9.9 200 OK\r\n\r\n"); }, {failed}, nullptr},
    {"AStatusThatDoesNotExist",
     [](const Line& line) { line.say("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"); },
     {failed}},
    {"ServerError",
     [](const Line& line) { line.say("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"); },
     {failed},
     nullptr},
    {"RedirectToItself",
     [](const Line& line) {
       line.say("HTTP/1.1 302 Found\r\nLocation: " + line.url + "\r\nContent-Length: 0\r\n\r\n");
     },
     {failed}},
    {"RedirectToAFile",
     [](const Line& line) {
       line.say("HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
     },
     {failed}},
    {"NotModified", [](const Line& line) { line.say("HTTP/1.1 304 Not Modified\r\n\r\n"); }, {failed}},
    {"ContinuesForEver",
     [](const Line& line) { line.say_for_ever("HTTP/1.1 100 Continue\r\n\r\n"); },
     {failed, timed_out}},
    {"AsksForAPassword",
     [](const Line& line) { line.say("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"); },
     {failed}},
    {"BadUtf8",
     [](const Line& line) { line.say(ok + "Content-Length: 6\r\n\r\n\xff\xfe\xc0\x80\xed\xa0"); },
     {done},
     nullptr},
    {"ZeroBytes",
     [](const Line& line) { line.say(ok + std::string("Content-Length: 3\r\n\r\na\0b", 24)); },
     {done},
     nullptr},
    {"ACompressedBomb",
     [](const Line& line) { line.say(ok + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08"); },
     {done, failed},
     nullptr},
    {"ClosesSlowly",
     [](const Line& line) {
       line.say(ok + "\r\nwarm");
       line.hold();
     },
     {timed_out},
     nullptr},
    {"GarbageInsteadOfTls",
     [](const Line& line) { line.say(std::string(2000, '\x5a')); },
     {failed, timed_out},
     "",
     "https"},
    {"TlsThatNeverShakesHands", [](const Line& line) { line.hold(); }, {timed_out}, "", "https"},
    {"TlsThatDies",
     [](const Line& line) {
       line.say("\x16\x03\x03");
       line.reset();
     },
     {failed, timed_out},
     "",
     "https"},
};

Action call(const std::string& url) {
  Action action;
  action.kind = Action::Kind::http;
  action.method = "GET";
  action.url = url;
  action.timeout_ms = timeout_ms;
  return action;
}

class HttpServer : public ::testing::TestWithParam<Behaviour> {};

// contract: Q24
TEST_P(HttpServer, TheCallEndsInTimeAndTheNextOneWorks) {
  const auto never = [] { return false; };
  const Behaviour& row = GetParam();
  {
    HostileServer server(row.manner);
    const Instant begun = monotonic_now();
    const ActionResult result = run_action(call(server.url(row.scheme)), never);
    const std::int64_t took_ms = (monotonic_now() - begun).value / ns_per_ms;
    EXPECT_LE(took_ms, timeout_ms + grace_ms + machine_share_ms);
    EXPECT_NE(std::find(row.outcomes.begin(), row.outcomes.end(), result.outcome), row.outcomes.end())
        << "it became outcome " << static_cast<int>(result.outcome);
    EXPECT_LE(result.output.size(), action_output_bytes_max);
    if (row.output != nullptr) {
      EXPECT_EQ(result.output, row.output);
    }
    EXPECT_EQ(server.calls(), 1) << "it was called again";
    RecordProperty("ms_past_the_timeout_max", std::to_string(std::max<std::int64_t>(0, took_ms - timeout_ms)));
  }
  HostileServer good([](const Line& line) { line.say(ok + "Content-Length: 4\r\n\r\nwarm"); });
  const ActionResult next = run_action(call(good.url("http")), never);
  EXPECT_EQ(next.outcome, done);
  EXPECT_EQ(next.output, "warm");
}
INSTANTIATE_TEST_SUITE_P(Fault, HttpServer, ::testing::ValuesIn(behaviours),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace phalarope::hal
