// The walk. See plan_walk.hpp.
#include "core/engine/graph/plan_walk.hpp"

#include <algorithm>
#include <array>

namespace phalarope {
namespace {

class Walk {
 public:
  Walk(const GraphDefinition& graph, const Event& base, Dispatch dispatch, WalkTrace& trace) noexcept
      : graph_(graph), next_(base), dispatch_(dispatch), trace_(trace) {
    next_.edge = no_edge.value;
    next_.payload = PayloadHandle{};
    for (const EdgeDefinition& edge : graph.edges) ++waits_for_[edge.to.value];
  }

  void in_order(const GraphOrder& order) noexcept {
    for (const NodeIndex node : order) {
      if (!run(node, stamp(node))) return;
    }
  }

  Result<void, WalkError> through(LaneSet& lanes) noexcept {
    make_ready();
    while (trace_.terminal_reason == Reason::none && trace_.nodes.size() < graph_.nodes.size()) {
      if (!enqueue_ready(lanes)) return {};
      LaneSignals recovered;
      const auto item = lanes.next(recovered);
      say_all(recovered);
      if (!item) {
        // What was dropped from telemetry may have made others ready; else nothing can ever come.
        if (ready_.empty() && trace_.nodes.size() < graph_.nodes.size()) return refuse(WalkError::nothing_dispatchable);
        continue;
      }
      if (run(NodeIndex{item->node}, *item)) release(NodeIndex{item->node});
    }
    return {};
  }

  /// Sequences and timestamps never decrease: a smaller one becomes the one before, plus one (rule 6).
  void straighten() noexcept {
    Event before{};
    for (PressureSignal& signal : trace_.signals) {
      Event& event = signal.event;
      const auto at_least = [](auto& value, auto previous, auto step) {
        if (value < previous) value = static_cast<std::remove_reference_t<decltype(value)>>(previous + step);
      };
      at_least(event.runtime_sequence, before.runtime_sequence, 1U);
      at_least(event.transport_sequence, before.transport_sequence, 1U);
      at_least(event.mono_ns, before.mono_ns, ns_per_ms);
      at_least(event.wall_ns, before.wall_ns, ns_per_ms);
      before = event;
    }
  }

 private:
  /// The next sequences and times, for this node.
  Event stamp(NodeIndex node) noexcept {
    Event at = next_;
    at.node = node.value;
    at.lane = graph_.nodes[node.value].lane;
    at.target_lane = at.lane;
    ++next_.runtime_sequence;
    ++next_.transport_sequence;
    next_.mono_ns += ns_per_ms;
    next_.wall_ns += ns_per_ms;
    return at;
  }

  void make_ready() noexcept {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (waits_for_[i] == 0) push_ready(NodeIndex{static_cast<std::uint8_t>(i)});
    }
  }
  void push_ready(NodeIndex node) noexcept {
    PHAL_ENFORCE(ready_.push_back(node), "a node becomes ready once, so no list of nodes overflows");
  }
  /// A node is behind us: whoever waited for it alone is ready.
  void release(NodeIndex done) noexcept {
    for (const EdgeDefinition& edge : graph_.edges) {
      if (edge.from == done && --waits_for_[edge.to.value] == 0) push_ready(edge.to);
    }
  }

  /// Every ready node into its lane, in the order they became ready. False when a lane that may not lose anything is
  /// full: the walk is over.
  bool enqueue_ready(LaneSet& lanes) noexcept {
    const GraphOrder now_ready = ready_;
    ready_.clear();
    for (const NodeIndex node : now_ready) {
      const Event at = stamp(node);
      LaneSignals signals;
      const auto outcome = lanes.enqueue(at, signals);
      say_all(signals);
      if (!outcome || outcome->accepted()) continue;  // lanes that take nothing are found out by whoever asks them
      const bool telemetry = at.lane == Lane::telemetry;
      add({.node = node, .at = at, .dispatched = false, .allowed = telemetry, .outcome = {}, .failure = {}});
      if (telemetry) {
        release(node);
        continue;
      }
      trace_.nodes.back().outcome = shed_outcome(at, OutcomeScope::edge_enqueue, Reason::lane_queue_capacity_exceeded);
      trace_.terminal_reason = Reason::lane_queue_capacity_exceeded;
      return false;
    }
    return true;
  }

  /// False when the walk ends here.
  bool run(NodeIndex node, const Event& at) noexcept {
    const NodeVerdict verdict = dispatch_(node, at);
    WalkedNode walked{
        .node = node, .at = at, .dispatched = true, .allowed = verdict.allowed, .outcome = {}, .failure = {}};
    if (verdict.pool) shed_by_pool(verdict, at, walked);
    if (verdict.failure) {
      for (const Event& signal : verdict.failure->signals) say({.event = signal, .suffix = IdSuffix::none});
      walked.failure = verdict.failure->terminal_reason;
      walked.allowed = walked.allowed && !verdict.failure->terminal();
    }
    add(walked);
    if (walked.allowed) return true;
    const Reason of_outcome = walked.outcome ? walked.outcome->reason : Reason::execution_plan_denied;
    trace_.terminal_reason = walked.failure != Reason::none ? walked.failure : of_outcome;
    return false;
  }

  void shed_by_pool(const NodeVerdict& verdict, const Event& at, WalkedNode& walked) noexcept {
    const Reason reason = verdict.reason != Reason::none ? verdict.reason : describe(*verdict.pool).shed_reason;
    say(pressure_signal(at, EventKind::shed, Emitter::admission, reason, at.lane, IdSuffix::none));
    // Telemetry is never worth a stop: it is said, and the walk goes on.
    walked.allowed = at.lane == Lane::telemetry;
    if (!walked.allowed) walked.outcome = shed_outcome(at, OutcomeScope::node_dispatch, reason);
  }

  static DecisionOutcome shed_outcome(const Event& at, OutcomeScope scope, Reason reason) noexcept {
    return {.kind = OutcomeKind::shed,
            .phase = OutcomePhase::scheduling_point,
            .scope = scope,
            .emitter = Emitter::admission,
            .reason = reason,
            .turn = TurnNumber{at.turn_number},
            .epoch = {}};
  }

  void add(const WalkedNode& walked) noexcept { PHAL_ENFORCE(trace_.nodes.push_back(walked), "a node is walked once"); }
  void say(const PressureSignal& signal) noexcept {
    PHAL_ENFORCE(trace_.signals.push_back(signal), "the trace has room for all that its nodes can say");
  }
  void say_all(const LaneSignals& signals) noexcept {
    for (const PressureSignal& signal : signals) say(signal);
  }

  const GraphDefinition& graph_;
  Event next_;
  Dispatch dispatch_;
  WalkTrace& trace_;
  GraphOrder ready_;
  std::array<std::uint8_t, graph_nodes_max> waits_for_{};
};

}  // namespace

Result<void, WalkError> walk_plan(const GraphDefinition& graph, const Event& base, LaneSet* lanes, Dispatch dispatch,
                                  WalkTrace& trace) noexcept {
  trace.nodes.clear();
  trace.signals.clear();
  trace.terminal_reason = Reason::none;
  const auto order = order_of(graph);
  if (!order) return refuse(WalkError::graph_refused);
  Walk walk(graph, base, dispatch, trace);
  Result<void, WalkError> walked;
  if (lanes == nullptr) {
    walk.in_order(*order);
  } else {
    walked = walk.through(*lanes);
  }
  walk.straighten();
  return walked;
}

}  // namespace phalarope
