// Fixed containers answer "full" instead of growing, and hold nothing beyond their bound.
#include <gtest/gtest.h>

#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/function_ref.hpp"
#include "core/engine/base/strong.hpp"

namespace phalarope {
namespace {

TEST(FixedVector, RefusesOneMoreThanItsBoundAndKeepsTheRest) {
  FixedVector<int, 3> sut;
  EXPECT_TRUE(sut.push_back(1));
  EXPECT_TRUE(sut.push_back(2));
  EXPECT_TRUE(sut.push_back(3));
  EXPECT_FALSE(sut.push_back(4));
  ASSERT_EQ(sut.size(), 3U);
  EXPECT_EQ(sut.back(), 3);
}

// contract: decisions.md D23
TEST(FixedVector, IsAsLargeOnEveryProcessor) {
  // What lies in a ring: its room in bytes must hold as many of them on 32 bits as on 64.
  EXPECT_EQ(sizeof(FixedVector<std::uint8_t, 3>), 16U);
  EXPECT_EQ(sizeof(FixedVector<std::uint32_t, 3>), 24U);
  EXPECT_EQ(sizeof(FixedString<5>), 16U);
}

TEST(FixedVector, EraseKeepsTheOrderOfTheOthers) {
  FixedVector<int, 4> sut;
  for (const int value : {1, 2, 3, 4}) ASSERT_TRUE(sut.push_back(value));
  sut.erase_at(1);
  ASSERT_EQ(sut.size(), 3U);
  EXPECT_EQ(sut[0], 1);
  EXPECT_EQ(sut[1], 3);
  EXPECT_EQ(sut[2], 4);
}

TEST(FixedVectorDeathTest, IndexBeyondTheEndIsAnInvariant) {
  FixedVector<int, 2> sut;
  EXPECT_DEATH(static_cast<void>(sut[0]), "index beyond the end");
}

TEST(FixedString, AppendIsAllOrNothing) {
  FixedString<5> sut;
  EXPECT_TRUE(sut.assign("abc"));
  EXPECT_FALSE(sut.append("def"));
  EXPECT_EQ(sut.view(), "abc");
  EXPECT_TRUE(sut.append("de"));
  EXPECT_EQ(sut.view(), "abcde");
}

TEST(FunctionRef, CallsWhatItRefersTo) {
  int total = 0;
  const auto add = [&total](int value) { return total += value; };
  const FunctionRef<int(int)> sut = add;
  EXPECT_EQ(sut(2), 2);
  EXPECT_EQ(sut(3), 5);
}

TEST(StrongTypes, InstantsSubtractToDurations) {
  constexpr Instant start{1'000};
  constexpr Instant end = start + milliseconds(2);
  static_assert((end - start).value == 2 * ns_per_ms);
  static_assert(to_ms(end - start) == 2);
  EXPECT_GT(end, start);
}

TEST(FixedString, PartsAreTakenAllOrNotAtAll) {
  FixedString<8> sut;
  EXPECT_TRUE(sut.assign_all("abc", std::string_view("de"), "fgh"));
  EXPECT_EQ(sut.view(), "abcdefgh");
  EXPECT_FALSE(sut.assign_all("abc", "defghi"));
  EXPECT_TRUE(sut.empty()) << "half a name would name something else";
}

}  // namespace
}  // namespace phalarope
