// A graph walked node by node: in which order, what is said at which moment, and what stops it.
#include "core/engine/graph/plan_walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/replay/event_json.hpp"
#include "core/spec/abi_gateway.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope {
namespace {

using ::testing::ElementsAre;
using K = EventKind;

struct Drawn {
  const char* id;
  Lane lane = Lane::data;
};

class PlanWalk : public ::testing::Test {
 protected:
  void draw(std::initializer_list<Drawn> nodes, std::initializer_list<std::pair<std::uint8_t, std::uint8_t>> edges) {
    for (const Drawn& drawn : nodes) {
      NodeDefinition node;
      ASSERT_TRUE(node.id.assign(drawn.id));
      node.type = NodeType::dialogue;
      node.lane = drawn.lane;
      ASSERT_TRUE(graph.nodes.push_back(node));
    }
    for (const auto& [from, to] : edges) {
      EdgeDefinition edge;
      edge.from = NodeIndex{from};
      edge.to = NodeIndex{to};
      ASSERT_TRUE(graph.edges.push_back(edge));
    }
  }
  void limit_lanes(std::uint32_t control, std::uint32_t data, std::uint32_t telemetry) {
    LaneLimits limits;
    limits[Lane::control] = {.items_max = control, .watermark = {.high_items = control, .low_items = 0}};
    limits[Lane::data] = {.items_max = data, .watermark = {.high_items = data, .low_items = 0}};
    limits[Lane::telemetry] = {.items_max = telemetry, .watermark = {.high_items = telemetry, .low_items = 0}};
    ASSERT_TRUE(
        lanes.configure({.session = SymbolId{1}, .pipeline_version = SymbolId{2}, .limits = limits}).has_value());
  }
  Result<void, WalkError> walk(LaneSet* through = nullptr) {
    ran.clear();
    return walk_plan(
        graph, base, through,
        [this](NodeIndex node, const Event&) {
          ran.emplace_back(graph.nodes[node.value].id.view());
          return verdicts[node.value];
        },
        *trace);
  }
  std::vector<std::string> walked() const {
    std::vector<std::string> ids;
    for (const WalkedNode& node : trace->nodes) ids.emplace_back(graph.nodes[node.node.value].id.view());
    return ids;
  }
  std::vector<K> said() const {
    std::vector<K> kinds;
    for (const PressureSignal& signal : trace->signals) kinds.push_back(signal.event.kind);
    return kinds;
  }

  GraphDefinition graph;
  Event base = [] {
    Event event{};
    event.runtime_sequence = 10;
    event.transport_sequence = 20;
    event.mono_ns = milliseconds(100).value;
    event.wall_ns = milliseconds(200).value;
    event.turn_number = 3;
    event.authority_epoch = 5;
    return event;
  }();
  std::array<NodeVerdict, graph_nodes_max> verdicts{};
  std::vector<std::string> ran;
  std::unique_ptr<WalkTrace> trace = std::make_unique<WalkTrace>();
  std::array<std::array<Event, 8>, lanes_count> storage{};
  LaneSet lanes{{std::span<Event>(storage[0]), std::span<Event>(storage[1]), std::span<Event>(storage[2])}};
};

// contract: 6.2 row 1
TEST_F(PlanWalk, WithoutLanesTheOrderIsThatOfTheGraph) {
  draw({{"slow", Lane::telemetry}, {"data"}, {"control", Lane::control}, {"last"}}, {{0, 3}, {1, 3}});
  ASSERT_TRUE(walk());
  EXPECT_THAT(ran, ElementsAre("control", "data", "slow", "last"));
  EXPECT_EQ(trace->terminal_reason, Reason::none);
}

// contract: 6.2 row 2
TEST_F(PlanWalk, WithLanesEveryReadyNodeIsEnqueuedBeforeOneIsDispatched) {
  draw({{"source"}, {"data"}, {"control", Lane::control}, {"behind control"}}, {{0, 1}, {0, 2}, {2, 3}});
  limit_lanes(4, 4, 4);
  ASSERT_TRUE(walk(&lanes));
  EXPECT_THAT(ran, ElementsAre("source", "control", "data", "behind control"))
      << "control overtakes in its lane; what becomes ready later waits behind what waited before";
  EXPECT_THAT(said(), ::testing::IsEmpty());
  EXPECT_TRUE(lanes.empty());
  EXPECT_EQ(walk_event_id("", graph.nodes[2], true).view(), "evt-execution-plan-control-enqueue");
}

// contract: 6.2 row 3
TEST_F(PlanWalk, EachNodeHasItsIdsAndOneFurtherInSequenceAndTime) {
  draw({{"a"}, {"b", Lane::control}, {"c", Lane::telemetry}}, {{0, 1}, {1, 2}});
  ASSERT_TRUE(walk());
  EXPECT_EQ(walk_event_id("evt-7", graph.nodes[1], false).view(), "evt-7-b");
  EXPECT_EQ(walk_event_id("", graph.nodes[0], false).view(), "evt-execution-plan-a");
  EXPECT_EQ(walk_edge_id(trace->nodes[0].at.lane), "lane/DataLane");
  EXPECT_EQ(walk_edge_id(trace->nodes[1].at.lane), "lane/ControlLane");
  EXPECT_EQ(walk_edge_id(trace->nodes[2].at.lane), "lane/TelemetryLane");
  for (std::size_t i = 0; i < 3; ++i) {
    const Event& at = trace->nodes[i].at;
    const auto further = static_cast<std::int64_t>(i);
    EXPECT_EQ(at.runtime_sequence, 10 + i);
    EXPECT_EQ(at.transport_sequence, 20 + i);
    EXPECT_EQ(at.mono_ns, milliseconds(100 + further).value);
    EXPECT_EQ(at.wall_ns, milliseconds(200 + further).value);
    EXPECT_EQ(at.turn_number, 3U);
  }
  limit_lanes(4, 4, 4);
  graph.edges.clear();  // all ready at once: numbered as they are enqueued, run by lane
  ASSERT_TRUE(walk(&lanes));
  EXPECT_THAT(ran, ElementsAre("b", "a", "c"));
  EXPECT_EQ(trace->nodes[0].at.runtime_sequence, 11U);
  EXPECT_EQ(trace->nodes[1].at.runtime_sequence, 10U);
}

// contract: 6.2 row 4, F1
TEST_F(PlanWalk, AFullLaneOfTelemetryCostsTheNodeAndAFullLaneOfDataTheWalk) {
  draw({{"t1", Lane::telemetry}, {"t2", Lane::telemetry}, {"behind t2"}}, {{1, 2}});
  limit_lanes(1, 1, 1);
  ASSERT_TRUE(walk(&lanes));
  EXPECT_THAT(walked(), ElementsAre("t2", "t1", "behind t2"));
  EXPECT_THAT(ran, ElementsAre("t1", "behind t2")) << "t2 was dropped, its successor runs";
  EXPECT_TRUE(trace->nodes[0].allowed);
  EXPECT_FALSE(trace->nodes[0].dispatched);
  EXPECT_THAT(said(), ::testing::Contains(K::drop_notice));
  EXPECT_EQ(trace->terminal_reason, Reason::none);

  graph.nodes[0].lane = graph.nodes[1].lane = Lane::data;
  ASSERT_TRUE(walk(&lanes));
  EXPECT_THAT(ran, ::testing::IsEmpty()) << "the second of two does not fit: nothing runs";
  EXPECT_EQ(trace->terminal_reason, Reason::lane_queue_capacity_exceeded);
  ASSERT_EQ(trace->nodes.size(), 1U);
  ASSERT_TRUE(trace->nodes[0].outcome.has_value());
  EXPECT_TRUE(is_legal(*trace->nodes[0].outcome));
  EXPECT_EQ(trace->nodes[0].outcome->scope, OutcomeScope::edge_enqueue);
  EXPECT_THAT(said(), ElementsAre(K::watermark, K::flow_xoff, K::watermark, K::flow_xoff, K::shed));
}

// contract: 6.2 row 5
TEST_F(PlanWalk, ADeniedNodeStopsTheWalkForTheReasonThatIsKnownBest) {
  draw({{"a"}, {"b"}, {"c"}}, {{0, 1}, {1, 2}});
  const auto stopped_by = [&](const NodeVerdict& verdict) {
    verdicts[1] = verdict;
    EXPECT_TRUE(walk());
    EXPECT_THAT(ran, ElementsAre("a", "b"));
    return trace->terminal_reason;
  };
  EXPECT_EQ(stopped_by({.allowed = false}), Reason::execution_plan_denied);
  EXPECT_EQ(stopped_by({.allowed = true, .pool = PoolRefusal::pool_closed}), Reason::execution_pool_closed);
  NodeVerdict failed{.allowed = true, .pool = PoolRefusal::pool_queue_full};
  failed.failure = *shape_node_failure({}, base);
  EXPECT_EQ(stopped_by(failed), Reason::node_timeout_or_failure) << "the failure's reason before the outcome's";
  EXPECT_EQ(trace->nodes[1].failure, Reason::node_timeout_or_failure);
  EXPECT_THAT(said(), ElementsAre(K::shed, K::budget_warning, K::budget_exhausted));

  NodeVerdict degraded{};
  degraded.failure = *shape_node_failure({.allowed = {.degrade = true, .fallback = false}}, base);
  verdicts[1] = degraded;
  ASSERT_TRUE(walk());
  EXPECT_THAT(ran, ElementsAre("a", "b", "c")) << "a branch that is allowed goes on";
}

// contract: 6.2 row 5, 5.7, F1
TEST_F(PlanWalk, APoolThatRefusesIsAShedAtTheNodesDispatchAndTelemetryGoesOn) {
  draw({{"a"}, {"b"}}, {{0, 1}});
  const std::pair<PoolRefusal, Reason> rows[] = {
      {PoolRefusal::pool_queue_full, Reason::execution_pool_saturated},
      {PoolRefusal::node_concurrency_exceeded, Reason::node_concurrency_limited},
      {PoolRefusal::pool_closed, Reason::execution_pool_closed}};
  for (const auto& [refusal, reason] : rows) {
    verdicts[0] = {.allowed = true, .pool = refusal};
    ASSERT_TRUE(walk());
    ASSERT_TRUE(trace->nodes[0].outcome.has_value());
    EXPECT_EQ(trace->nodes[0].outcome->reason, reason);
    EXPECT_EQ(trace->nodes[0].outcome->scope, OutcomeScope::node_dispatch);
    EXPECT_TRUE(is_legal(*trace->nodes[0].outcome));
    EXPECT_EQ(trace->signals[0].event.emitter, Emitter::admission);
    verdicts[0].reason = Reason::scheduling_point_shed;
    ASSERT_TRUE(walk());
    EXPECT_EQ(trace->terminal_reason, Reason::scheduling_point_shed) << "the node names its own";
  }
  graph.nodes[0].lane = Lane::telemetry;
  ASSERT_TRUE(walk());
  EXPECT_THAT(ran, ElementsAre("a", "b"));
  EXPECT_FALSE(trace->nodes[0].outcome.has_value());
  EXPECT_THAT(said(), ElementsAre(K::shed));
}

// contract: 6.2 row 6, 1.9
TEST_F(PlanWalk, TheTraceListsWhatRanAndItsSignalsPassTheGatewayAsOneBatch) {
  draw({{"a"}, {"b"}, {"c"}}, {{0, 1}, {1, 2}});
  Event long_ago = base;  // a failure that is shaped with the times of its cause
  long_ago.runtime_sequence = 1;
  long_ago.transport_sequence = 2;
  long_ago.mono_ns = long_ago.wall_ns = milliseconds(1).value;
  verdicts[0] = {.allowed = true, .pool = PoolRefusal::pool_closed, .reason = {}, .failure = {}};
  graph.nodes[0].lane = Lane::telemetry;
  verdicts[1].failure = *shape_node_failure({.allowed = {.degrade = false, .fallback = true}}, long_ago);
  ASSERT_TRUE(walk());
  EXPECT_THAT(walked(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(said(), ElementsAre(K::shed, K::budget_warning, K::budget_exhausted, K::fallback));
  EXPECT_EQ(trace->signals[1].event.runtime_sequence, 11U) << "the shed's, plus one";
  EXPECT_EQ(trace->signals[1].event.transport_sequence, 21U);
  EXPECT_EQ(trace->signals[1].event.mono_ns, milliseconds(101).value);
  EXPECT_EQ(trace->signals[1].event.wall_ns, milliseconds(201).value);

  const replay::RecordingNames names;
  replay::EventJsonWriter writer(names, replay::Extensions::without);
  std::vector<spec::AbiElement> batch;
  for (const PressureSignal& signal : trace->signals) {
    const auto json = writer.write(signal.event);
    ASSERT_TRUE(json && *json) << name_of(signal.event.kind);
    batch.push_back({"control_signal", *spec::parse_strict_json(**json)});
  }
  EXPECT_TRUE(spec::pass_gateway(std::move(batch)).has_value());
}

// contract: 6.2 row 7
TEST_F(PlanWalk, ReadyNodesThatNoLaneGivesAreAnErrorAndNotAnEndlessWait) {
  draw({{"a"}, {"b"}}, {{0, 1}});
  limit_lanes(4, 4, 4);
  base.runtime_sequence = 0;  // the lanes refuse an item without an id
  const auto refused = walk(&lanes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), WalkError::nothing_dispatchable);
  EXPECT_TRUE(describe(refused.error()).starts_with("nothing_dispatchable: "));
  graph.edges[0].to = graph.edges[0].from;
  const auto broken = walk(&lanes);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error(), WalkError::graph_refused);
  EXPECT_TRUE(describe(broken.error()).starts_with("graph_refused: "));
  EXPECT_TRUE(trace->nodes.empty());
}

// contract: I8
TEST_F(PlanWalk, TheSameWalkTwiceIsTheSameTrace) {
  draw({{"a"}, {"b", Lane::control}, {"c", Lane::telemetry}, {"d"}}, {{0, 3}, {1, 3}, {2, 3}});
  limit_lanes(1, 2, 1);
  ASSERT_TRUE(walk(&lanes));
  const WalkTrace first = *trace;
  ASSERT_TRUE(walk(&lanes));
  ASSERT_EQ(trace->signals.size(), first.signals.size());
  for (std::size_t i = 0; i < first.signals.size(); ++i) EXPECT_EQ(trace->signals[i], first.signals[i]);
  for (std::size_t i = 0; i < first.nodes.size(); ++i) EXPECT_EQ(trace->nodes[i].at, first.nodes[i].at);
}

// contract: 6.2 row 4
TEST_F(PlanWalk, ADenialThroughTheLanesStopsAsItDoesWithoutThem) {
  draw({{"a"}, {"b"}}, {{0, 1}});
  limit_lanes(4, 4, 4);
  verdicts[0] = {.allowed = false};
  ASSERT_TRUE(walk(&lanes));
  EXPECT_THAT(ran, ElementsAre("a"));
  EXPECT_EQ(trace->terminal_reason, Reason::execution_plan_denied);
}

// contract: 6.2 row 4
TEST_F(PlanWalk, WhereEverythingIsTelemetryAndNothingFitsTheWalkStillEnds) {
  draw({{"t1", Lane::telemetry}, {"t2", Lane::telemetry}, {"t3", Lane::telemetry}}, {{1, 2}});
  limit_lanes(1, 1, 1);
  ASSERT_TRUE(walk(&lanes));
  EXPECT_EQ(trace->nodes.size(), 3U);
}

}  // namespace
}  // namespace phalarope
