// The batch ring: claims and peeks end at the wrap, publish and release hand over exactly what they say.
#include "core/engine/lanes/batch_ring.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <numeric>
#include <thread>

namespace phalarope {
namespace {

constexpr std::size_t capacity = 8;
using Ring = BatchRing<std::uint64_t, capacity>;

class BatchRingFrom : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Edges, BatchRingFrom,
                         testing::Values(0U, 1U, capacity - 1, (std::uint64_t{1} << 32) - 3,
                                         (std::uint64_t{1} << 63) - 3, ~std::uint64_t{0} - 3, ~std::uint64_t{0}));

TEST_P(BatchRingFrom, BatchesOfEverySizeComeOutInOrder) {
  for (std::size_t batch = 1; batch <= capacity; ++batch) {
    Ring sut(GetParam());
    std::array<std::uint64_t, capacity> in{};
    std::array<std::uint64_t, capacity> out{};
    std::uint64_t next_in = 0;
    std::uint64_t next_out = 0;
    for (int round = 0; round < 20; ++round) {
      std::iota(in.begin(), in.end(), next_in);
      ASSERT_EQ(sut.push_some(std::span(in).first(batch)), batch);
      next_in += batch;
      ASSERT_EQ(sut.size_approx(), batch);
      ASSERT_EQ(sut.pop_some(out), batch);
      for (std::size_t i = 0; i < batch; ++i) ASSERT_EQ(out[i], next_out++);
    }
  }
}

TEST_P(BatchRingFrom, AFullRingRefusesAndADryRingGivesNothing) {
  Ring sut(GetParam());
  std::uint64_t item = 42;
  EXPECT_FALSE(sut.try_pop(item));
  EXPECT_EQ(item, 42U);
  EXPECT_TRUE(sut.try_peek(4).empty());
  for (std::uint64_t i = 0; i < capacity; ++i) ASSERT_TRUE(sut.try_push(i));
  EXPECT_FALSE(sut.try_push(99));
  EXPECT_TRUE(sut.try_claim(1).empty());
  for (std::uint64_t i = 0; i < capacity; ++i) {
    ASSERT_TRUE(sut.try_pop(item));
    ASSERT_EQ(item, i);
  }
  EXPECT_FALSE(sut.try_pop(item));
}

TEST(BatchRing, AClaimEndsAtTheWrapForEachIndex) {
  for (std::uint64_t start = 0; start < capacity; ++start) {
    Ring sut(start);
    const std::span<std::uint64_t> first = sut.try_claim(capacity);
    ASSERT_EQ(first.size(), capacity - start);
    sut.publish(first.size());
    const std::span<std::uint64_t> second = sut.try_claim(capacity);
    ASSERT_EQ(second.size(), start);
    sut.publish(second.size());
    ASSERT_EQ(sut.try_peek(capacity).size(), capacity - start);
  }
}

TEST(BatchRing, ClaimedButUnpublishedItemsAreNotSeen) {
  Ring sut;
  ASSERT_EQ(sut.try_claim(4).size(), 4U);
  EXPECT_TRUE(sut.try_peek(4).empty());
  sut.publish(3);
  EXPECT_EQ(sut.try_peek(4).size(), 3U);
}

TEST(BatchRing, PeekedButUnreleasedItemsStayTheConsumers) {
  Ring sut;
  for (std::uint64_t i = 0; i < capacity; ++i) ASSERT_TRUE(sut.try_push(i));
  ASSERT_EQ(sut.try_peek(8).size(), 8U);
  EXPECT_TRUE(sut.try_claim(1).empty());
  sut.release(3);
  EXPECT_EQ(sut.try_claim(8).size(), 3U);
  EXPECT_EQ(sut.try_peek(8).front(), 3U);
}

TEST(BatchRing, PushSomeTakesWhatFitsAcrossTheWrap) {
  Ring sut(6);
  const std::array<std::uint64_t, 10> in{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(sut.push_some(in), capacity);
  std::array<std::uint64_t, 10> out{};
  EXPECT_EQ(sut.pop_some(out), capacity);
  for (std::uint64_t i = 0; i < capacity; ++i) EXPECT_EQ(out[i], i);
}

TEST(BatchRing, SomeIsNothingWhereTheRingIsFullOrDryOrNothingIsAsked) {
  Ring sut(6);
  std::array<std::uint64_t, capacity> items{};
  EXPECT_EQ(sut.pop_some(items), 0U);
  EXPECT_EQ(sut.push_some({}), 0U);
  ASSERT_EQ(sut.push_some(items), capacity);
  EXPECT_EQ(sut.push_some(items), 0U);
  EXPECT_EQ(sut.pop_some({}), 0U);
  EXPECT_EQ(sut.size_approx(), capacity);
}

TEST(BatchRing, PushSomeStopsWhereRoomEndsBeforeTheWrap) {
  Ring sut;
  const std::array<std::uint64_t, capacity> in{0, 1, 2, 3, 4, 5, 6, 7};
  std::array<std::uint64_t, capacity> out{};
  ASSERT_EQ(sut.push_some(in), capacity);
  ASSERT_EQ(sut.pop_some(std::span(out).first(3)), 3U);
  EXPECT_EQ(sut.push_some(in), 3U);
  EXPECT_EQ(sut.size_approx(), capacity);
  ASSERT_EQ(sut.pop_some(out), capacity);
  EXPECT_EQ(out, (std::array<std::uint64_t, capacity>{3, 4, 5, 6, 7, 0, 1, 2}));
}

TEST(BatchRingDeathTest, PublishingMoreThanWasClaimedIsAnInvariant) {
  Ring sut;
  ASSERT_EQ(sut.try_claim(2).size(), 2U);
  EXPECT_DEATH(sut.publish(3), "publishes only what it claimed");
}

TEST(BatchRingDeathTest, ReleasingMoreThanWasPeekedIsAnInvariant) {
  Ring sut;
  ASSERT_TRUE(sut.try_push(1));
  EXPECT_DEATH(sut.release(1), "releases only what it peeked");
}

TEST(BatchRing, TwoThreadsAgreeOverUnevenBatches) {
  constexpr std::uint64_t items = 400'000;
  auto sut = std::make_unique<BatchRing<std::uint64_t, 64>>(~std::uint64_t{0} - 1000);
  std::thread producer([&] {
    std::uint64_t sent = 0;
    std::size_t batch = 1;
    while (sent < items) {
      const std::span<std::uint64_t> slots = sut->try_claim(std::min<std::size_t>(batch, items - sent));
      if (slots.empty()) {
        std::this_thread::yield();
        continue;
      }
      for (std::uint64_t& slot : slots) slot = sent++;
      sut->publish(slots.size());
      batch = batch % 23 + 1;
    }
  });
  std::uint64_t taken = 0;
  std::uint64_t wrong = 0;
  std::size_t batch = 1;
  while (taken < items) {
    const std::span<const std::uint64_t> slots = sut->try_peek(batch);
    if (slots.empty()) {
      std::this_thread::yield();
      continue;
    }
    for (const std::uint64_t slot : slots) wrong += slot == taken++ ? 0 : 1;
    sut->release(slots.size());
    batch = batch % 17 + 1;
  }
  producer.join();
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace phalarope
