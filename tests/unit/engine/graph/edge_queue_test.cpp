// One edge: its bounds, its five strategies, who falls together, and that nothing is ever lost without being told.
#include "core/engine/graph/edge_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <vector>

namespace phalarope {
namespace {

using ::testing::ElementsAre;
using Sequences = std::vector<std::uint32_t>;
using Ranges = std::vector<SequenceRange>;

constexpr Instant start{1'000'000'000};

EdgePolicy policy(EdgeStrategy strategy, std::int64_t items = 4) {
  EdgePolicy made;
  made.strategy = strategy;
  made.max_queue_items = items;
  made.max_queue_ms = 300;
  made.max_queue_bytes = 1000;
  made.max_latency_contribution_ms = 120;
  made.max_block_time_ms = 25;
  return made;
}
EdgeRule rule(EdgeStrategy strategy, DataShedding shedding = DataShedding::drop, std::int64_t items = 4) {
  return edge_rule(policy(strategy, items), Lane::data, shedding);
}
EdgeItem item(std::uint32_t sequence, std::uint64_t bytes = 10, std::uint32_t merge_group = 0, std::int64_t at_ms = 0) {
  EdgeItem made;
  made.transport_sequence = sequence;
  made.runtime_sequence = sequence;
  made.bytes = bytes;
  made.merge_group = merge_group;
  made.offered_at = start + milliseconds(at_ms);
  return made;
}

/// An edge, and what went out of it where.
struct Edge {
  explicit Edge(const EdgeRule& of) : queue(of) {}

  EdgeVerdict offer(const EdgeItem& offered) {
    return queue.offer(offered, [this](const EdgeItem& dropped) { gone.push_back(dropped.transport_sequence); });
  }
  EdgeTaken take(std::int64_t at_ms = 0) {
    given.clear();
    const auto give = [this](std::span<const EdgeItem> run) {
      for (const EdgeItem& source : run) given.push_back(source.transport_sequence);
    };
    return queue.take(start + milliseconds(at_ms), give,
                      [this](const EdgeItem& dropped) { gone.push_back(dropped.transport_sequence); });
  }
  std::optional<EdgeVerdict> expire(std::int64_t at_ms) {
    return queue.expire(start + milliseconds(at_ms),
                        [this](const EdgeItem& dropped) { gone.push_back(dropped.transport_sequence); });
  }
  void flush() {
    queue.flush([this](const EdgeItem& dropped) { gone.push_back(dropped.transport_sequence); });
  }
  void drop_all() {
    queue.drop_all([this](const EdgeItem& dropped) { gone.push_back(dropped.transport_sequence); });
  }
  Ranges notices() const { return {queue.notices().begin(), queue.notices().end()}; }
  void fill(std::uint32_t count = 4, std::uint32_t merge_group = 0) {
    for (std::uint32_t i = 1; i <= count; ++i) {
      ASSERT_EQ(offer(item(i, 10, merge_group)).outcome, EdgeOutcome::queued);
    }
  }

  EdgeQueue queue;
  Sequences gone;
  Sequences given;
};

// contract: 5.2 row 1, 5.2 strategy row 1
TEST(EdgeQueue, DropRefusesTheIncomingItemWithANoticeOverIt) {
  Edge sut(rule(EdgeStrategy::drop));
  sut.fill();
  EXPECT_EQ(sut.offer(item(5)).outcome, EdgeOutcome::dropped);
  EXPECT_THAT(sut.notices(), ElementsAre(SequenceRange{5, 5}));
  EXPECT_THAT(sut.gone, ElementsAre(5));
  EXPECT_EQ(sut.queue.depth(), 4U);
}

// contract: 5.2 row 2
TEST(EdgeQueue, BytesOverflowOnTheirOwn) {
  Edge sut(rule(EdgeStrategy::drop));
  ASSERT_EQ(sut.offer(item(1, 600)).outcome, EdgeOutcome::queued);
  EXPECT_EQ(sut.offer(item(2, 401)).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(sut.offer(item(3, 400)).outcome, EdgeOutcome::queued);
  EXPECT_EQ(sut.queue.bytes(), 1000U);
}

// contract: 5.2 row 3
TEST(EdgeQueue, AnItemOlderThanTheBoundIsDroppedAtDequeueWithANotice) {
  Edge sut(rule(EdgeStrategy::drop));
  sut.fill(2);
  ASSERT_EQ(sut.offer(item(3, 10, 0, 200)).outcome, EdgeOutcome::queued);
  EXPECT_EQ(Edge(sut).take(300).sources, 1U) << "as old as the bound is not older";
  EXPECT_EQ(sut.take(301).sources, 1U);
  EXPECT_THAT(sut.notices(), ElementsAre(SequenceRange{1, 2}));
  EXPECT_THAT(sut.gone, ElementsAre(1, 2));
  EXPECT_THAT(sut.given, ElementsAre(3));
}

// contract: 5.2 strategy row 2
TEST(EdgeQueue, LatestOnlyReplacesEverythingAndTellsTheRange) {
  Edge sut(rule(EdgeStrategy::latest_only));
  sut.fill();
  EXPECT_EQ(sut.offer(item(5)).outcome, EdgeOutcome::replaced);
  EXPECT_THAT(sut.notices(), ElementsAre(SequenceRange{1, 4}));
  EXPECT_THAT(sut.gone, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(sut.queue.depth(), 1U);
}

// contract: 5.2 strategy row 3, 5.6
TEST(EdgeQueue, MergeJoinsTheNewestOfItsGroupAndElseActsAsDrop) {
  Edge sut(rule(EdgeStrategy::merge));
  sut.fill(4, 77);
  EXPECT_EQ(sut.offer(item(5, 10, 77)).outcome, EdgeOutcome::merged);
  EXPECT_EQ(sut.queue.depth(), 4U);
  EXPECT_EQ(sut.queue.bytes(), 50U);
  EXPECT_EQ(sut.offer(item(6, 10, 78)).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(sut.offer(item(7)).outcome, EdgeOutcome::dropped) << "group 0 cannot be merged";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sut.take().sources, 1U);
  EXPECT_EQ(sut.take().sources, 2U) << "a merged item is given in one go";
  EXPECT_THAT(sut.given, ElementsAre(4, 5));
}

TEST(EdgeQueue, AMergeNeverSpansAnItemThatWasDropped) {
  Edge sut(rule(EdgeStrategy::merge));
  sut.fill(4, 77);
  ASSERT_EQ(sut.offer(item(5)).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(sut.offer(item(6, 10, 77)).outcome, EdgeOutcome::dropped) << "4..6 would cover the dropped 5";
  ASSERT_EQ(sut.take().sources, 1U);
  ASSERT_EQ(sut.offer(item(7, 10, 77)).outcome, EdgeOutcome::queued);
  EXPECT_EQ(sut.offer(item(8, 10, 77)).outcome, EdgeOutcome::merged) << "nothing is missing behind 7";
}

TEST(EdgeQueue, AMergeHasAtMost64Sources) {
  Edge sut(rule(EdgeStrategy::merge));
  sut.fill(4, 77);
  for (std::uint32_t i = 1; i < merge_sources_max; ++i) {
    ASSERT_EQ(sut.offer(item(4 + i, 1, 77)).outcome, EdgeOutcome::merged) << i;
  }
  EXPECT_EQ(sut.offer(item(200, 1, 77)).outcome, EdgeOutcome::dropped);
}

TEST(EdgeQueue, AMergedItemGrowsOldSourceBySource) {
  Edge sut(rule(EdgeStrategy::merge, DataShedding::drop, 1));
  ASSERT_EQ(sut.offer(item(1, 10, 77, 0)).outcome, EdgeOutcome::queued);
  ASSERT_EQ(sut.offer(item(2, 10, 77, 100)).outcome, EdgeOutcome::merged);
  ASSERT_EQ(sut.offer(item(3, 10, 77, 200)).outcome, EdgeOutcome::merged);
  EXPECT_EQ(sut.take(350).sources, 2U);
  EXPECT_THAT(sut.gone, ElementsAre(1));
  EXPECT_THAT(sut.given, ElementsAre(2, 3));
  EXPECT_EQ(sut.queue.depth(), 0U);
}

// contract: 5.2 strategy row 4
TEST(EdgeQueue, SampleKeepsOneInFourAndGivesOneNoticePerContiguousRange) {
  Edge sut(rule(EdgeStrategy::sample));
  sut.fill();
  for (const std::uint32_t sequence : {5U, 6U, 7U}) {
    EXPECT_EQ(sut.offer(item(sequence)).outcome, EdgeOutcome::sampled);
    EXPECT_TRUE(sut.notices().empty()) << "the range is still open";
  }
  EXPECT_FALSE(sut.queue.passes(item(8))) << "the open range has to be told first";
  EXPECT_EQ(sut.offer(item(8)).outcome, EdgeOutcome::replaced);
  EXPECT_THAT(sut.notices(), ElementsAre(SequenceRange{1, 1}, SequenceRange{5, 7})) << "the oldest made room";
}

// contract: 5.2 strategy row 4, 1.11 row 7
TEST(EdgeQueue, SamplesThatDoNotJoinAreToldAsRangesOfTheirOwn) {
  Edge sut(rule(EdgeStrategy::sample));
  sut.fill();
  sut.offer(item(5));
  sut.offer(item(7));  // 6 was never here
  EXPECT_THAT(sut.notices(), ElementsAre(SequenceRange{5, 5}));
  sut.flush();
  EXPECT_THAT(sut.notices(), ElementsAre(SequenceRange{7, 7})) << "the end of the turn tells of the others";
  EXPECT_THAT(sut.gone, ElementsAre(5, 7, 1, 2, 3, 4));
}

// contract: 5.2 strategy row 5
TEST(EdgeQueue, BlockLetsTheProducerWaitNoLongerThanItsBoundThenSheds) {
  Edge sut(rule(EdgeStrategy::block, DataShedding::latest_only));
  sut.fill();
  EXPECT_EQ(sut.offer(item(5)).outcome, EdgeOutcome::must_wait);
  EXPECT_EQ(sut.queue.depth(), 4U) << "it is not in";
  EXPECT_EQ(sut.queue.next_deadline(), start + milliseconds(25));
  EXPECT_EQ(sut.expire(24), std::nullopt);
  EXPECT_EQ(sut.expire(25)->outcome, EdgeOutcome::replaced);
  EXPECT_THAT(sut.notices(), ElementsAre(SequenceRange{1, 4}));
  EXPECT_EQ(sut.expire(25), std::nullopt);
  EXPECT_EQ(sut.take(25).sources, 1U);
  EXPECT_THAT(sut.given, ElementsAre(5));
}

// contract: 5.2 strategy row 5
TEST(EdgeQueue, WhoWaitsMovesUpInOrderAsSoonAsThereIsRoom) {
  Edge sut(rule(EdgeStrategy::block));
  sut.fill();
  ASSERT_EQ(sut.offer(item(5)).outcome, EdgeOutcome::must_wait);
  ASSERT_EQ(sut.offer(item(6)).outcome, EdgeOutcome::must_wait);
  for (const std::uint32_t expected : {1U, 2U, 3U, 4U, 5U, 6U}) {
    ASSERT_EQ(sut.take(10).sources, 1U);
    EXPECT_THAT(sut.given, ElementsAre(expected));
  }
  EXPECT_EQ(sut.queue.next_deadline(), std::nullopt);
  EXPECT_TRUE(sut.gone.empty());
}

// contract: 5.2 strategy row 5, I10
TEST(EdgeQueue, NobodyWaitsWhoCouldNeverEnterOrHasNoRoomToWaitIn) {
  Edge sut(rule(EdgeStrategy::block, DataShedding::degrade));
  const auto too_large = sut.offer(item(1, 1001));
  EXPECT_EQ(too_large.outcome, EdgeOutcome::dropped);
  EXPECT_EQ(too_large.branch, DataShedding::degrade);
  for (std::uint32_t i = 1; i <= edge_queue_items_max; ++i) ASSERT_NE(sut.offer(item(i)).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(sut.offer(item(500)).outcome, EdgeOutcome::dropped);
}

// contract: 5.2 strategy row 5, 5.5
TEST(EdgeQueue, ABlockedProducerIsShedByTheLanesOwnStrategy) {
  const auto shed = [](DataShedding shedding, std::uint32_t group = 77) {
    Edge sut(rule(EdgeStrategy::block, shedding));
    sut.fill(4, 77);
    EXPECT_EQ(sut.offer(item(5, 10, group)).outcome, EdgeOutcome::must_wait);
    return *sut.expire(25);
  };
  EXPECT_EQ(shed(DataShedding::merge).outcome, EdgeOutcome::merged);
  EXPECT_EQ(shed(DataShedding::merge, 78).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(shed(DataShedding::drop).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(shed(DataShedding::drop).branch, std::nullopt);
  EXPECT_EQ(shed(DataShedding::latest_only).outcome, EdgeOutcome::replaced);
  EXPECT_EQ(shed(DataShedding::degrade).branch, DataShedding::degrade);
  EXPECT_EQ(shed(DataShedding::fallback).branch, DataShedding::fallback);
}

// contract: F4, 5.5
TEST(EdgeQueue, HighWatermarkIsToldOncePerSaturationAndRecoveryOnce) {
  auto with_marks = policy(EdgeStrategy::drop);
  with_marks.watermarks.queue_items = {.high = 3, .low = 1};
  Edge sut(edge_rule(with_marks, Lane::data, DataShedding::drop));
  EXPECT_FALSE(sut.offer(item(1)).high_watermark);
  EXPECT_FALSE(sut.offer(item(2)).high_watermark);
  EXPECT_TRUE(sut.offer(item(3)).high_watermark);
  EXPECT_FALSE(sut.offer(item(4)).high_watermark);
  EXPECT_FALSE(sut.take().recovered);
  EXPECT_FALSE(sut.take().recovered);
  EXPECT_TRUE(sut.take().recovered);
  EXPECT_FALSE(sut.take().recovered);
}

// contract: 5.2 row 4, 5.5
TEST(EdgeQueue, AHeadThatHasWaitedTooLongRaisesTheHighWatermark) {
  Edge sut(rule(EdgeStrategy::drop));
  EXPECT_FALSE(sut.offer(item(1)).high_watermark);
  EXPECT_TRUE(sut.offer(item(2, 10, 0, 121)).high_watermark);
}

// contract: 5.2 row 4, 5.5
TEST(EdgeQueue, AMarkOnTheAgeRaisesAndClearsPressureByItself) {
  auto with_age = policy(EdgeStrategy::drop, 64);
  with_age.watermarks.queue_ms = {.high = 50, .low = 10};
  Edge sut(edge_rule(with_age, Lane::data, DataShedding::drop));
  EXPECT_FALSE(sut.offer(item(1)).high_watermark);
  EXPECT_FALSE(sut.offer(item(2, 10, 0, 40)).high_watermark);
  EXPECT_TRUE(sut.offer(item(3, 10, 0, 50)).high_watermark) << "the head is 50 ms old";
  EXPECT_FALSE(sut.take(55).recovered) << "the next is 15 ms old, above the low mark";
  EXPECT_TRUE(sut.take(55).recovered);
}

// contract: 5.1 rows 1-2
TEST(EdgeQueue, TheControlLaneIgnoresTheStrategyOfTheData) {
  Edge sut(edge_rule(policy(EdgeStrategy::latest_only), Lane::control, DataShedding::drop));
  sut.fill();
  EXPECT_EQ(sut.offer(item(5)).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(sut.queue.depth(), 4U) << "nothing that was accepted is thrown away";
}

// contract: 5.1 row 3, 5.2 strategy row 4
TEST(EdgeQueue, TelemetryIsSampledOrDroppedAsThePlanSaysWhateverTheDatasStrategy) {
  for (const bool sampled : {true, false}) {
    auto telemetry = policy(EdgeStrategy::block);
    telemetry.lane_handling.telemetry_lane = sampled ? TelemetryHandling::sample : TelemetryHandling::drop;
    Edge sut(edge_rule(telemetry, Lane::telemetry, DataShedding::drop));
    sut.fill();
    EXPECT_EQ(sut.offer(item(5)).outcome, sampled ? EdgeOutcome::sampled : EdgeOutcome::dropped);
  }
}

// contract: 5.2 row 2
TEST(EdgeQueue, AnItemThatWouldNotFitAloneIsRefusedByEveryStrategyAndCostsNobodyElse) {
  for (const auto strategy : {EdgeStrategy::drop, EdgeStrategy::latest_only, EdgeStrategy::merge, EdgeStrategy::sample,
                              EdgeStrategy::block}) {
    for (const bool empty : {true, false}) {
      Edge sut(rule(strategy));
      if (!empty) sut.fill(2, 77);
      const std::size_t before = sut.queue.depth();
      EXPECT_FALSE(sut.queue.passes(item(4, 1001, 77)));
      const auto outcome = sut.offer(item(4, 1001, 77)).outcome;
      EXPECT_EQ(outcome, strategy == EdgeStrategy::sample ? EdgeOutcome::sampled : EdgeOutcome::dropped);
      EXPECT_THAT(sut.gone, ElementsAre(4));
      EXPECT_EQ(sut.queue.depth(), before);
    }
  }
}

TEST(EdgeQueue, AnItemPassesWhereNobodyIsBeforeItAndNoPressureIsToBeTakenBack) {
  Edge sut(rule(EdgeStrategy::drop, DataShedding::drop, 1));
  EXPECT_TRUE(sut.queue.passes(item(1)));
  sut.offer(item(1));
  EXPECT_FALSE(sut.queue.passes(item(2))) << "first in, first out";
  sut.offer(item(2));
  ASSERT_TRUE(sut.queue.saturated());
  EXPECT_TRUE(sut.take().recovered);
  EXPECT_TRUE(sut.queue.passes(item(3)));
}

TEST(EdgeQueue, AnEmptyEdgeLetsNothingPassWhileSomethingIsStillToBeSaid) {
  Edge pressed(rule(EdgeStrategy::drop));
  ASSERT_EQ(pressed.offer(item(1, 1001)).outcome, EdgeOutcome::dropped);
  ASSERT_TRUE(pressed.queue.empty());
  EXPECT_FALSE(pressed.queue.passes(item(2))) << "flow_xon is owed";
  Edge sampled(rule(EdgeStrategy::sample));
  ASSERT_EQ(sampled.offer(item(1, 1001)).outcome, EdgeOutcome::sampled);
  EXPECT_FALSE(sampled.queue.passes(item(2))) << "the range is open";
}

// contract: 5.6, I10
TEST(EdgeQueue, AMergeEndsWhereThereIsNoRoomForItsSources) {
  auto roomy = policy(EdgeStrategy::merge, 3);
  roomy.max_queue_bytes = 100'000;
  Edge sut(edge_rule(roomy, Lane::data, DataShedding::drop));
  ASSERT_EQ(sut.offer(item(1, 1, 1)).outcome, EdgeOutcome::queued);
  ASSERT_EQ(sut.offer(item(2, 1, 1)).outcome, EdgeOutcome::queued);
  ASSERT_EQ(sut.offer(item(3, 1, 1)).outcome, EdgeOutcome::queued);
  std::uint32_t next = 4;
  while (next <= 66) ASSERT_EQ(sut.offer(item(next++, 1, 1)).outcome, EdgeOutcome::merged);
  ASSERT_EQ(sut.take().sources, 1U);
  while (next <= 129) ASSERT_NE(sut.offer(item(next++, 1, 1)).outcome, EdgeOutcome::sampled);
  EXPECT_LE(sut.queue.depth(), 3U);
  std::size_t given = 0;
  while (sut.take().sources > 0) given += sut.given.size();
  EXPECT_EQ(given + 1 + sut.gone.size(), 129U);
}

// contract: 5.6, 8.3 row 1
TEST(EdgeQueue, AGroupThatFallsOutOfAMergeLeavesTheRestOfIt) {
  auto synchronised = policy(EdgeStrategy::merge, 1);
  synchronised.sync_drop_policy.policy = SyncPolicy::atomic_drop;
  Edge sut(edge_rule(synchronised, Lane::data, DataShedding::drop));
  for (const auto& [sequence, group] : {std::pair(1U, 7U), std::pair(2U, 8U), std::pair(3U, 7U), std::pair(4U, 9U)}) {
    EdgeItem source = item(sequence, 10, 77);
    source.sync_group = group;
    sut.offer(source);
  }
  EdgeItem last = item(5, 10, 78);
  last.sync_group = 7;
  EXPECT_EQ(sut.offer(last).outcome, EdgeOutcome::dropped);
  EXPECT_THAT(sut.gone, ElementsAre(1, 3, 5));
  EXPECT_EQ(sut.queue.depth(), 1U);
  EXPECT_EQ(sut.take().sources, 2U);
  EXPECT_THAT(sut.given, ElementsAre(2, 4));
}

EdgeItem member(std::uint32_t sequence, std::uint64_t group) {
  EdgeItem made = item(sequence);
  made.sync_group = group;
  return made;
}

// contract: 8.3 row 1
TEST(EdgeQueue, AnAtomicGroupFallsWholeAlsoWhatComesLater) {
  auto synchronised = policy(EdgeStrategy::drop);
  synchronised.sync_drop_policy.policy = SyncPolicy::atomic_drop;
  Edge sut(edge_rule(synchronised, Lane::data, DataShedding::drop));
  sut.offer(member(1, 7));
  sut.offer(member(2, 8));
  sut.offer(member(3, 7));
  sut.offer(member(4, 0));
  EXPECT_EQ(sut.offer(member(5, 7)).outcome, EdgeOutcome::dropped);
  EXPECT_THAT(sut.gone, ElementsAre(1, 3, 5));
  EXPECT_THAT(sut.notices(), ElementsAre(SequenceRange{1, 1}, SequenceRange{3, 3}, SequenceRange{5, 5}));
  EXPECT_EQ(sut.queue.depth(), 2U);
  EXPECT_FALSE(sut.queue.passes(member(6, 7)));
  EXPECT_EQ(sut.offer(member(6, 7)).outcome, EdgeOutcome::dropped) << "there is room, but its group has fallen";
  EXPECT_EQ(sut.offer(member(7, 9)).outcome, EdgeOutcome::queued);
}

// contract: 8.3 row 1
TEST(EdgeQueue, AnItemFallsWithTheGroupItWouldHaveReplaced) {
  for (const auto strategy : {EdgeStrategy::latest_only, EdgeStrategy::sample}) {
    auto synchronised = policy(strategy);
    synchronised.sync_drop_policy.policy = SyncPolicy::atomic_drop;
    Edge sut(edge_rule(synchronised, Lane::data, DataShedding::drop));
    for (std::uint32_t i = 1; i <= 4; ++i) sut.offer(member(i, 7));
    EXPECT_EQ(sut.offer(member(8, 7)).outcome, EdgeOutcome::dropped);
    EXPECT_THAT(sut.gone, ElementsAre(1, 2, 3, 4, 8));
    EXPECT_TRUE(sut.queue.empty());
  }
}

TEST(EdgeQueue, WhatIsDroppedBecauseNobodyTakesItIsToldAndWhatATurnsEndFlushesIsNot) {
  Edge dropped(rule(EdgeStrategy::drop));
  dropped.fill();
  dropped.drop_all();
  EXPECT_THAT(dropped.notices(), ElementsAre(SequenceRange{1, 4}));
  Edge flushed(rule(EdgeStrategy::drop));
  flushed.fill();
  flushed.offer(item(5));
  ASSERT_TRUE(flushed.queue.saturated());
  flushed.flush();
  EXPECT_TRUE(flushed.notices().empty());
  EXPECT_FALSE(flushed.queue.saturated()) << "the next turn begins afresh";
  EXPECT_EQ(flushed.queue.bytes(), 0U);
  EXPECT_THAT(flushed.gone, ElementsAre(5, 1, 2, 3, 4));
}

// contract: 5.2
TEST(EdgeRule, AnEdgeIsRuledByItsOwnEntryElseTheDefaultElseTheSmallestKey) {
  GraphDefinition graph;
  for (const char* id : {"a", "b"}) {
    NodeDefinition node;
    ASSERT_TRUE(node.id.assign(id));
    ASSERT_TRUE(graph.nodes.push_back(node));
  }
  ASSERT_TRUE(
      graph.edges.push_back({.id = {}, .from = NodeIndex{0}, .to = NodeIndex{1}, .lane = Lane::data, .when = {}}));
  PlanSurfaces plan;
  const auto add = [&plan](const char* key, std::int64_t items) {
    EdgePolicy made = policy(EdgeStrategy::drop, items);
    ASSERT_TRUE(made.edge.assign(key));
    ASSERT_TRUE(plan.edge_buffer_policies.push_back(made));
  };
  add("z", 1);
  add("c", 2);
  EXPECT_EQ(edge_rule_of(plan, graph, graph.edges[0]).items_max, 2U);
  add("default", 3);
  EXPECT_EQ(edge_rule_of(plan, graph, graph.edges[0]).items_max, 3U);
  EXPECT_FALSE(edge_rule_of(plan, graph, graph.edges[0]).own_entry);
  plan.flow_control.control_mode = FlowMode::credit;
  plan.flow_control.telemetry_mode = FlowMode::hybrid;
  for (const auto& [lane, mode] : {std::pair(Lane::control, FlowMode::credit), std::pair(Lane::data, FlowMode::signal),
                                   std::pair(Lane::telemetry, FlowMode::hybrid)}) {
    EdgeDefinition edge = graph.edges[0];
    edge.lane = lane;
    EXPECT_EQ(edge_rule_of(plan, graph, edge).mode, mode);
  }
  add("edge-a-b", 4);
  EXPECT_EQ(edge_rule_of(plan, graph, graph.edges[0]).items_max, 4U);
  EXPECT_TRUE(edge_rule_of(plan, graph, graph.edges[0]).own_entry);
  add("mine", 1000);
  ASSERT_TRUE(graph.edges[0].id.assign("mine"));
  EXPECT_EQ(edge_rule_of(plan, graph, graph.edges[0]).items_max, edge_queue_items_max) << "as much as there is room";
}

// contract: 1.11 row 5, 1.11 row 7, I5
TEST(EdgeQueue, WhateverTheStrategyEveryItemIsGivenOrGoneOnceAndTheGoneAreTold) {
  const bool held = rc::check([] {
    auto drawn = policy(static_cast<EdgeStrategy>(*rc::gen::inRange(0, 5)));
    if (*rc::gen::arbitrary<bool>()) drawn.sync_drop_policy.policy = SyncPolicy::atomic_drop;
    Edge sut(edge_rule(drawn, Lane::data, static_cast<DataShedding>(*rc::gen::inRange(0, 5))));
    std::map<std::uint32_t, int> given;
    std::map<std::uint32_t, int> told;
    const auto note = [&] {
      for (const SequenceRange& range : sut.queue.notices()) {
        for (std::uint32_t sequence = range.start; sequence <= range.end; ++sequence) ++told[sequence];
      }
    };
    std::int64_t now_ms = 0;
    std::uint32_t offered = 0;
    const auto operations = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
    for (const std::uint8_t operation : operations) {
      now_ms += operation % 7 * 20;
      if (operation % 4 == 2) {
        sut.take(now_ms);
        for (const std::uint32_t sequence : sut.given) ++given[sequence];
      } else if (operation % 4 == 3) {
        while (sut.expire(now_ms)) note();
      } else {
        EdgeItem next = item(++offered, operation * 3U, operation % 2 == 0 ? 7 : 0, now_ms);
        next.sync_group = operation % 5;
        sut.offer(next);
      }
      note();
      RC_ASSERT(sut.queue.depth() <= 4U);
      RC_ASSERT(sut.queue.bytes() <= 1000U);
    }
    sut.drop_all();
    note();
    std::map<std::uint32_t, int> gone;
    for (const std::uint32_t sequence : sut.gone) ++gone[sequence];
    for (std::uint32_t sequence = 1; sequence <= offered; ++sequence) {
      RC_ASSERT(given[sequence] + gone[sequence] == 1);
      RC_ASSERT(told[sequence] == gone[sequence]);
    }
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace phalarope
