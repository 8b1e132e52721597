// Limits: from a plan, without a plan, and which are refused.
#include "core/engine/lanes/lane.hpp"

#include <gtest/gtest.h>

#include "core/engine/lanes/watermark.hpp"

namespace phalarope {
namespace {

constexpr PerLane<Watermark> simple_v1_marks{{Watermark{20, 10}, Watermark{100, 50}, Watermark{200, 100}}};

// contract: 5.3
TEST(LaneLimits, ProfileDefaultsGive64And100And200) {
  const LaneLimits limits = limits_of_plan(64, simple_v1_marks);
  EXPECT_EQ(limits[Lane::control].items_max, 64U);
  EXPECT_EQ(limits[Lane::data].items_max, 100U);
  EXPECT_EQ(limits[Lane::telemetry].items_max, 200U);
  EXPECT_EQ(limits[Lane::data].watermark, (Watermark{100, 50}));
}

// contract: 5.3
TEST(LaneLimits, WithoutAPlanMarksAreHalfAndAQuarterUnlessGiven) {
  const LaneLimits limits = limits_without_plan({{Watermark{}, Watermark{7, 3}, Watermark{}}});
  EXPECT_EQ(limits[Lane::control], (LaneBounds{32, {16, 8}}));
  EXPECT_EQ(limits[Lane::data], (LaneBounds{128, {7, 3}}));
  EXPECT_EQ(limits[Lane::telemetry], (LaneBounds{128, {64, 32}}));
}

TEST(LaneLimits, TheSmallestLimitStillHasAValidMark) {
  EXPECT_EQ(default_watermark(1), (Watermark{1, 0}));
  EXPECT_TRUE(valid(LaneBounds{1, default_watermark(1)}));
}

// contract: 5.3
TEST(LaneLimits, HighIsBetween1AndTheLimitAndLowIsBelowHigh) {
  for (std::uint32_t limit = 0; limit < 6; ++limit) {
    for (std::uint32_t high = 0; high < 7; ++high) {
      for (std::uint32_t low = 0; low < 7; ++low) {
        const bool expected = 1 <= high && high <= limit && low < high;
        EXPECT_EQ(valid(LaneBounds{limit, {high, low}}), expected) << limit << ' ' << high << ' ' << low;
      }
    }
  }
}

// contract: 5.3
TEST(LaneEdgeId, IsThePlansHashOrLaneDispatch) {
  EXPECT_EQ(lane_edge_id("a403ded4a84690176ff6", Lane::data).view(), "plan/a403ded4a846/data");
  EXPECT_EQ(lane_edge_id("", Lane::control).view(), "lane-dispatch/control");
}

// contract: I4
TEST(LaneOrder, IsControlDataTelemetry) {
  EXPECT_EQ(lane_order, (std::array{Lane::control, Lane::data, Lane::telemetry}));
  EXPECT_FALSE(valid(static_cast<Lane>(3)));
}

TEST(Saturation, RisesOnceAtTheHighMarkAndFallsOnceAtTheLowOne) {
  constexpr Watermark mark{.high_items = 4, .low_items = 2};
  Saturation sut;
  EXPECT_FALSE(sut.fell(0, mark)) << "nothing falls that has not risen";
  EXPECT_FALSE(sut.rose(3, mark));
  EXPECT_TRUE(sut.rose(4, mark));
  EXPECT_FALSE(sut.rose(5, mark)) << "told once";
  EXPECT_FALSE(sut.fell(3, mark));
  EXPECT_TRUE(sut.saturated());
  EXPECT_TRUE(sut.fell(2, mark));
  EXPECT_FALSE(sut.fell(2, mark)) << "told once";
  EXPECT_TRUE(sut.rose(4, mark)) << "and again after it fell";
}

}  // namespace
}  // namespace phalarope
