// The recording level: it falls step by step under pressure and never rises by itself (evidence.md 1.9).
#include "core/engine/evidence/recording_level.hpp"

#include <gtest/gtest.h>

namespace phalarope {
namespace {

constexpr Instant at_ms(std::int64_t ms) { return Instant{ms * ns_per_ms}; }

// contract: evidence.md 1.9
TEST(RecordingLevel, AFillOfEightyPercentForHalfASecondLeadsFromL2ToL1) {
  LevelControl sut(RecordingLevel::L2);
  EXPECT_FALSE(sut.observe(at_ms(0), 800, {}));
  EXPECT_FALSE(sut.observe(at_ms(499), 800, {}));
  const auto change = sut.observe(at_ms(500), 800, {});
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->old_level, RecordingLevel::L2);
  EXPECT_EQ(change->new_level, RecordingLevel::L1);
  EXPECT_EQ(change->trigger, DowngradeTrigger::queue_fill);
  EXPECT_EQ(change->at, at_ms(500));
}

TEST(RecordingLevel, AFillThatFallsBelowStartsItsHoldAnew) {
  LevelControl sut(RecordingLevel::L2);
  EXPECT_FALSE(sut.observe(at_ms(0), 900, {}));
  EXPECT_FALSE(sut.observe(at_ms(400), 799, {}));
  EXPECT_FALSE(sut.observe(at_ms(600), 900, {}));
  EXPECT_FALSE(sut.observe(at_ms(1099), 900, {}));
  EXPECT_TRUE(sut.observe(at_ms(1100), 900, {}));
}

// contract: evidence.md 1.9
TEST(RecordingLevel, ALagLeadsDownAtOnceAndOneStepAtATime) {
  LevelControl sut(RecordingLevel::L2);
  EXPECT_FALSE(sut.observe(at_ms(0), 0, milliseconds(1999)));
  const auto first = sut.observe(at_ms(1), 0, milliseconds(9000));
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->new_level, RecordingLevel::L1) << "steps never skip";
  EXPECT_EQ(first->trigger, DowngradeTrigger::export_lag);
  EXPECT_FALSE(LevelControl(RecordingLevel::L1).observe(at_ms(2), 0, milliseconds(4999)));
  const auto second = sut.observe(at_ms(2), 0, milliseconds(5000));
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->new_level, RecordingLevel::L0);
  EXPECT_FALSE(sut.observe(at_ms(3), 1000, milliseconds(60'000))) << "below L0 is nothing";
}

TEST(RecordingLevel, L1NeedsNinetyPercent) {
  LevelControl sut(RecordingLevel::L1);
  for (int ms = 0; ms < 5000; ms += 100) EXPECT_FALSE(sut.observe(at_ms(ms), 899, {}));
  EXPECT_FALSE(sut.observe(at_ms(5000), 900, {}));
  EXPECT_TRUE(sut.observe(at_ms(5500), 900, {}));
}

// contract: evidence.md 1.9
TEST(RecordingLevel, AutomatedRequestsGoAtMostOneStepDown) {
  LevelControl sut(RecordingLevel::L2);
  EXPECT_EQ(sut.request_automatic(RecordingLevel::L0), LevelRefusal::skips_a_level);
  EXPECT_FALSE(sut.request_automatic(RecordingLevel::L2));
  EXPECT_FALSE(sut.request_automatic(RecordingLevel::L1));
  EXPECT_EQ(sut.request_automatic(RecordingLevel::L2), LevelRefusal::raise_not_permitted);
  EXPECT_EQ(sut.level(), RecordingLevel::L1);
}

// contract: evidence.md 1.9
TEST(RecordingLevel, ARaiseNeedsPermissionABoundaryAndTenCalmSeconds) {
  LevelControl sut(RecordingLevel::L0);
  EXPECT_FALSE(sut.observe(at_ms(0), 499, milliseconds(499)));
  EXPECT_EQ(sut.request_raise(RecordingLevel::L1, false, true, at_ms(20'000)), LevelRefusal::raise_not_permitted);
  EXPECT_EQ(sut.request_raise(RecordingLevel::L1, true, false, at_ms(20'000)), LevelRefusal::not_at_turn_boundary);
  EXPECT_EQ(sut.request_raise(RecordingLevel::L2, true, true, at_ms(20'000)), LevelRefusal::skips_a_level);
  EXPECT_EQ(sut.request_raise(RecordingLevel::L1, true, true, at_ms(9'999)), LevelRefusal::pressure_too_recent);
  EXPECT_FALSE(sut.request_raise(RecordingLevel::L1, true, true, at_ms(10'000)));
  EXPECT_EQ(sut.level(), RecordingLevel::L1);
  EXPECT_FALSE(sut.observe(at_ms(10'001), 500, {}));
  EXPECT_EQ(sut.request_raise(RecordingLevel::L2, true, true, at_ms(30'000)), LevelRefusal::pressure_too_recent);
}

// contract: evidence.md 1.9
TEST(RecordingLevel, TheCalmRunsFromItsFirstMomentHoweverOftenItIsSeen) {
  LevelControl sut(RecordingLevel::L0);
  for (int ms = 0; ms <= 9'000; ms += 3'000) EXPECT_FALSE(sut.observe(at_ms(ms), 0, {}));
  EXPECT_FALSE(sut.request_raise(RecordingLevel::L1, true, true, at_ms(10'000)));
  LevelControl shaken(RecordingLevel::L0);
  EXPECT_FALSE(shaken.observe(at_ms(0), 0, {}));
  EXPECT_FALSE(shaken.observe(at_ms(5'000), 0, milliseconds(500)));
  EXPECT_FALSE(shaken.observe(at_ms(6'000), 0, {}));
  EXPECT_EQ(shaken.request_raise(RecordingLevel::L1, true, true, at_ms(15'999)), LevelRefusal::pressure_too_recent);
  EXPECT_FALSE(shaken.request_raise(RecordingLevel::L1, true, true, at_ms(16'000)));
}

TEST(RecordingLevel, NamesAreThoseOfTheRecord) {
  EXPECT_STREQ(name_of(RecordingLevel::L0), "L0");
  EXPECT_STREQ(name_of(RecordingLevel::L1), "L1");
  EXPECT_STREQ(name_of(RecordingLevel::L2), "L2");
  EXPECT_STREQ(name_of(DowngradeTrigger::queue_fill), "queue_fill");
  EXPECT_STREQ(name_of(DowngradeTrigger::export_lag), "export_lag");
  EXPECT_STREQ(name_of(DowngradeTrigger::detail_overflow), "detail_overflow");
  EXPECT_STREQ(name_of(LevelRefusal::raise_not_permitted), "raise_not_permitted");
  EXPECT_STREQ(name_of(LevelRefusal::not_at_turn_boundary), "not_at_turn_boundary");
  EXPECT_STREQ(name_of(LevelRefusal::pressure_too_recent), "pressure_too_recent");
  EXPECT_STREQ(name_of(LevelRefusal::skips_a_level), "skips_a_level");
}

}  // namespace
}  // namespace phalarope
