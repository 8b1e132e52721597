#include "hal/panel/http_server.hpp"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "hal/host/shared_library.hpp"

namespace phalarope::hal {
namespace {

/// The functions of libmicrohttpd that are used.
struct MicroHttpd {
  decltype(&::MHD_start_daemon) start_daemon = nullptr;
  decltype(&::MHD_stop_daemon) stop_daemon = nullptr;
  decltype(&::MHD_get_daemon_info) daemon_info = nullptr;
  decltype(&::MHD_create_response_from_buffer) make_response = nullptr;
  decltype(&::MHD_add_response_header) add_header = nullptr;
  decltype(&::MHD_queue_response) queue_response = nullptr;
  decltype(&::MHD_destroy_response) destroy_response = nullptr;

  bool complete() const noexcept {
    return start_daemon != nullptr && stop_daemon != nullptr && daemon_info != nullptr && make_response != nullptr &&
           add_header != nullptr && queue_response != nullptr && destroy_response != nullptr;
  }
};

const MicroHttpd* microhttpd() {
  static const MicroHttpd functions = [] {
    MicroHttpd found;
    const SharedLibrary library(microhttpd_library_file);
    library.find("MHD_start_daemon", found.start_daemon);
    library.find("MHD_stop_daemon", found.stop_daemon);
    library.find("MHD_get_daemon_info", found.daemon_info);
    library.find("MHD_create_response_from_buffer", found.make_response);
    library.find("MHD_add_response_header", found.add_header);
    library.find("MHD_queue_response", found.queue_response);
    library.find("MHD_destroy_response", found.destroy_response);
    return found;
  }();
  return functions.complete() ? &functions : nullptr;
}

/// What a request has brought so far.
struct Request {
  HttpAsk ask;
  bool too_long = false;
};

MHD_Result reply_with(MHD_Connection* connection, const HttpReply& reply) {
  const MicroHttpd& http = *microhttpd();
  MHD_Response* const response = http.make_response(reply.body.size(), const_cast<char*>(reply.body.data()),
                                                    MHD_RESPMEM_MUST_COPY);  // C takes no const
  if (response == nullptr) return MHD_NO;
  http.add_header(response, "Content-Type", reply.content_type.c_str());
  const MHD_Result queued = http.queue_response(connection, static_cast<unsigned>(reply.status), response);
  http.destroy_response(response);
  return queued;
}

}  // namespace

/// The callbacks of libmicrohttpd: C functions with the server as their context.
struct HttpServer::Detail {
  static MHD_Result take(void* context, MHD_Connection* connection, const char* url, const char* method, const char*,
                         const char* bytes, std::size_t* count, void** state) {
    auto& server = *static_cast<HttpServer*>(context);
    if (*state == nullptr) {  // first call: only the head is there
      *state = new Request{.ask = {.method = method, .path = url, .body = {}}};
      return MHD_YES;
    }
    auto& request = *static_cast<Request*>(*state);
    if (*count > 0) {
      request.too_long = request.too_long || request.ask.body.size() + *count > server.body_bytes_max_;
      if (!request.too_long) request.ask.body.append(bytes, *count);
      *count = 0;
      return MHD_YES;
    }
    if (request.too_long) return reply_with(connection, {.status = 413, .body = "the body is too long\n"});
    return reply_with(connection, server.handler_(request.ask));
  }

  static void completed(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
    delete static_cast<Request*>(*state);
    *state = nullptr;
  }

  static bool to_socket_address(const telemetry::ListenAddress& address, sockaddr_storage& storage) {
    auto* const four = reinterpret_cast<sockaddr_in*>(&storage);
    auto* const six = reinterpret_cast<sockaddr_in6*>(&storage);
    if (::inet_pton(AF_INET, address.host.c_str(), &four->sin_addr) == 1) {
      four->sin_family = AF_INET;
      four->sin_port = htons(address.port);
      return true;
    }
    if (::inet_pton(AF_INET6, address.host.c_str(), &six->sin6_addr) != 1) return false;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(address.port);
    return true;
  }

  static std::uint16_t port_of(MHD_Daemon* daemon) {
    const MHD_DaemonInfo* const info = microhttpd()->daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info == nullptr ? std::uint16_t{0} : info->port;
  }
};

HttpServer::HttpServer(HttpHandler handler, std::size_t body_bytes_max)
    : handler_(std::move(handler)), body_bytes_max_(body_bytes_max) {}

Result<std::unique_ptr<HttpServer>, std::string> HttpServer::start(const telemetry::ListenAddress& address,
                                                                   HttpHandler handler, std::size_t body_bytes_max) {
  const MicroHttpd* const http = microhttpd();
  if (http == nullptr) {
    return std::unexpected(std::string(microhttpd_library_file) +
                           " is not installed, so no page can be served; install the package libmicrohttpd12");
  }
  const std::string where = address.host + ":" + std::to_string(address.port);
  sockaddr_storage storage{};
  if (!Detail::to_socket_address(address, storage)) {
    return std::unexpected("`" + where + "` is no numeric address; give one like 127.0.0.1:9464");
  }
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(handler), body_bytes_max));
  const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL |
                         (storage.ss_family == AF_INET6 ? static_cast<unsigned>(MHD_USE_IPv6) : 0U);
  errno = 0;
  server->daemon_ = http->start_daemon(
      flags, address.port, nullptr, nullptr, &Detail::take, server.get(), MHD_OPTION_SOCK_ADDR,
      reinterpret_cast<const sockaddr*>(&storage), MHD_OPTION_NOTIFY_COMPLETED, &Detail::completed, nullptr,
      MHD_OPTION_CONNECTION_LIMIT, http_connections_max, MHD_OPTION_CONNECTION_TIMEOUT, http_idle_seconds_max,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, http_connection_bytes, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return std::unexpected("cannot listen on " + where + " (" + std::strerror(errno) + "); choose another port");
  }
  server->port_ = Detail::port_of(static_cast<MHD_Daemon*>(server->daemon_));
  return server;
}

HttpServer::~HttpServer() { stop(); }

void HttpServer::stop() {
  if (daemon_ != nullptr) microhttpd()->stop_daemon(static_cast<MHD_Daemon*>(daemon_));
  daemon_ = nullptr;
}

}  // namespace phalarope::hal
