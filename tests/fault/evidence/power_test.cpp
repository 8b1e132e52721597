// The power goes: any subset of what was not synced arrives, in any order. What was synced is read, nothing is
// invented, and the recording goes on (Q15, D19).
#include <gtest/gtest.h>

#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

struct Cut {
  MemoryDisk disk;
  std::uint64_t appended = 0;
  std::uint64_t promised = 0;  // durable by the flusher's word when the power went
};

/// Records until the `fatal`-th call of the disk, at which the power goes.
Cut cut_at_call(std::uint64_t fatal, std::uint64_t seed, const MemoryDisk::Bytes& reserved) {
  struct PowerGone {};
  Cut cut;
  MemoryDisk disk;
  disk.reserved_bytes = reserved;
  std::mt19937_64 random(seed);
  SmallRecording sut(disk, {.segment_bytes = 32 * 1024, .block_bytes = 8 * 1024, .seed = seed});
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
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Cut cut = cut_at_call(seed % 200, seed, seed % 2 == 0 ? stale : MemoryDisk::Bytes{});
    const ReadBack found = read_back(cut.disk);
    ASSERT_TRUE(is_prefix(found.numbers)) << "seed " << seed;
    ASSERT_GE(found.numbers.size(), cut.promised) << "seed " << seed;
    ASSERT_LE(found.numbers.size(), cut.appended) << "seed " << seed;
  }
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
