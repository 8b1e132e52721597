// What a crash left behind is closed and continued; what was synced is never lost.
#include <gtest/gtest.h>

#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

constexpr const char* first_segment = "/evidence/segment-000001.phr";

TEST(Recovery, AnEmptyPlaceGivesANewRecording) {
  MemoryDisk disk;
  const hal::Recovery recovery = hal::recover(disk, recording_directory);
  EXPECT_EQ(recovery.error, 0);
  EXPECT_EQ(recovery.point.next_segment_number, 1U);
  EXPECT_EQ(recovery.point.next_sequence, 0U);
}

TEST(Recovery, AnOpenSegmentIsCutClosedAndContinued) {
  MemoryDisk disk;
  SmallRecording before(disk, {.seed = 1});
  before.append_and_flush(30);
  before.append_and_flush(30);
  auto& bytes = disk.bytes_of(first_segment);
  const auto torn = std::search_n(bytes.begin() + 5 * 4096, bytes.end(), 4096, std::byte{0});
  ASSERT_NE(torn, bytes.end());
  std::fill_n(torn + 700, 100, std::byte{9});  // a torn third block
  const hal::Recovery recovery = hal::recover(disk, recording_directory);
  EXPECT_EQ(recovery.error, 0);
  EXPECT_TRUE(recovery.segment_closed);
  EXPECT_GT(recovery.report.totals.dropped_tail_bytes, 0U);
  EXPECT_EQ(recovery.point.next_segment_number, 2U);
  EXPECT_EQ(recovery.point.next_sequence, 60U);
  EXPECT_TRUE(hal::verify(disk, recording_directory).sound());

  SmallRecording after(disk, {.seed = 2}, recovery.point);
  after.appended = 60;
  after.append_and_flush(10);
  ASSERT_EQ(after.close(), 0);
  const ReadBack found = read_back(disk);
  EXPECT_TRUE(found.damage.empty());
  EXPECT_TRUE(found.totals.closed);
  EXPECT_TRUE(is_prefix(found.numbers));
  EXPECT_EQ(found.numbers.size(), 70U);
}

TEST(Recovery, AClosedRecordingIsContinuedAsItStands) {
  MemoryDisk disk;
  SmallRecording before(disk, {.seed = 1});
  before.append_and_flush(30);
  ASSERT_EQ(before.close(), 0);
  const auto bytes = disk.bytes_of(first_segment);
  const hal::Recovery recovery = hal::recover(disk, recording_directory);
  EXPECT_FALSE(recovery.segment_closed);
  EXPECT_EQ(disk.bytes_of(first_segment), bytes);
  EXPECT_EQ(recovery.point.next_sequence, 30U);
}

TEST(Recovery, AFileWithoutOneSoundBlockGoesOutOfTheWay) {
  MemoryDisk disk;
  SmallRecording before(disk, {.segment_bytes = 24 * 1024, .seed = 1});
  for (int block = 0; block < 8; ++block) before.append_and_flush(20);
  const std::string last = "/evidence/segment-000002.phr";
  ASSERT_TRUE(disk.files.contains(last));
  disk.bytes_of(last).assign(5000, std::byte{0xee});
  for (auto at = disk.files.upper_bound(last); at != disk.files.end();) at = disk.files.erase(at);
  const hal::Recovery recovery = hal::recover(disk, recording_directory);
  EXPECT_EQ(recovery.error, 0);
  EXPECT_FALSE(disk.files.contains(last));
  EXPECT_TRUE(disk.files.contains(last + ".unreadable")) << "kept for people";
  EXPECT_EQ(recovery.point.next_segment_number, 2U);
  EXPECT_TRUE(hal::verify(disk, recording_directory).sound());
}

// Bit rot in the synced part of an unclosed file is damage, not an unfinished write: what follows is still read.
TEST(Recovery, DamageInTheMiddleOfAnOpenSegmentDoesNotCostItsEnd) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.seed = 1});
  for (int block = 0; block < 5; ++block) sut.append_and_flush(10);
  disk.bytes_of(first_segment)[2 * 4096 + 500] ^= std::byte{1};
  const ReadBack found = read_back(disk);
  EXPECT_EQ(found.numbers.size(), 40U);
  EXPECT_EQ(found.numbers.back(), 49U);
  ASSERT_EQ(found.damage.size(), 2U);
  EXPECT_EQ(found.damage[0].position.block, 1U);
  EXPECT_EQ(found.damage[0].what, "its contents do not match their checksum");
}

}  // namespace
}  // namespace phalarope::testing
