// The wake-up: a notification is never lost, costs a write only when somebody sleeps, and a deadline is kept.
#include "hal/host/wake_up.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "hal/host/clock.hpp"

namespace phalarope::hal {
namespace {

/// Longer than any machine needs to be woken, shorter than the test's time-out.
constexpr Duration far = milliseconds(20'000);
constexpr Duration near = milliseconds(20);

Duration slept(WakeUp& sut, Duration at_most) {
  const Instant begun = monotonic_now();
  sut.wait(begun, begun + at_most);
  return monotonic_now() - begun;
}

TEST(WakeUp, WithoutANotificationItSleepsToItsDeadline) {
  WakeUp sut;
  sut.announce();
  EXPECT_GE(slept(sut, near).value, near.value);
}

TEST(WakeUp, ADeadlineThatHasPassedIsNotWaitedFor) {
  WakeUp sut;
  sut.announce();
  const Instant now = monotonic_now();
  sut.wait(now, now - far);
  EXPECT_LT((monotonic_now() - now).value, far.value);
}

TEST(WakeUp, ANotificationBetweenTheLastLookAndTheSleepWakesAtOnce) {
  WakeUp sut;
  sut.announce();
  sut.notify();
  EXPECT_LT(slept(sut, far).value, far.value);
}

TEST(WakeUp, NobodyIsWokenWhoIsAwake) {
  WakeUp sut;
  sut.notify();
  sut.announce();
  EXPECT_GE(slept(sut, near).value, near.value);
}

TEST(WakeUp, WhoWithdrewIsAwake) {
  WakeUp sut;
  sut.announce();
  sut.withdraw();
  sut.notify();
  sut.announce();
  EXPECT_GE(slept(sut, near).value, near.value);
}

TEST(WakeUp, ManyNotificationsAreOneAwakening) {
  WakeUp sut;
  sut.announce();
  for (int i = 0; i < 100; ++i) sut.notify();
  EXPECT_LT(slept(sut, far).value, far.value);
  sut.announce();
  EXPECT_GE(slept(sut, near).value, near.value);
}

// One lost wake-up would cost `far`, which the bound over all rounds shows.
TEST(WakeUp, NoNotificationOfAnotherThreadIsLost) {
  constexpr std::uint64_t rounds = 5'000;
  WakeUp sut;
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> seen{0};
  std::thread sender([&] {
    for (std::uint64_t i = 1; i <= rounds; ++i) {
      sent.store(i, std::memory_order_release);
      sut.notify();
      while (seen.load(std::memory_order_acquire) != i) std::this_thread::yield();
    }
  });
  const Instant begun = monotonic_now();
  std::uint64_t taken = 0;
  const auto take = [&] {
    const std::uint64_t now = sent.load(std::memory_order_acquire);
    if (now == taken) return false;
    taken = now;
    seen.store(taken, std::memory_order_release);
    return true;
  };
  while (taken < rounds) {
    if (take()) continue;
    sut.announce();
    if (take()) {
      sut.withdraw();
      continue;
    }
    slept(sut, far);
  }
  sender.join();
  EXPECT_LT((monotonic_now() - begun).value, far.value);
}

}  // namespace
}  // namespace phalarope::hal
