// The flusher: blocks, syncs, rotation within the budget, and disks that refuse.
#include "hal/store/flusher.hpp"

#include <gtest/gtest.h>

#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

class FlusherTest : public ::testing::Test {
 protected:
  FlusherTest() {
    config_.recording.directory = recording_directory;
    config_.recording.segment_bytes = 64 * 1024;
    config_.recording.random_id = seeded_id;
    config_.recording.random_context = &random_;
    config_.block_bytes = 8 * 1024;
  }
  static Instant at_ms(std::int64_t ms) { return Instant{ms * ns_per_ms}; }

  alignas(64) std::array<std::byte, 64 * 1024> memory_{};
  ByteRing ring_{memory_};
  Recorder recorder_{ring_, {}};
  std::mt19937_64 random_{1};
  MemoryDisk disk_;
  hal::FlusherConfig config_;
};

TEST_F(FlusherTest, FewRecordsWaitForCompanyUpToASecond) {
  hal::Flusher sut(ring_, disk_, nullptr, config_, {});
  EXPECT_EQ(sut.flush_once(at_ms(0)), 0U);
  recorder_.append_event(numbered_event(0));
  EXPECT_EQ(sut.flush_once(at_ms(10)), 0U);
  EXPECT_EQ(sut.lag(at_ms(310)), milliseconds(300));
  EXPECT_EQ(sut.flush_once(at_ms(1009)), 0U);
  EXPECT_TRUE(disk_.files.empty());
  EXPECT_EQ(sut.flush_once(at_ms(1010)), 1U);
  EXPECT_EQ(sut.lag(at_ms(2000)), Duration{});
  EXPECT_EQ(ring_.used_bytes(), 0U);
}

TEST_F(FlusherTest, AFullBlockGoesAtOnceAndNoMoreThanOneACall) {
  hal::Flusher sut(ring_, disk_, nullptr, config_, {});
  for (std::uint64_t i = 0; i < 200; ++i) recorder_.append_event(numbered_event(i));
  const std::size_t first = sut.flush_once(at_ms(0));
  EXPECT_GT(first, 50U);
  EXPECT_LT(first, 70U) << "8 KiB hold about 60 events";
  EXPECT_EQ(sut.counters().blocks, 1U);
  EXPECT_EQ(sut.counters().syncs, 1U);
  EXPECT_GT(sut.flush_once(at_ms(0)), 0U);
}

TEST_F(FlusherTest, AnObserverSeesEachRecordOnceAlsoWhenTheDiskRefuses) {
  struct Observer final : hal::RecordObserver {
    void on_record(const RingRecord& record) noexcept override { sequences.push_back(record.header.sequence); }
    std::vector<std::uint64_t> sequences;
  } observer;
  bool broken = true;
  disk_.fault = [&](MemoryDisk::Call call, std::uint64_t) { return broken && call == MemoryDisk::Call::sync ? 5 : 0; };
  hal::Flusher sut(ring_, disk_, nullptr, config_, {});
  sut.observe(observer);
  for (std::uint64_t i = 0; i < 100; ++i) recorder_.append_event(numbered_event(i));
  EXPECT_EQ(sut.flush_once(at_ms(0)), 0U);
  EXPECT_GT(observer.sequences.size(), 0U) << "a broken disk does not blind whoever watches";
  broken = false;
  EXPECT_EQ(sut.close(at_ms(1000)), 0);
  ASSERT_EQ(observer.sequences.size(), 100U);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(observer.sequences[i], i);
}

TEST_F(FlusherTest, RecordsLeaveTheRingOnlyWhenTheyAreDurable) {
  bool broken = true;
  disk_.fault = [&](MemoryDisk::Call call, std::uint64_t) {
    return broken && call == MemoryDisk::Call::sync && !disk_.files.contains("/evidence/segment-000001.phr.new") ? 5
                                                                                                                 : 0;
  };
  hal::Flusher sut(ring_, disk_, nullptr, config_, {});
  for (std::uint64_t i = 0; i < 100; ++i) recorder_.append_event(numbered_event(i));
  const std::size_t used_bytes = ring_.used_bytes();
  EXPECT_EQ(sut.flush_once(at_ms(0)), 0U);
  EXPECT_EQ(ring_.used_bytes(), used_bytes);
  EXPECT_EQ(sut.counters().sync_errors, 1U);
  broken = false;
  EXPECT_EQ(sut.flush_once(at_ms(100)), 0U) << "it waits before it tries again";
  EXPECT_GT(sut.flush_once(at_ms(250)), 0U);
  EXPECT_LT(ring_.used_bytes(), used_bytes);
}

TEST_F(FlusherTest, ASegmentIsClosedByAge) {
  hal::Flusher sut(ring_, disk_, nullptr, config_, {});
  recorder_.append_event(numbered_event(0));
  sut.flush_once(at_ms(0));
  sut.flush_once(at_ms(1000));
  EXPECT_EQ(sut.counters().segments_closed, 0U);
  sut.flush_once(at_ms(61'000));
  EXPECT_EQ(sut.counters().segments_closed, 1U);
  recorder_.append_event(numbered_event(1));
  ASSERT_EQ(sut.close(at_ms(61'500)), 0);
  const ReadBack found = read_back(disk_);
  EXPECT_EQ(found.totals.segments, 2U);
  EXPECT_TRUE(found.damage.empty());
  EXPECT_EQ(found.numbers.size(), 2U);
}

TEST_F(FlusherTest, ClosingARecordingAfterItsLastSegmentAgedOutStillSaysClosed) {
  hal::Flusher sut(ring_, disk_, nullptr, config_, {});
  recorder_.append_event(numbered_event(0));
  sut.flush_once(at_ms(0));
  sut.flush_once(at_ms(1000));
  sut.flush_once(at_ms(61'000));
  ASSERT_EQ(sut.close(at_ms(61'500)), 0);
  const ReadBack found = read_back(disk_);
  EXPECT_TRUE(found.totals.closed);
  EXPECT_TRUE(found.damage.empty());
}

TEST_F(FlusherTest, ANewSegmentIsWrittenIntoTheSpaceOfTheOldestWhenTheBudgetIsUsedUp) {
  config_.recording.segment_bytes = 24 * 1024;
  config_.disk_budget_bytes = 3 * config_.recording.segment_bytes;
  hal::Flusher sut(ring_, disk_, nullptr, config_, {});
  std::uint64_t removed = 0;
  disk_.fault = [&](MemoryDisk::Call call, std::uint64_t) {
    removed += call == MemoryDisk::Call::remove ? 1 : 0;
    return 0;
  };
  for (std::uint64_t i = 0; i < 1200; ++i) {
    recorder_.append_event(numbered_event(i));
    if (i % 60 == 59) sut.flush_once(at_ms(0));
  }
  ASSERT_EQ(sut.close(at_ms(1)), 0);
  EXPECT_GT(sut.counters().segments_deleted, 2U);
  EXPECT_EQ(removed, 0U) << "no space was given back to be asked for again";
  const ReadBack found = read_back(disk_);
  EXPECT_TRUE(found.damage.empty());
  EXPECT_EQ(found.numbers.back(), 1199U);
  EXPECT_EQ(found.numbers.size(), 1200U - found.numbers.front()) << "one stretch, without a record of the older files";
}

TEST(FlusherHashThread, WritesTheSameBytesAsTheFlusherAlone) {
  MemoryDisk disks[2];
  for (const bool hash_thread : {false, true}) {
    MemoryDisk& disk = disks[hash_thread ? 1 : 0];
    std::size_t long_writes = 0;
    SmallRecording sut(disk, {.seed = 3, .hash_thread = hash_thread});
    for (int block = 0; block < 40; ++block) sut.append_and_flush(440);
    ASSERT_EQ(sut.close(), 0);
    for (const auto& [path, file] : disk.files) long_writes += file->cached.size() / hal::hash_beside_bytes_min;
    ASSERT_GT(long_writes, 40U) << "blocks are long enough to be hashed beside";
    const ReadBack found = read_back(disk);
    EXPECT_TRUE(found.damage.empty());
    EXPECT_EQ(found.numbers.size(), sut.appended);
  }
  ASSERT_EQ(disks[0].files.size(), disks[1].files.size());
  for (const auto& [path, file] : disks[0].files) EXPECT_EQ(file->cached, disks[1].bytes_of(path)) << path;
}

TEST(FlusherHashThread, ARefusedSyncOrWriteLosesNoRecord) {
  for (std::uint64_t nth = 0; nth < 40; ++nth) {
    MemoryDisk disk;
    disk.fault = [&](MemoryDisk::Call, std::uint64_t number) { return number == nth ? 5 : 0; };
    SmallRecording sut(disk, {.seed = nth + 1, .hash_thread = true});
    for (int block = 0; block < 12; ++block) sut.append_and_flush(440);
    while (sut.flush() != 0) {
    }
    for (int retry = 0; retry < 3 && sut.close() != 0; ++retry) {
    }
    const ReadBack found = read_back(disk);
    ASSERT_TRUE(is_prefix(found.numbers)) << "call " << nth;
    ASSERT_EQ(found.numbers.size(), sut.appended) << "call " << nth;
  }
}

TEST_F(FlusherTest, ARecordingOfNothingLeavesNoFile) {
  hal::Flusher sut(ring_, disk_, nullptr, config_, {});
  EXPECT_EQ(sut.close(at_ms(1)), 0);
  EXPECT_TRUE(disk_.files.empty());
}

}  // namespace
}  // namespace phalarope::testing
