// Drop ranges against a std::set of every lost sequence.
#include "core/engine/lanes/drop_range.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

namespace phalarope {
namespace {

template <std::size_t ranges_max>
std::vector<DropRange> list(const DropRanges<ranges_max>& ranges) {
  return {ranges.begin(), ranges.end()};
}

TEST(DropRanges, NeighboursJoinAndAGapKeepsThemApart) {
  DropRanges<4> sut;
  ASSERT_TRUE(sut.add(4));
  ASSERT_TRUE(sut.add(6));
  EXPECT_EQ(list(sut), (std::vector<DropRange>{{4, 4}, {6, 6}}));
  ASSERT_TRUE(sut.add(5));
  EXPECT_EQ(list(sut), (std::vector<DropRange>{{4, 6}}));
}

TEST(DropRanges, RemovingTheMiddleSplits) {
  DropRanges<4> sut;
  ASSERT_TRUE(sut.add({1, 9}));
  ASSERT_TRUE(sut.remove({4, 5}));
  EXPECT_EQ(list(sut), (std::vector<DropRange>{{1, 3}, {6, 9}}));
}

TEST(DropRanges, RemovingAnEndShortensAndRemovingTheWholeLeavesNothing) {
  DropRanges<4> sut;
  ASSERT_TRUE(sut.add({1, 9}));
  ASSERT_TRUE(sut.remove({1, 2}));
  EXPECT_EQ(list(sut), (std::vector<DropRange>{{3, 9}}));
  ASSERT_TRUE(sut.remove({8, 9}));
  EXPECT_EQ(list(sut), (std::vector<DropRange>{{3, 7}}));
  ASSERT_TRUE(sut.remove({3, 7}));
  EXPECT_TRUE(sut.empty());
  EXPECT_EQ(sut.take_first(), std::nullopt);
}

TEST(DropRanges, AFullListRefusesAndChangesNothing) {
  DropRanges<2> sut;
  ASSERT_TRUE(sut.add({1, 3}));
  ASSERT_TRUE(sut.add({7, 9}));
  EXPECT_EQ(sut.add(5).error(), DropRangeError::ranges_full);
  EXPECT_EQ(sut.remove({2, 2}).error(), DropRangeError::ranges_full);
  EXPECT_EQ(list(sut), (std::vector<DropRange>{{1, 3}, {7, 9}}));
  EXPECT_EQ(sut.take_first(), (DropRange{1, 3}));
  EXPECT_TRUE(sut.add(5));
}

// contract: 5.6
TEST(DropRanges, ARangeIsZeroOrMoreAndNotBackwards) {
  DropRanges<2> sut;
  EXPECT_EQ(sut.add({-1, 3}).error(), DropRangeError::range_invalid);
  EXPECT_EQ(sut.add({4, 3}).error(), DropRangeError::range_invalid);
  EXPECT_EQ(sut.remove({-1, 3}).error(), DropRangeError::range_invalid);
  EXPECT_EQ(sut.remove({4, 3}).error(), DropRangeError::range_invalid);
  EXPECT_TRUE(sut.add({0, 0}));
  EXPECT_TRUE(sut.add({INT64_MAX - 1, INT64_MAX}));
  EXPECT_EQ(list(sut), (std::vector<DropRange>{{0, 0}, {INT64_MAX - 1, INT64_MAX}}));
}

RC_GTEST_PROP(DropRanges, CoverExactlyWhatASetOfSequencesCovers, ()) {
  constexpr std::int64_t sequences = 40;
  DropRanges<sequences> sut;
  std::set<std::int64_t> model;
  const auto steps = *rc::gen::inRange(0, 60);
  for (int step = 0; step < steps; ++step) {
    const auto start = *rc::gen::inRange<std::int64_t>(0, sequences);
    const auto end = *rc::gen::inRange<std::int64_t>(start, sequences);
    if (*rc::gen::arbitrary<bool>()) {
      RC_ASSERT(sut.add({start, end}).has_value());
      for (std::int64_t i = start; i <= end; ++i) model.insert(i);
    } else {
      RC_ASSERT(sut.remove({start, end}).has_value());
      for (std::int64_t i = start; i <= end; ++i) model.erase(i);
    }
    std::set<std::int64_t> covered;
    std::int64_t behind = -2;
    for (const DropRange& range : sut) {
      RC_ASSERT(valid(range));
      RC_ASSERT(range.start > behind + 1);  // in order, with a gap
      for (std::int64_t i = range.start; i <= range.end; ++i) covered.insert(i);
      behind = range.end;
    }
    RC_ASSERT(covered == model);
  }
}

}  // namespace
}  // namespace phalarope
