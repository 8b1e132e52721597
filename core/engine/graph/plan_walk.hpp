// PlanWalk: a graph run once from its sources to its ends, node after node, where each node's answer is there at once.
//
//   without lanes   order_of(graph) ───────────────────────────────▶ dispatch ▶ allowed? ─▶ next
//   with lanes      ready nodes ──enqueue──▶ LaneSet ──next──▶ dispatch ▶ allowed? ─▶ successors ready
//                        │ overflow: telemetry goes on, data and control stop        │ denied: later nodes do not run
//                        ▼                                                           ▼
//                   WalkTrace: nodes in the order they ran, every signal, why it stopped
//
// A conversation is not run this way: its nodes stream and wait for each other (executor.hpp). This is the same graph
// as a sequence of scheduling points, for plans that are tried out before a board runs them (`phalarope plan walk`).
//
// Invariants. (1) Same graph, same answers, same trace (I8). (2) No node runs before its predecessors, none twice.
// (3) Signals leave with sequences and timestamps that never decrease. (4) An overflow or a denial is in the trace with
// its reason, never silent. Owner: engine thread; integers only; no allocation. The trace is large (36 KiB): not on a
// stack. Contract: runtime.md 6.2, 5.7, 6.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/function_ref.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/graph/budget.hpp"
#include "core/engine/graph/execution_pool.hpp"
#include "core/engine/graph/graph_check.hpp"
#include "core/engine/lanes/lane_set.hpp"
#include "core/engine/turn/decision_outcome.hpp"

namespace phalarope {

/// What became of one node when it was dispatched.
struct NodeVerdict {
  bool allowed = true;
  std::optional<PoolRefusal> pool{};       // the pool did not take it: a shed at node_dispatch
  Reason reason = Reason::none;            // the node's own; none: the refusal's
  std::optional<ShapedFailure> failure{};  // it failed, shaped by 6.4; a branch that is allowed goes on
};
/// Runs one node; `at` carries the sequences and times of this dispatch.
using Dispatch = FunctionRef<NodeVerdict(NodeIndex node, const Event& at)>;

struct WalkedNode {
  NodeIndex node = no_node;
  Event at{};  // its sequences and times; its event id is walk_event_id(), its edge id lane_edge_name()
  bool dispatched = false;
  bool allowed = false;
  std::optional<DecisionOutcome> outcome{};
  Reason failure = Reason::none;
};

/// Of one node: three from its lane and one at recovery, or a shed, or a failure's three.
constexpr std::size_t walk_signals_max = graph_nodes_max * 8;
struct WalkTrace {
  FixedVector<WalkedNode, graph_nodes_max> nodes;
  FixedVector<PressureSignal, walk_signals_max> signals;
  /// Why later nodes did not run; none: all ran.
  Reason terminal_reason = Reason::none;
};

enum class WalkError : std::uint8_t { graph_refused, nothing_dispatchable };
constexpr std::string_view describe(WalkError error) noexcept {
  return error == WalkError::graph_refused ? "graph_refused: the graph has problems; check_graph names them"
                                           : "nothing_dispatchable: nodes are ready and the lanes give none of them";
}

/// Walks `graph`. `base` gives session, turn, epoch and the first sequences and times; each node (with lanes: each
/// enqueue) is one further. Without `lanes` the order is rule 1's; with them, rule 2's. Refused: `trace` is empty.
[[nodiscard]] Result<void, WalkError> walk_plan(const GraphDefinition& graph, const Event& base, LaneSet* lanes,
                                                Dispatch dispatch, WalkTrace& trace) noexcept;

constexpr std::string_view walk_base_default = "evt-execution-plan";
/// <base>-<node id>, and <base>-<node id>-enqueue for its place in a lane.
using WalkEventId = FixedString<2 * name_bytes_max + 16>;
constexpr WalkEventId walk_event_id(std::string_view base, const NodeDefinition& node, bool enqueue) noexcept {
  WalkEventId id;
  const std::string_view given = base.empty() ? walk_base_default : base.substr(0, name_bytes_max);
  const bool fits = id.assign_all(given, "-", node.id.view(), enqueue ? "-enqueue" : "");
  PHAL_ENFORCE(fits, "the id's bound is the sum of its parts' bounds");
  return id;
}
/// lane/<LaneName>: the edge that a node's events name.
constexpr std::string_view walk_edge_id(Lane lane) noexcept {
  constexpr std::string_view names[] = {"lane/ControlLane", "lane/DataLane", "lane/TelemetryLane"};
  return names[static_cast<std::size_t>(lane)];
}

}  // namespace phalarope
