// Lowering of drawn graphs. See graph_drawing.hpp.
#include "core/spec/graph_drawing.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/spec/document_edit.hpp"
#include "core/spec/edge_conditions.hpp"
#include "core/spec/field_reader.hpp"
#include "core/spec/node_types.hpp"
#include "core/spec/policy_inserts.hpp"
#include "core/spec/spec_modules.hpp"
#include "core/spec/spec_notes.hpp"

namespace phalarope::spec {

namespace {

constexpr std::array<std::string_view, 4> node_fields = {"comment", "metadata", "takes", "gives"};
constexpr std::array<std::string_view, 5> edge_fields = {"comment", "metadata", "from_port", "to_port", "when"};
// Twice what the engine holds: the graph's reader says "one edge too many", and a fan of merges ends here.
constexpr std::size_t lowered_edges_max = 2 * graph_edges_max;
// Steps along junctions over the whole graph; more than any drawing that ends in 64 edges needs.
constexpr std::size_t junction_steps_max = 4096;

enum class Junction : std::uint8_t { none, merge, select, gate };
constexpr std::array<std::string_view, 4> junction_names = {"", "merge", "select", "gate"};

struct DrawnNode {
  std::string id;
  Document item;
  Junction junction = Junction::none;
  NodeType type = NodeType::none;
  std::vector<std::string> takes;  // port names
  std::vector<std::string> gives;
  EdgeCondition when;  // a gate's
};

struct DrawnEdge {
  std::size_t from = 0;
  std::size_t to = 0;
  Document item;
  EdgeCondition when;
};

class Drawing {
 public:
  Drawing(Document file, Diagnostics& diagnostics) : diagnostics_(diagnostics) { lowered_.file = std::move(file); }

  LoweredGraph lower() {
    inserts_ = read_inserts(lowered_.file, diagnostics_);
    read_nodes();
    read_edges();
    // What hangs loose because a name or a module was wrong is no second problem.
    whole_ = diagnostics_.empty();
    check_junctions();
    for (std::size_t i = 0; i < edges_.size(); ++i) {
      if (nodes_[edges_[i].from].junction != Junction::none) continue;
      std::vector<std::size_t> path = {i};
      follow(path, edges_[i].when);
    }
    check_branches();
    if (whole_) check_reach();
    write_back();
    return std::move(lowered_);
  }

 private:
  struct Path {
    std::size_t from = 0;
    std::size_t to = 0;
    EdgeCondition when;
    Document item;
  };

  void complain(const Document& item, std::string_view field, std::string what, std::string what_to_do) {
    const Document* const at = field.empty() ? nullptr : item.find(field);
    const std::string path = field.empty() ? item.path : item.path + "." + std::string(field);
    diagnostics_.push_back(diagnostic_at(at == nullptr ? item : *at, path, std::move(what), std::move(what_to_do)));
  }

  std::optional<std::size_t> find(std::string_view id) const {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].id == id) return i;
    }
    return std::nullopt;
  }

  std::vector<Document> items_of(std::string_view list, const std::vector<Document>& inserted) const {
    std::vector<Document> items;
    const Document* const found = lowered_.file.find(list);
    if (found != nullptr && found->kind == Document::Kind::list) items = found->items;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].path.empty()) items[i].path = std::string(list) + "[" + std::to_string(i) + "]";
    }
    items.insert(items.end(), inserted.begin(), inserted.end());
    return items;
  }

  void read_nodes() {
    for (Document& item : items_of("nodes", inserts_.nodes)) {
      DrawnNode node;
      node.id = text_of(item, "id");
      const std::string type = text_of(item, "type");
      const auto junction = std::find(junction_names.begin() + 1, junction_names.end(), type);
      if (junction != junction_names.end()) node.junction = static_cast<Junction>(junction - junction_names.begin());
      node.type = from_wire_name<NodeType>(type).value_or(NodeType::none);
      node.item = item;
      if (node.junction != Junction::none) {
        read_junction(node);
      } else {
        read_ports(node);
      }
      nodes_.push_back(std::move(node));
    }
  }

  void read_junction(DrawnNode& node) {
    MapReader map(node.item, node.item.path, diagnostics_);
    Name id;
    map.text("id", id, Presence::required);
    (void)map.has("type");
    read_notes(map);
    if (node.junction == Junction::gate) {
      if (!map.has("when")) map.complain("when", "is missing: a gate needs its condition", "Add `when:`");
      node.when = read_condition(map, "when", {});
    }
    map.finish();
    if (!node.id.empty() && find(node.id)) {
      complain(node.item, "id", "\"" + node.id + "\" is taken by another node", "Give it another name");
    }
  }

  /// Ports that a node declares give names to what its type takes and gives.
  void read_ports(DrawnNode& node) {
    MapReader map(node.item, node.item.path, diagnostics_);
    read_notes(map);
    const NodeTypeRow& row = row_of(node.type);
    const auto read = [&](std::string_view key, PortType own, std::vector<std::string>& ports) {
      map.each_entry(key, [&](const std::string& name, const Document& value, const std::string& path) {
        const auto type = scalar_of(value, path, diagnostics_);
        if (!type) return;
        ports.push_back(name);
        if (node.type == NodeType::none || *type == name_of(own)) return;
        const std::array<std::string_view, 1> possible = {name_of(own)};
        diagnostics_.push_back(diagnostic_at(
            value, path, "a " + std::string(wire_name(node.type)) + " cannot have a port of type \"" + *type + "\"",
            own == PortType::none ? "It has none here; remove this" : one_of(*type, possible)));
      });
    };
    read("takes", row.takes, node.takes);
    read("gives", row.gives, node.gives);
  }

  std::optional<std::size_t> read_end(const Document& item, std::string_view key) {
    const std::string id = text_of(item, key);
    const auto found = find(id);
    if (!found) {
      std::vector<std::string_view> known;
      for (const DrawnNode& node : nodes_) known.push_back(node.id);
      complain(item, key, "no node is called \"" + id + "\"", one_of(id, known));
    }
    return found;
  }

  void read_edges() {
    for (Document& item : items_of("edges", inserts_.edges)) {
      // Ends that are no text are the graph reader's to complain about.
      if (text_of(item, "from").empty() || text_of(item, "to").empty()) {
        rest_.push_back(item);
        continue;
      }
      const auto from = read_end(item, "from");
      const auto to = read_end(item, "to");
      MapReader map(item, item.path, diagnostics_);
      read_notes(map);
      std::string from_port;
      map.text("from_port", from_port);
      std::string to_port;
      map.text("to_port", to_port);
      if (!from || !to) continue;
      check_port(item, "from_port", nodes_[*from], nodes_[*from].gives);
      check_port(item, "to_port", nodes_[*to], nodes_[*to].takes);
      DrawnEdge edge{.from = *from, .to = *to, .item = item, .when = {}};
      if (map.has("when")) {
        if (from_port.empty() && nodes_[*from].gives.size() == 1) from_port = nodes_[*from].gives.front();
        edge.when = read_condition(map, "when", from_port);
      }
      edges_.push_back(std::move(edge));
    }
  }

  void check_port(const Document& edge, std::string_view key, const DrawnNode& node,
                  const std::vector<std::string>& ports) {
    const std::string port = text_of(edge, key);
    if (port.empty() || std::find(ports.begin(), ports.end(), port) != ports.end()) return;
    const std::vector<std::string_view> known(ports.begin(), ports.end());
    complain(edge, key, "\"" + node.id + "\" has no port \"" + port + "\"",
             known.empty() ? "It declares none; leave it out or declare it" : one_of(port, known));
  }

  void check_junctions() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const DrawnNode& node = nodes_[i];
      if (node.junction == Junction::none) continue;
      std::size_t inputs = 0;
      std::size_t outputs = 0;
      for (const DrawnEdge& edge : edges_) {
        inputs += edge.to == i ? 1 : 0;
        outputs += edge.from == i ? 1 : 0;
        if (edge.to == i && node.junction == Junction::select && edge.when.always()) {
          complain(edge.item, {}, "leads into a select without a condition", "Add `when:`");
        }
      }
      if (!whole_) continue;
      const std::size_t inputs_min = node.junction == Junction::gate ? 1 : 2;
      const std::string name(junction_names[static_cast<std::size_t>(node.junction)]);
      if (inputs < inputs_min) {
        complain(node.item, {}, "is a " + name + " with " + std::to_string(inputs) + " edge(s) leading to it",
                 "It needs at least " + std::to_string(inputs_min));
      }
      if (outputs == 0) complain(node.item, {}, "is a " + name + " that leads nowhere", "Add an edge from it");
    }
  }

  /// From an engine node along junctions to every engine node behind them.
  void follow(std::vector<std::size_t>& path, EdgeCondition when) {
    const DrawnEdge& last = edges_[path.back()];
    const DrawnNode& node = nodes_[last.to];
    if (++steps_ == junction_steps_max) {
      complain(last.item, {}, "there are too many paths through merges, selects and gates",
               "Draw fewer of them in a row");
    }
    if (steps_ >= junction_steps_max) return;
    if (when.never()) {
      complain(last.item, {}, "can never be taken: its condition excludes what comes before it",
               "Loosen one of the conditions on the way");
      return;
    }
    if (node.junction == Junction::none) return arrive(path, when);
    const auto same_end = [&](std::size_t edge) { return edges_[edge].to == last.to; };
    if (std::any_of(path.begin(), path.end() - 1, same_end)) {
      if (!circle_told_) complain(last.item, {}, "closes a circle through \"" + node.id + "\"", "Lead it elsewhere");
      circle_told_ = true;
      return;
    }
    when = both(when, node.when);
    for (std::size_t next = 0; next < edges_.size() && paths_.size() <= lowered_edges_max; ++next) {
      if (edges_[next].from != last.to) continue;
      path.push_back(next);
      follow(path, both(when, edges_[next].when));
      path.pop_back();
    }
  }

  void arrive(const std::vector<std::size_t>& path, const EdgeCondition& when) {
    const DrawnEdge& first = edges_[path.front()];
    const DrawnEdge& last = edges_[path.back()];
    if (paths_.size() >= lowered_edges_max) return;
    if (!types_meet(first, last) || !condition_is_borne(first, last, when)) return;
    Path drawn{.from = first.from, .to = last.to, .when = when, .item = first.item};
    if (path.size() > 1) {
      set_text(drawn.item, "to", nodes_[last.to].id);
      if (const Document* const lane = last.item.find("lane"); lane != nullptr && drawn.item.find("lane") == nullptr) {
        drawn.item.entries.push_back(*lane);
      }
    }
    paths_.push_back(std::move(drawn));
  }

  bool types_meet(const DrawnEdge& first, const DrawnEdge& last) {
    const DrawnNode& from = nodes_[first.from];
    const DrawnNode& to = nodes_[last.to];
    // Unknown types, and an edge back to its own node, have their own complaint from the graph's reader.
    if (from.type == NodeType::none || to.type == NodeType::none || first.from == last.to) return true;
    const PortType gives = row_of(from.type).gives;
    const PortType takes = row_of(to.type).takes;
    if (gives != PortType::none && (takes == gives || takes == PortType::any)) return true;
    const auto end = [](const DrawnNode& node, const Document& item, std::string_view key) {
      const std::string port = text_of(item, key);
      return "\"" + node.id + (port.empty() ? "" : "." + port) + "\"";
    };
    const auto what = [](PortType type) { return type == PortType::none ? "nothing" : std::string(name_of(type)); };
    complain(last.item, {},
             end(from, first.item, "from_port") + " gives " + what(gives) + ", but " + end(to, last.item, "to_port") +
                 " takes " + what(takes),
             "Lead it to a node that takes " + what(gives));
    return false;
  }

  bool condition_is_borne(const DrawnEdge& first, const DrawnEdge& last, const EdgeCondition& when) {
    const DrawnNode& from = nodes_[first.from];
    if (when.always() || from.type == NodeType::none || row_of(from.type).gives == PortType::text_words) return true;
    complain(last.item, {}, "has a condition, but what \"" + from.id + "\" gives bears nothing that one could look at",
             "Put the condition on a path that starts at a recogniser");
    return false;
  }

  void check_branches() {
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      for (std::size_t k = i + 1; k < paths_.size(); ++k) {
        const Path& one = paths_[i];
        const Path& other = paths_[k];
        const NodeType type = nodes_[one.to].type;
        if (one.from != other.from || one.to == other.to || type != nodes_[other.to].type) continue;
        const bool plain = one.when.always() && other.when.always();
        if (plain || type == NodeType::telemetry || both(one.when, other.when).never()) continue;
        complain(other.item, {},
                 "may be taken together with the edge to \"" + nodes_[one.to].id +
                     "\": " + to_text(both(one.when, other.when)),
                 "Let the conditions of branches to nodes of one type exclude one another");
      }
    }
  }

  void check_reach() {
    std::vector<bool> reached(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) reached[i] = nodes_[i].type == NodeType::microphone;
    for (std::size_t round = 0; round < nodes_.size(); ++round) {
      for (const DrawnEdge& edge : edges_) reached[edge.to] = reached[edge.to] || reached[edge.from];
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      // A node without a name or a type has a complaint already.
      if (reached[i] || nodes_[i].id.empty() || text_of(nodes_[i].item, "type").empty()) continue;
      complain(nodes_[i].item, {}, "\"" + nodes_[i].id + "\" is reached from no microphone",
               "Draw an edge to it, or remove it");
    }
  }

  void write_back() {
    Document& file = lowered_.file;
    if (file.find("nodes") != nullptr && file.find("nodes")->kind == Document::Kind::list) {
      Document& nodes = fresh_list(file, "nodes");
      for (DrawnNode& node : nodes_) {
        if (node.junction == Junction::none) nodes.items.push_back(std::move(node.item));
      }
    }
    if (file.find("edges") == nullptr || file.find("edges")->kind != Document::Kind::list) return;
    Document& edges = fresh_list(file, "edges");
    for (Path& path : paths_) {
      if (!path.when.always()) lowered_.conditions.push_back({nodes_[path.from].id, nodes_[path.to].id, path.when});
      edges.items.push_back(std::move(path.item));
    }
    edges.items.insert(edges.items.end(), rest_.begin(), rest_.end());
  }

  Diagnostics& diagnostics_;
  LoweredGraph lowered_;
  std::vector<DrawnNode> nodes_;
  std::vector<DrawnEdge> edges_;
  PolicyInserts inserts_;
  std::vector<Document> rest_;
  std::vector<Path> paths_;
  std::size_t steps_ = 0;
  bool whole_ = false;
  bool circle_told_ = false;
};

}  // namespace

std::span<const std::string_view> drawn_node_fields() { return node_fields; }
std::span<const std::string_view> drawn_edge_fields() { return edge_fields; }

LoweredGraph lower_graph(Document file, Diagnostics& diagnostics) {
  return Drawing(expand_modules(std::move(file), diagnostics), diagnostics).lower();
}

void apply_conditions(std::span<const ConditionedEdge> conditions, GraphDefinition& graph) {
  for (const ConditionedEdge& condition : conditions) {
    for (EdgeDefinition& edge : graph.edges) {
      const bool same = graph.nodes[edge.from.value].id.view() == condition.from &&
                        graph.nodes[edge.to.value].id.view() == condition.to;
      if (same) edge.when = condition.when;
    }
  }
}

}  // namespace phalarope::spec
