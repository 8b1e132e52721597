// Fallback paths. See fallback_paths.hpp.
#include "core/spec/fallback_paths.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/spec/spec_notes.hpp"

namespace phalarope::spec {

namespace {

class FallbackReader {
 public:
  FallbackReader(MapReader& file, const CompiledPipeline& pipeline) : file_(file), graph_(pipeline.graph) {
    const auto& actions = pipeline.plan.allowed_adaptive_actions;
    allowed_ = std::find(actions.begin(), actions.end(), AdaptiveAction::fallback) != actions.end();
  }

  void read(const Document& item, const std::string& path) {
    const std::size_t before = file_.diagnostics().size();
    MapReader map(item, path, file_.diagnostics());
    std::string failing;
    map.text("when_fails", failing, Presence::required);
    std::vector<NodeIndex> steps;
    map.each_item(
        "path",
        [&](const Document& step, const std::string& step_path) {
          const auto id = scalar_of(step, step_path, file_.diagnostics());
          if (id) read_step(step, step_path, *id, steps);
        },
        Presence::required);
    read_notes(map);
    map.finish();
    const NodeIndex source = failing.empty() ? no_node : find(failing);
    if (!failing.empty() && source == no_node) map.complain("when_fails", unknown(failing), one_of(failing, ids()));
    if (file_.diagnostics().size() != before) return;
    judge(map, source, steps);
  }

 private:
  NodeIndex find(std::string_view id) const {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].id.view() == id) return NodeIndex{static_cast<std::uint8_t>(i)};
    }
    return no_node;
  }
  NodeIndex first_of(NodeType type) const {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].type == type) return NodeIndex{static_cast<std::uint8_t>(i)};
    }
    return no_node;
  }
  std::vector<std::string_view> ids() const {
    std::vector<std::string_view> names;
    for (const NodeDefinition& node : graph_.nodes) names.push_back(node.id.view());
    return names;
  }
  static std::string unknown(const std::string& id) { return "no node is called \"" + id + "\""; }
  const NodeDefinition& node(NodeIndex index) const { return graph_.nodes[index.value]; }

  void read_step(const Document& step, const std::string& path, const std::string& id, std::vector<NodeIndex>& steps) {
    const NodeIndex next = find(id);
    const auto complain = [&](std::string what, std::string what_to_do) {
      file_.diagnostics().push_back(diagnostic_at(step, path, std::move(what), std::move(what_to_do)));
    };
    if (next == no_node) return complain(unknown(id), one_of(id, ids()));
    if (std::find(steps.begin(), steps.end(), next) != steps.end()) {
      return complain("\"" + id + "\" occurs twice: the path goes in a circle", "Keep one of them");
    }
    const auto leads_here = [&](const EdgeDefinition& edge) { return edge.from == steps.back() && edge.to == next; };
    if (!steps.empty() && std::none_of(graph_.edges.begin(), graph_.edges.end(), leads_here)) {
      return complain("no edge leads to it from \"" + std::string(node(steps.back()).id.view()) + "\"",
                      "Follow the edges of the graph");
    }
    steps.push_back(next);
  }

  void judge(MapReader& map, NodeIndex source, const std::vector<NodeIndex>& steps) {
    if (std::find(steps.begin(), steps.end(), source) != steps.end()) {
      return map.complain("path", "leads through the node that has failed", "Lead it around the node");
    }
    if (steps.empty() || node(steps.back()).type != NodeType::playback) {
      return map.complain("path", "does not reach a playback", "End it where the user hears it");
    }
    if (!allowed_) {
      return map.complain({}, "cannot be taken: `adaptive_actions` does not allow fallback", "Add fallback to it");
    }
    const bool from_mind = node(source).type == NodeType::recogniser || node(source).type == NodeType::dialogue;
    const bool is_apology =
        steps.size() == 2 && steps[0] == first_of(NodeType::synthesiser) && steps[1] == first_of(NodeType::playback);
    if (!from_mind || !is_apology) {
      map.complain(
          "path", "is one that this engine does not run",
          "It has one: after a recogniser or dialogue failed, a sentence through the first synthesiser and the "
          "first playback");
    }
  }

  MapReader& file_;
  const GraphDefinition& graph_;
  bool allowed_ = false;
};

}  // namespace

void read_fallbacks(MapReader& file, const CompiledPipeline& pipeline) {
  FallbackReader reader(file, pipeline);
  file.each_item("fallbacks", [&](const Document& item, const std::string& path) { reader.read(item, path); });
}

}  // namespace phalarope::spec
