// One line of `phalarope scenario --jsonl`, answered as one line of JSON: read, run, reported.
//
// Lines share nothing: each gets an engine of its own, and the same line with the same time gives the same answer (I8).
// Any bytes are answered. Allocates; any thread. Contract: cli-conformance.md 1, 4; runtime.md Appendix C.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/spec/scenario/scenario.hpp"

namespace phalarope::spec {

std::string answer_scenario_line(std::string_view line, std::size_t index, const ScenarioTime& time);

}  // namespace phalarope::spec
