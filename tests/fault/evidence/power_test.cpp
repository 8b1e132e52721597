// The power goes: any subset of what was not synced arrives, in any order. What was synced is read, nothing is
// invented, and the recording goes on (Q15, D19).
#include <gtest/gtest.h>

#include "tests/fault/evidence/small_recording.hpp"
#include "tests/fault/long_form.hpp"

namespace phalarope::testing {
namespace {

struct Cut {
  MemoryDisk disk;
  std::uint64_t appended = 0;
  std::uint64_t promised = 0;  // durable by the flusher's word when the power went
};

/// Records until the `fatal`-th call of the disk, at which the power goes.
Cut cut_at_call(std::uint64_t fatal, const RecordingOptions& options, const MemoryDisk::Bytes& reserved) {
  struct PowerGone {};
  Cut cut;
  MemoryDisk disk;
  disk.reserved_bytes = reserved;
  std::mt19937_64 random(options.seed);
  SmallRecording sut(disk, options);
  disk.fault = [&](MemoryDisk::Call, std::uint64_t number) -> int {
    if (number == fatal) throw PowerGone{};
    return 0;
  };
  try {
    for (int round = 0; round < 40; ++round) sut.append_and_flush(static_cast<int>(random() % 70));
    sut.close();
  } catch (const PowerGone&) {
  }
  cut.promised = sut.flushed;
  cut.appended = sut.appended;
  cut.disk = disk.power_cut(random);
  return cut;
}

// contract: Q15
TEST(PowerCut, AnySubsetOfUnsyncedSectorsKeepsEverythingThatWasPromised) {
  MemoryDisk older;
  SmallRecording old_recording(older, {.seed = 99});
  for (int i = 0; i < 10; ++i) old_recording.append_and_flush(50);
  ASSERT_EQ(old_recording.close(), 0);
  const auto stale = older.files.begin()->second->cached;
  const std::uint64_t subsets = rounds(3'000, 100'000);
  for (std::uint64_t seed = 1; seed <= subsets; ++seed) {
    Cut cut = cut_at_call(seed % 200, {.segment_bytes = 32 * 1024, .block_bytes = 8 * 1024, .seed = seed},
                          seed % 2 == 0 ? stale : MemoryDisk::Bytes{});
    const ReadBack found = read_back(cut.disk);
    ASSERT_TRUE(is_prefix(found.numbers)) << "seed " << seed;
    ASSERT_GE(found.numbers.size(), cut.promised) << "seed " << seed;
    ASSERT_LE(found.numbers.size(), cut.appended) << "seed " << seed;
  }
  RecordProperty("subsets_of_sectors", std::to_string(subsets));
}

/// One stretch of the numbers, without gap, up to at least what was promised.
bool is_the_promised_end(const std::vector<std::uint64_t>& numbers, const Cut& cut) {
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] != numbers[i - 1] + 1) return false;
  }
  const std::uint64_t end = numbers.empty() ? 0 : numbers.back() + 1;
  return end >= cut.promised && end <= cut.appended;
}

// contract: Q15
TEST(PowerCut, ASegmentWrittenIntoAnOlderOnesSpaceIsNeitherLostNorMistaken) {
  constexpr std::uint64_t segment_bytes = 24 * 1024;
  std::uint64_t rotated = 0;
  for (std::uint64_t seed = 1; seed <= 800; ++seed) {
    Cut cut = cut_at_call(
        40 + seed % 160,
        {.segment_bytes = segment_bytes, .block_bytes = 8 * 1024, .disk_budget_bytes = 3 * segment_bytes, .seed = seed},
        {});
    const ReadBack found = read_back(cut.disk);
    ASSERT_TRUE(is_the_promised_end(found.numbers, cut)) << "seed " << seed;
    rotated += !found.numbers.empty() && found.numbers.front() > 0 ? 1 : 0;
    ASSERT_EQ(hal::recover(cut.disk, recording_directory).error, 0) << "seed " << seed;
    const auto mended = hal::verify(cut.disk, recording_directory);
    ASSERT_TRUE(mended.sound()) << "seed " << seed << ": " << mended.damage[0].what;
  }
  EXPECT_GT(rotated, 200U) << "the cuts were made among reused segments";
}

/// The worst for space used again: the new header is hurt before the first new block, and the older file's blocks lie
/// behind it, sound in themselves.
TEST(PowerCut, AHurtHeaderOverAnOlderFilesBlocksGivesNoFalseRecord) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.segment_bytes = 24 * 1024, .block_bytes = 8 * 1024, .disk_budget_bytes = 72 * 1024});
  struct PowerGone {};
  MemoryDisk::Call before = MemoryDisk::Call::open;
  disk.fault = [&](MemoryDisk::Call call, std::uint64_t) -> int {
    // The power goes with the first block of a segment that has just got its name.
    const bool named = before == MemoryDisk::Call::sync_directory && call == MemoryDisk::Call::write;
    if (named && sut.flusher.counters().segments_deleted >= 3) throw PowerGone{};
    before = call;
    return 0;
  };
  EXPECT_THROW(for (int round = 0; round < 200; ++round) sut.append_and_flush(50), PowerGone);
  disk.fault = {};
  const std::string last = std::prev(disk.files.end())->first;
  auto& bytes = disk.bytes_of(last);
  ASSERT_GT(bytes.size(), 8192U);
  ASSERT_NE(bytes[hal::segment_header_bytes], std::byte{0}) << "an older block lies there";
  bytes[100] ^= std::byte{1};
  const ReadBack found = read_back(disk);
  EXPECT_TRUE(holds_no_false_record(found.numbers, sut.appended));
  ASSERT_FALSE(found.numbers.empty());
  EXPECT_EQ(found.numbers.back() + 1, found.numbers.front() + found.numbers.size());
  EXPECT_FALSE(found.damage.empty()) << "the hurt header is named";
}

// contract: Q15, Q18
TEST(PowerCut, ARecordingGoesOnAfterEachOfManyCuts) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    MemoryDisk disk;
    std::uint64_t numbers_kept = 0;
    for (int life = 0; life < 4; ++life) {
      const hal::Recovery recovery = hal::recover(disk, recording_directory);
      ASSERT_EQ(recovery.error, 0) << "seed " << seed << " life " << life;
      const auto mended = hal::verify(disk, recording_directory);
      ASSERT_TRUE(life == 0 || mended.sound()) << "seed " << seed << " life " << life << ": "
                                               << mended.damage[0].position.file << " " << mended.damage[0].what;
      struct PowerGone {};
      SmallRecording sut(disk, {.segment_bytes = 24 * 1024, .seed = seed * 10 + static_cast<unsigned>(life)},
                         recovery.point);
      sut.appended = sut.flushed = numbers_kept;
      const std::uint64_t fatal = disk.calls + random() % 40;
      disk.fault = [&](MemoryDisk::Call, std::uint64_t number) -> int {
        if (number == fatal) throw PowerGone{};
        return 0;
      };
      try {
        for (int round = 0; round < 10; ++round) sut.append_and_flush(static_cast<int>(random() % 60));
      } catch (const PowerGone&) {
      }
      disk = disk.power_cut(random);
      const ReadBack found = read_back(disk);
      ASSERT_TRUE(is_prefix(found.numbers)) << "seed " << seed << " life " << life;
      ASSERT_GE(found.numbers.size(), sut.flushed) << "seed " << seed << " life " << life;
      numbers_kept = found.numbers.size();
    }
  }
}

// contract: D19
TEST(PowerCut, ATurnWithoutItsCloseIsReportedAsOpen) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.seed = 4});
  sut.append_turn(1);
  Event open = numbered_event(0, EventKind::turn_open, Lane::control);
  open.turn_number = 2;
  open.session_slot = 3;
  sut.recorder.append_event(open);
  sut.flush();
  open.turn_number = 3;
  sut.recorder.append_event(open);  // never flushed: it did not happen
  std::mt19937_64 random(4);
  MemoryDisk after = disk.power_cut(random);
  const hal::Recovery recovery = hal::recover(after, recording_directory);
  ASSERT_EQ(recovery.report.open_turns.size(), 1U);
  EXPECT_EQ(recovery.report.open_turns[0].turn_number, 2U);
  EXPECT_EQ(recovery.report.open_turns[0].session_slot, 3U);
  EXPECT_TRUE(recovery.segment_closed);
}

}  // namespace
}  // namespace phalarope::testing
