// A decision outcome as the JSON of the contract, for whoever judges or writes one (runtime.md 1.6).
#pragma once

#include <string>

#include "core/replay/replay_artifact.hpp"

namespace phalarope::gates {

/// On one line; optional members that are absent are left out.
std::string decision_json(const replay::Decision& decision);

}  // namespace phalarope::gates
