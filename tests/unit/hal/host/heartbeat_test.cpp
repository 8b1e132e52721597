// The watchdog is fed while both counters advance, and soon no more when one stands still.
#include "hal/host/heartbeat.hpp"

#include <gtest/gtest.h>

namespace phalarope::hal {
namespace {

constexpr std::chrono::microseconds two_seconds{2'000'000};
constexpr Duration control_nap = milliseconds(100);

TEST(Heartbeat, WithoutAWatchdogIsNeverDue) {
  Heartbeat heartbeat(std::nullopt);
  for (std::uint64_t i = 1; i < 100; ++i) {
    EXPECT_FALSE(heartbeat.due(Instant{} + milliseconds(static_cast<std::int64_t>(i) * 100), i, i));
  }
}

TEST(Heartbeat, FeedsSeveralTimesAnIntervalWhileBothCountersAdvance) {
  Heartbeat heartbeat(two_seconds);
  Instant now{};
  int fed = 0;
  for (std::uint64_t i = 1; i <= 200; ++i, now = now + control_nap) fed += heartbeat.due(now, i, i) ? 1 : 0;
  EXPECT_GE(fed, 60) << "20 s, an interval of 2 s, looks every 250 ms rounded up to the control thread's 100 ms";
}

TEST(Heartbeat, StopsWithinAnEighthOfTheIntervalWhenOneCounterStandsStill) {
  for (const bool audio_frozen : {true, false}) {
    Heartbeat heartbeat(two_seconds);
    const Instant frozen_at = Instant{} + milliseconds(5'000);
    Instant last_fed{};
    std::uint64_t count = 0;
    std::uint64_t frozen = 0;
    for (Instant now{}; now < frozen_at + milliseconds(5'000); now = now + milliseconds(10)) {
      ++count;
      if (now <= frozen_at) frozen = count;
      const auto periods = audio_frozen ? frozen : count;
      const auto rounds = audio_frozen ? count : frozen;
      if (heartbeat.due(now, periods, rounds)) last_fed = now;
    }
    EXPECT_GT(last_fed, Instant{});
    EXPECT_LE(last_fed, frozen_at + milliseconds(250)) << (audio_frozen ? "audio" : "engine");
  }
}

TEST(Heartbeat, FeedsAgainAfterAStallThatDidNotLast) {
  Heartbeat heartbeat(two_seconds);
  ASSERT_TRUE(heartbeat.due(Instant{} + milliseconds(250), 1, 1));
  ASSERT_FALSE(heartbeat.due(Instant{} + milliseconds(500), 1, 2));
  EXPECT_TRUE(heartbeat.due(Instant{} + milliseconds(750), 2, 3));
}

}  // namespace
}  // namespace phalarope::hal
