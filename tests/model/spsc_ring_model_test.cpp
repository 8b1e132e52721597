// SpscRing under the explorer: three items through two slots, so that each slot is used again.
#include <gtest/gtest.h>

#include <cstdint>

#include "spsc_ring_twins.hpp"
#include "tests/model/judge.hpp"

namespace phalarope::model {
namespace {

constexpr std::uint64_t items = 3;
constexpr int tries = 4;

template <template <typename, std::size_t> class Ring>
struct RingWorld {
  static constexpr std::size_t threads = 2;
  Ring<Item, 2> ring;
  std::uint64_t pushed = 0;  // owner: thread 1
  std::uint64_t popped = 0;  // owner: thread 2

  void run(std::size_t thread) {
    if (thread == 1) {
      for (int i = 0; i < tries && pushed < items; ++i) pushed += ring.try_push(Item(pushed + 1)) ? 1 : 0;
    } else {
      for (int i = 0; i < tries; ++i) pop();
    }
  }
  bool pop() {
    Item item;
    if (!ring.try_pop(item)) return false;
    check(item.get() == ++popped, "items come out once, in the order of their pushes");
    return true;
  }
  void finish() {
    while (pop()) {
    }
    check(popped == pushed, "nothing that was taken is lost");
    check(ring.try_push(Item(popped + 1)), "a ring that was found dry has room");
  }
};

TEST(SpscRing, HandsEachItemOverOnceInOrderInEveryExecution) {
  EXPECT_TRUE(sound<RingWorld<twins::spsc_ring::Original::SpscRing>>());
}
#define TWIN_FAILS(twin) \
  TEST(SpscRingTwin, twin) { EXPECT_TRUE(broken<RingWorld<twins::spsc_ring::twin::SpscRing>>()); }
SPSC_RING_FAILING_TWINS(TWIN_FAILS)

}  // namespace
}  // namespace phalarope::model
