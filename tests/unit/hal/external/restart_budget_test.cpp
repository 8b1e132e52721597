// How soon a node that failed is started again: at once, then later and later, then seldom; and all is forgotten by a
// command that went well.
#include "hal/external/restart_budget.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace phalarope::hal {
namespace {

constexpr Instant start{1'000'000'000};

// contract: D18
TEST(RestartBudget, TheFirstRestartIsAtOnceAndTheNextOnesWaitTwiceAsLongEach) {
  RestartBudget sut({}, start);
  std::vector<std::int64_t> waits_ms;
  for (int i = 0; i < 8; ++i) waits_ms.push_back(to_ms(sut.after_failure(start) - start));
  EXPECT_EQ(waits_ms, (std::vector<std::int64_t>{0, 50, 100, 200, 400, 800, 1000, 1000}));
}

TEST(RestartBudget, AfterTooManyInARowThereIsOneRestartEachTenSeconds) {
  RestartBudget sut({}, start);
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(sut.exhausted());
    static_cast<void>(sut.after_failure(start));
  }
  EXPECT_TRUE(sut.exhausted());
  EXPECT_EQ(sut.after_failure(start), start + milliseconds(10'000));
  EXPECT_EQ(sut.after_failure(start), start + milliseconds(20'000)) << "no token is spent twice";
}

TEST(RestartBudget, TokensComeBackWithTimeAndNeverMoreThanThereWere) {
  RestartBudget sut({.restarts_max = 2}, start);
  static_cast<void>(sut.after_failure(start));
  static_cast<void>(sut.after_failure(start));
  const Instant later = start + milliseconds(1'000'000);
  for (int i = 0; i < 2; ++i) EXPECT_LE(sut.after_failure(later) - later, milliseconds(1'000));
  EXPECT_TRUE(sut.exhausted());
}

TEST(RestartBudget, ACommandThatWentWellForgetsAllOfIt) {
  RestartBudget sut({}, start);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(sut.after_failure(start), start) << i;
    sut.note_success();
    EXPECT_FALSE(sut.exhausted());
  }
}

TEST(RestartBudget, ANodeThatMayNotBeRestartedRestsFromTheFirstFailure) {
  RestartBudget sut({.restarts_max = 0}, start);
  EXPECT_TRUE(sut.exhausted());
  EXPECT_EQ(sut.after_failure(start), start + milliseconds(10'000));
}

}  // namespace
}  // namespace phalarope::hal
