// ExportLedger: what the other side has acknowledged, and what must be read from the local store again.
//
//   local store  ──────────────────────┬───────────────────────────────────────┐
//                 all settled          │ lost ▒  acknowledged █ (remembered)    │ stored, waits in the queue
//   ───────────────────────────────────┴─▒──█──█──▒──█────────────────────────-┴──────────────▶ sequence
//                                      point()                                  a pass reads [point, here)
//
// A record that the queue refused or gave up stays in the store; it makes the ledger `behind`. A pass reads the store
// from the point on and sends what was not acknowledged; when it has seen all that was there when it began, the point
// stands behind it. Live records go on in the meantime.
//
// Invariants. (1) The point never passes a record that is neither acknowledged nor known to be gone. (2) A record that
// a pass looked for and did not find was evicted, and is counted. (3) Bounded: beyond acknowledged_max, what is
// forgotten is sent again, under the same id.
//
// Plain logic, no clock, no file; whoever owns it guards it. Contract: evidence.md 1.8, 8 ("fleet evidence"); F-154.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "core/fleet/export_queue.hpp"

namespace phalarope::fleet {

/// Acknowledged out of order while behind; 64 KiB.
constexpr std::size_t acknowledged_max = 4096;

/// What one pass over the store reads: records from `from` on, below `until_sequence`.
struct CatchUpPass {
  StorePlace from;
  std::uint64_t until_sequence = 0;
};
struct PassResult {
  std::uint64_t delivered = 0;
  std::uint64_t evicted = 0;
};

class ExportLedger {
 public:
  /// Goes on where `point` says; the store may hold more up to `stored_below`, of which `unacknowledged` are known.
  ExportLedger(StorePlace point, std::uint64_t unacknowledged, std::uint64_t stored_below) noexcept;

  /// A live record is durable in the local store; in order.
  void stored(const StorePlace& place) noexcept;
  /// A live record arrived.
  void acknowledged(const StorePlace& place);
  /// A live record was dropped or abandoned.
  void lost() noexcept;

  bool behind() const noexcept { return behind_; }
  bool in_pass() const noexcept { return pass_.has_value(); }
  /// Only while no live record waits: then all below `until_sequence` are acknowledged or lost.
  CatchUpPass begin_pass() noexcept;
  /// Whether a record met in the store is still wanted; one that is not moves the point on.
  bool wants(const StorePlace& place) noexcept;
  /// The pass sent this one.
  void caught_up(const StorePlace& place) noexcept;
  /// The pass met this one and it can never be sent.
  void passed_over(const StorePlace& place) noexcept;
  /// The pass saw everything up to its end.
  PassResult end_pass() noexcept;
  /// The pass was broken off; the next one begins at the point.
  void break_off() noexcept { pass_.reset(); }

  StorePlace point() const noexcept { return point_; }
  /// Known to be in the store and not acknowledged, those that wait in the queue aside.
  std::uint64_t unacknowledged() const noexcept { return lost_before_ + lost_since_; }

 private:
  void move_past(const StorePlace& place) noexcept;

  StorePlace point_;
  std::uint64_t stored_below_;
  std::uint64_t lost_before_;     // and not met by the pass yet; without a pass: all but lost_since_
  std::uint64_t lost_since_ = 0;  // since the last pass began: another one looks for them
  bool behind_;
  std::deque<std::uint64_t> acknowledged_;  // above the point, ascending
  std::optional<CatchUpPass> pass_;
  std::uint64_t delivered_ = 0;  // by this pass and those broken off before it
};

}  // namespace phalarope::fleet
