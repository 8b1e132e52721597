// RecordTap: a copy of the evidence for telemetry, made by the flusher and never waited for.
//
//   flusher ─ on_record() ─▶ │ own ByteRing, 256 KiB │ ─ next(), release() ─▶ telemetry thread
//                └ no room, or nothing telemetry reads: not copied; the former is counted
//
// The flusher pays one copy a record, or two loads when the ring is full. Text and sound are not copied at all.
// Threads: on_record() the flusher; next() and release() the telemetry thread; seen(), dropped() any.
// Contract: evidence.md 3.2 ("telemetry can never delay ControlLane or DataLane"), 6.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/engine/evidence/byte_ring.hpp"
#include "hal/store/flusher.hpp"

namespace phalarope::hal {

constexpr std::size_t record_tap_bytes = 256 * 1024;

class RecordTap final : public RecordObserver {
 public:
  explicit RecordTap(std::size_t bytes = record_tap_bytes);

  void on_record(const RingRecord& record) noexcept override;
  std::optional<RingRecord> next() noexcept { return ring_.next(); }
  void release() noexcept { ring_.release(); }
  /// All records that passed by, copied or not.
  std::uint64_t seen() const noexcept { return seen_.load(std::memory_order_relaxed); }
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct alignas(record_alignment_bytes) Line {
    std::byte bytes[record_alignment_bytes];
  };
  std::unique_ptr<Line[]> storage_;
  ByteRing ring_;
  std::atomic<std::uint64_t> seen_{0};  // figures, no hand-over
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace phalarope::hal
