// FlowMode: how an edge's producer is held back. Named here because the frozen plan (a higher room) speaks of it too.
// Pure. Contract: runtime.md 1.8, 5.4.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace phalarope {

enum class FlowMode : std::uint8_t {
  signal,  // may send until flow_xoff, again after flow_xon
  credit,  // must hold credit to send
  hybrid   // both rules at once
};

/// The mode of a wire name: unset means `signal`, an unknown name is no mode.
constexpr std::optional<FlowMode> flow_mode_of(std::string_view name) noexcept {
  if (name.empty() || name == "signal") return FlowMode::signal;
  if (name == "credit") return FlowMode::credit;
  if (name == "hybrid") return FlowMode::hybrid;
  return std::nullopt;
}

}  // namespace phalarope
