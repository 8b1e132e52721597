// What an intent does in the world: a local program without a shell, or one HTTP call; bounded in time and output.
//
//   program: posix_spawn in its own process group ─▶ first line of its output; killed as a group on timeout or cancel
//   http:    libcurl, no redirects (3xx fails), allow-listed hosts only ─▶ first line of the body, at most 64 KiB long
//
// Thread: the dialogue's worker; `cancelled` is asked every action_poll_ms. Blocks at most the action's timeout.
#pragma once

#include <cstdint>
#include <string>

#include "core/engine/base/function_ref.hpp"
#include "hal/speech/intents.hpp"

namespace phalarope::hal {

constexpr int action_poll_ms = 10;
constexpr std::size_t action_output_bytes_max = 512;

enum class ActionOutcome : std::uint8_t { done, failed, absent, timed_out, cancelled };

struct ActionResult {
  ActionOutcome outcome = ActionOutcome::failed;
  std::string output;  // first line
};

/// Runs an action whose texts are filled in already.
ActionResult run_action(const Action& action, FunctionRef<bool()> cancelled);

/// "host" or "host:port" of an http(s) URL; empty when it has user information or is none.
std::string url_host(const std::string& url);

}  // namespace phalarope::hal
