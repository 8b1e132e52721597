// ByteRing: records of any size from the engine thread to the flusher, through one piece of memory.
//
//         consumed_            written_ (published after each record)
//            │                    │
//   ░░░░░░░░░├───────┬──────┬─────┤░░░░░░░░░░░░░░░░░░├ ─ ─ ─ ┤   positions run on for ever (64 bit);
//            │ rec   │ rec  │ rec │      free        │padding│   only the offset is masked
//            └ 16 B header + body, each a multiple of 16 B   └ a record never wraps: what is too short for it
//                                                              becomes a record of type `none`
//
// Invariants. (1) consumed_ <= written_ <= consumed_ + capacity. (2) A record lies in one piece. (3) What lies between
// them is whole records: the consumer never sees half of one. (4) Bytes that the consumer has not released are never
// written again, so it may go back to them (rewind) when a disk refused them.
//
// Threads. `claim`, `publish`, `refresh_free` : the producer (engine). `next`, `release`, `rewind`: the consumer
// (flusher). `used_bytes`: any. Nobody waits; full and empty are answers.
// Not here: which record deserves the last bytes (recorder.hpp). Contract: evidence.md 1.7; design.md "Evidence".
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <span>

#include "core/engine/base/enforce.hpp"
#include "core/engine/evidence/record.hpp"

namespace phalarope {

/// Every record starts on a multiple of this, so that a header always fits before the end of the memory.
constexpr std::size_t record_alignment_bytes = 16;
constexpr std::size_t byte_ring_capacity_bytes_min = 4096;
/// Two cache lines: neighbouring lines are fetched in pairs.
constexpr std::size_t ring_separation_bytes = 128;
/// How far ahead of the write position lines are asked for: three event records.
constexpr std::size_t ring_prefetch_bytes = 432;

constexpr std::size_t ring_bytes_of(std::size_t body_bytes) noexcept {
  return (sizeof(RecordHeader) + body_bytes + record_alignment_bytes - 1) & ~(record_alignment_bytes - 1);
}

/// A record as it lies in the ring; valid until its position is released.
struct RingRecord {
  RecordHeader header;
  std::span<const std::byte> body;
};

class ByteRing {
 public:
  /// `storage`: a power of two of bytes, at least byte_ring_capacity_bytes_min, aligned to 16; outlives the ring.
  explicit ByteRing(std::span<std::byte> storage) noexcept
      : storage_(storage.data()), capacity_(storage.size()), mask_(storage.size() - 1) {
    PHAL_ENFORCE(std::has_single_bit(storage.size()), "a byte ring's capacity is a power of two");
    PHAL_ENFORCE(storage.size() >= byte_ring_capacity_bytes_min, "a byte ring holds at least 4 KiB");
    PHAL_ENFORCE(std::bit_cast<std::uintptr_t>(storage_) % record_alignment_bytes == 0, "ring memory is aligned to 16");
  }
  ByteRing(const ByteRing&) = delete;
  ByteRing& operator=(const ByteRing&) = delete;

  std::size_t capacity_bytes() const noexcept { return capacity_; }
  /// The longest body that can ever be taken: a quarter of the ring, so that padding can never shut a record out.
  std::size_t body_bytes_max() const noexcept { return capacity_ / 4 - sizeof(RecordHeader); }

  // ---- producer ----------------------------------------------------------------------------------------

  /// Room for one record of `ring_bytes` (a ring_bytes_of), leaving at least `keep_free_bytes` free; null if there is
  /// none. Writes a padding record where the end is too near; that becomes visible with the next publish.
  std::byte* claim(std::size_t ring_bytes, std::size_t keep_free_bytes) noexcept {
    PHAL_ASSERT(ring_bytes % record_alignment_bytes == 0, "records are a multiple of 16 bytes");
    const std::size_t offset = static_cast<std::size_t>(write_position_) & mask_;
    const std::size_t to_end = capacity_ - offset;
    const std::size_t padding = ring_bytes > to_end ? to_end : 0;
    const std::size_t needed = ring_bytes + padding + keep_free_bytes;
    if (capacity_ - static_cast<std::size_t>(write_position_ - consumed_seen_) < needed) [[unlikely]] {
      if (refresh_free() < needed) return nullptr;
    }
    if (padding != 0) [[unlikely]]
      return claim_after_padding(offset, padding);
    return storage_ + offset;
  }

  /// Makes the claimed record visible. Each claim is followed by exactly one publish of the same size.
  void publish(std::size_t ring_bytes) noexcept {
    write_position_ += ring_bytes;
    // SYNC(ring_written): release. Weaker, the flusher could see the new position before the record's bytes and
    // write an older lap's bytes under a good checksum: a false record.
    written_.store(write_position_, std::memory_order_release);
    const std::size_t ahead = static_cast<std::size_t>(write_position_ + ring_prefetch_bytes) & mask_;
    __builtin_prefetch(storage_ + ahead, 1);
    __builtin_prefetch(storage_ + ((ahead + 64) & mask_), 1);
    __builtin_prefetch(storage_ + ((ahead + 128) & mask_), 1);
  }

  /// Header and up to two pieces of body as one record; false when it finds no room.
  [[nodiscard]] bool try_append(const RecordHeader& header, std::span<const std::byte> a, std::span<const std::byte> b,
                                std::size_t keep_free_bytes) noexcept;

  /// Free bytes as of now; reads the consumer's line, so not for every record.
  std::size_t refresh_free() noexcept {
    // SYNC(ring_consumed): acquire; see release().
    consumed_seen_ = consumed_.load(std::memory_order_acquire);
    return capacity_ - static_cast<std::size_t>(write_position_ - consumed_seen_);
  }

  // ---- consumer ----------------------------------------------------------------------------------------

  /// The next record, in order; nothing when all published records were read. Does not free its bytes.
  std::optional<RingRecord> next() noexcept;
  /// Frees all records that next() has given.
  void release() noexcept {
    // SYNC(ring_consumed): release. Weaker, the producer could overwrite a record that the flusher still copies.
    consumed_.store(read_position_, std::memory_order_release);
    released_position_ = read_position_;
  }
  /// Goes back to the first record that was not released.
  void rewind() noexcept { read_position_ = released_position_; }

  // ---- anybody -----------------------------------------------------------------------------------------

  std::size_t used_bytes() const noexcept {
    // SYNC(ring_consumed): acquire, and consumed first. Weaker, the written position could be one of before, and the
    // difference would be negative. No byte is read here, so the second load needs no order of its own.
    const std::uint64_t consumed = consumed_.load(std::memory_order_acquire);
    return static_cast<std::size_t>(written_.load(std::memory_order_relaxed) - consumed);
  }

 private:
  std::byte* claim_after_padding(std::size_t offset, std::size_t padding_bytes) noexcept;

  std::byte* storage_;
  std::size_t capacity_;
  std::size_t mask_;

  alignas(ring_separation_bytes) std::uint64_t write_position_ = 0;  // owner: producer
  std::uint64_t consumed_seen_ = 0;                                  // owner: producer; never ahead of consumed_
  alignas(ring_separation_bytes) std::atomic<std::uint64_t> written_{0};
  alignas(ring_separation_bytes) std::atomic<std::uint64_t> consumed_{0};
  alignas(ring_separation_bytes) std::uint64_t read_position_ = 0;  // owner: consumer
  std::uint64_t released_position_ = 0;                             // owner: consumer; equals consumed_
  std::uint64_t written_seen_ = 0;                                  // owner: consumer
};

}  // namespace phalarope
