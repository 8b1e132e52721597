// ExportQueue: what waits to leave the board, first in first out, bounded, with the contract's account of every record.
//
//   offer() ─ invalid, full ─▶ dropped          front() ─ tried ─┬─ arrived ──▶ exported
//           └ enqueued                                           └─ failed ─┬─ tries left ─▶ retries, tried again
//                                                                           └─ none left ──▶ failures, abandoned
//
// Invariants. (1) enqueued = exported + failures + depth, at any moment: the record that is being tried stays at the
// head. (2) At most `capacity` records are held. (3) A record's place in memory does not change while it is held, so
// the one who tries it needs no lock and no copy.
//
// Plain logic: whoever owns it guards it; time is an argument. Contract: evidence.md 1.8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/engine/base/strong.hpp"
#include "core/fleet/durable_record.hpp"

namespace phalarope::fleet {

/// Of the contract, all but the depth are totals since start.
struct ExportStats {
  std::uint64_t enqueued = 0;
  std::uint64_t dropped = 0;
  std::uint64_t exported = 0;
  std::uint64_t retries = 0;
  std::uint64_t failures = 0;
  std::size_t queue_depth = 0;

  bool operator==(const ExportStats&) const = default;
};

/// Where a record stands in the local store.
struct StorePlace {
  std::uint64_t segment_number = 0;
  std::uint64_t sequence = 0;

  bool operator==(const StorePlace&) const = default;
};

struct WaitingRecord {
  DurableRecord record;
  StorePlace place;
  Instant enqueued_at;
  std::int64_t attempts = 0;  // failed so far
};

enum class Offer : std::uint8_t { enqueued, invalid, full };
enum class AfterFailure : std::uint8_t { retry, abandoned };

class ExportQueue {
 public:
  explicit ExportQueue(std::size_t capacity, std::int64_t attempts_max) noexcept
      : capacity_(capacity), attempts_max_(attempts_max) {}

  /// Normalises, judges, and takes it if there is room. Never waits.
  Offer offer(DurableRecord record, StorePlace place, Instant now);
  /// Null when nothing waits. Valid until it is settled, whatever is offered meanwhile.
  const WaitingRecord* front() const noexcept { return waiting_.empty() ? nullptr : &waiting_.front(); }
  /// The front arrived; answers how long that took since it was enqueued.
  Duration arrived(Instant now) noexcept;
  /// One try of the front failed. `last_chance`: no more are made, whatever is left of them (the exporter closes).
  AfterFailure failed(bool last_chance = false) noexcept;

  /// From now on there is no room.
  void stop_taking() noexcept { capacity_ = 0; }
  bool empty() const noexcept { return waiting_.empty(); }
  ExportStats stats() const noexcept;

 private:
  std::size_t capacity_;
  std::int64_t attempts_max_;
  std::deque<WaitingRecord> waiting_;  // its ends move, its elements never do
  ExportStats stats_;
};

}  // namespace phalarope::fleet
