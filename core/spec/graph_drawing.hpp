// pipeline/v2: from the graph as people draw it to the graph as the engine holds it.
//
//   drawn:    ears ──▶ <gate: confidence >= 600> ──▶ mind ──▶ mouth        merge, select, gate are drawn away: each
//   engine:   ears ──────────[600..1000]──────────▶ mind ──▶ mouth        path between two engine nodes is one edge
//
// A merge is what the engine does anyway where edges meet (in the order of the plan's merge rule); a select lets each
// input through by its own `when`; a gate adds its `when` to whatever passes. Inserts become nodes that listen.
// Invariants. (1) What comes out has the form of pipeline/v1 and is judged by that reader once more; a file that uses
// nothing new comes out as it went in. (2) Along each edge the types of both ports are equal, at the place it was
// drawn. (3) Branches from one node to nodes of one type exclude one another. (4) Every node is reached from a
// microphone. (5) Complaints stand at the line that was written, inside modules too.
// Allocates; not for the engine thread. Contract: decisions.md D15; features F-005, F-006, F-018, F-062.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/plan/graph_definition.hpp"
#include "core/spec/diagnostics.hpp"
#include "core/spec/document.hpp"

namespace phalarope::spec {

/// The condition under which the engine's edge between two nodes is taken.
struct ConditionedEdge {
  std::string from;
  std::string to;
  EdgeCondition when;
};

struct LoweredGraph {
  Document file;  // `nodes` and `edges` in the form of pipeline/v1, all else as written
  std::vector<ConditionedEdge> conditions;
};

/// Fields of nodes and edges that are judged here and not by the graph's reader.
std::span<const std::string_view> drawn_node_fields();
std::span<const std::string_view> drawn_edge_fields();

LoweredGraph lower_graph(Document file, Diagnostics& diagnostics);

/// Gives the engine's edges their conditions.
void apply_conditions(std::span<const ConditionedEdge> conditions, GraphDefinition& graph);

}  // namespace phalarope::spec
