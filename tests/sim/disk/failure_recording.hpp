// FailureRecording: the steps of a world that fails, written as a recording: `phalarope timeline DIR` opens it.
//
// What stands in it is what the checkers saw, planted bugs included, so that the violation can be looked at; a replay
// of it need not be identical. One thread.
#pragma once

#include <string>

#include "tests/sim/simulator.hpp"

namespace phalarope::sim {

/// Runs the world once more and writes its steps to `directory` (new or empty). Answers an errno value.
int record_failure(const SimOptions& failing, const std::string& directory);

}  // namespace phalarope::sim
