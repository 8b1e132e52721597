// Nodes and edges of a pipeline file. See graph_file.hpp.
#include "core/spec/graph_file.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/spec/node_types.hpp"

namespace phalarope::spec {

namespace {

class GraphReader {
 public:
  GraphReader(MapReader& file, const AlsoKnownFields& also_known, GraphDefinition& graph)
      : file_(file), also_known_(also_known), graph_(graph) {}

  GraphFile read() {
    file_.each_item(
        "nodes", [this](const Document& item, const std::string& path) { read_node(item, path); }, Presence::required);
    file_.each_item(
        "edges", [this](const Document& item, const std::string& path) { read_edge(item, path); }, Presence::required);
    if (file_.has("nodes") && graph_.nodes.empty()) {
      file_.complain("nodes", "holds no usable node", "Add at least a microphone, a recogniser and a dialogue");
    }
    return std::move(result_);
  }

 private:
  void complain(const Document& where, const std::string& path, std::string what, std::string what_to_do) {
    file_.diagnostics().push_back(diagnostic_at(where, path, std::move(what), std::move(what_to_do)));
  }

  std::optional<NodeIndex> find_node(std::string_view id) const {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].id.view() == id) return NodeIndex{static_cast<std::uint8_t>(i)};
    }
    return std::nullopt;
  }

  void read_node(const Document& item, const std::string& path) {
    MapReader map(item, path, file_.diagnostics());
    NodeDefinition node;
    map.text("id", node.id, Presence::required);
    map.choice("type", node.type, Presence::required);
    map.choice("lane", node.lane);
    read_modality(map, node);
    map.integer("budget_ms", node.node_budget_ms, at_least_one);
    map.integer("concurrency_limit", node.concurrency_limit, at_least_zero);
    map.text("fairness_key", node.fairness_key);
    read_provider(map, item, node);
    if (also_known_.external) read_external(map, node, result_.programs);
    map.allow(also_known_.of_nodes);
    map.finish();
    if (!node.id.empty() && find_node(node.id.view())) {
      map.complain("id", "\"" + std::string(node.id.view()) + "\" is taken by another node", "Give it another name");
    } else if (!node.id.empty() && !graph_.nodes.push_back(node)) {
      map.complain({}, "is one node too many", "Use at most " + std::to_string(graph_nodes_max));
    }
  }

  void read_modality(MapReader& map, NodeDefinition& node) {
    const Modality own = row_of(node.type).modality;
    node.modality = own;
    map.choice("modality", node.modality);
    if (node.modality == own || node.type == NodeType::none) return;
    const std::string_view expected = wire_name(own);
    map.complain("modality", "does not fit type " + std::string(wire_name(node.type)),
                 expected.empty() ? "Leave it out" : "Use " + std::string(expected) + ", or leave it out");
  }

  void read_provider(MapReader& map, const Document& item, const NodeDefinition& node) {
    ProviderChoice choice{
        .modality = node.modality, .provider = {}, .where = item.find("provider"), .path = map.path() + ".provider"};
    map.text("provider", choice.provider);
    if (choice.provider.empty()) return;
    if (choice.modality == Modality::none) {
      map.complain("provider", "belongs to a recogniser, dialogue or synthesiser", "Leave it out");
      return;
    }
    result_.providers.push_back(choice);
  }

  std::optional<NodeIndex> read_end(MapReader& map, std::string_view key) {
    Name id;
    map.text(key, id, Presence::required);
    if (id.empty()) return std::nullopt;
    const auto found = find_node(id.view());
    if (!found) {
      std::vector<std::string_view> known;
      for (const NodeDefinition& node : graph_.nodes) known.push_back(node.id.view());
      map.complain(key, "no node is called \"" + std::string(id.view()) + "\"", one_of(id.view(), known));
    }
    return found;
  }

  void read_edge(const Document& item, const std::string& path) {
    MapReader map(item, path, file_.diagnostics());
    EdgeDefinition edge;
    map.text("id", edge.id);
    const auto from = read_end(map, "from");
    const auto to = read_end(map, "to");
    map.choice("lane", edge.lane);
    map.allow(also_known_.of_edges);
    map.finish();
    if (!from || !to) return;
    edge.from = *from;
    edge.to = *to;
    if (!ends_fit(map, edge)) return;
    const std::string name = name_of(edge);
    const auto& names = result_.edge_names;
    if (std::find(names.begin(), names.end(), name) != names.end() || is_drawn(edge)) {
      map.complain({}, "is drawn twice", "Keep one of them");
    } else if (name.size() > name_bytes_max) {
      map.complain({}, "gets a name longer than 63 bytes from its ends", "Give it a shorter `id`");
    } else if (!graph_.edges.push_back(edge)) {
      map.complain({}, "is one edge too many", "Use at most " + std::to_string(graph_edges_max));
    } else {
      result_.edge_names.push_back(name);
    }
  }

  bool ends_fit(MapReader& map, const EdgeDefinition& edge) {
    const NodeDefinition& from = graph_.nodes[edge.from.value];
    const NodeDefinition& to = graph_.nodes[edge.to.value];
    if (edge.from == edge.to) {
      map.complain("to", "leads back to where it comes from", "Lead it to another node");
      return false;
    }
    if (to.type == NodeType::telemetry && from.type != NodeType::telemetry) return true;
    const NodeType feeds = row_of(from.type).feeds;
    if (feeds == to.type && feeds != NodeType::none) return true;
    map.complain({}, "leads from a " + std::string(wire_name(from.type)) + " to a " + std::string(wire_name(to.type)),
                 feeds == NodeType::none ? "Only telemetry may follow it"
                                         : "Lead it to a " + std::string(wire_name(feeds)) + " or to telemetry");
    return false;
  }

  bool is_drawn(const EdgeDefinition& edge) const {
    return std::any_of(graph_.edges.begin(), graph_.edges.end(),
                       [&](const EdgeDefinition& other) { return other.from == edge.from && other.to == edge.to; });
  }

  std::string name_of(const EdgeDefinition& edge) const {
    if (!edge.id.empty()) return std::string(edge.id.view());
    return "edge-" + std::string(graph_.nodes[edge.from.value].id.view()) + "-" +
           std::string(graph_.nodes[edge.to.value].id.view());
  }

  MapReader& file_;
  const AlsoKnownFields& also_known_;
  GraphDefinition& graph_;
  GraphFile result_;
};

}  // namespace

GraphFile read_graph(MapReader& file, const AlsoKnownFields& also_known, GraphDefinition& graph) {
  return GraphReader(file, also_known, graph).read();
}

}  // namespace phalarope::spec
