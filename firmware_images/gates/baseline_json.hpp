// A decision outcome or a baseline record as the JSON of the contract, for whoever judges, writes or sends one
// (runtime.md 1.6, evidence.md 1.1).
#pragma once

#include <string>

#include "core/replay/replay_artifact.hpp"
#include "firmware_images/gates/baseline_record.hpp"

namespace phalarope::gates {

/// On one line; optional members that are absent are left out.
std::string decision_json(const replay::Decision& decision);
/// One entry of the baseline artifact, on one line; bytes that are no UTF-8 are replaced.
std::string baseline_json(const BaselineRecord& record);

}  // namespace phalarope::gates
