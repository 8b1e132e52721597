// ByteRing under the explorer: a ring that is nearly full and about to wrap, its flusher, and somebody who asks how
// much is in it.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "byte_ring_twins.hpp"
#include "tests/model/judge.hpp"

namespace phalarope::model {
namespace {

constexpr std::size_t ring_capacity_bytes = 4096;
constexpr std::size_t body_bytes = 1008;  // with its header a quarter of the ring
constexpr std::uint64_t records_before = 2;
constexpr int rounds = 3;

template <typename Ring>
struct RingWorld {
  static constexpr std::size_t threads = 3;
  alignas(16) std::array<std::byte, ring_capacity_bytes> storage{};
  Ring ring{std::span(storage)};
  std::uint64_t appended = 0;  // owner: thread 1
  std::uint64_t read = 0;      // owner: thread 2

  RingWorld() {
    Explorer::current().memory().share(storage);
    check(append(1) && read_one(), "a short record goes through");  // so that the next lap needs padding
    for (std::uint64_t i = 0; i < records_before; ++i) check(append(body_bytes), "the ring is not full yet");
  }

  void run(std::size_t thread) {
    if (thread == 3) {
      check(ring.used_bytes() <= 2 * ring_capacity_bytes, "what is in use is never negative");
      return;
    }
    for (int i = 0; i < rounds; ++i) {
      if (thread == 1) {
        append(body_bytes);
      } else {
        read_one();
      }
    }
  }
  bool append(std::size_t bytes) {
    std::array<std::byte, body_bytes> body;
    body.fill(static_cast<std::byte>(appended + 1));
    const RecordHeader header{.type = RecordType::event, .sequence = appended + 1};
    const bool done = ring.try_append(header, std::span(body).first(bytes), {}, 0);
    appended += done ? 1 : 0;
    return done;
  }
  bool read_one() {
    const auto record = ring.next();
    if (!record) return false;
    ++read;
    check(record->header.sequence == read, "records come out once, in order");
    std::array<std::byte, body_bytes> body;
    copy(body.data(), record->body.data(), record->body.size());
    for (std::size_t i = 0; i < record->body.size(); ++i) {
      check(body[i] == static_cast<std::byte>(read), "a record holds its own bytes");
    }
    ring.release();
    return true;
  }
  void finish() {
    while (read_one()) {
    }
    check(read == appended, "nothing that was taken is lost");
    check(ring.used_bytes() == 0, "an emptied ring is empty");
  }
};

TEST(ByteRing, GivesEachRecordOutOnceAndWholeInEveryExecution) {
  EXPECT_TRUE(sound<RingWorld<twins::byte_ring::Original::ByteRing>>());
}
#define TWIN_FAILS(twin) \
  TEST(ByteRingTwin, twin) { EXPECT_TRUE(broken<RingWorld<twins::byte_ring::twin::ByteRing>>()); }
BYTE_RING_FAILING_TWINS(TWIN_FAILS)

}  // namespace
}  // namespace phalarope::model
