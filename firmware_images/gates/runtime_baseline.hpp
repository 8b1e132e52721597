// The runtime baseline: nine turns through the real arbiter and the real recorder, as evidence for the gates.
//
//   row of the table ─▶ Arbiter: propose, open, arbitrate ─▶ evidence filled, appended ─▶ ring ─▶ table ─▶ record
//
// Every turn must end Closed, or there is no baseline. Times are arguments: two runs give the same records.
// Contract: evidence.md 2.8.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "firmware_images/gates/baseline_record.hpp"

namespace phalarope::gates {

std::expected<std::vector<BaselineRecord>, std::string> run_baseline_scenarios();

}  // namespace phalarope::gates
