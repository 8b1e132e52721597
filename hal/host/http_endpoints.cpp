#include "hal/host/http_endpoints.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

namespace phalarope::hal {
namespace {

constexpr int too_many_requests = 429;
constexpr int first_server_error = 500;
constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> urls_of(std::string_view list) {
  std::vector<std::string> urls;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string url(trimmed(list.substr(0, comma)));
    if (!url.empty() && std::find(urls.begin(), urls.end(), url) == urls.end()) urls.push_back(url);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return urls;
}

bool is_http_url(std::string_view url) {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (!url.starts_with(scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
    host = host.substr(host.find('@') == std::string_view::npos ? 0 : host.find('@') + 1);
    return !host.empty() && !host.starts_with(':') && url.find_first_of(" \t\r\n") == std::string_view::npos;
  }
  return false;
}

bool is_worth_another_try(const HttpAnswer& answer) {
  if (answer.outcome != HttpOutcome::answered) return true;
  return answer.status == too_many_requests || answer.status >= first_server_error;
}

std::string failure_of(const HttpAnswer& answer) {
  switch (answer.outcome) {
    case HttpOutcome::answered:
      return "it answered " + std::to_string(answer.status);
    case HttpOutcome::timed_out:
      return "it did not answer in time";
    case HttpOutcome::cancelled:
      return "the call was given up";
    case HttpOutcome::absent:
      return answer.body.empty() ? "nobody listens there" : answer.body;
    case HttpOutcome::failed:
      break;
  }
  return "the call failed";
}

}  // namespace

Result<std::optional<HttpEndpoints>, EndpointsProblem> read_endpoints(std::string_view prefix,
                                                                      const Environment& environment) {
  const auto name = [&](std::string_view suffix) { return std::string(prefix) + std::string(suffix); };
  const auto value = [&](std::string_view suffix) {
    return std::string(trimmed(environment(name(suffix)).value_or("")));
  };
  HttpEndpoints endpoints;
  std::string variable = name("HTTP_URLS");
  endpoints.urls = urls_of(value("HTTP_URLS"));
  if (endpoints.urls.empty()) {
    variable = name("HTTP_URL");
    if (const std::string url = value("HTTP_URL"); !url.empty()) endpoints.urls = {url};
  }
  if (endpoints.urls.empty()) return std::nullopt;
  for (const std::string& url : endpoints.urls) {
    if (!is_http_url(url))
      return refuse(EndpointsProblem{variable, "`" + url + "` is no http or https URL with a host"});
  }
  for (const auto& [suffix, target] : {std::pair{"HTTP_TIMEOUT_MS", &endpoints.timeout_ms},
                                       std::pair{"HTTP_RETRY_MAX_ATTEMPTS", &endpoints.attempts_max},
                                       std::pair{"HTTP_RETRY_BACKOFF_MS", &endpoints.backoff_ms},
                                       std::pair{"HTTP_RETRY_MAX_BACKOFF_MS", &endpoints.backoff_ms_max}}) {
    const std::string text = value(suffix);
    if (text.empty()) continue;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *target);
    if (error != std::errc{} || end != text.data() + text.size() || *target < 1)
      return refuse(EndpointsProblem{name(suffix), "`" + text + "` is no integer of at least 1"});
  }
  endpoints.backoff_ms_max = std::max(endpoints.backoff_ms_max, endpoints.backoff_ms);
  endpoints.bearer_token = value("HTTP_AUTH_BEARER_TOKEN");
  endpoints.client_id = value("HTTP_CLIENT_ID");
  return endpoints;
}

Result<HttpAnswer, EndpointFailure> ask_endpoints(const HttpEndpoints& endpoints, HttpCall call,
                                                  bool (*is_success)(int status)) {
  call.timeout_ms = endpoints.timeout_ms;
  call.headers.push_back("Accept: application/json");
  if (!endpoints.bearer_token.empty()) call.headers.push_back("Authorization: Bearer " + endpoints.bearer_token);
  if (!endpoints.client_id.empty()) call.headers.push_back("X-Phalarope-Client-ID: " + endpoints.client_id);
  std::optional<EndpointFailure> first;
  for (const std::string& url : endpoints.urls) {
    call.url = url;
    std::int64_t wait_ms = endpoints.backoff_ms;
    for (std::int64_t attempt = 1;; ++attempt) {
      HttpAnswer answer = call_http(call, [] { return false; });
      if (answer.outcome == HttpOutcome::answered && is_success(answer.status)) return answer;
      if (attempt < endpoints.attempts_max && is_worth_another_try(answer)) {
        const std::int64_t wait_now = std::min(wait_ms, endpoints.backoff_ms_max);
        endpoints.wait ? endpoints.wait(wait_now) : std::this_thread::sleep_for(std::chrono::milliseconds(wait_now));
        wait_ms = std::min(wait_ms, endpoints.backoff_ms_max) * 2;
        continue;
      }
      if (!first) first = EndpointFailure{url, failure_of(answer)};
      break;
    }
  }
  return refuse(first.value_or(EndpointFailure{"", "no endpoint is configured"}));
}

}  // namespace phalarope::hal
