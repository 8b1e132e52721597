#include "hal/speech/detail/http_call.hpp"

#include <utility>

#include "hal/host/http_client.hpp"
#include "hal/speech/detail/action_output.hpp"

namespace phalarope::hal::detail {
namespace {

/// Only 2xx means that it was done. A redirect is not followed (the host that was allowed is the one that was asked),
/// so the deed behind it was not done.
bool is_done(int status) { return status >= 200 && status < 300; }

ActionOutcome outcome_of(const HttpAnswer& answer) {
  switch (answer.outcome) {
    case HttpOutcome::answered:
      return is_done(answer.status) ? ActionOutcome::done : ActionOutcome::failed;
    case HttpOutcome::timed_out:
      return ActionOutcome::timed_out;
    case HttpOutcome::cancelled:
      return ActionOutcome::cancelled;
    case HttpOutcome::absent:
      return ActionOutcome::absent;
    case HttpOutcome::failed:
      break;
  }
  return ActionOutcome::failed;
}

}  // namespace

ActionResult call_http(const Action& action, FunctionRef<bool()> cancelled) {
  HttpCall call;
  call.method = action.method;
  call.url = action.url;
  call.body = action.body;
  call.timeout_ms = action.timeout_ms;
  call.answer_bytes_max = action_output_bytes_max;
  HttpAnswer answer = hal::call_http(call, cancelled);
  ActionResult result;
  result.outcome = outcome_of(answer);
  // What an error page says is no answer to anybody.
  if (result.outcome != ActionOutcome::failed) result.output = first_line(std::move(answer.body));
  return result;
}

}  // namespace phalarope::hal::detail
