// The divergence policy: which differences a release may have, and which fail it.
//
//   class                          passes when                          failing, and nobody expected it
//   ─────────────────────────────  ───────────────────────────────────  ────────────────────────────────
//   PLAN, OUTCOME, PROVIDER_CHOICE an expectation matches               also unexplained
//   ORDERING                       an approved expectation matches      also unexplained
//   TIMING                         diff_ms is there and within          -
//   AUTHORITY, any other name      never                                -
//
// Invariants. (1) An expectation matches on class and scope and is used up by its first match, also where it excuses
// nothing. (2) An expectation that nothing matched is a failure of its own. (3) `failing` keeps the order of the
// divergences and ends with the missing expectations, sorted by class, then scope.
// Pure; any thread. Contract: evidence.md 2.5; 7 (18), (22).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/replay/divergence.hpp"

namespace phalarope::replay {

constexpr std::int64_t default_timing_tolerance_ms = 15;

struct Expectation {
  std::string class_name;
  std::string scope;
  bool approved = false;

  bool operator==(const Expectation&) const = default;
};

struct DivergencePolicy {
  std::int64_t timing_tolerance_ms = default_timing_tolerance_ms;  // negative counts as 0
  std::vector<Expectation> expected;
};

struct PolicyVerdict {
  std::vector<Divergence> failing;
  std::vector<Divergence> unexplained;
  std::vector<Expectation> missing_expected;

  bool passes() const { return failing.empty(); }
};

PolicyVerdict judge(std::span<const Divergence> divergences, const DivergencePolicy& policy);

}  // namespace phalarope::replay
