// Four pools behind one handle: each call goes to the pool the handle names, and nowhere else.
#include "core/engine/memory/payload_store.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace phalarope {
namespace {

class PayloadStoreTest : public testing::Test {
 protected:
  static constexpr std::size_t region_bytes = 1U << 16;
  std::unique_ptr<std::byte[]> region_ = std::make_unique<std::byte[]>(region_bytes);
  Arena arena_{std::span(region_.get(), region_bytes)};
  PayloadStore sut_;
};

TEST_F(PayloadStoreTest, AStuckPoolLeavesTheOthersTheirSlabs) {
  ASSERT_TRUE(sut_.add_pool(arena_, {.pool = microphone_pool, .slab_bytes = 320, .slabs_max = 2}));
  ASSERT_TRUE(sut_.add_pool(arena_, {.pool = synthesis_pool, .slab_bytes = 640, .slabs_max = 1}));
  ASSERT_TRUE(sut_.try_acquire(synthesis_pool, 640).has_value());
  EXPECT_EQ(sut_.try_acquire(synthesis_pool, 640).error(), SlabError::slabs_exhausted);
  EXPECT_TRUE(sut_.try_acquire(microphone_pool, 320).has_value());
}

TEST_F(PayloadStoreTest, CallsFollowTheHandleToItsPool) {
  ASSERT_TRUE(sut_.add_pool(arena_, {.pool = text_pool, .slab_bytes = 64, .slabs_max = 2}));
  const auto handle = sut_.try_acquire(text_pool, 3);
  ASSERT_TRUE(handle.has_value());
  EXPECT_EQ(handle->pool, text_pool);
  EXPECT_EQ(sut_.write(*handle).size(), 3U);
  EXPECT_TRUE(sut_.read(*handle).has_value());
  EXPECT_EQ(sut_.counters(text_pool)->free_slabs, 1U);
  EXPECT_TRUE(sut_.release(*handle).has_value());
  EXPECT_EQ(sut_.counters(text_pool)->free_slabs, 2U);
}

TEST_F(PayloadStoreTest, UnknownPoolsAreRefusedEverywhere) {
  for (const std::uint16_t pool : {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{5}, std::uint16_t{65535}}) {
    const PayloadHandle handle{.generation = 1, .length_bytes = 0, .slot = 0, .pool = pool};
    EXPECT_EQ(sut_.try_acquire(pool, 1).error(), SlabError::pool_unknown);
    EXPECT_EQ(sut_.read(handle).error(), SlabError::pool_unknown);
    EXPECT_EQ(sut_.release(handle).error(), SlabError::pool_unknown);
    EXPECT_EQ(sut_.counters(pool).error(), SlabError::pool_unknown);
    EXPECT_TRUE(sut_.write(handle).empty());
  }
}

TEST_F(PayloadStoreTest, APoolIsAddedOnceAndOnlyUnderItsFourNumbers) {
  const SlabPoolConfig config{.pool = spare_pool, .slab_bytes = 64, .slabs_max = 1};
  ASSERT_TRUE(sut_.add_pool(arena_, config).has_value());
  EXPECT_EQ(sut_.add_pool(arena_, config).error(), SlabError::pool_taken);
  EXPECT_EQ(sut_.add_pool(arena_, {.pool = 5, .slab_bytes = 64, .slabs_max = 1}).error(), SlabError::pool_unknown);
  EXPECT_EQ(sut_.add_pool(arena_, {.pool = 1, .slab_bytes = 64, .slabs_max = 60'000}).error(), SlabError::memory_short);
}

TEST(SlabErrorText, EveryCodeHasASentence) {
  for (const SlabErrorText& text : slab_error_texts) {
    EXPECT_FALSE(describe(text.error).sentence.empty());
    EXPECT_FALSE(describe(text.error).id.empty());
  }
}

TEST(PayloadStore, PoolZeroIsNobodysBecauseItMeansNoPayload) {
  std::vector<std::byte> region(4096);
  Arena arena(region);
  PayloadStore sut;
  EXPECT_EQ(sut.add_pool(arena, {.pool = 0, .slab_bytes = 64, .slabs_max = 1}).error(), SlabError::pool_unknown);
  EXPECT_EQ(sut.add_pool(arena, {.pool = payload_pools_max + 1, .slab_bytes = 64, .slabs_max = 1}).error(),
            SlabError::pool_unknown);
  EXPECT_EQ(arena.used_bytes(), 0U);
}

}  // namespace
}  // namespace phalarope
