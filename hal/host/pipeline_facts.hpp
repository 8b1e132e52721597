// What telemetry must know of a recorded pipeline: its nodes by modality, lane marks, sample rate.
// Pure; any thread. Contract: core/telemetry/pipeline_facts.hpp.
#pragma once

#include <cstddef>
#include <span>

#include "core/telemetry/pipeline_facts.hpp"

namespace phalarope::hal {

/// A telemetry::PipelineReader: a record that does not decode leaves everything blank.
telemetry::PipelineFacts pipeline_facts(std::span<const std::byte> pipeline_record);

}  // namespace phalarope::hal
