// From what a pipeline file says about a node's program to what runs it.
// Pure; any thread. Contract: runtime.md 11.2.
#pragma once

#include "core/spec/external_program.hpp"
#include "hal/external/external_node.hpp"

namespace phalarope::hal {

/// The words of the file as settings; `board` bounds what a node may ask for. The command's first word is a path by
/// now.
ExternalNodeSettings settings_of(const spec::ExternalProgram& program, const ExternalLimits& board = {});

}  // namespace phalarope::hal
