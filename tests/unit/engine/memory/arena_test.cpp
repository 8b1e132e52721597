// The arena gives each byte once, says where all of them went, and gives nothing after the seal.
#include "core/engine/memory/arena.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <numeric>

namespace phalarope {
namespace {

constexpr std::size_t region_bytes = 4096;

class ArenaTest : public testing::Test {
 protected:
  alignas(128) std::byte region_[region_bytes]{};
  Arena sut_{region_};

  std::size_t reported_bytes() const {
    const auto items = sut_.items();
    return std::accumulate(items.begin(), items.end(), std::size_t{0},
                           [](std::size_t sum, const ArenaItem& item) { return sum + item.used_bytes; });
  }
};

struct alignas(64) Aligned {
  int value = 7;
};

TEST_F(ArenaTest, WhatIsMadeIsAlignedAndInsideTheRegion) {
  ASSERT_NE(sut_.make<char>('x'), nullptr);
  Aligned* const made = sut_.make<Aligned>();
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(made) % alignof(Aligned), 0U);
  EXPECT_GE(reinterpret_cast<std::byte*>(made), region_);
  EXPECT_LE(reinterpret_cast<std::byte*>(made + 1), region_ + region_bytes);
  EXPECT_EQ(made->value, 7);
}

TEST_F(ArenaTest, ArraysAreValueInitialisedEvenOnUsedMemory) {
  std::memset(region_, 0xff, region_bytes);
  const std::span<int> numbers = sut_.make_array<int>(16);
  ASSERT_EQ(numbers.size(), 16U);
  for (const int number : numbers) EXPECT_EQ(number, 0);
}

TEST_F(ArenaTest, NothingIsGivenTwice) {
  const std::span<std::byte> first = sut_.make_array<std::byte>(100);
  const std::span<std::byte> second = sut_.make_array<std::byte>(100);
  ASSERT_FALSE(first.empty());
  ASSERT_FALSE(second.empty());
  EXPECT_LE(first.data() + first.size(), second.data());
}

TEST_F(ArenaTest, TheLastByteIsGivenAndOneMoreIsRefusedWithoutTakingAny) {
  ASSERT_EQ(sut_.make_array<std::byte>(region_bytes - 8).size(), region_bytes - 8);
  EXPECT_TRUE(sut_.make_array<std::byte>(9).empty());
  EXPECT_EQ(sut_.used_bytes(), region_bytes - 8);
  EXPECT_EQ(sut_.make_array<std::byte>(8).size(), 8U);
  EXPECT_EQ(sut_.make<char>(), nullptr);
}

TEST_F(ArenaTest, ACountWhoseBytesWouldOverflowIsRefused) {
  EXPECT_TRUE(sut_.make_array<std::uint64_t>(SIZE_MAX / 4).empty());
  EXPECT_TRUE(sut_.make_array<std::uint64_t>(0).empty());
  EXPECT_EQ(sut_.used_bytes(), 0U);
}

// contract: I10
TEST_F(ArenaTest, AfterTheSealEveryAskIsRefused) {
  ASSERT_NE(sut_.make<int>(1), nullptr);
  const std::size_t used_bytes = sut_.used_bytes();
  sut_.seal();
  EXPECT_TRUE(sut_.sealed());
  EXPECT_EQ(sut_.make<int>(2), nullptr);
  EXPECT_TRUE(sut_.make_array<char>(1).empty());
  EXPECT_EQ(sut_.used_bytes(), used_bytes);
}

TEST_F(ArenaTest, TheReportNamesEveryUsedByteOnce) {
  EXPECT_NE(sut_.make<int>(1), nullptr);
  EXPECT_TRUE(sut_.begin_item("rings"));
  EXPECT_NE(sut_.make<Aligned>(), nullptr);
  EXPECT_TRUE(sut_.begin_item("slabs"));
  EXPECT_FALSE(sut_.make_array<char>(33).empty());
  EXPECT_TRUE(sut_.begin_item("rings"));
  EXPECT_NE(sut_.make<Aligned>(), nullptr);

  ASSERT_EQ(sut_.items().size(), 3U);
  EXPECT_EQ(sut_.items()[0].name, "unnamed");
  EXPECT_EQ(sut_.items()[1].name, "rings");
  EXPECT_GE(sut_.items()[1].used_bytes, 2 * sizeof(Aligned));
  EXPECT_EQ(sut_.items()[2].name, "slabs");
  EXPECT_EQ(reported_bytes(), sut_.used_bytes());
}

TEST_F(ArenaTest, AFullReportStillCountsEveryByte) {
  constexpr const char* names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p",
                                   "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "0", "1", "2", "3", "4", "5"};
  static_assert(std::size(names) == arena_items_max);
  for (const char* name : names) ASSERT_TRUE(sut_.begin_item(name));
  EXPECT_FALSE(sut_.begin_item("one too many"));
  EXPECT_NE(sut_.make<int>(1), nullptr);
  EXPECT_EQ(reported_bytes(), sut_.used_bytes());
}

TEST(Arena, PaddingThatDoesNotFitTakesNothing) {
  alignas(64) std::array<std::byte, 72> region{};
  Arena sut(region);
  ASSERT_NE(sut.try_take(65, 1), nullptr);
  EXPECT_EQ(sut.try_take(1, 64), nullptr) << "63 bytes of padding, 7 left";
  EXPECT_EQ(sut.used_bytes(), 65U);
  EXPECT_NE(sut.try_take(7, 1), nullptr);
}

TEST(Arena, AnArrayOfNothingOrOfMoreThanThereIsIsEmpty) {
  alignas(64) std::array<std::byte, 64> region{};
  Arena sut(region);
  EXPECT_TRUE(sut.make_array<std::uint64_t>(0).empty());
  EXPECT_TRUE(sut.make_array<std::uint64_t>(9).empty());
  EXPECT_TRUE(sut.make_array<std::uint64_t>(SIZE_MAX / 4).empty()) << "the product would not fit a number";
  EXPECT_EQ(sut.used_bytes(), 0U);
  EXPECT_EQ(sut.make_array<std::uint64_t>(8).size(), 8U);
}

}  // namespace
}  // namespace phalarope
