// A disk that refuses: full, broken, taking half of what it is given. The engine's side never notices (I9, Q17, Q21).
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

// contract: Q17
TEST(RefusingDisk, TheNthFailureOfAnyCallCostsNoRecord) {
  for (const int error : {EIO, ENOSPC}) {
    for (std::uint64_t nth = 0; nth < 120; ++nth) {
      MemoryDisk disk;
      disk.fault = [&](MemoryDisk::Call, std::uint64_t number) { return number == nth ? error : 0; };
      SmallRecording sut(disk, {.segment_bytes = 24 * 1024, .seed = nth + 1});
      for (int block = 0; block < 15; ++block) sut.append_and_flush(25);
      while (sut.flush() != 0) {
      }
      for (int retry = 0; retry < 3 && sut.close() != 0; ++retry) {
      }
      const ReadBack found = read_back(disk);
      EXPECT_FALSE(sut.recorder.gapped());
      ASSERT_FALSE(found.numbers.empty());
      // ENOSPC lets the oldest closed segment go; nothing else may be missing.
      const std::uint64_t first = found.numbers.front();
      ASSERT_TRUE(error == ENOSPC || first == 0) << "call " << nth << " errno " << error;
      ASSERT_EQ(found.numbers.back(), sut.appended - 1) << "call " << nth << " errno " << error;
      ASSERT_EQ(found.numbers.size(), sut.appended - first) << "call " << nth << " errno " << error;
      ASSERT_TRUE(holds_no_false_record(found.numbers, sut.appended)) << "call " << nth << " errno " << error;
    }
  }
}

TEST(RefusingDisk, ShortWritesAreContinued) {
  MemoryDisk disk;
  disk.write_bytes_max = 777;
  SmallRecording sut(disk, {.seed = 2});
  for (int block = 0; block < 5; ++block) sut.append_and_flush(40);
  ASSERT_EQ(sut.close(), 0);
  const ReadBack found = read_back(disk);
  EXPECT_TRUE(found.damage.empty());
  EXPECT_EQ(found.numbers.size(), 200U);
}

// contract: I9, Q21
TEST(RefusingDisk, ADeadDiskNeverMakesTheEngineWaitAndEveryLossIsNamedLater) {
  MemoryDisk disk;
  bool dead = true;
  disk.fault = [&](MemoryDisk::Call, std::uint64_t) { return dead ? EIO : 0; };
  SmallRecording sut(disk, {.ring_bytes = 64 * 1024, .seed = 2});
  for (int block = 0; block < 40; ++block) sut.append_and_flush(25);  // 1000 events: more than the ring holds
  EXPECT_TRUE(sut.recorder.gapped());
  const std::uint64_t lost = sut.recorder.counters().lost[static_cast<std::size_t>(RecordType::event)];
  EXPECT_GT(lost, 400U);
  EXPECT_GT(sut.flusher.counters().open_errors, 0U);
  EXPECT_EQ(sut.flusher.counters().last_errno, EIO);
  EXPECT_GT(sut.flusher.lag(sut.now + milliseconds(1)).value, 0);
  dead = false;
  while (sut.flush() != 0) {
  }
  sut.append_and_flush(10);
  ASSERT_EQ(sut.close(), 0);
  const ReadBack found = read_back(disk);
  EXPECT_TRUE(found.damage.empty()) << found.damage[0].what;
  EXPECT_TRUE(holds_no_false_record(found.numbers, sut.appended));
  EXPECT_EQ(found.totals.lost[static_cast<std::size_t>(RecordType::event)], lost) << "the loss record names them all";
  EXPECT_EQ(found.numbers.size() + lost, sut.appended);
}

TEST(RefusingDisk, AFullDiskGivesUpTheOldestSegmentsAndGoesOn) {
  MemoryDisk disk;
  disk.capacity_bytes = 200 * 1024;
  SmallRecording sut(disk, {.segment_bytes = 32 * 1024, .seed = 6});
  for (int block = 0; block < 200; ++block) sut.append_and_flush(25);
  while (sut.flush() != 0) {
  }
  EXPECT_EQ(sut.close(), 0);
  EXPECT_FALSE(sut.recorder.gapped());
  EXPECT_GT(sut.flusher.counters().segments_deleted, 0U);
  const ReadBack found = read_back(disk);
  ASSERT_FALSE(found.numbers.empty());
  EXPECT_EQ(found.numbers.back(), sut.appended - 1);
  EXPECT_TRUE(holds_no_false_record(found.numbers, sut.appended));
}

// contract: runtime.md 2.7 rule 4
TEST(RefusingDisk, ATurnEndsWithItsEvidenceWhileTheDiskIsDead) {
  MemoryDisk disk;
  disk.fault = [](MemoryDisk::Call, std::uint64_t) { return EIO; };
  SmallRecording sut(disk, {.seed = 2});
  ASSERT_TRUE(sut.recorder.reserve_turn());
  for (int block = 0; block < 200; ++block) sut.append_and_flush(50);
  EXPECT_TRUE(sut.recorder.append_baseline(complete_evidence(1)).has_value());
}

}  // namespace
}  // namespace phalarope::testing
