// Whole 4 KiB pages that are zero, old, exchanged, or copied over each other (Q16).
#include <gtest/gtest.h>

#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

constexpr const char* first_segment = "/evidence/segment-000001.phr";
constexpr std::size_t page = hal::segment_page_bytes;

MemoryDisk recorded(std::uint64_t seed, std::uint64_t first_number = 0) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.seed = seed});
  sut.appended = first_number;
  for (int block = 0; block < 14; ++block) sut.append_and_flush(block % 3 == 2 ? 60 : 20);
  EXPECT_EQ(sut.close(), 0);
  return disk;
}

class Page : public ::testing::Test {
 protected:
  /// A wound was named, nothing was invented, and at most `events_lost_max` records are gone.
  void expect_named(MemoryDisk& disk, std::size_t events_lost_max, const std::string& where) {
    const ReadBack found = read_back(disk);
    ASSERT_FALSE(found.damage.empty()) << where;
    ASSERT_TRUE(holds_no_false_record(found.numbers, 1000000)) << where;
    ASSERT_GE(found.numbers.size() + events_lost_max, whole_numbers_.size()) << where;
  }
  MemoryDisk disk_ = recorded(11);
  MemoryDisk::Bytes whole_ = disk_.bytes_of(first_segment);
  std::vector<std::uint64_t> whole_numbers_ = read_back(disk_).numbers;
};

// contract: Q16
TEST_F(Page, ZeroedPagesAreNamed) {
  for (std::size_t at = 0; at < whole_.size(); at += page) {
    auto& bytes = disk_.bytes_of(first_segment);
    bytes = whole_;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), page, std::byte{0});
    expect_named(disk_, 60, "page at " + std::to_string(at));
  }
}

// contract: Q16
TEST_F(Page, StalePagesOfAnOlderGenerationAreNamed) {
  MemoryDisk older = recorded(12, 5000);
  const auto& stale = older.bytes_of(first_segment);
  ASSERT_EQ(stale.size(), whole_.size());
  for (std::size_t at = 0; at < whole_.size(); at += page) {
    auto& bytes = disk_.bytes_of(first_segment);
    bytes = whole_;
    std::copy_n(stale.begin() + static_cast<std::ptrdiff_t>(at), page, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    // A stale header makes every block of the file foreign.
    expect_named(disk_, at == 0 ? whole_numbers_.size() : 60, "page at " + std::to_string(at));
  }
}

// contract: Q16
TEST_F(Page, EveryPairOfSwappedPagesIsNamed) {
  for (std::size_t a = 0; a < whole_.size(); a += page) {
    for (std::size_t b = a + page; b < whole_.size(); b += page) {
      auto& bytes = disk_.bytes_of(first_segment);
      bytes = whole_;
      std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(a),
                       bytes.begin() + static_cast<std::ptrdiff_t>(a + page),
                       bytes.begin() + static_cast<std::ptrdiff_t>(b));
      expect_named(disk_, 120, "pages at " + std::to_string(a) + " and " + std::to_string(b));
    }
  }
}

// contract: Q16
TEST_F(Page, AMisdirectedWriteIsNamed) {
  for (std::size_t from = page; from < whole_.size(); from += page) {
    for (std::size_t to = page; to < whole_.size(); to += page) {
      if (from == to) continue;
      auto& bytes = disk_.bytes_of(first_segment);
      bytes = whole_;
      std::copy_n(whole_.begin() + static_cast<std::ptrdiff_t>(from), page,
                  bytes.begin() + static_cast<std::ptrdiff_t>(to));
      // A checkpoint that lands in the middle claims the file ends there.
      if (from == whole_.size() - page) continue;
      expect_named(disk_, 60, "page from " + std::to_string(from) + " to " + std::to_string(to));
    }
  }
}

TEST_F(Page, ACheckpointInTheWrongPlaceIsNamed) {
  const auto checkpoint = whole_.end() - static_cast<std::ptrdiff_t>(page);
  for (std::size_t to = page; to + page < whole_.size(); to += page) {
    auto& bytes = disk_.bytes_of(first_segment);
    bytes = whole_;
    std::copy_n(checkpoint, page, bytes.begin() + static_cast<std::ptrdiff_t>(to));
    expect_named(disk_, 60, "checkpoint at " + std::to_string(to));
  }
}

TEST_F(Page, BytesAfterTheEndAreNamed) {
  disk_.bytes_of(first_segment).push_back(std::byte{0});
  const ReadBack found = read_back(disk_);
  EXPECT_EQ(found.numbers, whole_numbers_);
  ASSERT_EQ(found.damage.size(), 1U);
  EXPECT_EQ(found.damage[0].what, "bytes after the segment's checkpoint");
  EXPECT_EQ(found.damage[0].position.offset_bytes, whole_.size());
}

}  // namespace
}  // namespace phalarope::testing
