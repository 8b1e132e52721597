// What telemetry must know of a recorded pipeline: its nodes by modality, lane marks, sample rate.
// Pure; any thread. Contract: core/telemetry/pipeline_facts.hpp.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "core/telemetry/pipeline_facts.hpp"

namespace phalarope::hal {

/// A telemetry::PipelineReader: a record that does not decode leaves everything blank.
telemetry::PipelineFacts pipeline_facts(std::span<const std::byte> pipeline_record);

/// By node id: what the calls of a node that is a program of its own are labelled with. No recording knows it.
using NodeBoundaries = std::map<std::string, telemetry::Attributes, std::less<>>;
/// The same, for a board that knows which of its nodes are programs.
telemetry::PipelineReader pipeline_reader(NodeBoundaries boundaries);

}  // namespace phalarope::hal
