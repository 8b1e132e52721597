// A question put to the first of several servers that answers it: tries, waits and headers as the contract has them.
//
//   endpoint 1: try, wait 100 ms, try, wait 200 ms ... ──▶ endpoint 2: ... ──▶ the first endpoint's error
//
// Retried on the same endpoint: no answer at all, 429, 500 and above. Any other refusal moves on at once. The wait
// doubles up to its cap. Settings come from the environment: <prefix>HTTP_URLS over <prefix>HTTP_URL, and so on.
// Blocks its thread; never on a turn's path. Contract: evidence.md 1A.2; control-plane.md 9.4.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/result.hpp"
#include "hal/host/http_client.hpp"
#include "hal/host/provider_capture.hpp"

namespace phalarope::hal {

struct HttpEndpoints {
  std::vector<std::string> urls;  // in order, none twice
  std::int64_t timeout_ms = 2000;
  std::int64_t attempts_max = 2;
  std::int64_t backoff_ms = 100;
  std::int64_t backoff_ms_max = 1000;
  std::string bearer_token{};
  std::string client_id{};
  /// How it waits; a test counts instead.
  std::function<void(std::int64_t wait_ms)> wait = {};
};

/// The variable that cannot be used, and why.
struct EndpointsProblem {
  std::string variable;
  std::string what;
};

/// Nothing when neither URL variable is set. `prefix` is e.g. "PHALAROPE_REPLAY_AUDIT_".
Result<std::optional<HttpEndpoints>, EndpointsProblem> read_endpoints(std::string_view prefix,
                                                                      const Environment& environment);

struct EndpointFailure {
  std::string endpoint;
  std::string what;
};
/// `call.url` and `call.timeout_ms` are filled in; `is_success` is asked for each status.
Result<HttpAnswer, EndpointFailure> ask_endpoints(const HttpEndpoints& endpoints, HttpCall call,
                                                  bool (*is_success)(int status));

}  // namespace phalarope::hal
