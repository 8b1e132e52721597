// One edge: its four bounds, its five strategies, and that nothing is ever lost without being told.
#include "core/engine/graph/edge_queue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <vector>

namespace phalarope {
namespace {

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
EdgeQueue queue(EdgeStrategy strategy, DataShedding shedding = DataShedding::drop) {
  return {policy(strategy), Lane::data, shedding};
}
EdgeItem item(std::uint32_t sequence, std::uint64_t bytes = 10, std::uint32_t merge_group = 0) {
  return {.transport_sequence = sequence,
          .runtime_sequence = sequence,
          .bytes = bytes,
          .merge_group = merge_group,
          .offered_at = start};
}
void fill(EdgeQueue& sut, std::uint32_t count = 4, std::uint32_t merge_group = 0) {
  for (std::uint32_t i = 1; i <= count; ++i) {
    ASSERT_EQ(sut.offer(item(i, 10, merge_group), start).outcome, EdgeOutcome::queued);
  }
}

// contract: 5.2 row 1, 5.2 strategy row 1
TEST(EdgeQueue, DropRefusesTheIncomingItemWithANoticeOverIt) {
  auto sut = queue(EdgeStrategy::drop);
  fill(sut);
  const auto verdict = sut.offer(item(5), start);
  EXPECT_EQ(verdict.outcome, EdgeOutcome::dropped);
  ASSERT_EQ(verdict.notices.size(), 1U);
  EXPECT_EQ(verdict.notices[0], (SequenceRange{5, 5}));
  EXPECT_EQ(sut.depth(), 4U);
}

// contract: 5.2 row 2
TEST(EdgeQueue, BytesOverflowOnTheirOwn) {
  auto sut = queue(EdgeStrategy::drop);
  ASSERT_EQ(sut.offer(item(1, 600), start).outcome, EdgeOutcome::queued);
  EXPECT_EQ(sut.offer(item(2, 401), start).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(sut.offer(item(3, 400), start).outcome, EdgeOutcome::queued);
  EXPECT_EQ(sut.bytes(), 1000U);
}

// contract: 5.2 row 3
TEST(EdgeQueue, AnItemOlderThanTheBoundIsDroppedAtDequeueWithANotice) {
  auto sut = queue(EdgeStrategy::drop);
  fill(sut, 2);
  auto young = item(3);
  young.offered_at = start + milliseconds(200);
  ASSERT_EQ(sut.offer(young, young.offered_at).outcome, EdgeOutcome::queued);
  EXPECT_TRUE(EdgeQueue(sut).take(start + milliseconds(300)).notices.empty()) << "as old as the bound is not older";
  const auto taken = sut.take(start + milliseconds(301));
  ASSERT_EQ(taken.notices.size(), 1U);
  EXPECT_EQ(taken.notices[0], (SequenceRange{1, 2}));
  ASSERT_TRUE(taken.item.has_value());
  EXPECT_EQ(taken.item->transport_sequence, 3U);
}

// contract: 5.2 strategy row 2
TEST(EdgeQueue, LatestOnlyReplacesEverythingAndTellsTheRange) {
  auto sut = queue(EdgeStrategy::latest_only);
  fill(sut);
  const auto verdict = sut.offer(item(5), start);
  EXPECT_EQ(verdict.outcome, EdgeOutcome::replaced);
  ASSERT_EQ(verdict.notices.size(), 1U);
  EXPECT_EQ(verdict.notices[0], (SequenceRange{1, 4}));
  EXPECT_EQ(verdict.items_dropped, 4U);
  EXPECT_EQ(sut.depth(), 1U);
}

// contract: 5.2 strategy row 3
TEST(EdgeQueue, MergeJoinsTheNewestOfItsGroupAndElseActsAsDrop) {
  auto sut = queue(EdgeStrategy::merge);
  fill(sut, 4, 77);
  EXPECT_EQ(sut.offer(item(5, 10, 77), start).outcome, EdgeOutcome::merged);
  EXPECT_EQ(sut.depth(), 4U);
  EXPECT_EQ(sut.bytes(), 50U);
  EXPECT_EQ(sut.offer(item(6, 10, 78), start).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(sut.offer(item(7), start).outcome, EdgeOutcome::dropped) << "group 0 cannot be merged";
  const auto notices = sut.flush();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0], (SequenceRange{1, 5})) << "a merged item stands for all its sources";
}

TEST(EdgeQueue, AMergeNeverSpansAnItemThatWasDropped) {
  auto sut = queue(EdgeStrategy::merge);
  fill(sut, 4, 77);
  ASSERT_EQ(sut.offer(item(5), start).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(sut.offer(item(6, 10, 77), start).outcome, EdgeOutcome::dropped) << "4..6 would cover the dropped 5";
}

TEST(EdgeQueue, AMergeHasAtMost64Sources) {
  auto sut = queue(EdgeStrategy::merge);
  fill(sut, 4, 77);
  for (std::uint32_t i = 1; i < merge_sources_max; ++i) {
    ASSERT_EQ(sut.offer(item(4 + i, 1, 77), start).outcome, EdgeOutcome::merged) << i;
  }
  EXPECT_EQ(sut.offer(item(200, 1, 77), start).outcome, EdgeOutcome::dropped);
}

// contract: 5.2 strategy row 4
TEST(EdgeQueue, SampleKeepsOneInFourAndGivesOneNoticePerContiguousRange) {
  auto sut = queue(EdgeStrategy::sample);
  fill(sut);
  for (const std::uint32_t sequence : {5U, 6U, 7U}) {
    const auto verdict = sut.offer(item(sequence), start);
    EXPECT_EQ(verdict.outcome, EdgeOutcome::sampled);
    EXPECT_TRUE(verdict.notices.empty()) << "the range is still open";
  }
  const auto verdict = sut.offer(item(8), start);
  EXPECT_EQ(verdict.outcome, EdgeOutcome::replaced);
  ASSERT_EQ(verdict.notices.size(), 2U);
  EXPECT_EQ(verdict.notices[0], (SequenceRange{1, 1})) << "the oldest made room";
  EXPECT_EQ(verdict.notices[1], (SequenceRange{5, 7}));
}

// contract: 5.2 strategy row 5
TEST(EdgeQueue, BlockLetsTheProducerWaitNoLongerThanItsBoundThenSheds) {
  auto sut = queue(EdgeStrategy::block, DataShedding::latest_only);
  fill(sut);
  const auto waiting = sut.offer(item(5), start + milliseconds(10), start);
  EXPECT_EQ(waiting.outcome, EdgeOutcome::must_wait);
  EXPECT_EQ(waiting.wait_until, start + milliseconds(25));
  EXPECT_TRUE(waiting.notices.empty());
  const auto shed = sut.offer(item(5), start + milliseconds(25), start);
  EXPECT_EQ(shed.outcome, EdgeOutcome::replaced);
}

TEST(EdgeQueue, SheddingByDegradeDropsAndNamesTheBranch) {
  auto sut = queue(EdgeStrategy::block, DataShedding::degrade);
  fill(sut);
  const auto verdict = sut.offer(item(5), start + milliseconds(25), start);
  EXPECT_EQ(verdict.outcome, EdgeOutcome::dropped);
  EXPECT_EQ(verdict.branch, DataShedding::degrade);
}

// contract: F4, 5.5
TEST(EdgeQueue, HighWatermarkIsToldOncePerSaturationAndRecoveryOnce) {
  auto with_marks = policy(EdgeStrategy::drop);
  with_marks.watermarks.queue_items = {.high = 3, .low = 1};
  EdgeQueue sut(with_marks, Lane::data, DataShedding::drop);
  EXPECT_FALSE(sut.offer(item(1), start).high_watermark);
  EXPECT_FALSE(sut.offer(item(2), start).high_watermark);
  EXPECT_TRUE(sut.offer(item(3), start).high_watermark);
  EXPECT_FALSE(sut.offer(item(4), start).high_watermark);
  EXPECT_FALSE(sut.take(start).recovered);
  EXPECT_FALSE(sut.take(start).recovered);
  EXPECT_TRUE(sut.take(start).recovered);
  EXPECT_FALSE(sut.take(start).recovered);
}

// contract: 5.2 row 4, 5.5
TEST(EdgeQueue, AHeadThatHasWaitedTooLongRaisesTheHighWatermark) {
  auto sut = queue(EdgeStrategy::drop);
  EXPECT_FALSE(sut.offer(item(1), start).high_watermark);
  auto later = item(2);
  later.offered_at = start + milliseconds(121);
  EXPECT_TRUE(sut.offer(later, later.offered_at).high_watermark);
}

// contract: 5.1 rows 1-2
TEST(EdgeQueue, TheControlLaneIgnoresTheStrategyOfTheData) {
  EdgeQueue sut(policy(EdgeStrategy::latest_only), Lane::control, DataShedding::drop);
  fill(sut);
  EXPECT_EQ(sut.offer(item(5), start).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(sut.depth(), 4U) << "nothing that was accepted is thrown away";
}

// contract: 5.2 row 2
TEST(EdgeQueue, AnItemThatWouldNotFitAloneIsRefusedByEveryStrategyAndCostsNobodyElse) {
  for (const auto strategy :
       {EdgeStrategy::drop, EdgeStrategy::latest_only, EdgeStrategy::merge, EdgeStrategy::sample}) {
    for (const bool empty : {true, false}) {
      auto sut = queue(strategy);
      if (!empty) fill(sut, 2, 77);
      const std::size_t before = sut.depth();
      const auto verdict = sut.offer(item(4, 1001, 77), start);
      EXPECT_EQ(verdict.outcome, strategy == EdgeStrategy::sample ? EdgeOutcome::sampled : EdgeOutcome::dropped);
      EXPECT_EQ(verdict.items_dropped, 1U);
      EXPECT_EQ(sut.depth(), before);
    }
  }
}

// contract: 5.2 strategy row 4, 1.11 row 7
TEST(EdgeQueue, SamplesThatDoNotJoinAreToldAsRangesOfTheirOwn) {
  auto sut = queue(EdgeStrategy::sample);
  fill(sut);
  ASSERT_TRUE(sut.offer(item(5), start).notices.empty());
  const auto verdict = sut.offer(item(7), start);  // 6 was never here
  ASSERT_EQ(verdict.notices.size(), 1U);
  EXPECT_EQ(verdict.notices[0], (SequenceRange{5, 5}));
  const auto rest = sut.flush();
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0], (SequenceRange{1, 4}));
  EXPECT_EQ(rest[1], (SequenceRange{7, 7}));
}

// contract: 5.1 row 3, 5.2 strategy row 4
TEST(EdgeQueue, TelemetryIsSampledOrDroppedAsThePlanSaysWhateverTheDatasStrategy) {
  for (const bool sampled : {true, false}) {
    auto telemetry = policy(EdgeStrategy::block);
    telemetry.lane_handling.telemetry_lane = sampled ? TelemetryHandling::sample : TelemetryHandling::drop;
    EdgeQueue sut(telemetry, Lane::telemetry, DataShedding::drop);
    fill(sut);
    EXPECT_EQ(sut.offer(item(5), start).outcome, sampled ? EdgeOutcome::sampled : EdgeOutcome::dropped);
  }
}

// contract: 5.2 strategy row 5, 5.5
TEST(EdgeQueue, ABlockedProducerIsShedByTheLanesOwnStrategy) {
  const auto shed = [](DataShedding shedding) {
    auto sut = queue(EdgeStrategy::block, shedding);
    fill(sut, 4, 77);
    return sut.offer(item(5, 10, 77), start + milliseconds(25), start);
  };
  EXPECT_EQ(shed(DataShedding::merge).outcome, EdgeOutcome::merged);
  EXPECT_EQ(shed(DataShedding::drop).outcome, EdgeOutcome::dropped);
  EXPECT_EQ(shed(DataShedding::drop).branch, std::nullopt);
  EXPECT_EQ(shed(DataShedding::latest_only).outcome, EdgeOutcome::replaced);
  EXPECT_EQ(shed(DataShedding::fallback).branch, DataShedding::fallback);
}

// contract: 5.2 row 4, 5.5
TEST(EdgeQueue, AMarkOnTheAgeRaisesAndClearsPressureByItself) {
  auto with_age = policy(EdgeStrategy::drop, 64);
  with_age.watermarks.queue_items = {};
  with_age.watermarks.queue_ms = {.high = 50, .low = 10};
  EdgeQueue sut(with_age, Lane::data, DataShedding::drop);
  EXPECT_FALSE(sut.offer(item(1), start).high_watermark);
  auto second = item(2);
  second.offered_at = start + milliseconds(40);
  auto third = item(3);
  third.offered_at = start + milliseconds(50);
  EXPECT_FALSE(sut.offer(second, second.offered_at).high_watermark);
  EXPECT_TRUE(sut.offer(third, third.offered_at).high_watermark) << "the head is 50 ms old";
  EXPECT_FALSE(sut.take(start + milliseconds(55)).recovered) << "the next is 15 ms old, above the low mark";
  EXPECT_TRUE(sut.take(start + milliseconds(55)).recovered);
}

// contract: 1.11 row 5, 1.11 row 7, I5
TEST(EdgeQueue, WhateverTheStrategyEveryItemIsTakenOrToldExactlyOnce) {
  const bool held = rc::check([] {
    const auto strategy = static_cast<EdgeStrategy>(*rc::gen::inRange(0, 5));
    const auto shedding = static_cast<DataShedding>(*rc::gen::inRange(0, 5));
    EdgeQueue sut(policy(strategy), Lane::data, shedding);
    std::map<std::uint32_t, int> told;
    std::map<std::uint32_t, std::uint32_t> merged_into;  // item -> the queued item it became part of
    std::vector<std::uint32_t> queued;
    const auto note = [&](const DropNotices& notices) {
      for (const auto& range : notices) {
        for (std::uint32_t sequence = range.start; sequence <= range.end; ++sequence) ++told[sequence];
      }
    };
    Instant now = start;
    std::uint32_t offered = 0;
    const auto operations = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
    for (const std::uint8_t operation : operations) {
      now = now + milliseconds(operation % 7 * 20);
      if (operation % 3 == 2) {
        const auto taken = sut.take(now);
        note(taken.notices);
        if (!taken.item) continue;
        ++told[taken.item->transport_sequence];
        for (const auto& [part, whole] : merged_into) told[part] += whole == taken.item->transport_sequence;
      } else {
        auto next = item(++offered, operation * 3U, operation % 2 == 0 ? 7 : 0);
        next.offered_at = now;
        const auto verdict = sut.offer(next, now, now - milliseconds(operation % 40));
        note(verdict.notices);
        if (verdict.outcome == EdgeOutcome::queued || verdict.outcome == EdgeOutcome::replaced)
          queued.push_back(offered);
        if (verdict.outcome == EdgeOutcome::merged) merged_into[offered] = queued.back();
        if (verdict.outcome == EdgeOutcome::must_wait) ++told[offered];  // the producer still has it
      }
      RC_ASSERT(sut.depth() <= 4U);
      RC_ASSERT(sut.bytes() <= 1000U);
    }
    note(sut.flush());
    for (std::uint32_t sequence = 1; sequence <= offered; ++sequence) RC_ASSERT(told[sequence] == 1);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace phalarope
