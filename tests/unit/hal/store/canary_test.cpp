// Canaries: words and sound that must not be found in any byte of a recording's files.
//
// They sing through the real recorder, ring and flusher; what is searched is the disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

constexpr std::string_view canary = "canary Waldeck 4711 sings";

std::vector<std::byte> canary_sound() {
  std::vector<std::byte> samples(640);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::byte>((i * i * 31 + 7) & 0xFF);
  return samples;
}

bool holds(const MemoryDisk& disk, std::span<const std::byte> needle) {
  return std::any_of(disk.files.begin(), disk.files.end(), [&](const auto& entry) {
    const auto& bytes = entry.second->cached;
    return std::search(bytes.begin(), bytes.end(), needle.begin(), needle.end()) != bytes.end();
  });
}

struct Song {
  bool text = false;   // any 8 letters of the canary in a row
  bool sound = false;  // any 32 bytes of it in a row
  std::size_t text_records = 0;
  std::size_t audio_records = 0;
  std::size_t events = 0;
};

Song sing(RecordingLevel level, ContentPolicy content, PayloadClass payload_class) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.level = level, .content = content});
  for (int i = 0; i < 3; ++i) {
    Event event = numbered_event(sut.appended++);
    event.payload_class = payload_class;
    sut.recorder.append_event(event);
    sut.recorder.append_text(event, canary);
    sut.recorder.append_audio(event, {.first_sample = 320 * i, .frames = 320, .sample_rate_hz = 16000}, canary_sound());
    sut.flush();
  }
  EXPECT_EQ(sut.close(), 0);
  Song song;
  const auto text = std::as_bytes(std::span(canary));
  const auto sound = canary_sound();
  constexpr std::size_t letters = 8;
  constexpr std::size_t samples = 32;
  for (std::size_t i = 0; i + letters <= text.size(); ++i) song.text |= holds(disk, text.subspan(i, letters));
  for (std::size_t i = 0; i + samples <= sound.size(); i += samples)
    song.sound |= holds(disk, std::span(sound).subspan(i, samples));
  const ReadBack found = read_back(disk);
  EXPECT_TRUE(found.damage.empty());
  song.text_records = static_cast<std::size_t>(std::count(found.types.begin(), found.types.end(), RecordType::text));
  song.audio_records = static_cast<std::size_t>(std::count(found.types.begin(), found.types.end(), RecordType::audio));
  song.events = found.numbers.size();
  return song;
}

TEST(Canary, SingsWhereSomebodyAnswersForIt) {
  const Song song = sing(RecordingLevel::L2, ContentPolicy::approved, PayloadClass::text_raw);
  EXPECT_TRUE(song.text) << "or else the test could not fail";
  EXPECT_TRUE(song.sound) << "or else the test could not fail";
}

// contract: evidence.md 1.9 "L0", 1.10
TEST(Canary, IsNowhereAtL0WhateverIsApproved) {
  for (const auto content : {ContentPolicy::approved, ContentPolicy::by_matrix}) {
    for (unsigned index = 0; index < payload_class_count; ++index) {
      const Song song = sing(RecordingLevel::L0, content, static_cast<PayloadClass>(index));
      EXPECT_FALSE(song.text || song.sound) << index;
      EXPECT_EQ(song.text_records + song.audio_records, 0U);
      EXPECT_EQ(song.events, 3U) << "and nothing else of the record moves";
    }
  }
}

// contract: evidence.md 1.10
TEST(Canary, IsMaskedOrHashedByTheMatrix) {
  for (const auto payload_class :
       {PayloadClass::text_raw, PayloadClass::audio_raw, PayloadClass::PII, PayloadClass::PHI}) {
    for (const auto level : {RecordingLevel::L1, RecordingLevel::L2}) {
      const Song song = sing(level, ContentPolicy::by_matrix, payload_class);
      EXPECT_FALSE(song.text) << static_cast<int>(payload_class);
      EXPECT_FALSE(song.sound) << static_cast<int>(payload_class);
      EXPECT_EQ(song.text_records, 3U);
      EXPECT_EQ(song.audio_records, level == RecordingLevel::L2 ? 3U : 0U);
    }
  }
}

// contract: evidence.md 1.10
TEST(Canary, ThatIsPersonalIsNeverKeptAsItIs) {
  for (const auto payload_class : {PayloadClass::PII, PayloadClass::PHI}) {
    for (const auto level : {RecordingLevel::L1, RecordingLevel::L2}) {
      const Song song = sing(level, ContentPolicy::approved, payload_class);
      EXPECT_FALSE(song.text || song.sound);
    }
  }
}

// contract: evidence.md 1.10
TEST(Canary, TooLongForAMaskIsHashed) {
  MemoryDisk disk;
  SmallRecording sut(disk, {.level = RecordingLevel::L1, .content = ContentPolicy::by_matrix});
  Event event = numbered_event(0);
  event.payload_class = PayloadClass::text_raw;
  const std::string longer = std::string(masked_text_bytes_max, 'q') + std::string(canary);
  EXPECT_EQ(sut.recorder.append_text(event, longer), DetailOutcome::stored);
  ASSERT_EQ(sut.close(), 0);
  EXPECT_FALSE(holds(disk, std::as_bytes(std::span(std::string_view("qqqqqqqq")))));
  EXPECT_TRUE(holds(disk, std::as_bytes(std::span(std::string_view("sha256=")))));
}

}  // namespace
}  // namespace phalarope::testing
