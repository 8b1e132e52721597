// The single-item ring: every index wraps, full and dry are answers, counters may pass their edges, threads agree.
#include "core/engine/lanes/spsc_ring.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "core/engine/base/event.hpp"

namespace phalarope {
namespace {

constexpr std::size_t capacity = 8;
using Ring = SpscRing<std::uint64_t, capacity>;

/// Starting positions around the places where counters of 32 and 64 bits pass their edge.
class SpscRingFrom : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Edges, SpscRingFrom,
                         testing::Values(0U, 1U, capacity - 1, (std::uint64_t{1} << 32) - 3,
                                         (std::uint64_t{1} << 63) - 3, ~std::uint64_t{0} - 3, ~std::uint64_t{0}));

TEST_P(SpscRingFrom, ItemsComeOutOnceInOrderThroughSeveralLaps) {
  auto sut = std::make_unique<Ring>(GetParam());
  std::uint64_t popped = 0;
  for (std::uint64_t item = 1; item <= 5 * capacity; ++item) {
    ASSERT_TRUE(sut->try_push(item));
    ASSERT_TRUE(sut->try_pop(popped));
    ASSERT_EQ(popped, item);
    ASSERT_FALSE(sut->try_pop(popped));
  }
}

TEST_P(SpscRingFrom, AFullRingRefusesAndKeepsWhatItHolds) {
  auto sut = std::make_unique<Ring>(GetParam());
  for (std::uint64_t lap = 0; lap < 3; ++lap) {
    for (std::uint64_t item = 0; item < capacity; ++item) ASSERT_TRUE(sut->try_push(lap * 100 + item));
    ASSERT_FALSE(sut->try_push(999));
    ASSERT_EQ(sut->size_approx(), capacity);
    std::uint64_t popped = 0;
    for (std::uint64_t item = 0; item < capacity; ++item) {
      ASSERT_TRUE(sut->try_pop(popped));
      ASSERT_EQ(popped, lap * 100 + item);
    }
    ASSERT_FALSE(sut->try_pop(popped));
    ASSERT_EQ(sut->size_approx(), 0U);
  }
}

TEST(SpscRing, WrapsAtEachIndexWithEachDepth) {
  for (std::uint64_t start = 0; start < capacity; ++start) {
    for (std::uint64_t depth = 1; depth <= capacity; ++depth) {
      auto sut = std::make_unique<Ring>(start);
      for (std::uint64_t item = 0; item < depth; ++item) ASSERT_TRUE(sut->try_push(item));
      std::uint64_t popped = 0;
      for (std::uint64_t item = 0; item < depth; ++item) {
        ASSERT_TRUE(sut->try_pop(popped));
        ASSERT_EQ(popped, item);
      }
      ASSERT_FALSE(sut->try_pop(popped));
    }
  }
}

TEST(SpscRing, ADryRingLeavesTheItemUntouched) {
  Ring sut;
  std::uint64_t item = 42;
  EXPECT_FALSE(sut.try_pop(item));
  EXPECT_EQ(item, 42U);
}

TEST(SpscRing, FullMayComeAQuarterEarlyButNeverMore) {
  Ring sut;
  for (std::uint64_t item = 0; item < capacity; ++item) ASSERT_TRUE(sut.try_push(item));
  std::uint64_t popped = 0;
  ASSERT_TRUE(sut.try_pop(popped));
  EXPECT_FALSE(sut.try_push(8)) << "one popped item is less than a quarter: not yet told";
  ASSERT_TRUE(sut.try_pop(popped));
  EXPECT_TRUE(sut.try_push(8)) << "a quarter was popped: told";
}

TEST(SpscRing, AConsumerThatSawDryHasGivenEverythingBack) {
  Ring sut;
  std::uint64_t popped = 0;
  ASSERT_TRUE(sut.try_push(1));
  ASSERT_TRUE(sut.try_pop(popped));
  ASSERT_FALSE(sut.try_pop(popped));
  for (std::uint64_t item = 0; item < capacity; ++item) EXPECT_TRUE(sut.try_push(item));
}

TEST(SpscRing, TheSmallestRingWithAQuarterTellsEachItem) {
  SpscRing<int, 4> sut;
  for (int item = 0; item < 4; ++item) ASSERT_TRUE(sut.try_push(item));
  int popped = 0;
  ASSERT_TRUE(sut.try_pop(popped));
  EXPECT_TRUE(sut.try_push(4)) << "a quarter of four is one item: nothing comes early";
}

TEST(SpscRing, ARingOfOneWorks) {
  SpscRing<int, 1> sut;
  int popped = 0;
  for (int item = 1; item < 5; ++item) {
    ASSERT_TRUE(sut.try_push(item));
    ASSERT_FALSE(sut.try_push(99));
    ASSERT_TRUE(sut.try_pop(popped));
    ASSERT_EQ(popped, item);
  }
}

TEST(SpscRing, TwoThreadsSeeEveryEventWholeAndInOrder) {
  constexpr std::uint64_t events = 200'000;
  auto sut = std::make_unique<SpscRing<Event, 64>>(~std::uint64_t{0} - 1000);  // passes 2^64 on the way
  std::thread producer([&] {
    Event event{};
    for (std::uint64_t i = 0; i < events; ++i) {
      event.runtime_sequence = i;
      event.argument_b = static_cast<std::int64_t>(i);
      event.range_end = static_cast<std::int64_t>(i);
      event.transport_sequence = static_cast<std::uint32_t>(i);
      while (!sut->try_push(event)) std::this_thread::yield();
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < events; ++i) {
    Event event{};
    while (!sut->try_pop(event)) std::this_thread::yield();
    const bool whole = event.runtime_sequence == i && event.argument_b == static_cast<std::int64_t>(i) &&
                       event.range_end == static_cast<std::int64_t>(i) &&
                       event.transport_sequence == static_cast<std::uint32_t>(i);
    if (!whole) ++wrong;
  }
  producer.join();
  EXPECT_EQ(wrong, 0U);
}

TEST(SpscRing, ALargeRingThatAsksAheadIsTheSameRing) {
  constexpr std::uint64_t items = 40'000;
  auto sut = std::make_unique<SpscRing<Event, 8192>>();
  std::thread producer([&] {
    Event event{};
    for (std::uint64_t i = 0; i < items; ++i) {
      event.runtime_sequence = i;
      while (!sut->try_push(event)) std::this_thread::yield();
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < items; ++i) {
    Event event{};
    while (!sut->try_pop(event)) std::this_thread::yield();
    if (event.runtime_sequence != i) ++wrong;
  }
  producer.join();
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace phalarope
