// The bounded buffer of one edge: what may enter, what makes room, what is too old, and what must be told.
//
//   offer(item) ──▶ fits: queued                        take(now) ──▶ drops what is older than max_queue_ms,
//                   full: the edge's strategy decides                 then gives the oldest that is left
//
//      [ item | item+item+item | item | ... ] [ waiting | waiting ]
//        ▲ next   merged: one item              blocked producers', each until max_block_time_ms has passed
//
//     drop         refuse the incoming item                       notice: incoming
//     latest_only  incoming replaces everything                   notice: all that was queued
//     merge        incoming joins the newest of its group, if     notice: none (else as drop)
//                  nothing was dropped between them
//     sample       1 in 4 by runtime_sequence stays, the oldest   notice: one per contiguous range
//                  queued item makes room for it
//     block        the item waits behind the queue, bounded;      notice: by the shedding strategy
//                  then shedding
//
// A merged item stays what its sources were, side by side: it counts as one item and is given in one go. Where the plan
// drops groups whole (atomic_drop), the rest of a dropped item's group falls with it, also what comes later.
//
// Invariants. (1) items, bytes and age are bounded independently; so are items that wait. (2) Whatever is offered
// leaves once: given, or handed to `gone`; and whatever was dropped is inside exactly one notice, of this call or (the
// open range of samples) of a later one. (3) Nothing here waits or reads a clock. (4) high watermark is told once per
// saturation.
// Owner: engine thread. Contract: runtime.md 5.2, 5.5, 5.6 (merge: at most 64 sources), 8.3; I5, I10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/function_ref.hpp"
#include "core/engine/graph/edge_rule.hpp"

namespace phalarope {

constexpr std::uint32_t merge_sources_max = 64;
constexpr std::uint64_t sample_one_in = 4;

/// An inclusive range of transport sequences.
struct SequenceRange {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  constexpr bool operator==(const SequenceRange&) const noexcept = default;
  constexpr bool touches(std::uint32_t sequence) const noexcept { return sequence == end + 1; }
};

/// Ranges of one call: at most one for each item, for the incoming one, and for the samples before it.
using DropNotices = FixedVector<SequenceRange, edge_queue_items_max + 2>;

struct EdgeItem {
  std::uint64_t runtime_sequence = 0;
  std::uint64_t bytes = 0;
  Instant offered_at{};
  std::int64_t argument_a = 0;
  std::int64_t argument_b = 0;
  std::uint64_t sync_group = 0;  // 0: falls alone
  PayloadHandle payload{};
  std::uint32_t transport_sequence = 0;
  std::uint32_t merge_group = 0;  // 0: cannot be merged
  bool joined = false;            // part of the item before it
};
/// Called for each item in their order.
using ItemSink = FunctionRef<void(const EdgeItem&)>;
/// Called with one item, or with the sources of a merged one.
using RunSink = FunctionRef<void(std::span<const EdgeItem>)>;

enum class EdgeOutcome : std::uint8_t {
  queued,     // it is in
  replaced,   // it is in, and something queued had to go
  merged,     // it is in, as part of the newest item
  dropped,    // it is out, with notice
  sampled,    // it is out, and its notice comes with the rest of its range
  must_wait,  // its producer counts as blocked: it waits behind the queue
};
struct EdgeVerdict {
  EdgeOutcome outcome = EdgeOutcome::queued;
  bool high_watermark = false;  // give watermark and flow_xoff
  /// Shedding by degrade or fallback: take this branch of the plan as well (6.6).
  std::optional<DataShedding> branch{};
};
struct EdgeTaken {
  std::uint32_t sources = 0;  // given; 0: the edge is empty, more than 1: a merged item
  bool recovered = false;     // give flow_xon
};

class EdgeQueue {
 public:
  EdgeQueue() noexcept = default;
  explicit EdgeQueue(const EdgeRule& rule) noexcept : rule_(rule) {}

  /// What becomes of an item at its offered_at.
  EdgeVerdict offer(const EdgeItem& item, ItemSink gone) noexcept;
  /// An item whose successor takes it as it comes: it waits for nobody. False: it is too large for the edge at all, or
  /// others are before it; it is to be offered.
  bool passes(const EdgeItem& item) const noexcept;
  /// Gives the oldest item that is still young enough; who waits moves up.
  EdgeTaken take(Instant now, RunSink give, ItemSink gone) noexcept;
  /// The first item whose producer has waited long enough; ask until nothing.
  std::optional<EdgeVerdict> expire(Instant now, ItemSink gone) noexcept;
  /// Drops everything, with notices: what is here has nowhere to go, and its turn goes on.
  void drop_all(ItemSink gone) noexcept;
  /// Empties the edge at the end of its turn, which tells of everything; only samples that were dropped before have a
  /// notice. Nothing of this turn's pressure is left.
  void flush(ItemSink gone) noexcept;

  /// What was dropped by the last call and is to be told: one drop_notice over each.
  const DropNotices& notices() const noexcept { return notices_; }
  /// When the next producer has waited long enough.
  std::optional<Instant> next_deadline() const noexcept;

  const EdgeRule& rule() const noexcept { return rule_; }
  bool empty() const noexcept { return items_.empty(); }
  std::size_t depth() const noexcept { return heads_; }
  std::size_t waiting() const noexcept { return items_.size() - queued_; }
  std::uint64_t bytes() const noexcept { return bytes_; }
  bool saturated() const noexcept { return saturated_; }
  Duration head_age(Instant now) const noexcept { return queued_ == 0 ? Duration{0} : now - items_[0].offered_at; }

 private:
  bool falls(const EdgeItem& item) const noexcept;
  bool bytes_fit(const EdgeItem& item) const noexcept;
  bool fits(const EdgeItem& item) const noexcept;
  bool mergeable(const EdgeItem& item) const noexcept;
  void admit(std::size_t index) noexcept;
  void append_queued(const EdgeItem& item) noexcept;
  void move_up() noexcept;
  void remove(std::size_t index) noexcept;
  void drop_at(std::size_t index, ItemSink gone) noexcept;
  void drop_group_of(const EdgeItem& item, ItemSink gone) noexcept;
  void drop_queued(ItemSink gone) noexcept;
  EdgeOutcome refuse_incoming(const EdgeItem& item, ItemSink gone) noexcept;
  EdgeOutcome overflow(const EdgeItem& item, ItemSink gone) noexcept;
  EdgeOutcome sample(const EdgeItem& item, ItemSink gone) noexcept;
  std::optional<DataShedding> branch_of_shedding() const noexcept;
  void tell(std::uint32_t sequence) noexcept;
  void end_sampling() noexcept;
  bool crossed_high(Instant now, EdgeOutcome outcome) noexcept;
  bool below_low(Instant now) const noexcept;

  EdgeRule rule_{};
  FixedVector<EdgeItem, edge_queue_items_max> items_;  // queued ones, then those that wait
  std::size_t queued_ = 0;                             // sources in the queue
  std::size_t heads_ = 0;                              // items in the queue
  std::uint32_t tail_sources_ = 0;                     // sources of the newest item
  std::uint64_t bytes_ = 0;                            // of what is queued
  DropNotices notices_;
  std::optional<SequenceRange> sampled_out_;
  std::uint64_t fallen_group_ = 0;  // the group that was last dropped from
  bool gap_behind_ = false;         // something was dropped behind the newest item
  bool saturated_ = false;
};

}  // namespace phalarope
