// A running board forgets what is too old: from the oldest on, never the newest, never by a clock nobody has set.
#include "hal/store/segment_retention.hpp"

#include <gtest/gtest.h>

#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

constexpr std::int64_t hour_ns = 3'600'000'000'000;
constexpr std::int64_t hour_ms = 3'600'000;
// Segments are opened an hour apart, from this hour on.
constexpr std::int64_t first_hour = 1000;

/// Four segments, closed, of one hour each; answers how many files there are.
std::size_t record_hours(MemoryDisk& disk, const std::shared_ptr<const hal::BoardKeys>& keys = nullptr) {
  SmallRecording sut(disk, {.segment_bytes = 24 * 1024, .keys = keys, .encrypt = keys != nullptr});
  for (std::int64_t hour = 0; hour < 4; ++hour) {
    for (int i = 0; i < 80; ++i) sut.recorder.append_event(numbered_event(sut.appended++));
    if (keys != nullptr) sut.recorder.append_text(numbered_event(0), "said");
    sut.flusher.flush_once(sut.now, WallTime{(first_hour + hour) * hour_ns});
  }
  EXPECT_EQ(sut.close(), 0);
  return disk.files.size();
}

std::shared_ptr<const hal::BoardKeys> keys() {
  return std::make_shared<const hal::BoardKeys>(hal::BoardKeys::Secret{}, hal::BoardKeys::Secret{});
}

/// As often as one file a look needs.
std::size_t sweep_all(hal::SegmentRetention& sut, std::int64_t at_ns, Instant now = Instant{1}) {
  std::size_t removed = 0;
  for (int look = 0; look < 12; ++look) {
    while (sut.sweep(now, WallTime{at_ns})) ++removed;
    now = now + milliseconds(100);
  }
  return removed;
}

// contract: evidence.md 1A.3
TEST(SegmentRetention, WhatIsOlderThanTheWindowGoesAndTheRestIsSound) {
  MemoryDisk disk;
  const std::size_t files = record_hours(disk);
  ASSERT_EQ(files, 4U);
  hal::SegmentRetention sut(disk, recording_directory, {.window_ms = 10 * hour_ms});
  // The first segment's newest record is of hour 1001 at the latest.
  EXPECT_EQ(sweep_all(sut, (first_hour + 1 + 10) * hour_ns), 0U) << "not strictly older";
  hal::SegmentRetention later(disk, recording_directory, {.window_ms = 10 * hour_ms});
  EXPECT_EQ(sweep_all(later, (first_hour + 1 + 10) * hour_ns + 1'000'000), 1U);
  EXPECT_FALSE(disk.files.contains("/evidence/segment-000001.phr"));
  const hal::VerifyReport report = hal::verify(disk, recording_directory);
  EXPECT_TRUE(report.sound()) << "what is left begins later, without a hole";
  EXPECT_EQ(report.totals.first_segment, 2U);
}

TEST(SegmentRetention, TheLastSegmentStaysHoweverOld) {
  MemoryDisk disk;
  record_hours(disk);
  hal::SegmentRetention sut(disk, recording_directory, {.window_ms = hour_ms});
  EXPECT_EQ(sweep_all(sut, (first_hour + 100'000) * hour_ns), 3U);
  EXPECT_EQ(disk.files.size(), 1U);
}

// contract: decisions.md D9
TEST(SegmentRetention, NothingGoesByAClockNobodyHasSet) {
  MemoryDisk disk;
  record_hours(disk);
  hal::SegmentRetention sut(disk, recording_directory, {.window_ms = 1, .clock_is_set = [] { return false; }});
  EXPECT_EQ(sweep_all(sut, (first_hour + 100'000) * hour_ns), 0U);
  hal::SegmentRetention without(disk, recording_directory, {.window_ms = 1});
  EXPECT_EQ(sweep_all(without, 0), 0U);
  EXPECT_EQ(sweep_all(without, first_hour * hour_ns - 1), 0U) << "records of the future are never old";
}

TEST(SegmentRetention, ItLooksOnlyAsOftenAsItShould) {
  MemoryDisk disk;
  record_hours(disk);
  hal::SegmentRetention sut(disk, recording_directory, {.window_ms = hour_ms, .every = milliseconds(10'000)});
  EXPECT_EQ(sweep_all(sut, first_hour * hour_ns, Instant{1}), 0U);
  EXPECT_EQ(sweep_all(sut, (first_hour + 100) * hour_ns, Instant{2'000'000'000}), 0U) << "not due yet";
  EXPECT_EQ(sweep_all(sut, (first_hour + 100) * hour_ns, Instant{20'000'000'000}), 3U);
}

TEST(SegmentRetention, ADiskThatRefusesCostsNothing) {
  MemoryDisk disk;
  record_hours(disk);
  hal::SegmentRetention sut(disk, recording_directory, {.window_ms = hour_ms});
  disk.fault = [](MemoryDisk::Call call, std::uint64_t) { return call == MemoryDisk::Call::remove ? EIO : 0; };
  EXPECT_EQ(sweep_all(sut, (first_hour + 100) * hour_ns), 0U);
  EXPECT_EQ(disk.files.size(), 4U);
}

TEST(SegmentRetention, SealedContentGoesByItsOwnWindowAndPlainContentByTheShortest) {
  control::RetentionPolicy policy = control::default_policy("home");
  policy.max_retention_by_class_ms[static_cast<std::size_t>(PayloadClass::text_raw)] = 5;
  EXPECT_EQ(hal::retention_config(policy, false).window_ms, 5);
  const hal::RetentionConfig sealed = hal::retention_config(policy, true);
  EXPECT_EQ(sealed.window_ms, control::default_retention_ms) << "PII reaches no segment as it is";
  EXPECT_EQ(sealed.content_window_ms[0], 5);
  EXPECT_EQ(sealed.content_window_ms[1], control::default_retention_ms);
}

// contract: evidence.md 1A.3 "crypto_inaccessible"
TEST(SegmentRetention, AWindowOfContentDestroysKeysAndLeavesTheSegments) {
  MemoryDisk disk;
  record_hours(disk, keys());
  hal::SegmentRetention sut(disk, recording_directory,
                            {.window_ms = 1000 * hour_ms, .content_window_ms = {hour_ms, 2000 * hour_ms}});
  EXPECT_EQ(sweep_all(sut, (first_hour + 100) * hour_ns), 3U);
  EXPECT_EQ(sweep_all(sut, (first_hour + 100) * hour_ns, Instant{1'000'000'000'000'000}), 0U) << "once is enough";
  const hal::VerifyReport report = hal::verify(disk, recording_directory, {.board_keys = keys()});
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.totals.segments, 4U);
  EXPECT_EQ(report.totals.inaccessible_records, 3U);
  EXPECT_EQ(report.totals.by_type[static_cast<std::size_t>(RecordType::text)], 4U) << "each stands where it stood";
}

TEST(SegmentRetention, ContentThatWasNeverSealedGoesWithItsSegment) {
  MemoryDisk disk;
  record_hours(disk);
  hal::SegmentRetention sut(disk, recording_directory,
                            {.window_ms = 1000 * hour_ms, .content_window_ms = {hour_ms, hour_ms}});
  EXPECT_EQ(sweep_all(sut, (first_hour + 100) * hour_ns), 3U);
  EXPECT_EQ(disk.files.size(), 1U);
}

TEST(SegmentRetention, ARunningFlusherSweepsByItself) {
  MemoryDisk disk;
  record_hours(disk);
  SmallRecording next(disk, {.seed = 2, .retention = {.window_ms = hour_ms}},
                      hal::recover(disk, recording_directory).point);
  for (int i = 0; i < 12; ++i) {
    next.now = next.now + milliseconds(100);
    next.flusher.flush_once(next.now, WallTime{(first_hour + 1000) * hour_ns});
  }
  EXPECT_EQ(next.flusher.counters().segments_expired, 3U);
}

TEST(RedactedReader, MasksTextAndLeavesSoundOut) {
  MemoryDisk disk;
  SmallRecording sut(disk, {});
  sut.append_turn(1);
  sut.recorder.append_audio(Event{}, {.first_sample = 0, .frames = 2, .sample_rate_hz = 16000},
                            std::vector<std::byte>(4, std::byte{7}));
  ASSERT_EQ(sut.close(), 0);
  hal::RecordingReader whole(disk, recording_directory);
  hal::RecordingReader redacted(disk, recording_directory, {.redacted = true});
  std::size_t withheld = 0;
  while (const auto record = whole.next()) {
    const auto seen = redacted.next();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->header.sequence, record->header.sequence) << "nothing moves";
    if (record->header.type == RecordType::audio) withheld += seen->body.empty() ? 1 : 0;
    if (record->header.type != RecordType::text) continue;
    EXPECT_FALSE(std::equal(seen->body.begin(), seen->body.end(), record->body.begin(), record->body.end()));
    for (const std::byte byte : seen->body) EXPECT_TRUE(byte == std::byte{'x'} || byte == std::byte{' '});
  }
  EXPECT_EQ(withheld, 1U);
  EXPECT_FALSE(redacted.next());
  EXPECT_TRUE(redacted.damage().empty());
}

}  // namespace
}  // namespace phalarope::testing
