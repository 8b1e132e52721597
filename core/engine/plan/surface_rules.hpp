// The rules of runtime.md 1.8 for the six policy surfaces and the action list, over the fixed structs.
//
// Types carry half of them (a mode that is no mode cannot be said); what is left is bounds, presence and keys.
// The JSON form is judged by spec/artifact_validator.hpp; a test holds both to one verdict. Pure; any thread.
#pragma once

#include "core/engine/plan/turn_plan.hpp"

namespace phalarope {

bool is_valid(const Budgets& budgets) noexcept;
bool is_valid(const EdgePolicy& policy) noexcept;
bool is_valid(const FlowControl& flow) noexcept;
bool is_valid(const RecordingPolicy& recording) noexcept;
/// All six at once, with keys present and unique.
bool is_valid(const PlanSurfaces& surfaces) noexcept;

/// Each action known and none twice.
bool is_valid(const FixedVector<AdaptiveAction, adaptive_actions_max>& actions) noexcept;

}  // namespace phalarope
