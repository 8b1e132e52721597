// Signed checkpoints: who holds the public key sees every change, whoever else made it and however well.
//
// The forger of these tests has the files and the program, so his checksums and chains are right; he has no key.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "hal/store/checkpoint_signature.hpp"
#include "hal/store/segment_scan.hpp"
#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

std::shared_ptr<const hal::BoardKeys> keys_of(std::byte first) {
  hal::BoardKeys::Secret seed{};
  seed[0] = first;
  return std::make_shared<const hal::BoardKeys>(seed, hal::BoardKeys::Secret{});
}

const auto board = keys_of(std::byte{1});
const auto stranger = keys_of(std::byte{2});

std::string segment(int number) {
  return recording_directory + "/" + hal::segment_file_name(static_cast<unsigned>(number));
}

/// Four signed segments, closed.
void write_signed(hal::FileSystem& disk, const std::shared_ptr<const hal::BoardKeys>& keys, std::uint64_t seed = 1) {
  SmallRecording sut(disk, {.segment_bytes = 24 * 1024, .seed = seed, .keys = keys});
  for (int block = 0; block < 8; ++block) sut.append_and_flush(40);
  ASSERT_EQ(sut.close(), 0);
}

hal::VerifyReport judged(hal::FileSystem& disk, const hal::BoardKeys& keys = *board, unsigned threads = 1) {
  return hal::verify(disk, recording_directory, {.public_keys = {keys.public_key()}, .threads = threads});
}

bool tells(const hal::VerifyReport& report, std::string_view words) {
  return std::any_of(report.damage.begin(), report.damage.end(),
                     [&](const replay::Damage& damage) { return damage.what.find(words) != std::string::npos; });
}

TEST(Signature, EverySegmentIsProvenAndTheKeyIsNamed) {
  MemoryDisk disk;
  write_signed(disk, board);
  const hal::VerifyReport report = judged(disk);
  EXPECT_TRUE(report.sound());
  EXPECT_GE(report.totals.segments, 4U);
  EXPECT_EQ(report.totals.proven_segments, report.totals.segments);
  ASSERT_EQ(report.totals.signing_keys.size(), 1U);
  EXPECT_EQ(report.totals.signing_keys[0], board->key_id());
  EXPECT_EQ(report.totals.tail, hal::RecordingTail::closed);
}

TEST(Signature, WithoutAKeyNothingIsProvenAndNothingIsWrong) {
  MemoryDisk disk;
  write_signed(disk, board);
  const hal::VerifyReport report = hal::verify(disk, recording_directory);
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.totals.signed_segments, report.totals.segments);
  EXPECT_EQ(report.totals.proven_segments, 0U);
}

TEST(Signature, AnUnsignedRecordingReadsAndIsNotProven) {
  MemoryDisk disk;
  write_signed(disk, nullptr);
  EXPECT_TRUE(hal::verify(disk, recording_directory).sound());
  EXPECT_EQ(hal::verify(disk, recording_directory).totals.signed_segments, 0U);
  EXPECT_TRUE(tells(judged(disk), "is not signed"));
}

TEST(Signature, AnotherBoardsRecordingIsToldByItsKey) {
  MemoryDisk disk;
  write_signed(disk, stranger);
  EXPECT_TRUE(tells(judged(disk), "by another key"));
  const hal::VerifyReport both =
      hal::verify(disk, recording_directory, {.public_keys = {board->public_key(), stranger->public_key()}});
  EXPECT_TRUE(both.sound()) << "one of several keys is enough";
}

/// Changes one field of segment 2's checkpoint and seals the block and, as he can, everything after it.
void forge_checkpoint(MemoryDisk& disk, const std::function<void(wire::Checkpoint&)>& change) {
  const hal::SegmentScan scan(disk, segment(2));
  const auto& place = *scan.checkpoint_block();
  const auto block = std::span(disk.bytes_of(segment(2))).subspan(place.offset_bytes, place.file_bytes);
  change(*wire::GetMutableSizePrefixedEvidenceBlock(block.data() + hal::block_header_bytes)->mutable_checkpoint());
  hal::set_checksums(block);
}

TEST(Signature, AChangedCheckpointIsForgedHoweverWellItIsSealed) {
  for (const auto& change : std::vector<std::function<void(wire::Checkpoint&)>>{
           [](wire::Checkpoint& checkpoint) { checkpoint.mutate_next_sequence(checkpoint.next_sequence() + 1); },
           [](wire::Checkpoint& checkpoint) { checkpoint.mutable_counts()->GetMutableObject(0)->mutate_lost(7); },
           [](wire::Checkpoint& checkpoint) { checkpoint.mutable_chain()->Mutate(3, 0x55); },
           [](wire::Checkpoint& checkpoint) { checkpoint.mutable_signature()->Mutate(3, 0x55); }}) {
    MemoryDisk disk;
    write_signed(disk, board);
    forge_checkpoint(disk, change);
    const hal::VerifyReport report = judged(disk);
    EXPECT_TRUE(tells(report, "was changed after signing"));
    EXPECT_EQ(report.damage.front().position.file, hal::segment_file_name(2));
    EXPECT_NE(report.damage.front().position.offset_bytes, 0U);
  }
}

TEST(Signature, AnExchangedKeyIdDoesNotHideTheForgery) {
  MemoryDisk disk;
  write_signed(disk, stranger);
  forge_checkpoint(disk, [](wire::Checkpoint& checkpoint) {
    const hal::KeyId id = board->key_id();
    for (unsigned i = 0; i < id.size(); ++i) {
      checkpoint.mutable_signing_key()->Mutate(i, std::to_integer<std::uint8_t>(id[i]));
    }
  });
  EXPECT_TRUE(tells(judged(disk), "was changed after signing"));
}

TEST(Signature, ARewrittenHistoryWithTheRightSaltsIsNotProven) {
  MemoryDisk disk;
  write_signed(disk, board);
  MemoryDisk forged;
  write_signed(forged, stranger);  // the same seed: salts and recording id are the board's
  for (auto& [path, file] : forged.files) disk.bytes_of(path) = file->cached;
  const hal::VerifyReport report = judged(disk);
  EXPECT_EQ(report.totals.proven_segments, 0U);
  EXPECT_FALSE(report.sound());
}

TEST(Signature, AMissingASwappedAndACutSegmentAreTold) {
  MemoryDisk missing;
  write_signed(missing, board);
  missing.files.erase(segment(2));
  EXPECT_TRUE(tells(judged(missing), "segments 2 are missing"));

  MemoryDisk swapped;
  write_signed(swapped, board);
  std::swap(swapped.files.at(segment(2)), swapped.files.at(segment(3)));
  EXPECT_TRUE(tells(judged(swapped), "name is not that of its segment number"));

  MemoryDisk cut;
  write_signed(cut, board);
  const int last = static_cast<int>(cut.files.size());
  cut.bytes_of(segment(last)).resize(cut.bytes_of(segment(last)).size() - 4096);
  EXPECT_EQ(judged(cut).totals.tail, hal::RecordingTail::cut);
  EXPECT_FALSE(judged(cut).sound());
  cut.files.erase(segment(last));
  EXPECT_EQ(judged(cut).totals.tail, hal::RecordingTail::continues) << "its checkpoint says that another follows";
}

TEST(Signature, AnOpenTailIsNoCutOne) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.keys = board});
  sut.append_and_flush(40);
  const hal::VerifyReport report = judged(disk);
  EXPECT_EQ(report.totals.tail, hal::RecordingTail::open);
  EXPECT_EQ(report.totals.signed_segments, 0U);
  auto& bytes = disk.bytes_of(segment(1));
  for (const std::size_t size : {std::size_t{4096 + 8192}, std::size_t{4096 + 5000}, std::size_t{4096 + 100}}) {
    bytes.resize(size);
    EXPECT_EQ(judged(disk).totals.tail, hal::RecordingTail::cut) << size;
  }
}

TEST(Signature, RecoverySignsWhatItCloses) {
  MemoryDisk disk;
  SmallRecording before(disk, {.keys = board});
  before.append_and_flush(40);
  ASSERT_EQ(hal::recover(disk, recording_directory, board.get()).error, 0);
  const hal::VerifyReport report = judged(disk);
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.totals.proven_segments, 1U);
}

TEST(Signature, ManyThreadsSayWhatOneSays) {
  hal::PosixFileSystem files;
  const std::string folder = ::testing::TempDir() + "phalarope-signature-threads";
  std::filesystem::remove_all(folder);
  {
    SmallRecording sut(files, {.directory = folder, .segment_bytes = 24 * 1024, .keys = board});
    for (int block = 0; block < 30; ++block) sut.append_and_flush(40);
    ASSERT_EQ(sut.close(), 0);
  }
  std::filesystem::resize_file(folder + "/segment-000003.phr", 9000);
  std::filesystem::remove(folder + "/segment-000007.phr");
  const auto one = hal::verify(files, folder, {.public_keys = {board->public_key()}});
  const auto many = hal::verify(files, folder, {.public_keys = {board->public_key()}, .threads = 4});
  EXPECT_FALSE(one.sound());
  ASSERT_EQ(one.damage.size(), many.damage.size());
  for (std::size_t i = 0; i < one.damage.size(); ++i) EXPECT_EQ(one.damage[i].what, many.damage[i].what);
  EXPECT_EQ(one.totals.records, many.totals.records);
  EXPECT_EQ(one.point.chain, many.point.chain);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace phalarope::testing
