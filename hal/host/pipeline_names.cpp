#include "hal/host/pipeline_names.hpp"

#include "core/engine/graph/edge_rule.hpp"
#include "core/spec/plan_codec.hpp"

namespace phalarope::hal {

void name_pipeline(std::span<const std::byte> pipeline_record, replay::RecordingNames& names) {
  const auto pipeline = spec::decode_pipeline(pipeline_record);
  if (!pipeline) return;
  const GraphDefinition& graph = pipeline->graph;
  names.node_ids.clear();
  names.edge_ids.clear();
  for (const NodeDefinition& node : graph.nodes) names.node_ids.emplace_back(node.id.view());
  for (const EdgeDefinition& edge : graph.edges) names.edge_ids.emplace_back(edge_name(graph, edge).view());
  const auto& policies = pipeline->plan.overrides.edge_buffer_policies;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const Name& domain = policies[i].sync_drop_policy.sync_domain;
    if (!domain.empty()) names.set_symbol(sync_domain_symbol(i).value, std::string(domain.view()));
  }
}

}  // namespace phalarope::hal
