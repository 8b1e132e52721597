// One HTTP call, made and waited for: what actions of intents and the telemetry export need of the network.
//
// libcurl is loaded when the first call is made (shared_library.hpp): 4 MiB resident and a third of the start's time
// that a board without calls does not spend. No redirects, no cookies, nothing kept between calls. http and https only.
// Thread: any; blocks at most the timeout, the first call some milliseconds more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/base/function_ref.hpp"

namespace phalarope::hal {

struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::string body;  // not sent with GET
  std::string content_type = "application/json";
  std::vector<std::string> headers = {};  // further ones, `Name: value`
  std::string user{};                     // with a password: basic authentication
  std::string password{};
  std::string ca_file{};  // instead of the system's
  std::string certificate_file{};
  std::string key_file{};
  std::int64_t timeout_ms = 1000;
  std::size_t answer_bytes_max = 4096;     // what the other side says beyond is dropped
  std::size_t read_bytes_max = 64 * 1024;  // an answer longer than this is no answer: it ends the call
};

enum class HttpOutcome : std::uint8_t {
  answered,   // with whatever status
  timed_out,  // within the call's own bound
  cancelled,  // by the caller
  absent,     // nobody listens there, or libcurl is not installed
  failed
};

struct HttpAnswer {
  HttpOutcome outcome = HttpOutcome::failed;
  int status = 0;
  std::string body;
};

/// `cancelled` is asked a few times a second, and more often while bytes move.
HttpAnswer call_http(const HttpCall& call, FunctionRef<bool()> cancelled);

}  // namespace phalarope::hal
