// Merges: one order whatever the arrival, spans that include both ends, parts of at most 64.
#include "core/engine/lanes/merge.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace phalarope {
namespace {

constexpr SymbolId group{5};

// contract: 5.6
TEST(Merge, OrdersByRuntimeSequenceThenEventId) {
  std::vector<MergeSource> sources{{9, 1}, {3, 8}, {3, 2}};
  std::array<MergeRecord, 1> records;
  ASSERT_EQ(merge(group, sources, records), 1U);
  EXPECT_EQ(std::vector<MergeSource>(records[0].sources.begin(), records[0].sources.end()),
            (std::vector<MergeSource>{{3, 2}, {3, 8}, {9, 1}}));
  EXPECT_EQ(records[0].first, 3);
  EXPECT_EQ(records[0].last, 9);
  EXPECT_EQ(records[0].merge_group, group);
}

// contract: 5.6 "Same input, same result"
TEST(Merge, TheOrderOfArrivalDoesNotMatter) {
  std::vector<MergeSource> sources;
  for (std::int64_t i = 0; i < 50; ++i) sources.push_back({i / 3, static_cast<std::uint64_t>(i + 1)});
  const std::vector<MergeSource> expected = sources;
  const unsigned seed = 20;
  std::shuffle(sources.begin(), sources.end(), std::mt19937(seed));
  std::array<MergeRecord, 1> records;
  ASSERT_EQ(merge(group, sources, records), 1U);
  EXPECT_EQ(sources, expected) << "seed " << seed;
}

// contract: 5.6 "a larger merge is split"
TEST(Merge, EverySizeSplitsIntoPartsOf2To64ThatCoverItOnce) {
  std::array<MergeRecord, 8> records;
  for (std::size_t size = 2; size <= 8 * merge_record_sources_max; ++size) {
    std::vector<MergeSource> sources;
    for (std::size_t i = 0; i < size; ++i) sources.push_back({static_cast<std::int64_t>(i), i + 1});
    const auto count = merge(group, sources, records);
    ASSERT_TRUE(count.has_value());
    ASSERT_EQ(*count, merge_records_of(size));
    std::size_t covered = 0;
    for (std::size_t i = 0; i < *count; ++i) {
      ASSERT_GE(records[i].sources.size(), 2U);
      ASSERT_LE(records[i].sources.size(), merge_record_sources_max);
      ASSERT_EQ(records[i].sources.front().event, covered + 1);
      covered += records[i].sources.size();
      ASSERT_EQ(records[i].last, static_cast<std::int64_t>(covered) - 1);
    }
    ASSERT_EQ(covered, size);
  }
}

// contract: 5.6
TEST(Merge, WhatIsIncompleteIsRefusedAndLeftAsItWas) {
  std::array<MergeRecord, 1> records;
  std::vector<MergeSource> sources{{2, 2}, {1, 1}};
  const std::vector<MergeSource> untouched = sources;
  EXPECT_EQ(merge(SymbolId{}, sources, records).error(), MergeError::group_missing);
  EXPECT_EQ(merge(group, std::span(sources).first(1), records).error(), MergeError::sources_too_few);
  EXPECT_EQ(merge(group, sources, std::span<MergeRecord>()).error(), MergeError::records_too_few);
  EXPECT_EQ(sources, untouched);
  sources[0].event = 0;
  EXPECT_EQ(merge(group, sources, records).error(), MergeError::source_invalid);
  sources[0] = {-1, 2};
  EXPECT_EQ(merge(group, sources, records).error(), MergeError::source_invalid);
}

}  // namespace
}  // namespace phalarope
