#include "hal/fleet/http_sink.hpp"

#include <utility>

#include "hal/host/http_client.hpp"

namespace phalarope::hal {
namespace {

constexpr int first_good_status = 200;
constexpr int first_bad_status = 300;
constexpr int conflict_status = 409;  // "I have it": what an endpoint says of an Idempotency-Key it knows

std::string problem_of(const HttpAnswer& answer) {
  switch (answer.outcome) {
    case HttpOutcome::answered:
      return "the endpoint answered HTTP " + std::to_string(answer.status);
    case HttpOutcome::timed_out:
      return "the endpoint did not answer within export.timeout_ms";
    case HttpOutcome::cancelled:
      return "given up";
    case HttpOutcome::absent:
      return "nobody listens at the endpoint, or libcurl4 is not installed";
    case HttpOutcome::failed:
      return "the call failed: name, TLS or certificate";
  }
  return "";
}

}  // namespace

HttpSink::HttpSink(const fleet::ExportSettings& settings, std::string token)
    : settings_(settings), token_(std::move(token)) {}

SendAnswer HttpSink::send(const EvidenceMessage& message) {
  const auto stop = [this] { return given_up_.load(std::memory_order_relaxed); };
  if (stop()) return {.arrived = false, .duplicate = false, .problem = "given up"};
  HttpCall call;
  call.method = "POST";
  call.url = settings_.target.server;
  call.body = message.body;
  call.headers = {"Idempotency-Key: " + std::string(message.id),
                  "X-Phalarope-Record-Kind: " + std::string(message.kind)};
  if (!token_.empty()) call.headers.push_back("Authorization: Bearer " + token_);
  call.user = settings_.target.user;
  call.password = settings_.target.password;
  call.ca_file = settings_.ca_file;
  call.certificate_file = settings_.certificate_file;
  call.key_file = settings_.key_file;
  call.timeout_ms = settings_.timeout_ms;
  const HttpAnswer answer = call_http(call, stop);
  const bool answered = answer.outcome == HttpOutcome::answered;
  const bool duplicate = answered && answer.status == conflict_status;
  if (duplicate || (answered && answer.status >= first_good_status && answer.status < first_bad_status))
    return {.arrived = true, .duplicate = duplicate, .problem = {}};
  return {.arrived = false, .duplicate = false, .problem = problem_of(answer)};
}

}  // namespace phalarope::hal
