// What a comparison found, as JSON for tools.
//
//   {"divergences":[..],"failing":[..],"unexplained":[..],"missing_expected":[..],"pass":false,"cursor":{..}}
//
// One object on one line; equal results give equal bytes; no member is null. `cursor` is absent when there is none.
// Pure; any thread. Contract: cli-conformance.md 5.
#pragma once

#include <string>

#include "core/replay/artifact_comparison.hpp"
#include "core/replay/divergence_policy.hpp"

namespace phalarope::replay {

std::string comparison_json(const ComparisonResult& result, const PolicyVerdict& verdict);

}  // namespace phalarope::replay
