// The lane set, row by row of the contract.
#include "core/engine/lanes/lane_set.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/engine/lanes/lane_set_fixture.hpp"

namespace phalarope {
namespace {

using testing_lanes::config_of;
using testing_lanes::item;
using testing_lanes::saturation_pair;
using testing_lanes::told;

class LaneSetTest : public testing::Test {
 protected:
  /// Limits and marks of Appendix D.
  static constexpr LaneLimits small{{LaneBounds{1, {1, 0}}, LaneBounds{2, {2, 1}}, LaneBounds{1, {1, 0}}}};

  void SetUp() override { ASSERT_TRUE(sut_.configure(config_of(small)).has_value()); }

  EnqueueOutcome enqueue(const Event& event) {
    signals_.clear();
    return sut_.enqueue(event, signals_).value();
  }
  std::optional<Event> next() {
    signals_.clear();
    return sut_.next(signals_);
  }

  std::unique_ptr<testing_lanes::LaneSetWithMemory> memory_ = std::make_unique<testing_lanes::LaneSetWithMemory>();
  LaneSet& sut_ = memory_->lanes;
  LaneSignals signals_;
};

// contract: Appendix D row 6, 5.3
TEST_F(LaneSetTest, TheVectorOfAppendixD) {
  constexpr std::uint64_t d1 = 1, d2 = 2, d3 = 3, c1 = 4, t1 = 5, t2 = 6;
  enqueue(item(Lane::data, d1));
  EXPECT_EQ(told(signals_), "");
  enqueue(item(Lane::data, d2));
  EXPECT_EQ(told(signals_), saturation_pair);
  EXPECT_TRUE(enqueue(item(Lane::data, d3)).shed());
  EXPECT_TRUE(enqueue(item(Lane::control, c1)).accepted());
  EXPECT_TRUE(enqueue(item(Lane::telemetry, t1)).accepted());
  EXPECT_FALSE(enqueue(item(Lane::telemetry, t2)).accepted());
  EXPECT_EQ(told(signals_), "drop_notice-drop");

  const std::pair<std::uint64_t, const char*> drained[] = {
      {c1, "flow_xon-flow-recovery"}, {d1, "flow_xon-flow-recovery"}, {d2, ""}, {t1, "flow_xon-flow-recovery"}};
  for (const auto& [sequence, signals] : drained) {
    const auto dispatched = next();
    ASSERT_TRUE(dispatched.has_value());
    EXPECT_EQ(dispatched->runtime_sequence, sequence);
    EXPECT_EQ(told(signals_), signals) << "after " << sequence;
  }
  EXPECT_FALSE(next().has_value());
  EXPECT_TRUE(sut_.empty());
}

// contract: 5.3 row 1
TEST_F(LaneSetTest, TelemetryOverflowIsDroppedWithANoticeOfItsOwnSequence) {
  enqueue(item(Lane::telemetry, 1));
  const EnqueueOutcome outcome = enqueue(item(Lane::telemetry, 2));
  EXPECT_EQ(outcome.row, EnqueueRow::telemetry_overflow);
  EXPECT_EQ(outcome.depth_items, 1U);
  EXPECT_FALSE(outcome.shed());
  ASSERT_EQ(told(signals_), "drop_notice-drop");
  const Event& notice = signals_[0].event;
  EXPECT_EQ(notice.emitter, Emitter::edge_buffer);
  EXPECT_EQ(notice.reason, Reason::telemetry_best_effort_drop);
  EXPECT_EQ(notice.target_lane, Lane::telemetry);
  EXPECT_TRUE(notice.has(EventFlag::has_range));
  EXPECT_EQ(notice.range_start, 1002);
  EXPECT_EQ(notice.range_end, 1002);
}

// contract: 5.3 row 2, 1.5
TEST_F(LaneSetTest, DataOverflowSaysWatermarkFlowAndShedInThisOrder) {
  enqueue(item(Lane::data, 1));
  enqueue(item(Lane::data, 2));
  const EnqueueOutcome outcome = enqueue(item(Lane::data, 3));
  EXPECT_FALSE(outcome.accepted());
  EXPECT_TRUE(outcome.shed());
  EXPECT_EQ(outcome.depth_items, 2U);
  ASSERT_EQ(told(signals_), "watermark-watermark flow_xoff-flow shed-shed");
  const std::pair<Emitter, Reason> expected[] = {{Emitter::watermark, Reason::lane_queue_high_watermark},
                                                 {Emitter::flow_control, Reason::backpressure_asserted},
                                                 {Emitter::admission, Reason::lane_queue_capacity_exceeded}};
  for (std::size_t i = 0; i < 3; ++i) {
    const Event& signal = signals_[i].event;
    EXPECT_EQ(signal.emitter, expected[i].first);
    EXPECT_EQ(signal.reason, expected[i].second);
    EXPECT_EQ(signal.target_lane, Lane::data);
    EXPECT_EQ(signal.lane, Lane::control);
    EXPECT_EQ(signal.edge, no_edge.value);
    EXPECT_EQ(signal.causal_parent, 3U);
    EXPECT_EQ(signal.authority_epoch, 7U);
    EXPECT_EQ(signal.scope, Scope::turn);
  }
}

// contract: 5.3 row 2
TEST_F(LaneSetTest, ControlOverflowIsShedAndNeverSilent) {
  enqueue(item(Lane::control, 1));
  EXPECT_TRUE(enqueue(item(Lane::control, 2)).shed());
  EXPECT_EQ(told(signals_), "watermark-watermark flow_xoff-flow shed-shed");
}

// contract: 5.3 "Overflow signals repeat on every overflowing enqueue"
TEST_F(LaneSetTest, OverflowSignalsRepeat) {
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) enqueue(item(Lane::data, sequence));
  for (std::uint64_t sequence = 3; sequence <= 5; ++sequence) {
    enqueue(item(Lane::data, sequence));
    EXPECT_EQ(signals_.size(), 3U);
  }
}

// contract: 5.3 row 3
TEST_F(LaneSetTest, TheHighWatermarkPairFiresOncePerSaturation) {
  ASSERT_TRUE(sut_.configure(config_of({{LaneBounds{8, {8, 0}}, LaneBounds{8, {3, 1}}, LaneBounds{8, {8, 0}}}})));
  const char* const expected[] = {"", "", saturation_pair, "", ""};
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(enqueue(item(Lane::data, i + 1)).accepted());
    EXPECT_EQ(told(signals_), expected[i]) << "depth " << i + 1;
  }
  EXPECT_TRUE(sut_.saturated(Lane::data));
  for (std::uint32_t depth = 4; depth > 1; --depth) {
    ASSERT_TRUE(next().has_value());
    EXPECT_EQ(told(signals_), "") << "depth " << depth;
  }
  ASSERT_TRUE(next().has_value());
  EXPECT_EQ(told(signals_), "flow_xon-flow-recovery");
  EXPECT_EQ(signals_[0].event.reason, Reason::none);
  EXPECT_EQ(signals_[0].event.emitter, Emitter::flow_control);
  EXPECT_FALSE(sut_.saturated(Lane::data));
  enqueue(item(Lane::data, 6));
  EXPECT_EQ(told(signals_), "");
  enqueue(item(Lane::data, 7));
  EXPECT_EQ(told(signals_), saturation_pair) << "a new saturation speaks again";
}

// contract: 5.3 row 4
TEST_F(LaneSetTest, BelowTheHighMarkNothingIsSaid) {
  const EnqueueOutcome outcome = enqueue(item(Lane::data, 1));
  EXPECT_EQ(outcome.row, EnqueueRow::plain);
  EXPECT_EQ(outcome.depth_items, 1U);
  EXPECT_TRUE(signals_.empty());
}

// contract: I4, 5.1 row 1
TEST_F(LaneSetTest, ControlOvertakesWhateverWaits) {
  ASSERT_TRUE(sut_.configure(config_of(limits_without_plan())));
  std::uint64_t sequence = 0;
  for (int i = 0; i < 50; ++i) {
    enqueue(item(Lane::telemetry, ++sequence));
    enqueue(item(Lane::data, ++sequence));
  }
  enqueue(item(Lane::control, ++sequence));
  EXPECT_EQ(next()->runtime_sequence, sequence);
  EXPECT_EQ(next()->lane, Lane::data);
}

// contract: 5.3 rows
TEST(EnqueueRow, EveryCombinationHasTheContractsRow) {
  // contract: 5.3
  for (const Lane lane : lane_order) {
    for (std::uint32_t limit = 1; limit <= 5; ++limit) {
      for (std::uint32_t high = 1; high <= limit; ++high) {
        for (std::uint32_t depth = 0; depth <= limit; ++depth) {
          for (const bool saturated : {false, true}) {
            const EnqueueRow row = enqueue_row(lane, depth, {limit, {high, 0}}, saturated);
            EnqueueRow expected = EnqueueRow::plain;
            if (depth >= limit) {
              expected = lane == Lane::telemetry ? EnqueueRow::telemetry_overflow : EnqueueRow::overflow;
            } else if (depth + 1 >= high && !saturated) {
              expected = EnqueueRow::saturating;
            }
            ASSERT_EQ(row, expected);
          }
        }
      }
    }
  }
}

// contract: 5.3 "Configuration is refused unless"
TEST_F(LaneSetTest, ARefusedConfigurationChangesNothing) {
  enqueue(item(Lane::data, 1));
  LaneSetConfig config = config_of(limits_without_plan());
  config.session = {};
  EXPECT_EQ(sut_.configure(config).error(), LaneError::session_missing);
  config = config_of(limits_without_plan());
  config.pipeline_version = {};
  EXPECT_EQ(sut_.configure(config).error(), LaneError::pipeline_version_missing);
  config = config_of(limits_without_plan());
  config.limits[Lane::telemetry].watermark.low_items = config.limits[Lane::telemetry].watermark.high_items;
  EXPECT_EQ(sut_.configure(config).error(), LaneError::bounds_invalid);
  config = config_of(
      limits_of_plan(testing_lanes::storage_items + 1, {{Watermark{1, 0}, Watermark{1, 0}, Watermark{1, 0}}}));
  EXPECT_EQ(sut_.configure(config).error(), LaneError::storage_too_small);
  EXPECT_EQ(sut_.depth_items(Lane::data), 1U);
  EXPECT_TRUE(enqueue(item(Lane::data, 2)).accepted());
  EXPECT_EQ(told(signals_), saturation_pair) << "the old limits still hold";
}

// contract: 5.3 "valid lane and event_id required; numbers are clamped"
TEST_F(LaneSetTest, AnItemNeedsALaneAndAnIdAndItsTimesAreClamped) {
  LaneSignals signals;
  EXPECT_EQ(sut_.enqueue(item(static_cast<Lane>(3), 1), signals).error(), LaneError::lane_unknown);
  EXPECT_EQ(sut_.enqueue(item(Lane::data, 0), signals).error(), LaneError::event_id_missing);
  EXPECT_TRUE(sut_.empty());
  Event early = item(Lane::data, 1);
  early.mono_ns = -5;
  early.wall_ns = -6;
  enqueue(early);
  const auto dispatched = next();
  ASSERT_TRUE(dispatched.has_value());
  EXPECT_EQ(dispatched->mono_ns, 0);
  EXPECT_EQ(dispatched->wall_ns, 0);
}

TEST_F(LaneSetTest, ALaneMayFillItsMemoryToTheLastItemLapAfterLap) {
  constexpr auto limit = static_cast<std::uint32_t>(testing_lanes::storage_items);
  ASSERT_TRUE(sut_.configure(config_of(limits_of_plan(limit, {{Watermark{1, 0}, Watermark{limit, 0}, {1, 0}}}))));
  std::uint64_t sent = 0;
  std::uint64_t taken = 0;
  for (const std::uint32_t batch : {100U, limit, 200U, limit, 1U, limit}) {
    for (std::uint32_t i = 0; i < batch; ++i) ASSERT_TRUE(enqueue(item(Lane::data, ++sent)).accepted());
    for (std::uint32_t i = 0; i < batch; ++i) ASSERT_EQ(next()->runtime_sequence, ++taken);
  }
  for (std::uint32_t i = 0; i < limit; ++i) ASSERT_TRUE(enqueue(item(Lane::data, ++sent)).accepted());
  EXPECT_TRUE(enqueue(item(Lane::data, ++sent)).shed()) << "one more than its memory";
}

// contract: 1.5 "How the engine fills a signal it builds"
TEST_F(LaneSetTest, ASignalAboutAnItemOfNoTurnIsAboutTheSessionAndItsTimesAreClamped) {
  enqueue(item(Lane::telemetry, 1));
  Event early = item(Lane::telemetry, 2);
  early.turn_number = 0;
  early.mono_ns = -1;
  early.wall_ns = -2;
  enqueue(early);
  ASSERT_EQ(told(signals_), "drop_notice-drop");
  EXPECT_EQ(signals_[0].event.scope, Scope::session);
  EXPECT_EQ(signals_[0].event.mono_ns, 0);
  EXPECT_EQ(signals_[0].event.wall_ns, 0);
}

TEST_F(LaneSetTest, AFlushThatNothingLeavesChangesAndSaysNothing) {
  enqueue(item(Lane::data, 1));
  enqueue(item(Lane::data, 2));
  signals_.clear();
  EXPECT_EQ(sut_.flush(Lane::data, [](const Event&) { return false; }, signals_), 0U);
  EXPECT_TRUE(signals_.empty());
  EXPECT_TRUE(sut_.saturated(Lane::data));
  EXPECT_FALSE(sut_.empty());
  EXPECT_EQ(next()->runtime_sequence, 1U);
}

TEST(IdSuffix, NamesWhichOfItsCausesSignalsOneIs) {
  EXPECT_EQ(text_of(IdSuffix::none), "");
  EXPECT_EQ(text_of(IdSuffix::drop), "-drop");
  EXPECT_EQ(text_of(IdSuffix::watermark), "-watermark");
  EXPECT_EQ(text_of(IdSuffix::flow), "-flow");
  EXPECT_EQ(text_of(IdSuffix::shed), "-shed");
  EXPECT_EQ(text_of(IdSuffix::flow_recovery), "-flow-recovery");
  EXPECT_EQ(text_of(IdSuffix::credit), "-credit");
  EXPECT_EQ(text_of(IdSuffix::discontinuity), "-discontinuity");
}

TEST_F(LaneSetTest, AFlushKeepsTheOrderOfTheRestAndTellsTheRecovery) {
  ASSERT_TRUE(sut_.configure(config_of({{LaneBounds{8, {8, 0}}, LaneBounds{6, {4, 2}}, LaneBounds{8, {8, 0}}}})));
  for (std::uint64_t sequence = 1; sequence <= 6; ++sequence) enqueue(item(Lane::data, sequence));
  signals_.clear();
  std::vector<std::uint64_t> seen;
  const std::size_t left = sut_.flush(
      Lane::data,
      [&](const Event& event) {
        seen.push_back(event.runtime_sequence);
        return event.runtime_sequence % 3 != 0;
      },
      signals_);
  EXPECT_EQ(left, 4U);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(told(signals_), "flow_xon-flow-recovery");
  EXPECT_EQ(signals_[0].event.causal_parent, 5U);
  EXPECT_EQ(next()->runtime_sequence, 3U);
  EXPECT_EQ(next()->runtime_sequence, 6U);
  EXPECT_FALSE(next().has_value());
}

}  // namespace
}  // namespace phalarope
