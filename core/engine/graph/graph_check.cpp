#include "core/engine/graph/graph_check.hpp"

namespace phalarope {
namespace {

constexpr bool valid_lane(Lane lane) noexcept { return static_cast<std::uint8_t>(lane) <= 2; }
constexpr bool valid_type(NodeType type) noexcept {
  return type != NodeType::none && static_cast<std::uint8_t>(type) <= static_cast<std::uint8_t>(NodeType::telemetry);
}
constexpr bool valid_modality(Modality modality) noexcept {
  return static_cast<std::uint8_t>(modality) <= static_cast<std::uint8_t>(Modality::tts);
}
constexpr bool blank(std::string_view text) noexcept { return text.find_first_not_of(" \t\r\n") == text.npos; }

/// Adds a problem; a full list keeps what it has, because the first problems are the ones to mend first.
void add(GraphProblems& problems, GraphFault fault, GraphPart part, std::size_t index) noexcept {
  if (problems.full()) return;
  const bool added = problems.push_back({fault, part, static_cast<std::uint8_t>(index)});
  PHAL_ASSERT(added, "a list that is not full takes a problem");
  static_cast<void>(added);
}

void check_node(const GraphDefinition& graph, std::size_t index, GraphProblems& problems) noexcept {
  const NodeDefinition& node = graph.nodes[index];
  const auto found = [&](GraphFault fault) { add(problems, fault, GraphPart::node, index); };
  if (blank(node.id.view())) {
    found(GraphFault::node_id_empty);
  } else {
    for (std::size_t earlier = 0; earlier < index; ++earlier) {
      if (graph.nodes[earlier].id == node.id) {
        found(GraphFault::node_id_duplicate);
        break;
      }
    }
  }
  if (!valid_type(node.type)) found(GraphFault::node_type_empty);
  if (!valid_lane(node.lane)) found(GraphFault::lane_invalid);
  if (!valid_modality(node.modality)) found(GraphFault::modality_unknown);
  if (node.concurrency_limit < 0) found(GraphFault::concurrency_limit_negative);
}

void check_edge(const GraphDefinition& graph, std::size_t index, GraphProblems& problems) noexcept {
  const EdgeDefinition& edge = graph.edges[index];
  const auto found = [&](GraphFault fault) { add(problems, fault, GraphPart::edge, index); };
  if (edge.from == no_node || edge.to == no_node) {
    found(GraphFault::edge_end_empty);
  } else if (edge.from.value >= graph.nodes.size() || edge.to.value >= graph.nodes.size()) {
    found(GraphFault::edge_node_unknown);
  } else if (edge.from == edge.to) {
    found(GraphFault::edge_to_itself);
  }
  if (!valid_lane(edge.lane)) found(GraphFault::lane_invalid);
}

/// Rule 1 over edges that are known to be sound. Nodes on a circle never become ready and are missing in the answer.
GraphOrder walk(const GraphDefinition& graph) noexcept {
  std::array<std::uint8_t, graph_nodes_max> waits_for{};
  for (const EdgeDefinition& edge : graph.edges) ++waits_for[edge.to.value];

  GraphOrder ready;  // in order of readiness
  GraphOrder order;
  const auto push = [](GraphOrder& list, std::size_t index) {
    const bool pushed = list.push_back(NodeIndex{static_cast<std::uint8_t>(index)});
    PHAL_ENFORCE(pushed, "a node becomes ready once, so no list of nodes overflows");
  };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (waits_for[i] == 0) push(ready, i);
  }
  while (!ready.empty()) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < ready.size(); ++i) {
      if (graph.nodes[ready[i].value].lane < graph.nodes[ready[best].value].lane) best = i;
    }
    const NodeIndex node = ready[best];
    ready.erase_at(best);
    push(order, node.value);
    for (const EdgeDefinition& edge : graph.edges) {
      if (edge.from == node && --waits_for[edge.to.value] == 0) push(ready, edge.to.value);
    }
  }
  return order;
}

/// A node that lies on a circle (not merely behind one); no_node when there is none.
NodeIndex node_on_a_circle(const GraphDefinition& graph, const GraphOrder& order) noexcept {
  std::array<bool, graph_nodes_max> ordered{};
  for (const NodeIndex node : order) ordered[node.value] = true;
  std::size_t node = 0;
  while (node < graph.nodes.size() && ordered[node]) ++node;
  if (node == graph.nodes.size()) return no_node;
  // Every unordered node has an unordered predecessor: walking back once per node must end on the circle itself.
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const EdgeDefinition& edge : graph.edges) {
      if (edge.to.value == node && !ordered[edge.from.value]) {
        node = edge.from.value;
        break;
      }
    }
  }
  return NodeIndex{static_cast<std::uint8_t>(node)};
}

}  // namespace

static_assert(Lane::control < Lane::data && Lane::data < Lane::telemetry, "the lane's number is its priority (I4)");

GraphProblems check_graph(const GraphDefinition& graph) noexcept {
  GraphProblems problems;
  if (graph.nodes.empty()) add(problems, GraphFault::no_nodes, GraphPart::graph, 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) check_node(graph, i, problems);
  bool edges_are_sound = true;
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const std::size_t before = problems.size();
    check_edge(graph, i, problems);
    edges_are_sound = edges_are_sound && problems.size() == before;
  }
  // Without sound ends there is nothing to walk along.
  if (!edges_are_sound || problems.full()) return problems;
  const NodeIndex culprit = node_on_a_circle(graph, walk(graph));
  if (culprit != no_node) add(problems, GraphFault::cycle, GraphPart::node, culprit.value);
  return problems;
}

Result<GraphOrder, GraphProblem> order_of(const GraphDefinition& graph) noexcept {
  const GraphProblems problems = check_graph(graph);
  if (!problems.empty()) return refuse(problems[0]);
  const GraphOrder order = walk(graph);
  PHAL_ENFORCE(order.size() == graph.nodes.size(), "a graph without a circle orders all its nodes");
  return order;
}

}  // namespace phalarope
