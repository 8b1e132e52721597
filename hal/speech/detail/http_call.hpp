// One HTTP call of an action. libcurl is loaded when the first of them runs, and kept for the life of the process: it
// brings forty libraries (TLS, Kerberos, LDAP) with it, 4 MiB resident and a third of the start's time, on a board
// whose intents may never ask the network for anything. Thread: any; blocks at most the action's timeout, the first
// call some milliseconds more.
#pragma once

#include "core/engine/base/function_ref.hpp"
#include "hal/speech/action_runner.hpp"

namespace phalarope::hal::detail {

/// `absent` when nobody listens there, or libcurl is not installed.
ActionResult call_http(const Action& action, FunctionRef<bool()> cancelled);

}  // namespace phalarope::hal::detail
