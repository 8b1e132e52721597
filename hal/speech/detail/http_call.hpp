// One HTTP call of an action (host/http_client.hpp). Thread: any; blocks at most the action's timeout, the first call
// some milliseconds more.
#pragma once

#include "core/engine/base/function_ref.hpp"
#include "hal/speech/action_runner.hpp"

namespace phalarope::hal::detail {

/// `absent` when nobody listens there, or libcurl is not installed.
ActionResult call_http(const Action& action, FunctionRef<bool()> cancelled);

}  // namespace phalarope::hal::detail
