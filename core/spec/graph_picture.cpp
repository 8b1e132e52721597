// Graphs as text. See graph_picture.hpp.
#include "core/spec/graph_picture.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/engine/plan/plan_names.hpp"
#include "core/spec/edge_conditions.hpp"

namespace phalarope::spec {

namespace {

class Picture {
 public:
  explicit Picture(const GraphDefinition& graph) : graph_(graph) {}

  std::string draw() {
    for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
      const auto leads_here = [&](const EdgeDefinition& edge) { return edge.to.value == node; };
      if (std::any_of(graph_.edges.begin(), graph_.edges.end(), leads_here)) continue;
      text_ += name_of(node) + "\n";
      branches(node, "");
    }
    return std::move(text_);
  }

 private:
  std::string name_of(std::size_t node) const {
    const NodeDefinition& definition = graph_.nodes[node];
    return std::string(definition.id.view()) + " (" + std::string(wire_name(definition.type)) + ")";
  }

  // The graph has no circle, so the walk ends; each node's own branches are drawn once.
  void branches(std::size_t node, const std::string& indent) {
    drawn_[node] = true;
    std::vector<const EdgeDefinition*> leaving;
    for (const EdgeDefinition& edge : graph_.edges) {
      if (edge.from.value == node) leaving.push_back(&edge);
    }
    for (const EdgeDefinition* const edge : leaving) {
      const bool last = edge == leaving.back();
      const std::string when = to_text(edge->when);
      const std::size_t to = edge->to.value;
      text_ += indent + (last ? "└─" : "├─") + (when.empty() ? "" : "[" + when + "]─") + "▶ " + name_of(to);
      if (edge->lane != Lane::data) text_ += "  " + std::string(wire_name(edge->lane));
      text_ += drawn_[to] ? "  see above\n" : "\n";
      if (!drawn_[to]) branches(to, indent + (last ? "    " : "│   "));
    }
  }

  const GraphDefinition& graph_;
  std::array<bool, graph_nodes_max> drawn_{};
  std::string text_;
};

}  // namespace

std::string draw_graph(const GraphDefinition& graph) { return Picture(graph).draw(); }

}  // namespace phalarope::spec
