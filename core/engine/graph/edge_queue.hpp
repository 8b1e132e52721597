// The bounded accounting of one edge: what may enter, what makes room, what is too old, and what must be told.
//
//   offer(item) ──▶ fits: queued                        take(now) ──▶ drops what is older than max_queue_ms,
//                   full: the edge's strategy decides                 then gives the oldest that is left
//
//     drop         refuse the incoming item                       notice: incoming
//     latest_only  incoming replaces everything                   notice: all that was queued
//     merge        incoming joins the newest of its group, if    notice: none (else as drop)
//                  nothing was dropped between them
//     sample       1 in 4 by runtime_sequence stays, the oldest   notice: one per contiguous range
//                  queued item makes room for it
//     block        the producer waits, bounded; then shedding     notice: by the shedding strategy
//
// Invariants. (1) items, bytes and age are bounded independently. (2) Whatever enters leaves once: taken, or inside
// exactly one notice; whatever is refused is inside exactly one notice. (3) Nothing here waits or reads a clock:
// "wait until" is an answer. (4) high watermark is told once per saturation.
// Owner: engine thread; keeps numbers of items, never the items. Contract: runtime.md 5.2, 5.5, 5.6 (merge: at most
// 64 sources); I5, I10.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/strong.hpp"
#include "core/engine/plan/turn_plan.hpp"

namespace phalarope {

constexpr std::size_t edge_queue_items_max = 128;
constexpr std::uint32_t merge_sources_max = 64;
constexpr std::uint64_t sample_one_in = 4;

/// An inclusive range of transport sequences.
struct SequenceRange {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  constexpr bool operator==(const SequenceRange&) const noexcept = default;
  constexpr bool touches(std::uint32_t sequence) const noexcept { return sequence == end + 1; }
};

/// Ranges of one answer; more than one where a gap lies between them that was told before.
using DropNotices = FixedVector<SequenceRange, edge_queue_items_max + 1>;

struct EdgeItem {
  std::uint32_t transport_sequence = 0;
  std::uint64_t runtime_sequence = 0;
  std::uint64_t bytes = 0;
  std::uint32_t merge_group = 0;  // 0: cannot be merged
  Instant offered_at{};
};

enum class EdgeOutcome : std::uint8_t {
  queued,     // it is in
  replaced,   // it is in, and something queued had to go
  merged,     // it is in, as part of the newest item
  dropped,    // it is out, with notice
  sampled,    // it is out, and its notice comes with the rest of its range
  must_wait,  // the producer keeps it and offers it again, until `wait_until`
};
struct EdgeVerdict {
  EdgeOutcome outcome = EdgeOutcome::queued;
  DropNotices notices;          // give one drop_notice over each
  bool high_watermark = false;  // give watermark and flow_xoff
  std::uint32_t items_dropped = 0;
  std::optional<Instant> wait_until;
  /// Shedding by degrade or fallback: take this branch of the plan as well (6.6).
  std::optional<DataShedding> branch;
};
struct EdgeTaken {
  std::optional<EdgeItem> item;
  DropNotices notices;  // what was too old
  std::uint32_t items_dropped = 0;
  bool recovered = false;  // give flow_xon
};

class EdgeQueue {
 public:
  constexpr EdgeQueue(const EdgePolicy& policy, Lane lane, DataShedding shedding) noexcept
      : strategy_(strategy_of(policy, lane)),
        shedding_(shedding),
        items_max_(std::min<std::uint64_t>(positive(policy.max_queue_items), edge_queue_items_max)),
        bytes_max_(positive(policy.max_queue_bytes)),
        age_max_(milliseconds(policy.max_queue_ms)),
        latency_max_(milliseconds(policy.max_latency_contribution_ms)),
        block_max_(milliseconds(policy.max_block_time_ms)),
        items_(policy.watermarks.queue_items),
        ms_(policy.watermarks.queue_ms) {}

  /// What becomes of an item. `waited_since` is when a waiting producer first offered it (block).
  constexpr EdgeVerdict offer(const EdgeItem& item, Instant now, Instant waited_since) noexcept {
    EdgeVerdict verdict;
    if (fits(item)) {
      push(item);
      end_sampling(verdict.notices);
    } else {
      overflow(strategy_, item, now, waited_since, verdict);
    }
    verdict.high_watermark = crossed_high(now, verdict.outcome);
    return verdict;
  }
  constexpr EdgeVerdict offer(const EdgeItem& item, Instant now) noexcept { return offer(item, now, now); }

  /// The oldest item that is still young enough.
  constexpr EdgeTaken take(Instant now) noexcept {
    EdgeTaken taken;
    while (!queue_.empty() && now - queue_[0].offered_at > age_max_) {
      tell(taken.notices, front_range());
      ++taken.items_dropped;
      pop_front();
    }
    if (!queue_.empty()) {
      taken.item = queue_[0];
      pop_front();
    }
    if (saturated_ && below_low(now)) {
      saturated_ = false;
      taken.recovered = true;
    }
    return taken;
  }

  /// Empties the edge (cancel, end of turn); the notices cover all that was queued or sampled out and not yet told.
  constexpr DropNotices flush() noexcept {
    DropNotices notices;
    while (!queue_.empty()) {
      tell(notices, front_range());
      pop_front();
    }
    end_sampling(notices);
    return notices;
  }

  constexpr std::size_t depth() const noexcept { return queue_.size(); }
  constexpr std::uint64_t bytes() const noexcept { return bytes_; }
  constexpr bool saturated() const noexcept { return saturated_; }
  constexpr Duration head_age(Instant now) const noexcept {
    return queue_.empty() ? Duration{0} : now - queue_[0].offered_at;
  }

 private:
  static constexpr std::uint64_t positive(std::int64_t bound) noexcept {
    PHAL_ENFORCE(bound >= 1, "a frozen plan's edge bounds are at least 1");
    return static_cast<std::uint64_t>(bound);
  }
  static constexpr EdgeStrategy strategy_of(const EdgePolicy& policy, Lane lane) noexcept {
    switch (lane) {
      case Lane::data:
        return policy.strategy;
      // Control is never dropped by strategy; its queue is sized so that overflow does not occur, and if it does the
      // refusal of the incoming item is explicit.
      case Lane::control:
        return EdgeStrategy::drop;
      case Lane::telemetry:
        return policy.lane_handling.telemetry_lane == TelemetryHandling::sample ? EdgeStrategy::sample
                                                                                : EdgeStrategy::drop;
    }
    return EdgeStrategy::drop;
  }

  constexpr bool fits(const EdgeItem& item) const noexcept {
    return queue_.size() < items_max_ && item.bytes <= bytes_max_ - std::min(bytes_, bytes_max_);
  }
  constexpr void push(const EdgeItem& item) noexcept {
    PHAL_ENFORCE(queue_.push_back(item), "an item is pushed only where it fits");
    PHAL_ENFORCE(sources_.push_back(Sources{1, item.transport_sequence}), "each item has its sources");
    bytes_ += item.bytes;
  }
  constexpr void pop_front() noexcept {
    bytes_ -= queue_[0].bytes;
    queue_.erase_at(0);
    sources_.erase_at(0);
  }
  constexpr SequenceRange front_range() const noexcept {
    return {queue_[0].transport_sequence, sources_[0].last_sequence};
  }
  /// Adds a range, or lengthens the last one where it joins it.
  static constexpr void tell(DropNotices& notices, SequenceRange range) noexcept {
    if (!notices.empty() && notices.back().touches(range.start)) {
      notices.back().end = range.end;
      return;
    }
    const bool told = notices.push_back(range);
    PHAL_ENFORCE(told, "one notice per queued item and one for the samples is all there can be");
  }
  constexpr void end_sampling(DropNotices& notices) noexcept {
    if (sampled_out_) tell(notices, *sampled_out_);
    sampled_out_.reset();
  }

  constexpr void refuse_incoming(const EdgeItem& item, EdgeVerdict& verdict) noexcept {
    end_sampling(verdict.notices);
    tell(verdict.notices, {item.transport_sequence, item.transport_sequence});
    verdict.outcome = EdgeOutcome::dropped;
    verdict.items_dropped = 1;
  }

  constexpr void overflow(EdgeStrategy strategy, const EdgeItem& item, Instant now, Instant waited_since,
                          EdgeVerdict& verdict) noexcept {
    switch (strategy) {
      case EdgeStrategy::drop:
        refuse_incoming(item, verdict);
        return;
      case EdgeStrategy::latest_only:
        replace_all(item, verdict);
        return;
      case EdgeStrategy::merge:
        merge_or_drop(item, verdict);
        return;
      case EdgeStrategy::sample:
        sample(item, verdict);
        return;
      case EdgeStrategy::block:
        block_or_shed(item, now, waited_since, verdict);
        return;
    }
  }
  constexpr void replace_all(const EdgeItem& item, EdgeVerdict& verdict) noexcept {
    // An item that would not even fit alone cannot replace anything.
    if (item.bytes > bytes_max_) return refuse_incoming(item, verdict);
    verdict.items_dropped = static_cast<std::uint32_t>(queue_.size());
    verdict.notices = flush();
    verdict.outcome = EdgeOutcome::replaced;
    push(item);
  }
  /// A merged item stands for a whole range, so nothing that was dropped may lie inside it.
  constexpr bool newest_reaches(std::uint32_t sequence) const noexcept {
    return sequence == sources_.back().last_sequence + 1;
  }
  constexpr void merge_or_drop(const EdgeItem& item, EdgeVerdict& verdict) noexcept {
    const bool mergeable = !queue_.empty() && item.merge_group != 0 && queue_.back().merge_group == item.merge_group &&
                           sources_.back().count < merge_sources_max && newest_reaches(item.transport_sequence) &&
                           item.bytes <= bytes_max_ - std::min(bytes_, bytes_max_);
    if (!mergeable) return refuse_incoming(item, verdict);
    queue_.back().bytes += item.bytes;
    bytes_ += item.bytes;
    ++sources_.back().count;
    sources_.back().last_sequence = item.transport_sequence;
    verdict.outcome = EdgeOutcome::merged;
  }
  constexpr void sample(const EdgeItem& item, EdgeVerdict& verdict) noexcept {
    const bool kept = item.runtime_sequence % sample_one_in == 0 && item.bytes <= bytes_max_;
    if (!kept) {
      verdict.outcome = EdgeOutcome::sampled;
      verdict.items_dropped = 1;
      if (sampled_out_ && sampled_out_->touches(item.transport_sequence)) {
        sampled_out_->end = item.transport_sequence;
        return;
      }
      end_sampling(verdict.notices);
      sampled_out_ = SequenceRange{item.transport_sequence, item.transport_sequence};
      return;
    }
    // One of four stays: it takes the place of the oldest, and the open range ends before it.
    while (!fits(item)) {
      tell(verdict.notices, front_range());
      ++verdict.items_dropped;
      pop_front();
    }
    end_sampling(verdict.notices);
    push(item);
    verdict.outcome = EdgeOutcome::replaced;
  }
  constexpr void block_or_shed(const EdgeItem& item, Instant now, Instant waited_since, EdgeVerdict& verdict) noexcept {
    if (now - waited_since < block_max_) {
      verdict.outcome = EdgeOutcome::must_wait;
      verdict.wait_until = waited_since + block_max_;
      return;
    }
    switch (shedding_) {
      case DataShedding::drop:
        refuse_incoming(item, verdict);
        return;
      case DataShedding::merge:
        merge_or_drop(item, verdict);
        return;
      case DataShedding::latest_only:
        replace_all(item, verdict);
        return;
      case DataShedding::degrade:
      case DataShedding::fallback:
        refuse_incoming(item, verdict);
        verdict.branch = shedding_;
        return;
    }
  }

  constexpr bool crossed_high(Instant now, EdgeOutcome outcome) noexcept {
    const bool overflowing = outcome == EdgeOutcome::dropped || outcome == EdgeOutcome::must_wait;
    const auto age_ms = to_ms(head_age(now));
    const auto items = static_cast<std::int64_t>(queue_.size());
    const bool high = overflowing || (items_.present() && items >= items_.high) ||
                      (ms_.present() && age_ms >= ms_.high) || head_age(now) > latency_max_;
    if (!high || saturated_) return false;
    saturated_ = true;
    return true;
  }
  constexpr bool below_low(Instant now) const noexcept {
    const auto items = static_cast<std::int64_t>(queue_.size());
    // Without its own mark a queue has recovered at a quarter of its bound, as lanes without a plan do (5.3).
    const std::int64_t low = items_.present() ? items_.low : static_cast<std::int64_t>(items_max_ / 4);
    return items <= low && (!ms_.present() || to_ms(head_age(now)) <= ms_.low) && head_age(now) <= latency_max_;
  }

  struct Sources {
    std::uint32_t count = 0;  // how many offered items are merged into this one
    std::uint32_t last_sequence = 0;
  };

  EdgeStrategy strategy_;
  DataShedding shedding_;
  std::uint64_t items_max_;
  std::uint64_t bytes_max_;
  Duration age_max_;
  Duration latency_max_;
  Duration block_max_;
  Threshold items_;
  Threshold ms_;
  FixedVector<EdgeItem, edge_queue_items_max> queue_;
  FixedVector<Sources, edge_queue_items_max> sources_;
  std::uint64_t bytes_ = 0;
  std::optional<SequenceRange> sampled_out_;
  bool saturated_ = false;
};

}  // namespace phalarope
