// PipelineFacts: what telemetry must know of the recorded pipeline, read by whoever knows its stored form (hal/host).
//
// A recording whose pipeline record does not decode leaves everything blank or 0; samples then say less, not wrong.
// Values; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/engine/plan/graph_definition.hpp"
#include "core/telemetry/telemetry_event.hpp"

namespace phalarope::telemetry {

constexpr std::size_t modality_count = 3;  // stt, llm, tts
constexpr std::size_t facts_lanes_count = 3;

/// 0, 1, 2 for stt, llm, tts.
constexpr std::size_t index_of(Modality modality) noexcept { return static_cast<std::size_t>(modality) - 1; }
static_assert(index_of(Modality::stt) == 0 && index_of(Modality::tts) == 2);

struct PipelineFacts {
  struct ModalityNode {
    std::string id;
    std::string type;
    std::string edge_id;  // the first edge that leads to it
    Attributes
        boundary{};  // of a node that is a program of its own: what its calls are labelled with (runtime.md 11.2)
  };
  struct LaneMarks {
    std::int64_t high_items = 0;
    std::int64_t low_items = 0;
  };
  std::array<ModalityNode, modality_count> nodes;
  std::vector<std::string> node_ids;  // by their place in the graph
  std::vector<std::string> edge_ids;
  std::array<LaneMarks, facts_lanes_count> lanes;  // by Lane
  std::int64_t sample_rate_hz = 16000;
};

/// Reads a pipeline record. Empty: nothing is known of pipelines.
using PipelineReader = std::function<PipelineFacts(std::span<const std::byte> pipeline_record)>;

}  // namespace phalarope::telemetry
