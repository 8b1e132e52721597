// A slab has one holder; a handle kept beyond its release is an error value, from one thread and from many.
#include "core/engine/memory/slab_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace phalarope {
namespace {

constexpr std::uint16_t number = 2;

class SlabPoolTest : public testing::Test {
 protected:
  static constexpr std::size_t region_bytes = 1U << 20;

  SlabPool& make(std::uint32_t slab_bytes, std::uint32_t slabs_max) {
    const auto made = SlabPool::make(arena_, {.pool = number, .slab_bytes = slab_bytes, .slabs_max = slabs_max});
    EXPECT_TRUE(made.has_value());
    return **made;
  }

  std::unique_ptr<std::byte[]> region_ = std::make_unique<std::byte[]>(region_bytes);
  Arena arena_{std::span(region_.get(), region_bytes)};
};

TEST_F(SlabPoolTest, APayloadIsReadAsItWasWritten) {
  SlabPool& sut = make(640, 4);
  const auto handle = sut.try_acquire(5);
  ASSERT_TRUE(handle.has_value());
  EXPECT_TRUE(handle->present());
  EXPECT_EQ(handle->length_bytes, 5U);
  const std::span<std::byte> bytes = sut.write(*handle);
  ASSERT_EQ(bytes.size(), 5U);
  std::fill(bytes.begin(), bytes.end(), std::byte{0x5a});
  const auto read = sut.read(*handle);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(std::equal(read->begin(), read->end(), bytes.begin(), bytes.end()));
}

TEST_F(SlabPoolTest, SlabsDoNotOverlapAndFillWholeLines) {
  SlabPool& sut = make(65, 3);
  std::set<std::byte*> starts;
  for (int i = 0; i < 3; ++i) {
    const auto handle = sut.try_acquire(65);
    ASSERT_TRUE(handle.has_value());
    starts.insert(sut.write(*handle).data());
  }
  ASSERT_EQ(starts.size(), 3U);
  std::byte* before = nullptr;
  for (std::byte* start : starts) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(start) % slab_alignment_bytes, 0U);
    if (before != nullptr) {
      EXPECT_GE(start - before, 128);
    }
    before = start;
  }
}

// contract: I10
TEST_F(SlabPoolTest, AnExhaustedPoolRefusesCountsAndServesAgainAfterARelease) {
  SlabPool& sut = make(64, 2);
  const auto first = sut.try_acquire(1);
  const auto second = sut.try_acquire(1);
  ASSERT_TRUE(first && second);
  const auto third = sut.try_acquire(1);
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error(), SlabError::slabs_exhausted);
  EXPECT_EQ(sut.counters().exhausted_count, 1U);
  EXPECT_EQ(sut.counters().free_slabs, 0U);
  ASSERT_TRUE(sut.release(*first).has_value());
  EXPECT_TRUE(sut.try_acquire(1).has_value());
}

TEST_F(SlabPoolTest, ASecondReleaseIsAnErrorAndFreesNothing) {
  SlabPool& sut = make(64, 2);
  const auto handle = sut.try_acquire(1);
  ASSERT_TRUE(handle.has_value());
  ASSERT_TRUE(sut.release(*handle).has_value());
  const auto again = sut.release(*handle);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error(), SlabError::handle_stale);
  EXPECT_EQ(sut.counters().free_slabs, 2U);
  EXPECT_EQ(sut.counters().stale_count, 1U);
}

TEST_F(SlabPoolTest, AStaleHandleSeesNothingOfTheNextPayloadInItsSlot) {
  SlabPool& sut = make(64, 1);
  const auto old_handle = sut.try_acquire(8);
  ASSERT_TRUE(old_handle && sut.release(*old_handle));
  const auto new_handle = sut.try_acquire(8);
  ASSERT_TRUE(new_handle.has_value());
  EXPECT_EQ(new_handle->slot, old_handle->slot);
  EXPECT_FALSE(sut.read(*old_handle).has_value());
  EXPECT_TRUE(sut.write(*old_handle).empty());
  EXPECT_FALSE(sut.release(*old_handle).has_value());
  EXPECT_TRUE(sut.read(*new_handle).has_value());
}

TEST_F(SlabPoolTest, HandlesThatWereNeverGivenAreRefused) {
  SlabPool& sut = make(64, 2);
  const auto handle = sut.try_acquire(8);
  ASSERT_TRUE(handle.has_value());
  PayloadHandle bent = *handle;
  bent.slot = 2;
  EXPECT_EQ(sut.read(bent).error(), SlabError::handle_invalid);
  bent = *handle;
  bent.length_bytes = 65;
  EXPECT_EQ(sut.read(bent).error(), SlabError::handle_invalid);
  bent = *handle;
  bent.pool = 3;
  EXPECT_EQ(sut.release(bent).error(), SlabError::pool_unknown);
  bent = *handle;
  bent.slot = handle->slot == 0 ? 1 : 0;
  bent.generation = 0;  // the generation of a slot that was never held
  EXPECT_EQ(sut.release(bent).error(), SlabError::handle_stale);
  EXPECT_TRUE(sut.read(*handle).has_value());
}

TEST_F(SlabPoolTest, APayloadLongerThanASlabIsRefused) {
  SlabPool& sut = make(64, 1);
  EXPECT_EQ(sut.try_acquire(65).error(), SlabError::payload_too_long);
  EXPECT_TRUE(sut.try_acquire(64).has_value());
}

TEST_F(SlabPoolTest, HighWaterRemembersTheMostThatWereHeld) {
  SlabPool& sut = make(64, 4);
  const auto first = sut.try_acquire(1);
  const auto second = sut.try_acquire(1);
  ASSERT_TRUE(first && second && sut.release(*first) && sut.release(*second) && sut.try_acquire(1));
  EXPECT_EQ(sut.counters().held_high_water, 2U);
  EXPECT_EQ(sut.counters().free_slabs, 3U);
}

TEST_F(SlabPoolTest, ShapesThatCannotBeAreRefused) {
  const auto error_of = [this](const SlabPoolConfig& config) { return SlabPool::make(arena_, config).error(); };
  EXPECT_EQ(error_of({.pool = 0, .slab_bytes = 1, .slabs_max = 1}), SlabError::shape_invalid);
  EXPECT_EQ(error_of({.pool = 1, .slab_bytes = 0, .slabs_max = 1}), SlabError::shape_invalid);
  EXPECT_EQ(error_of({.pool = 1, .slab_bytes = 1, .slabs_max = 0}), SlabError::shape_invalid);
  EXPECT_EQ(error_of({.pool = 1, .slab_bytes = 1, .slabs_max = 65536}), SlabError::shape_invalid);
  EXPECT_EQ(error_of({.pool = 1, .slab_bytes = 1U << 19, .slabs_max = 2}), SlabError::memory_short);
  EXPECT_EQ(error_of({.pool = 1, .slab_bytes = ~0U, .slabs_max = 65535}), SlabError::memory_short);
}

TEST_F(SlabPoolTest, FourThreadsNeverHoldOneSlabTwice) {
  constexpr int threads_count = 4;
  constexpr int rounds = 20'000;
  SlabPool& sut = make(64, 3);  // fewer slabs than threads: exhaustion is part of the test
  std::atomic<int> torn{0};
  std::vector<std::thread> threads;
  for (int id = 1; id <= threads_count; ++id) {
    threads.emplace_back([&, id] {
      for (int round = 0; round < rounds; ++round) {
        const auto handle = sut.try_acquire(64);
        if (!handle) continue;
        const std::span<std::byte> bytes = sut.write(*handle);
        std::fill(bytes.begin(), bytes.end(), static_cast<std::byte>(id));
        const auto read = sut.read(*handle);
        if (!read || std::count(read->begin(), read->end(), static_cast<std::byte>(id)) != 64) ++torn;
        if (!sut.release(*handle)) ++torn;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(torn.load(), 0);
  EXPECT_EQ(sut.counters().free_slabs, 3U);
  EXPECT_LE(sut.counters().held_high_water, 3U);
}

TEST_F(SlabPoolTest, OfManyThreadsThatReleaseOneHandleExactlyOneSucceeds) {
  constexpr int rounds = 500;
  SlabPool& sut = make(64, 4);
  for (int round = 0; round < rounds; ++round) {
    const auto handle = sut.try_acquire(1);
    ASSERT_TRUE(handle.has_value());
    std::atomic<int> successes{0};
    std::atomic<int> waiting{2};
    const auto release = [&] {
      --waiting;
      while (waiting.load() > 0) std::this_thread::yield();
      if (sut.release(*handle)) ++successes;
    };
    std::thread other(release);
    release();
    other.join();
    ASSERT_EQ(successes.load(), 1) << "round " << round;
  }
  EXPECT_EQ(sut.counters().free_slabs, 4U);
}

// Whatever is short (slots, slabs, the pool itself), the answer is the same, and a larger arena would do.
TEST(SlabPool, AnArenaOfAnySizeEitherHoldsThePoolOrSaysThatItIsShort) {
  constexpr std::size_t enough_bytes = 4096;
  const SlabPoolConfig config{.pool = 1, .slab_bytes = 64, .slabs_max = 4};
  alignas(64) static std::array<std::byte, enough_bytes> region;
  std::size_t smallest = 0;
  for (std::size_t bytes = 0; bytes <= enough_bytes; bytes += 8) {
    Arena arena(std::span<std::byte>(region).first(bytes));
    const auto made = SlabPool::make(arena, config);
    if (made && smallest == 0) smallest = bytes;
    if (smallest == 0) {
      ASSERT_FALSE(made);
      EXPECT_EQ(made.error(), SlabError::memory_short) << bytes;
    } else {
      EXPECT_TRUE(made) << bytes;
    }
  }
  EXPECT_GT(smallest, config.slabs_max * 64U);
}

TEST(SlabPool, AnArenaThatIsUsedUpIsShortHoweverLargeItWas) {
  alignas(64) static std::array<std::byte, 4096> region;
  Arena arena(region);
  ASSERT_NE(arena.try_take(region.size() - 8, 1), nullptr);
  EXPECT_EQ(SlabPool::make(arena, {.pool = 1, .slab_bytes = 64, .slabs_max = 4}).error(), SlabError::memory_short);
}

}  // namespace
}  // namespace phalarope
