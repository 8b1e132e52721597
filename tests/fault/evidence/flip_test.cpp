// One flipped bit anywhere in a closed recording is detected and named, and all other blocks are still read (Q16).
#include <gtest/gtest.h>

#include "tests/fault/evidence/small_recording.hpp"
#include "tests/fault/long_form.hpp"

namespace phalarope::testing {
namespace {

constexpr const char* first_segment = "/evidence/segment-000001.phr";

struct Closed {
  MemoryDisk disk;
  ReadBack sound;
  std::size_t largest_block_events = 0;
};

Closed closed_recording() {
  Closed result;
  SmallRecording sut(result.disk, {.seed = 5});
  sut.append_turn(1);
  sut.flush();
  sut.append_and_flush(20);
  // 16 KiB in the short form, a whole segment of 64 KiB in the long one.
  for (std::uint64_t block = 0; block < rounds(1, 7); ++block) sut.append_and_flush(40);
  EXPECT_EQ(sut.close(), 0);
  result.sound = read_back(result.disk);
  result.largest_block_events = 40;
  return result;
}

// contract: Q16
TEST(Flip, EverySingleBitOfAClosedRecordingIsDetectedAndNamed) {
  Closed closed = closed_recording();
  ASSERT_TRUE(closed.sound.damage.empty());
  const std::size_t events = 20 + 40 * static_cast<std::size_t>(rounds(1, 7));
  ASSERT_EQ(closed.sound.numbers.size(), events);
  auto& bytes = closed.disk.bytes_of(first_segment);
  ASSERT_GE(bytes.size(), 16U * 1024);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const std::byte mask{static_cast<unsigned char>(1U << (bit % 8))};
    bytes[bit / 8] ^= mask;
    const ReadBack found = read_back(closed.disk);
    bytes[bit / 8] ^= mask;
    ASSERT_FALSE(found.damage.empty()) << "bit " << bit % 8 << " of byte " << bit / 8 << " was not noticed";
    const replay::Damage& wound = found.damage.front();
    ASSERT_EQ(wound.position.file, "segment-000001.phr");
    ASSERT_LE(wound.position.offset_bytes, bit / 8);
    ASSERT_TRUE(holds_no_false_record(found.numbers, events));
    ASSERT_GE(found.types.size() + closed.largest_block_events, closed.sound.types.size())
        << "byte " << bit / 8 << ": more than the wounded block was lost";
  }
  RecordProperty("flips", std::to_string(bytes.size() * 8));
}

TEST(Flip, ABitOfTheSegmentHeaderCostsNoRecord) {
  Closed closed = closed_recording();
  auto& bytes = closed.disk.bytes_of(first_segment);
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{20}, std::size_t{40}, std::size_t{2000}, std::size_t{4095}}) {
    bytes[at] ^= std::byte{4};
    const ReadBack found = read_back(closed.disk);
    bytes[at] ^= std::byte{4};
    EXPECT_EQ(found.types, closed.sound.types) << at;
    ASSERT_EQ(found.damage.size(), 1U) << at;
    EXPECT_TRUE(found.damage[0].what.starts_with("segment header")) << found.damage[0].what;
  }
}

TEST(Flip, AChangedNameOrAMissingSegmentIsNamed) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.segment_bytes = 24 * 1024, .seed = 3});
  for (int block = 0; block < 12; ++block) sut.append_and_flush(20);
  ASSERT_EQ(sut.close(), 0);
  ASSERT_EQ(disk.rename("/evidence/segment-000002.phr", "/evidence/elsewhere"), 0);
  const ReadBack found = read_back(disk);
  ASSERT_EQ(found.damage.size(), 1U);
  EXPECT_EQ(found.damage[0].what, "segments 2 are missing before it");
  EXPECT_EQ(found.damage[0].position.file, "segment-000003.phr");
  EXPECT_TRUE(holds_no_false_record(found.numbers, sut.appended));
}

}  // namespace
}  // namespace phalarope::testing
