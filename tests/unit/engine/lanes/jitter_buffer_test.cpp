// The jitter buffer loses by its rule, hands back what it lost, and counts it.
#include "core/engine/lanes/jitter_buffer.hpp"

#include <gtest/gtest.h>

namespace phalarope {
namespace {

using Buffer = JitterBuffer<int, 4>;
using Item = Buffer::Item;

// contract: 5.8
TEST(JitterBuffer, DropOldestIsTheDefaultAndGivesTheHeadBack) {
  auto sut = Buffer::make(2);
  ASSERT_TRUE(sut.has_value());
  EXPECT_TRUE(sut->push({1, 10}).accepted);
  EXPECT_TRUE(sut->push({2, 20}).accepted);
  const auto outcome = sut->push({3, 30});
  EXPECT_TRUE(outcome.accepted);
  EXPECT_EQ(outcome.dropped, (Item{1, 10}));
  EXPECT_EQ(sut->dropped_count(), 1U);
  EXPECT_EQ(sut->pop(), (Item{2, 20}));
  EXPECT_EQ(sut->pop(), (Item{3, 30}));
  EXPECT_EQ(sut->pop(), std::nullopt);
}

// contract: 5.8 "drop_newest reports the item as not accepted"
TEST(JitterBuffer, DropNewestRefusesTheNewItem) {
  auto sut = Buffer::make(1, JitterOverflow::drop_newest);
  ASSERT_TRUE(sut.has_value());
  EXPECT_TRUE(sut->push({1, 10}).accepted);
  const auto outcome = sut->push({2, 20});
  EXPECT_FALSE(outcome.accepted);
  EXPECT_EQ(outcome.dropped, (Item{2, 20}));
  EXPECT_EQ(sut->dropped_count(), 1U);
  EXPECT_EQ(sut->pop(), (Item{1, 10}));
}

// contract: 5.8 "capacity >= 1"
TEST(JitterBuffer, CapacityIsAtLeastOneAndAtMostItsMemory) {
  EXPECT_EQ(Buffer::make(0).error(), JitterError::capacity_invalid);
  EXPECT_EQ(Buffer::make(5).error(), JitterError::capacity_invalid);
  EXPECT_TRUE(Buffer::make(1).has_value());
  EXPECT_TRUE(Buffer::make(4).has_value());
}

TEST(JitterBuffer, ManyLapsKeepTheOrder) {
  auto sut = Buffer::make(3);
  ASSERT_TRUE(sut.has_value());
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(sut->push({i, i}).accepted);
    if (i < 2) continue;
    ASSERT_EQ(sut->size(), 3U);
    ASSERT_EQ(sut->pop(), (Item{i - 2, i - 2}));
  }
}

}  // namespace
}  // namespace phalarope
