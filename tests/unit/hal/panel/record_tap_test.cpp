// The tap: a copy of each record that telemetry reads, once, and never a wait.
#include "hal/panel/record_tap.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <thread>
#include <vector>

#include "core/engine/base/event.hpp"

namespace phalarope::hal {
namespace {

RingRecord record_of(RecordType type, std::uint64_t sequence, std::span<const std::byte> body) {
  return {
      .header = {.body_bytes = static_cast<std::uint32_t>(body.size()), .type = type, .level = 0, .sequence = sequence},
      .body = body};
}

TEST(RecordTap, CopiesWhatTelemetryReadsAndNeverTextOrSound) {
  RecordTap tap;
  const std::array<std::byte, 128> body{};
  std::uint64_t sequence = 0;
  for (const RecordType type : {RecordType::event, RecordType::text, RecordType::audio, RecordType::symbol,
                                RecordType::baseline, RecordType::pipeline, RecordType::session, RecordType::loss})
    tap.on_record(record_of(type, sequence++, body));
  std::vector<RecordType> seen;
  while (const auto record = tap.next()) seen.push_back(record->header.type);
  EXPECT_EQ(seen, (std::vector{RecordType::event, RecordType::symbol, RecordType::baseline, RecordType::pipeline,
                               RecordType::session}));
  EXPECT_EQ(tap.seen(), 8U);
  EXPECT_EQ(tap.dropped(), 0U);
}

// contract: evidence 3.2
TEST(RecordTap, CountsWhatFindsNoRoomAndGoesOnWhenThereIsRoomAgain) {
  RecordTap tap(4096);
  const std::array<std::byte, event_bytes> body{};
  for (std::uint64_t i = 0; i < 100; ++i) tap.on_record(record_of(RecordType::event, i, body));
  EXPECT_EQ(tap.dropped(), 100 - 4096 / (event_bytes + 16));
  while (tap.next()) {
  }
  tap.release();
  tap.on_record(record_of(RecordType::event, 100, body));
  EXPECT_EQ(tap.next()->header.sequence, 100U);
}

TEST(RecordTap, LeavesOutARecordLongerThanItCanEverTake) {
  RecordTap tap(4096);
  const std::vector<std::byte> body(2000);
  tap.on_record(record_of(RecordType::pipeline, 0, body));
  EXPECT_EQ(tap.dropped(), 1U);
  EXPECT_FALSE(tap.next());
}

TEST(RecordTap, HandsRecordsFromOneThreadToAnother) {
  RecordTap tap(4096);
  constexpr std::uint64_t count = 20'000;
  std::thread writer([&tap] {
    Event event{};
    for (std::uint64_t i = 0; i < count; ++i) {
      event.runtime_sequence = i;
      tap.on_record(record_of(RecordType::event, i, std::as_bytes(std::span(&event, 1))));
    }
  });
  std::uint64_t read = 0;
  std::uint64_t last = 0;
  while (read + tap.dropped() < count) {
    while (const auto record = tap.next()) {
      Event event{};
      std::memcpy(&event, record->body.data(), sizeof event);
      ASSERT_EQ(event.runtime_sequence, record->header.sequence);
      ASSERT_TRUE(read == 0 || event.runtime_sequence > last);
      last = event.runtime_sequence;
      ++read;
      tap.release();
    }
  }
  writer.join();
  EXPECT_EQ(read + tap.dropped(), count);
}

}  // namespace
}  // namespace phalarope::hal
