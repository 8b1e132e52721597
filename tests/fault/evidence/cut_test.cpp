// A recording cut at any byte keeps its prefix, loses only its tail, and never yields a false record (Q15).
#include <gtest/gtest.h>

#include "tests/fault/evidence/small_recording.hpp"
#include "tests/fault/long_form.hpp"

namespace phalarope::testing {
namespace {

constexpr const char* first_segment = "/evidence/segment-000001.phr";

/// About 64 KiB in one segment: blocks of one to three pages.
MemoryDisk recorded(bool closed, std::uint64_t seed = 1) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.seed = seed});
  for (int block = 0; block < 9; ++block) sut.append_and_flush(5 + 8 * block);
  if (closed && sut.close() != 0) ADD_FAILURE() << "the disk refused";
  disk.fault = nullptr;
  return disk;
}

/// Events in blocks that end at or before `offset`.
std::vector<std::uint64_t> expected_after_cut(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ends,
                                              std::uint64_t offset) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [end, events] : ends) {
    if (end > offset) break;
    while (numbers.size() < events) numbers.push_back(numbers.size());
  }
  return numbers;
}

/// Where each block ends, and how many events the recording holds up to there.
std::vector<std::pair<std::uint64_t, std::uint64_t>> block_ends(MemoryDisk& disk) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ends;
  hal::RecordingReader reader(disk, recording_directory);
  std::uint64_t events = 0;
  std::uint64_t last_offset = 0;
  while (const auto record = reader.next()) {
    if (record->position.offset_bytes != last_offset && last_offset != 0) {
      ends.emplace_back(record->position.offset_bytes, events);
    }
    last_offset = record->position.offset_bytes;
    ++events;
  }
  // The last block ends where the checkpoint page (or the file) does.
  ends.emplace_back(disk.bytes_of(first_segment).size() - hal::segment_page_bytes, events);
  return ends;
}

// contract: Q15
TEST(Cut, EveryByteOfAClosedRecordingKeepsThePrefix) {
  MemoryDisk disk = recorded(true);
  const auto whole = disk.bytes_of(first_segment);
  ASSERT_GE(whole.size(), 64U * 1024);
  const auto ends = block_ends(disk);
  ASSERT_GE(ends.size(), 9U);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    disk.bytes_of(first_segment).assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    const ReadBack found = read_back(disk);
    ASSERT_EQ(found.numbers, expected_after_cut(ends, cut)) << "cut at byte " << cut;
    ASSERT_FALSE(found.damage.empty()) << "cut at byte " << cut << " was not noticed";
    ASSERT_EQ(found.damage[0].position.file, "segment-000001.phr");
  }
  RecordProperty("cuts", std::to_string(whole.size()));
}

/// A cut may fall eight bytes before, on, or behind each border of a full segment of 4 MiB.
// contract: Q15
TEST(Cut, EightBytesAroundEachBorderOfAFullSegmentKeepThePrefix) {
  constexpr std::int64_t around_bytes = 8;
  MemoryDisk disk;
  SmallRecording sut(disk, {.ring_bytes = 1024 * 1024, .segment_bytes = 4 * 1024 * 1024, .seed = 9});
  const std::uint64_t blocks = rounds(8, 60);
  for (std::uint64_t block = 0; block < blocks; ++block) sut.append_and_flush(380);
  ASSERT_EQ(sut.close(), 0);
  const auto whole = disk.bytes_of(first_segment);
  const auto ends = block_ends(disk);
  std::uint64_t cuts = 0;
  for (const auto& [end, events] : ends) {
    for (std::int64_t off = -around_bytes; off <= around_bytes; ++off) {
      const auto cut = static_cast<std::size_t>(static_cast<std::int64_t>(end) + off);
      if (cut >= whole.size()) continue;
      disk.bytes_of(first_segment).assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
      const ReadBack found = read_back(disk);
      ASSERT_TRUE(is_prefix(found.numbers)) << "cut at byte " << cut;
      ASSERT_EQ(found.numbers, expected_after_cut(ends, cut)) << "cut at byte " << cut;
      ++cuts;
    }
  }
  RecordProperty("cuts", std::to_string(cuts));
}

// contract: Q15
TEST(Cut, EveryPageOfAnOpenRecordingOverAnOlderGenerationKeepsThePrefix) {
  MemoryDisk older = recorded(true, 7);
  const auto stale = older.bytes_of(first_segment);
  MemoryDisk disk = recorded(false, 8);
  const auto whole = disk.bytes_of(first_segment);
  const auto complete = read_back(disk).numbers;
  std::uint64_t cuts = 0;
  // Every sector border and what lies between them; every byte in the long form.
  const auto step_bytes = static_cast<std::size_t>(rounds(64, 1));
  for (std::size_t cut = 0; cut < stale.size(); cut += step_bytes) {
    auto& bytes = disk.bytes_of(first_segment);
    bytes = stale;
    std::copy_n(whole.begin(), cut, bytes.begin());
    const ReadBack found = read_back(disk);
    if (cut >= hal::segment_header_bytes) {
      // The new header stands: nothing of the older file may be taken for new.
      ASSERT_TRUE(is_prefix(found.numbers)) << "cut at byte " << cut;
      ASSERT_LE(found.numbers.size(), complete.size());
      ASSERT_EQ(found.totals.closed, false) << "the older checkpoint closed the new file";
    }
    ++cuts;
  }
  RecordProperty("cuts_over_an_older_file", std::to_string(cuts));
}

TEST(Cut, EveryByteBetweenTwoSegmentsNamesTheFile) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.segment_bytes = 24 * 1024, .seed = 3});
  for (int block = 0; block < 12; ++block) sut.append_and_flush(20);
  ASSERT_EQ(sut.close(), 0);
  ASSERT_GE(disk.files.size(), 3U);
  const auto all = read_back(disk).numbers;
  const std::string second = "/evidence/segment-000002.phr";
  const auto whole = disk.bytes_of(second);
  for (std::size_t cut = 0; cut < whole.size(); cut += 97) {
    disk.bytes_of(second).assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    const ReadBack found = read_back(disk);
    ASSERT_TRUE(holds_no_false_record(found.numbers, sut.appended));
    ASSERT_FALSE(found.damage.empty());
    ASSERT_EQ(found.damage[0].position.file, "segment-000002.phr");
    ASSERT_EQ(found.numbers.back(), all.back()) << "the segments after the cut one are still read";
  }
}

}  // namespace
}  // namespace phalarope::testing
