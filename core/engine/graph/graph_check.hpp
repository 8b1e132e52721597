// What makes a graph runnable, and the order its nodes run in.
//
//   declared:  mic(data)   log(telemetry)   stt(data)    ready at first: mic, log
//   edges:     mic->stt    mic->log?                     picked: the ready node of the highest lane;
//   order:     mic, stt, log                             among equals the one that became ready first
//
// Invariants. (1) A graph without faults has exactly one order, the same on every processor. (2) In that order every
// node stands behind all its predecessors. (3) Checking mutates nothing.
// Pure; any thread. Contract: runtime.md 6.2 (validation errors, rule 1); I8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/plan/graph_definition.hpp"

namespace phalarope {

enum class GraphFault : std::uint8_t {
  no_nodes,
  node_id_empty,
  node_id_duplicate,
  node_type_empty,
  lane_invalid,
  modality_unknown,
  concurrency_limit_negative,
  edge_end_empty,
  edge_node_unknown,
  edge_to_itself,
  cycle
};
constexpr std::size_t graph_fault_count = 11;

struct GraphFaultRow {
  GraphFault fault;
  std::string_view id;
  std::string_view sentence;
};
/// Stable ids and sentences; whoever wrote the pipeline can act on every one of them.
constexpr std::array<GraphFaultRow, graph_fault_count> graph_fault_rows{{
    {GraphFault::no_nodes, "graph_no_nodes", "A graph needs at least one node."},
    {GraphFault::node_id_empty, "graph_node_id_empty", "Every node needs an id that is not blank."},
    {GraphFault::node_id_duplicate, "graph_node_id_duplicate", "Two nodes have this id; give each its own."},
    {GraphFault::node_type_empty, "graph_node_type_empty", "The node has no type, or one that is not known."},
    {GraphFault::lane_invalid, "graph_lane_invalid", "The lane is none of DataLane, ControlLane, TelemetryLane."},
    {GraphFault::modality_unknown, "graph_modality_unknown", "The modality is none of stt, llm, tts."},
    {GraphFault::concurrency_limit_negative, "graph_concurrency_limit_negative", "A limit is 0 (unlimited) or more."},
    {GraphFault::edge_end_empty, "graph_edge_end_empty", "An edge needs a node at both ends."},
    {GraphFault::edge_node_unknown, "graph_edge_node_unknown", "The edge names a node that the graph does not have."},
    {GraphFault::edge_to_itself, "graph_edge_to_itself", "An edge may not lead back to its own node."},
    {GraphFault::cycle, "graph_cycle", "The edges go round in a circle through this node."},
}};
consteval bool graph_fault_rows_are_in_enum_order() {
  for (std::size_t i = 0; i < graph_fault_rows.size(); ++i) {
    if (static_cast<std::size_t>(graph_fault_rows[i].fault) != i) return false;
  }
  return true;
}
static_assert(graph_fault_rows_are_in_enum_order(), "row i describes fault i");
constexpr const GraphFaultRow& describe(GraphFault fault) noexcept {
  return graph_fault_rows[static_cast<std::size_t>(fault)];
}

enum class GraphPart : std::uint8_t { graph, node, edge };
/// One fault and where it is: the index of the node or edge in the definition.
struct GraphProblem {
  GraphFault fault = GraphFault::no_nodes;
  GraphPart part = GraphPart::graph;
  std::uint8_t index = 0;
  constexpr bool operator==(const GraphProblem&) const noexcept = default;
};

/// At most this many problems are listed; more would not help the reader.
constexpr std::size_t graph_problems_max = 32;
using GraphProblems = FixedVector<GraphProblem, graph_problems_max>;
/// Node indices in the order of rule 1.
using GraphOrder = FixedVector<NodeIndex, graph_nodes_max>;

/// All that is wrong with the graph, in declaration order: nodes, then edges, then a cycle. Empty: it is runnable.
GraphProblems check_graph(const GraphDefinition& graph) noexcept;

/// The order of rule 1, or the first problem.
Result<GraphOrder, GraphProblem> order_of(const GraphDefinition& graph) noexcept;

}  // namespace phalarope
