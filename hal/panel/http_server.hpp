// A small HTTP server for the board's own pages: libmicrohttpd on a thread of its own, loaded when it is first needed.
//
// Bounded: http_connections_max at once, idle ones are dropped, a request's body is refused beyond what the owner
// allows (nothing by default). The handler runs on the server's thread and is never called after stop(). Contract:
// design.md hal/panel; loopback unless the address says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/engine/base/result.hpp"
#include "core/telemetry/settings.hpp"

namespace phalarope::hal {

constexpr unsigned http_connections_max = 8;
constexpr unsigned http_idle_seconds_max = 10;
constexpr std::size_t http_connection_bytes = 32 * 1024;

struct HttpAsk {
  std::string method;
  std::string path;  // without its query
  std::string body;
};
struct HttpReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
};
using HttpHandler = std::function<HttpReply(const HttpAsk&)>;

class HttpServer {
 public:
  /// One sentence that says what is wrong and what to do, where it cannot listen.
  static Result<std::unique_ptr<HttpServer>, std::string> start(const telemetry::ListenAddress& address,
                                                                HttpHandler handler, std::size_t body_bytes_max = 0);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  /// Waits for the calls of the handler that are under way.
  void stop();

 private:
  struct Detail;
  HttpServer(HttpHandler handler, std::size_t body_bytes_max);

  HttpHandler handler_;
  std::size_t body_bytes_max_;
  std::uint16_t port_ = 0;
  void* daemon_ = nullptr;  // struct MHD_Daemon
};

}  // namespace phalarope::hal
