// The timebase: the contract's vector, every refusal, and what a refusal leaves behind.
#include "core/engine/time/timebase.hpp"

#include <gtest/gtest.h>

namespace phalarope {
namespace {

constexpr TimebasePoint at_ms(std::int64_t mono, std::int64_t wall, std::int64_t media) {
  return {
      .mono = Instant{mono * ns_per_ms}, .wall = WallTime{wall * ns_per_ms}, .media = MediaClock{media * ns_per_ms}};
}
constexpr Instant mono_ms(std::int64_t mono) { return Instant{mono * ns_per_ms}; }

class TimebaseTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sut_.calibrate(at_ms(100, 1000, 500)).has_value()); }
  Timebase sut_;
};

// contract: Appendix D row 5, 8.1 rows
TEST_F(TimebaseTest, TheVectorOfAppendixD) {
  EXPECT_EQ(sut_.observe(at_ms(120, 1020, 520), milliseconds(5)), (Projection{at_ms(120, 1020, 520), {}, false}));
  EXPECT_EQ(sut_.observe(at_ms(140, 1250, 650), milliseconds(5)),
            (Projection{at_ms(140, 1250, 650), milliseconds(210), true}));
  EXPECT_EQ(sut_.project(mono_ms(150)), (Projection{at_ms(150, 1260, 660), {}, false}));
}

// contract: 8.1 "strictly"
TEST_F(TimebaseTest, SkewEqualToTheBoundIsKeptAndOneNanosecondMoreRebases) {
  TimebasePoint observed = at_ms(120, 1025, 520);
  const auto kept = sut_.observe(observed, milliseconds(5));
  ASSERT_TRUE(kept.has_value());
  EXPECT_FALSE(kept->rebased);
  EXPECT_EQ(kept->skew, milliseconds(5));
  EXPECT_EQ(kept->at, at_ms(120, 1020, 520)) << "the projection, not the observation";
  observed.wall = observed.wall + Duration{1};
  EXPECT_TRUE(sut_.observe(observed, milliseconds(5))->rebased);
}

// contract: 8.1
TEST_F(TimebaseTest, TheLargerOfWallAndMediaErrorCountsWhateverItsSign) {
  EXPECT_EQ(sut_.observe(at_ms(120, 1010, 527), milliseconds(50))->skew, milliseconds(10));
  EXPECT_EQ(sut_.observe(at_ms(120, 1021, 500), milliseconds(50))->skew, milliseconds(20));
}

// contract: 8.1
TEST_F(TimebaseTest, ProjectionsNeverGoBack) {
  ASSERT_TRUE(sut_.project(mono_ms(150)).has_value());
  EXPECT_EQ(sut_.project(mono_ms(149)).error(), TimebaseError::before_projection);
  EXPECT_TRUE(sut_.project(mono_ms(150)).has_value());
}

// contract: 8.1
TEST_F(TimebaseTest, ACalibrationMayLieBehindTheLastProjectionButNotBehindTheAnchor) {
  ASSERT_TRUE(sut_.project(mono_ms(150)).has_value());
  EXPECT_EQ(sut_.calibrate(at_ms(99, 0, 0)).error(), TimebaseError::before_anchor);
  ASSERT_TRUE(sut_.calibrate(at_ms(120, 2000, 0)).has_value());
  EXPECT_EQ(sut_.project(mono_ms(130))->at, at_ms(130, 2010, 10)) << "projections continue from the anchor";
}

// contract: 8.1
TEST(Timebase, AnUncalibratedSessionProjectsNothing) {
  Timebase sut;
  EXPECT_EQ(sut.project(mono_ms(1)).error(), TimebaseError::not_calibrated);
  EXPECT_EQ(sut.observe(at_ms(1, 1, 1), milliseconds(1)).error(), TimebaseError::not_calibrated);
  EXPECT_FALSE(sut.calibrated());
}

// contract: 8.1 rows, F10
TEST_F(TimebaseTest, NegativeValuesAreRefusedAndChangeNothing) {
  for (const TimebasePoint& point : {at_ms(-1, 0, 0), at_ms(200, -1, 0), at_ms(200, 0, -1)}) {
    EXPECT_EQ(sut_.calibrate(point).error(), TimebaseError::value_negative);
  }
  EXPECT_EQ(sut_.project(mono_ms(-1)).error(), TimebaseError::value_negative);
  EXPECT_EQ(sut_.anchor(), at_ms(100, 1000, 500));
  EXPECT_EQ(sut_.last(), at_ms(100, 1000, 500));
}

// contract: 8.1 "except that observe's projection has advanced last"
TEST_F(TimebaseTest, ARefusedObservationHasProjectedAlready) {
  EXPECT_EQ(sut_.observe(at_ms(150, -1, 0), milliseconds(5)).error(), TimebaseError::value_negative);
  EXPECT_EQ(sut_.last().mono, mono_ms(150));
  EXPECT_EQ(sut_.anchor(), at_ms(100, 1000, 500));
  EXPECT_EQ(sut_.project(mono_ms(149)).error(), TimebaseError::before_projection);
  EXPECT_EQ(sut_.observe(at_ms(160, 0, 0), milliseconds(-1)).error(), TimebaseError::value_negative);
  EXPECT_EQ(sut_.observe(at_ms(160, 0, -1), milliseconds(5)).error(), TimebaseError::value_negative);
  EXPECT_EQ(sut_.observe(at_ms(1, -1, 0), milliseconds(5)).error(), TimebaseError::before_projection)
      << "the projection's errors come first";
}

TEST(Timebase, WhatDoesNotFitIn64BitsIsRefused) {
  Timebase sut;
  ASSERT_TRUE(sut.calibrate({.mono = Instant{0}, .wall = WallTime{INT64_MAX - 5}, .media = MediaClock{0}}).has_value());
  EXPECT_TRUE(sut.project(Instant{5}).has_value());
  EXPECT_EQ(sut.project(Instant{6}).error(), TimebaseError::out_of_range);
  ASSERT_TRUE(sut.calibrate({.mono = Instant{5}, .wall = WallTime{0}, .media = MediaClock{INT64_MAX - 5}}).has_value());
  EXPECT_EQ(sut.project(Instant{11}).error(), TimebaseError::out_of_range) << "the media axis ends as well";
  EXPECT_EQ(sut.last().mono, Instant{5});
}

}  // namespace
}  // namespace phalarope
