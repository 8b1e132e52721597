#include "hal/host/pipeline_facts.hpp"

#include <memory>
#include <string>
#include <utility>

#include "core/engine/plan/materialize.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "core/replay/recording_names.hpp"
#include "core/spec/plan_codec.hpp"
#include "hal/host/pipeline_names.hpp"

namespace phalarope::hal {
namespace {

telemetry::PipelineFacts::LaneMarks marks_of(const Threshold& threshold) {
  return {.high_items = threshold.high, .low_items = threshold.low};
}

}  // namespace

telemetry::PipelineFacts pipeline_facts(std::span<const std::byte> pipeline_record) {
  telemetry::PipelineFacts facts;
  const auto pipeline = spec::decode_pipeline(pipeline_record);
  if (!pipeline) return facts;
  replay::RecordingNames names;
  name_pipeline(pipeline_record, names);
  const GraphDefinition& graph = pipeline->graph;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {  // the first of a modality is told
    const NodeDefinition& node = graph.nodes[i];
    if (node.modality == Modality::none) continue;
    auto& told = facts.nodes[telemetry::index_of(node.modality)];
    told.id = node.id.view();
    told.type = plan_enum_names<NodeType>[static_cast<std::size_t>(node.type)];
    told.edge_id.clear();
    for (std::size_t edge = graph.edges.size(); edge-- > 0;) {
      if (graph.edges[edge].to.value == i) told.edge_id = names.edge_id(static_cast<std::uint8_t>(edge));
    }
  }
  facts.node_ids = std::move(names.node_ids);
  facts.edge_ids = std::move(names.edge_ids);
  facts.sample_rate_hz = pipeline->voice.sample_rate_hz;
  const auto prepared = std::make_unique<PreparedPlan>();
  if (!prepare(pipeline->plan, *prepared)) return facts;
  const FlowControl& flow = prepared->plan.flow_control;
  facts.lanes[static_cast<std::size_t>(Lane::control)] = marks_of(flow.control_watermarks);
  facts.lanes[static_cast<std::size_t>(Lane::data)] = marks_of(flow.data_watermarks);
  facts.lanes[static_cast<std::size_t>(Lane::telemetry)] = marks_of(flow.telemetry_watermarks);
  return facts;
}

telemetry::PipelineReader pipeline_reader(NodeBoundaries boundaries) {
  return [boundaries = std::move(boundaries)](std::span<const std::byte> pipeline_record) {
    telemetry::PipelineFacts facts = pipeline_facts(pipeline_record);
    for (auto& node : facts.nodes) {
      if (const auto boundary = boundaries.find(node.id); boundary != boundaries.end())
        node.boundary = boundary->second;
    }
    return facts;
  };
}

}  // namespace phalarope::hal
