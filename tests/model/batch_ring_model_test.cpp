// BatchRing under the explorer: batches of two and one through two slots, across the wrap.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <span>

#include "batch_ring_twins.hpp"
#include "tests/model/judge.hpp"

namespace phalarope::model {
namespace {

constexpr int tries = 3;

template <template <typename, std::size_t> class Ring>
struct BatchWorld {
  static constexpr std::size_t threads = 2;
  Ring<Item, 2> ring{1};     // one before the wrap
  std::uint64_t pushed = 0;  // owner: thread 1
  std::uint64_t popped = 0;  // owner: thread 2

  void run(std::size_t thread) {
    for (int i = 0; i < tries; ++i) {
      if (thread == 1) {
        push();
      } else {
        pop();
      }
    }
  }
  void push() {
    std::array<Item, 2> items;
    items[0] = Item(pushed + 1);
    items[1] = Item(pushed + 2);
    pushed += ring.push_some(items);
  }
  bool pop() {
    std::array<Item, 2> items;
    const std::size_t count = ring.pop_some(items);
    for (std::size_t i = 0; i < count; ++i) {
      check(items[i].get() == ++popped, "items come out once, in the order of their pushes");
    }
    return count != 0;
  }
  void finish() {
    while (pop()) {
    }
    check(popped == pushed, "nothing that was taken is lost");
    check(ring.try_claim(1).size() == 1, "a ring that was emptied has room");
  }
};

TEST(BatchRing, HandsEachItemOverOnceInOrderInEveryExecution) {
  EXPECT_TRUE(sound<BatchWorld<twins::batch_ring::Original::BatchRing>>());
}
#define TWIN_FAILS(twin) \
  TEST(BatchRingTwin, twin) { EXPECT_TRUE(broken<BatchWorld<twins::batch_ring::twin::BatchRing>>()); }
BATCH_RING_FAILING_TWINS(TWIN_FAILS)

}  // namespace
}  // namespace phalarope::model
