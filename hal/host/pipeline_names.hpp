// The node and edge ids of a recorded pipeline, for whoever tells people about a recording (replay, timeline).
// Pure; any thread. Contract: core/replay/recording_names.hpp.
#pragma once

#include <cstddef>
#include <span>

#include "core/replay/recording_names.hpp"

namespace phalarope::hal {

/// A replay::PipelineNamer: a record that does not decode leaves the names as they are.
void name_pipeline(std::span<const std::byte> pipeline_record, replay::RecordingNames& names);

}  // namespace phalarope::hal
