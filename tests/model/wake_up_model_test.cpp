// WakeUp under the explorer: two notifiers, and a sleeper that has no deadline, so that a lost wake-up shows.
//
// The system calls of wake_up.cpp are a Token here: write() puts, ppoll() and read() wait and take.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "tests/model/judge.hpp"
#include "wake_up_twins.hpp"

namespace phalarope::model {
namespace {

Token* eventfd = nullptr;
constexpr Instant begin_of_time{0};

}  // namespace
}  // namespace phalarope::model

#define WITH_MODELLED_SYSTEM_CALLS(twin)                         \
  namespace phalarope::twins::wake_up::twin {                    \
  WakeUp::WakeUp() { static_cast<void>(fd_); }                   \
  WakeUp::~WakeUp() {}                                           \
  void WakeUp::wait(Instant, Instant) noexcept {                 \
    model::eventfd->take();                                      \
    withdraw();                                                  \
  }                                                              \
  void WakeUp::write_token() noexcept { model::eventfd->put(); } \
  }
WITH_MODELLED_SYSTEM_CALLS(Original)
WAKE_UP_FAILING_TWINS(WITH_MODELLED_SYSTEM_CALLS)
WAKE_UP_SOUND_TWINS(WITH_MODELLED_SYSTEM_CALLS)

namespace phalarope::model {
namespace {

constexpr std::size_t notifiers = 2;

template <typename WakeUp>
struct SleepWorld {
  static constexpr std::size_t threads = 1 + notifiers;
  Token token;
  WakeUp wake_up;
  std::array<Atomic<int>, notifiers> queues;  // a queue of one: release to push, acquire to look
  std::array<bool, notifiers> found{};        // owner: thread 1
  std::size_t found_count = 0;                // owner: thread 1

  SleepWorld() { eventfd = &token; }

  void run(std::size_t thread) {
    if (thread == 1) {
      while (found_count < notifiers) {
        if (look()) continue;
        wake_up.announce();
        if (look()) {
          wake_up.withdraw();
        } else {
          wake_up.wait(begin_of_time, begin_of_time);
        }
      }
    } else {
      queues[thread - 2].store(1, std::memory_order_release);
      wake_up.notify();
    }
  }
  bool look() {
    const std::size_t before = found_count;
    for (std::size_t i = 0; i < notifiers; ++i) {
      if (!found[i] && queues[i].load(std::memory_order_acquire) == 1) {
        found[i] = true;
        ++found_count;
      }
    }
    return found_count != before;
  }
  void finish() { check(found_count == notifiers, "every event is found"); }
};

TEST(WakeUp, LosesNoWakeUpInAnyExecution) { EXPECT_TRUE(sound<SleepWorld<twins::wake_up::Original::WakeUp>>()); }
#define TWIN_FAILS(twin) \
  TEST(WakeUpTwin, twin) { EXPECT_TRUE(broken<SleepWorld<twins::wake_up::twin::WakeUp>>()); }
WAKE_UP_FAILING_TWINS(TWIN_FAILS)
#define TWIN_IS_SOUND(twin) \
  TEST(WakeUpTwin, twin) { EXPECT_TRUE(sound<SleepWorld<twins::wake_up::twin::WakeUp>>()); }
WAKE_UP_SOUND_TWINS(TWIN_IS_SOUND)

}  // namespace
}  // namespace phalarope::model
