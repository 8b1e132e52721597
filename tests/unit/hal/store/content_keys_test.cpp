// Sealed content: read with the board's keys, unreadable for good without its own, and nothing else of the record
// moves.
#include "hal/store/content_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

constexpr std::string_view said = "canary Waldeck sings";

std::shared_ptr<const hal::BoardKeys> keys_of(std::byte first) {
  hal::BoardKeys::Secret secret{};
  secret[0] = first;
  return std::make_shared<const hal::BoardKeys>(secret, secret);
}
const auto board = keys_of(std::byte{1});

/// Three segments with events, texts and sound, closed.
void record(MemoryDisk& disk, bool encrypt, std::uint64_t seed = 1) {
  SmallRecording sut(disk, {.segment_bytes = 24 * 1024, .seed = seed, .keys = board, .encrypt = encrypt});
  for (int block = 0; block < 6; ++block) {
    sut.append_and_flush(30);
    Event event = numbered_event(sut.appended++);
    event.payload_class = PayloadClass::text_raw;
    sut.recorder.append_event(event);
    sut.recorder.append_text(event, said);
    sut.recorder.append_audio(event, {.first_sample = 320, .frames = 320, .sample_rate_hz = 16000},
                              std::vector<std::byte>(640, std::byte{0x5A}));
    sut.flush();
  }
  ASSERT_EQ(sut.close(), 0);
}

struct Seen {
  std::vector<std::uint64_t> numbers;
  std::size_t texts = 0;
  std::size_t sounds = 0;
  std::size_t damage = 0;
  hal::RecordingReader::Totals totals;
};
Seen read(hal::FileSystem& disk, const std::shared_ptr<const hal::BoardKeys>& keys) {
  hal::RecordingReader reader(disk, recording_directory, {.public_keys = {board->public_key()}, .board_keys = keys});
  Seen seen;
  while (const auto record = reader.next()) {
    if (record->header.type == RecordType::event) {
      Event event;
      std::memcpy(&event, record->body.data(), sizeof event);
      seen.numbers.push_back(static_cast<std::uint64_t>(event.argument_a));
    }
    const std::string_view body(reinterpret_cast<const char*>(record->body.data()), record->body.size());
    seen.texts += record->header.type == RecordType::text && body == said ? 1 : 0;
    seen.sounds += record->header.type == RecordType::audio && body.size() == sizeof(AudioRecordHeader) + 640 ? 1 : 0;
  }
  seen.damage = reader.damage().size();
  seen.totals = reader.totals();
  return seen;
}

bool is_on(const MemoryDisk& disk, std::string_view words) {
  return std::any_of(disk.files.begin(), disk.files.end(), [&](const auto& entry) {
    const auto& bytes = entry.second->cached;
    const auto needle = std::as_bytes(std::span(words));
    return std::search(bytes.begin(), bytes.end(), needle.begin(), needle.end()) != bytes.end();
  });
}

TEST(ContentKeys, WhatIsSealedIsReadWithTheBoardsKeysAndStandsNowhereInTheClear) {
  MemoryDisk plain;
  record(plain, false);
  EXPECT_TRUE(is_on(plain, said)) << "or else the test could not fail";
  MemoryDisk disk;
  record(disk, true);
  EXPECT_FALSE(is_on(disk, said));
  EXPECT_FALSE(is_on(disk, std::string(64, '\x5A')));
  const Seen seen = read(disk, board);
  EXPECT_EQ(seen.texts, 6U);
  EXPECT_EQ(seen.sounds, 6U);
  EXPECT_EQ(seen.damage, 0U);
  EXPECT_EQ(seen.totals.locked_records + seen.totals.inaccessible_records, 0U);
}

TEST(ContentKeys, WithoutTheBoardsKeysContentIsLockedAndEverythingElseIsThere) {
  MemoryDisk disk;
  record(disk, true);
  const Seen seen = read(disk, nullptr);
  EXPECT_EQ(seen.texts + seen.sounds, 0U);
  EXPECT_EQ(seen.totals.locked_records, 12U);
  EXPECT_EQ(seen.totals.inaccessible_records, 0U);
  EXPECT_EQ(seen.damage, 0U) << "chain and signatures need no key";
  EXPECT_EQ(seen.numbers, read(disk, board).numbers);
  EXPECT_EQ(read(disk, keys_of(std::byte{9})).totals.inaccessible_records, 12U) << "another board's keys open nothing";
}

// contract: evidence.md 1A.3 "crypto_inaccessible"
TEST(ContentKeys, ADestroyedKeyTakesItsContentAndNothingElse) {
  MemoryDisk disk;
  record(disk, true);
  const Seen before = read(disk, board);
  ASSERT_EQ(hal::destroy_content_key(disk, recording_directory, 2, hal::SealedContent::text), 0);
  const Seen after = read(disk, board);
  EXPECT_LT(after.texts, before.texts);
  EXPECT_EQ(after.texts + after.totals.inaccessible_records, before.texts);
  EXPECT_EQ(after.sounds, before.sounds) << "another class of the same segment";
  EXPECT_EQ(after.damage, 0U) << "chain and signatures still hold";
  EXPECT_EQ(after.numbers, before.numbers);
  EXPECT_EQ(after.totals.proven_segments, after.totals.segments);
  EXPECT_EQ(hal::destroy_content_key(disk, recording_directory, 2, hal::SealedContent::text), 0) << "twice is once";
  EXPECT_EQ(hal::destroy_content_key(disk, recording_directory, 77, hal::SealedContent::text), ENOENT);
}

// contract: evidence.md 1A.3 "crypto_inaccessible"
TEST(ContentKeys, APowerCutLeavesTheKeyOrNoneAndNoOtherSegmentIsTouched) {
  for (std::uint64_t cut = 0; cut < 12; ++cut) {
    for (unsigned seed = 0; seed < 8; ++seed) {
      MemoryDisk disk;
      record(disk, true);
      disk.sync_directory(recording_directory);
      const Seen before = read(disk, board);
      disk.calls = 0;
      disk.fault = [cut](MemoryDisk::Call, std::uint64_t number) { return number >= cut ? EIO : 0; };
      const bool done = hal::destroy_content_key(disk, recording_directory, 2, hal::SealedContent::audio) == 0;
      std::mt19937_64 random(seed);
      MemoryDisk after_cut = disk.power_cut(random);
      const Seen after = read(after_cut, board);
      EXPECT_EQ(after.texts, before.texts) << cut;
      EXPECT_EQ(after.damage, 0U);
      EXPECT_EQ(after.sounds + after.totals.inaccessible_records, before.sounds);
      if (done) {
        EXPECT_LT(after.sounds, before.sounds) << "what was promised is gone";
      }
    }
  }
}

TEST(ContentKeys, AKeyFileThatIsDamagedOrOfAnotherSegmentOpensNothing) {
  MemoryDisk disk;
  record(disk, true);
  const std::string second = recording_directory + "/" + hal::content_key_file_name(2);
  const auto whole = disk.bytes_of(second);
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    disk.bytes_of(second) = whole;
    disk.bytes_of(second)[at] ^= std::byte{1};
    EXPECT_GT(read(disk, board).totals.inaccessible_records, 0U) << at;
  }
  disk.bytes_of(second) = disk.bytes_of(recording_directory + "/" + hal::content_key_file_name(1));
  EXPECT_GT(read(disk, board).totals.inaccessible_records, 0U);
  disk.bytes_of(second) = whole;
  EXPECT_EQ(read(disk, board).totals.inaccessible_records, 0U);
}

TEST(ContentKeys, KeysGoWithTheirSegments) {
  MemoryDisk disk;
  SmallRecording sut(disk,
                     {.segment_bytes = 24 * 1024, .disk_budget_bytes = 100 * 1024, .keys = board, .encrypt = true});
  for (int block = 0; block < 40; ++block) sut.append_and_flush(40);
  ASSERT_EQ(sut.close(), 0);
  std::size_t segments = 0;
  std::size_t keys = 0;
  for (const auto& [path, file] : disk.files) {
    segments += path.ends_with(".phr") ? 1 : 0;
    keys += path.ends_with(".keys") ? 1 : 0;
  }
  EXPECT_EQ(segments, keys);
  EXPECT_GT(sut.flusher.counters().segments_deleted, 0U);
}

TEST(ContentKeys, ARunGoesOnAfterAPowerCutAtAnyCall) {
  for (std::uint64_t cut = 1; cut < 60; cut += 3) {
    MemoryDisk disk;
    disk.fault = [cut](MemoryDisk::Call, std::uint64_t number) { return number >= cut ? EIO : 0; };
    {
      SmallRecording sut(disk, {.segment_bytes = 24 * 1024, .keys = board, .encrypt = true});
      for (int block = 0; block < 6; ++block) sut.append_and_flush(40);
    }
    std::mt19937_64 random(cut);
    MemoryDisk after = disk.power_cut(random);
    const hal::Recovery recovery = hal::recover(after, recording_directory, board.get());
    ASSERT_EQ(recovery.error, 0) << cut;
    SmallRecording next(after, {.segment_bytes = 24 * 1024, .seed = 2, .keys = board, .encrypt = true}, recovery.point);
    Event event = numbered_event(0);
    event.payload_class = PayloadClass::text_raw;
    next.recorder.append_event(event);
    next.recorder.append_text(event, said);
    ASSERT_EQ(next.close(), 0);
    EXPECT_EQ(read(after, board).texts, 1U) << cut;
  }
}

}  // namespace
}  // namespace phalarope::testing
