// Adaptive actions as a live service hands them over: words in any order, some twice, some of another version.
//
//   [fallback, retry, nap, retry] ──▶ [retry, fallback]     unknown and repeated words go, the contract's order stays
//
// Documents are judged more strictly before (an unknown word is a complaint there); a document that passes gives the
// same list either way. Pure; any thread. Contract: runtime.md 4.1; control-plane.md POL-2, DOC-1.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/plan_names.hpp"

namespace phalarope {

using AdaptiveActions = FixedVector<AdaptiveAction, adaptive_actions_max>;

constexpr AdaptiveActions normalise_actions(std::span<const std::string_view> words) noexcept {
  std::array<bool, adaptive_actions_max> named{};
  for (const std::string_view word : words) {
    if (const auto action = from_wire_name<AdaptiveAction>(word)) named[static_cast<std::size_t>(*action)] = true;
  }
  AdaptiveActions actions;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (!named[i]) continue;
    PHAL_ENFORCE(actions.push_back(static_cast<AdaptiveAction>(i)), "each action is named once");
  }
  return actions;
}
static_assert(plan_enum_names<AdaptiveAction>.size() == adaptive_actions_max, "the enum's order is the contract's");

}  // namespace phalarope
