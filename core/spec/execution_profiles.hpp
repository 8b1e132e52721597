// The execution profiles a pipeline may name, and what each of them fixes.
//
//   simple, simple/v1   the contract's built-in numbers (runtime.md 4.4): no overrides, short deadlines
//   edge/v1             a local language model on a small board (decisions.md D2): a complete override set
//
// A profile's numbers never change; other numbers are another profile name (the version is a replay boundary, D1).
// Contract: runtime.md 4.4; decisions.md D1, D2.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/engine/plan/provider_deadlines.hpp"
#include "core/engine/plan/turn_plan.hpp"

namespace phalarope::spec {

constexpr std::array<std::string_view, 3> execution_profile_names = {"simple", "simple/v1", "edge/v1"};

struct ExecutionProfile {
  std::string_view name;
  PlanSurfaces surfaces;
  /// Whether the plan resolver knows the profile itself; if not, its surfaces go into the plan as overrides.
  bool built_in = false;
  ProviderDeadlines deadlines;
};

std::optional<ExecutionProfile> find_execution_profile(std::string_view name);

/// The replay modes that a recording of this level can serve, the cheapest first.
FixedVector<ReplayMode, replay_modes_max> replay_modes_of(RecordingLevel level);

}  // namespace phalarope::spec
