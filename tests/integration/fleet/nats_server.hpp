// A real nats-server as a child process, on the loopback, with its store in a folder of the test's.
//
// Fault model: it is killed without a word (kill), stopped in the middle of whatever it does (freeze, thaw), and
// started again on the same port and store. What it keeps is read through libnats, not through the house's own sink.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <nats/nats.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/unit/hal/fleet/exporting_board.hpp"

namespace phalarope::testing {

/// A port of the loopback that nobody had a moment ago.
inline std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(probe, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(probe);
  return ntohs(address.sin_port);
}

inline bool answers(std::uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = ::connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return connected;
}

class NatsServer {
 public:
  static constexpr const char* program = "/usr/sbin/nats-server";
  static bool installed() { return ::access(program, X_OK) == 0; }

  /// `extra`: lines of its configuration; `store` empty: no JetStream.
  NatsServer(const std::string& folder, const std::string& store, const std::string& extra = {})
      : config_(folder + "/nats-" + std::to_string(port_) + ".conf"), log_(config_ + ".log") {
    std::ofstream file(config_);
    file << "listen: \"127.0.0.1:" << port_ << "\"\n" << extra << "\n";
    if (!store.empty()) file << "jetstream { store_dir: \"" << store << "\", domain: hub }\n";
    file.close();
    start();
  }
  ~NatsServer() { kill(); }
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;

  void start() {
    child_ = ::fork();
    if (child_ == 0) {
      const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(log, STDERR_FILENO);
      ::dup2(log, STDOUT_FILENO);
      ::execl(program, program, "-c", config_.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    EXPECT_TRUE(eventually([this] { return answers(port_); })) << "nats-server does not listen; see " << log_;
  }
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }
  void freeze() const { ::kill(child_, SIGSTOP); }
  void thaw() const { ::kill(child_, SIGCONT); }

  std::uint16_t port() const { return port_; }
  std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  std::uint16_t port_ = free_port();
  std::string config_;
  std::string log_;
  pid_t child_ = 0;
};

/// Looks into a stream, as a consumer of the fleet would.
class StreamReader {
 public:
  explicit StreamReader(const NatsServer& server) {
    natsConnection_ConnectTo(&connection_, ("nats://" + server.host_port()).c_str());
    natsConnection_JetStream(&context_, connection_, nullptr);
  }
  ~StreamReader() {
    jsCtx_Destroy(context_);
    natsConnection_Destroy(connection_);
  }
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  std::uint64_t messages(const char* stream) {
    jsStreamInfo* info = nullptr;
    if (js_GetStreamInfo(&info, context_, stream, nullptr, nullptr) != NATS_OK) return 0;
    const std::uint64_t count = info->State.Msgs;
    jsStreamInfo_Destroy(info);
    return count;
  }
  struct Message {
    std::string subject;
    std::string id;
    std::string body;
  };
  Message at(const char* stream, std::uint64_t sequence) {
    natsMsg* message = nullptr;
    if (js_GetMsg(&message, context_, stream, sequence, nullptr, nullptr) != NATS_OK) return {};
    const char* id = nullptr;
    static_cast<void>(natsMsgHeader_Get(message, "Nats-Msg-Id", &id));
    const Message read{.subject = natsMsg_GetSubject(message),
                       .id = id == nullptr ? "" : id,
                       .body = {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))}};
    natsMsg_Destroy(message);
    return read;
  }

 private:
  natsConnection* connection_ = nullptr;
  jsCtx* context_ = nullptr;
};

}  // namespace phalarope::testing
