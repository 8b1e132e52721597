// The edge policy that bounds the lane scheduler, which serves no edge of its own: `default`, else the entry with the
// smallest key, whatever the order in which they were written. Pure. Contract: runtime.md 5.2, 5.3.
#pragma once

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/turn_plan.hpp"

namespace phalarope {

template <typename EdgePolicies>
constexpr const EdgePolicy& lane_edge_policy(const EdgePolicies& policies) noexcept {
  PHAL_ENFORCE(!policies.empty(), "a frozen plan has at least one edge policy");
  const EdgePolicy* smallest = &policies[0];
  for (const EdgePolicy& policy : policies) {
    if (policy.edge.view() == "default") return policy;
    if (policy.edge.view() < smallest->edge.view()) smallest = &policy;
  }
  return *smallest;
}

}  // namespace phalarope
