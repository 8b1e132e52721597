// The divergence policy as people write it: what a comparison of recordings may differ in.
//
//   spec: divergence-policy/v1
//   timing_tolerance_ms: 15          # default 15
//   expected:                        # each excuses one divergence, and fails when it does not happen
//     - class: ORDERING_DIVERGENCE
//       scope: turn:turn-000002
//       approved: true               # default false; only ORDERING_DIVERGENCE needs it
//
// Contract: evidence.md 2.5; decisions.md D12.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/replay/divergence_policy.hpp"

namespace phalarope::program {

/// The policy, or every complaint with file, line, field and what to do.
std::expected<replay::DivergencePolicy, std::string> parse_divergence_policy(std::string_view text,
                                                                             const std::string& file);
std::expected<replay::DivergencePolicy, std::string> load_divergence_policy(const std::string& path);

}  // namespace phalarope::program
