// GraphExecutor: which node of a turn waits for what, what a result asks of the next node, and until when we wait.
//
//            command                 result: progress          last result
//   idle ──────────────▶ running ──────────────────▶ running ─────────────▶ done ──command──▶ running
//                           │ deadline, node_failed ──▶ failed      (deadline restarts at each progress, D2)
//                           │ cancel ────────────────▶ cancelled
//
//   microphone ──▶ recogniser ──▶ dialogue ──▶ synthesiser ──▶ playback
//     recognise_*     dialogue_ask   synthesise    play_frame        (which command a result becomes: route table)
//
// Invariants. (1) Only a node that owes an answer, and does not wait for credit, has a deadline. (2) failed and
// cancelled have no exit until begin(). (3) route() gives commands in the order of the edges; it never starts a node by
// itself: the caller tells commanded() what it really handed out, so a sentence that is held back starts no deadline.
// (4) At most one command per edge and result, and none along an edge whose condition the result does not meet. Owner:
// engine thread; integers only; no allocation. Contract: runtime.md 6.2 rule 5, 6.4, 7.4; decisions.md D2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/graph/budget.hpp"
#include "core/engine/graph/graph_check.hpp"
#include "core/engine/plan/graph_definition.hpp"
#include "core/engine/plan/provider_deadlines.hpp"

namespace phalarope {

enum class NodeRunState : std::uint8_t { idle, running, done, failed, cancelled };

/// How long a node may be silent: until its first result, and between results (D2).
struct NodePatience {
  Duration first_result{};
  Duration gap{};
};
using GraphPatience = std::array<NodePatience, graph_nodes_max>;
/// Every node's own budget for both silences; else its provider's deadlines (D2), and the plan's default where it has
/// no provider. No silence lasts longer than the plan's default.
GraphPatience patience_of(const GraphDefinition& graph, const ProviderDeadlines& deadlines,
                          Duration node_budget_default) noexcept;

enum class RouteRefusal : std::uint8_t { node_unknown, node_not_running, node_failed, node_cancelled };
constexpr std::string_view describe(RouteRefusal refusal) noexcept {
  constexpr std::string_view sentences[] = {"node_unknown: the result names a node that the graph does not have",
                                            "node_not_running: the node was asked for nothing",
                                            "node_failed: the node has failed in this turn already",
                                            "node_cancelled: the node was cancelled in this turn"};
  return sentences[static_cast<std::size_t>(refusal)];
}

/// One command per outgoing edge at most.
using GraphCommands = FixedVector<Event, graph_edges_max>;

struct NodeTimeout {
  NodeIndex node = no_node;
  ShapedFailure failure;
};

class GraphExecutor {
 public:
  /// Takes a checked graph; refuses one with problems. The graph must outlive the executor (it is in the plan).
  Result<void, GraphProblem> configure(const GraphDefinition& graph, const GraphPatience& patience,
                                       AllowedBranches allowed) noexcept;
  /// A new turn: every node idle.
  void begin() noexcept;

  /// Takes a result (or the microphone's event) as progress of `result.node` and appends what it asks of the nodes
  /// behind it. The payload handle is handed on; the caller keeps its reference count.
  Result<void, RouteRefusal> route(const Event& result, GraphCommands& commands) noexcept;
  /// The caller has handed out this command (to `command.node`); the node owes an answer if the command asks for one.
  void commanded(const Event& command) noexcept;

  /// Whether `node` waits for something that others owe it (a synthesiser without credit): it cannot make progress, so
  /// its silence is not counted. It is counted from `now` on when the wait is over.
  void set_waiting(NodeIndex node, bool waits, Instant now) noexcept;

  /// The earliest instant at which a node will have been silent too long.
  std::optional<Instant> next_deadline() const noexcept;
  /// The first node, in graph order, that is overdue at `about.mono_ns`: it fails, shaped by 6.4. Ask until nothing.
  std::optional<NodeTimeout> on_deadline(const Event& about) noexcept;
  /// A node said node_failed: shaped by what it used of its patience. `failed.node` names it.
  Result<ShapedFailure, RouteRefusal> on_failed(const Event& failed) noexcept;

  /// Cancels every running node: one command_node_cancel each, in graph order, with `about`'s turn and ticket.
  void cancel(const Event& about, std::int64_t mode, GraphCommands& commands) noexcept;
  /// Cancels one node for the rest of the turn (7.1): what it says is refused and nothing is routed to it. It is told
  /// only if it runs. False: it has failed or been cancelled already, or is no node of this graph.
  bool cancel_node(NodeIndex node, const Event& about, std::int64_t mode, GraphCommands& commands) noexcept;

  NodeRunState state(NodeIndex node) const noexcept;
  /// True while no node owes an answer.
  bool quiet() const noexcept;
  /// First node of a type; no_node when the graph has none.
  NodeIndex find(NodeType type) const noexcept;
  const GraphOrder& order() const noexcept { return order_; }

 private:
  struct NodeRun {
    NodeRunState state = NodeRunState::idle;
    std::uint32_t answers_owed = 0;
    bool answered = false;  // something came since the node last owed nothing
    bool waits = false;     // for credit: see set_waiting()
    Instant last_progress{};
  };

  bool known(NodeIndex node) const noexcept;
  bool has_deadline(NodeIndex node) const noexcept;
  void stop(NodeIndex node, const Event& about, std::int64_t mode, GraphCommands& commands) noexcept;
  Duration patience_now(NodeIndex node) const noexcept;
  ShapedFailure fail(NodeIndex node, const Event& about) noexcept;
  void progress(NodeIndex node, const Event& result) noexcept;

  const GraphDefinition* graph_ = nullptr;
  GraphPatience patience_{};
  AllowedBranches allowed_{};
  GraphOrder order_;
  std::array<NodeRun, graph_nodes_max> runs_{};
};

}  // namespace phalarope
