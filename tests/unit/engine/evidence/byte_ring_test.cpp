// The byte ring: records go through whole, in order, and a full ring refuses.
#include "core/engine/evidence/byte_ring.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <random>
#include <thread>
#include <vector>

namespace phalarope {
namespace {

struct Memory {
  alignas(64) std::array<std::byte, 4096> bytes{};
};

std::vector<std::byte> body_of(std::size_t size_bytes, std::uint64_t seed) {
  std::vector<std::byte> body(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i) body[i] = static_cast<std::byte>(seed * 31 + i);
  return body;
}

bool append(ByteRing& ring, std::uint64_t sequence, std::size_t size_bytes, std::size_t keep_free_bytes = 0) {
  return ring.try_append({.type = RecordType::text, .sequence = sequence}, body_of(size_bytes, sequence), {},
                         keep_free_bytes);
}

void expect_record(const std::optional<RingRecord>& record, std::uint64_t sequence, std::size_t size_bytes) {
  ASSERT_TRUE(record.has_value()) << sequence;
  EXPECT_EQ(record->header.sequence, sequence);
  ASSERT_EQ(record->body.size(), size_bytes);
  const auto expected = body_of(size_bytes, sequence);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), record->body.begin())) << sequence;
}

TEST(ByteRing, EmptyAnswersNothingAndFullRefuses) {
  Memory memory;
  ByteRing sut(memory.bytes);
  EXPECT_FALSE(sut.next().has_value());
  std::uint64_t stored = 0;
  while (append(sut, stored, 240)) ++stored;
  EXPECT_EQ(stored, 16U) << "16 records of 256 bytes fill 4096 to the last byte";
  EXPECT_EQ(sut.used_bytes(), 4096U);
  for (std::uint64_t i = 0; i < stored; ++i) expect_record(sut.next(), i, 240);
  EXPECT_FALSE(append(sut, stored, 0)) << "read is not yet released";
  sut.release();
  EXPECT_TRUE(append(sut, stored, 0));
}

TEST(ByteRing, ARecordThatWouldWrapBeginsAtTheFrontAfterPadding) {
  for (std::size_t first_bytes = 0; first_bytes <= 1008; first_bytes += 16) {
    Memory memory;
    ByteRing sut(memory.bytes);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(sut, 0, 1008));
    ASSERT_TRUE(append(sut, 1, first_bytes));
    while (sut.next()) {
    }
    sut.release();
    ASSERT_TRUE(append(sut, 2, 500)) << first_bytes;
    ASSERT_TRUE(append(sut, 3, 500)) << first_bytes;
    ASSERT_TRUE(append(sut, 4, 500)) << first_bytes;
    expect_record(sut.next(), 2, 500);
    expect_record(sut.next(), 3, 500);
    expect_record(sut.next(), 4, 500);
    EXPECT_FALSE(sut.next().has_value());
  }
}

TEST(ByteRing, KeepsTheAskedBytesFree) {
  Memory memory;
  ByteRing sut(memory.bytes);
  while (append(sut, 0, 112, 1024)) {
  }
  EXPECT_EQ(sut.refresh_free(), 1024U);
  EXPECT_TRUE(append(sut, 1, 112, 0));
  EXPECT_EQ(sut.refresh_free(), 896U);
}

TEST(ByteRing, ABodyLongerThanAQuarterIsRefused) {
  Memory memory;
  ByteRing sut(memory.bytes);
  EXPECT_TRUE(append(sut, 0, sut.body_bytes_max()));
  EXPECT_FALSE(append(sut, 1, sut.body_bytes_max() + 1));
}

TEST(ByteRing, TwoPiecesBecomeOneBody) {
  Memory memory;
  ByteRing sut(memory.bytes);
  const auto a = body_of(5, 1);
  const auto b = body_of(9, 2);
  ASSERT_TRUE(sut.try_append({.type = RecordType::symbol}, a, b, 0));
  const auto record = sut.next();
  ASSERT_EQ(record->body.size(), 14U);
  EXPECT_TRUE(std::equal(b.begin(), b.end(), record->body.begin() + 5));
}

TEST(ByteRing, RewindGivesTheUnreleasedRecordsAgain) {
  Memory memory;
  ByteRing sut(memory.bytes);
  for (std::uint64_t i = 0; i < 4; ++i) ASSERT_TRUE(append(sut, i, 10));
  expect_record(sut.next(), 0, 10);
  sut.release();
  expect_record(sut.next(), 1, 10);
  expect_record(sut.next(), 2, 10);
  sut.rewind();
  expect_record(sut.next(), 1, 10);
}

TEST(ByteRing, AgreesWithAQueueOverRandomOperations) {
  constexpr std::uint64_t seed = 42;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  Memory memory;
  ByteRing sut(memory.bytes);
  std::deque<std::pair<std::uint64_t, std::size_t>> model;  // what must come next
  std::uint64_t sequence = 0;
  for (int step = 0; step < 200'000; ++step) {
    const std::size_t size_bytes = random() % 700;
    if (random() % 2 == 0) {
      if (append(sut, sequence, size_bytes)) model.emplace_back(sequence++, size_bytes);
    } else if (const auto record = sut.next()) {
      ASSERT_FALSE(model.empty());
      expect_record(record, model.front().first, model.front().second);
      model.pop_front();
      sut.release();
    } else {
      ASSERT_TRUE(model.empty());
    }
  }
  EXPECT_GT(sequence, 10'000U);
}

TEST(ByteRing, CarriesEveryRecordBetweenTwoThreads) {
  Memory memory;
  ByteRing sut(memory.bytes);
  constexpr std::uint64_t records = 200'000;
  std::thread consumer([&sut] {
    for (std::uint64_t expected = 0; expected < records;) {
      const auto record = sut.next();
      if (!record) {
        std::this_thread::yield();
        continue;
      }
      ASSERT_EQ(record->header.sequence, expected);
      ASSERT_EQ(record->body.size(), expected % 200);
      const auto last = static_cast<std::byte>(expected * 31 + expected % 200 - 1);
      ASSERT_TRUE(record->body.empty() || record->body.back() == last);
      if (++expected % 8 == 0) sut.release();
    }
    sut.release();
  });
  for (std::uint64_t i = 0; i < records;) {
    if (append(sut, i, i % 200)) {
      ++i;
    } else {
      std::this_thread::yield();
    }
  }
  consumer.join();
  EXPECT_EQ(sut.used_bytes(), 0U);
}

}  // namespace
}  // namespace phalarope
