#include "hal/host/pipeline_names.hpp"

#include "core/spec/plan_codec.hpp"

namespace phalarope::hal {

void name_pipeline(std::span<const std::byte> pipeline_record, replay::RecordingNames& names) {
  const auto pipeline = spec::decode_pipeline(pipeline_record);
  if (!pipeline) return;
  const GraphDefinition& graph = pipeline->graph;
  names.node_ids.clear();
  names.edge_ids.clear();
  for (const NodeDefinition& node : graph.nodes) names.node_ids.emplace_back(node.id.view());
  for (const EdgeDefinition& edge : graph.edges) {
    names.edge_ids.push_back(!edge.id.empty()
                                 ? std::string(edge.id.view())
                                 : "edge-" + names.node_id(edge.from.value) + "-" + names.node_id(edge.to.value));
  }
}

}  // namespace phalarope::hal
