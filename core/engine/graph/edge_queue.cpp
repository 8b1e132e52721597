// One edge's buffer: entry, overflow by strategy, shedding, age. See edge_queue.hpp.
#include "core/engine/graph/edge_queue.hpp"

#include <algorithm>

namespace phalarope {
namespace {
EdgeItem as_part(const EdgeItem& item) noexcept {
  EdgeItem part = item;
  part.joined = true;
  return part;
}
}  // namespace

bool EdgeQueue::bytes_fit(const EdgeItem& item) const noexcept {
  return item.bytes <= rule_.bytes_max - std::min(bytes_, rule_.bytes_max);
}

bool EdgeQueue::fits(const EdgeItem& item) const noexcept { return heads_ < rule_.items_max && bytes_fit(item); }

bool EdgeQueue::falls(const EdgeItem& item) const noexcept {
  return item.sync_group != 0 && item.sync_group == fallen_group_;
}

bool EdgeQueue::passes(const EdgeItem& item) const noexcept {
  return items_.empty() && !saturated_ && !sampled_out_ && !falls(item) && rule_.fits_alone(item.bytes);
}

// A merged item stands for a whole range, so nothing that was dropped may lie inside it.
bool EdgeQueue::mergeable(const EdgeItem& item) const noexcept {
  return queued_ > 0 && !gap_behind_ && item.merge_group != 0 && items_[queued_ - 1].merge_group == item.merge_group &&
         tail_sources_ < merge_sources_max && bytes_fit(item);
}

// The item at `index` is the first that waits, or was just appended: it is queued from now on.
void EdgeQueue::admit(std::size_t index) noexcept {
  PHAL_ENFORCE(index == queued_, "who waits longest moves up first");
  ++queued_;
  bytes_ += items_[index].bytes;
  gap_behind_ = false;
  if (items_[index].joined) {
    ++tail_sources_;
  } else {
    ++heads_;
    tail_sources_ = 1;
  }
}

void EdgeQueue::append_queued(const EdgeItem& item) noexcept {
  PHAL_ENFORCE(items_.push_back(item), "an item is queued only where there is room for it");
  admit(items_.size() - 1);
}

void EdgeQueue::remove(std::size_t index) noexcept {
  if (index < queued_) {
    const bool takes_its_place = index + 1 < queued_ && items_[index + 1].joined;
    if (!items_[index].joined && takes_its_place) {
      items_[index + 1].joined = false;
    } else if (!items_[index].joined) {
      --heads_;
    }
    bytes_ -= items_[index].bytes;
    --queued_;
  }
  items_.erase_at(index);
  // Recounted only here: a merge into a run that lost a member must not exceed its bound.
  tail_sources_ = 0;
  for (std::size_t i = queued_; i > 0; --i) {
    ++tail_sources_;
    if (!items_[i - 1].joined) break;
  }
}

void EdgeQueue::tell(std::uint32_t sequence) noexcept {
  if (!notices_.empty() && notices_.back().touches(sequence)) {
    notices_.back().end = sequence;
    return;
  }
  PHAL_ENFORCE(notices_.push_back({sequence, sequence}), "one notice per item of one call is all there can be");
}

void EdgeQueue::end_sampling() noexcept {
  if (!sampled_out_) return;
  if (!notices_.empty() && notices_.back().touches(sampled_out_->start)) {
    notices_.back().end = sampled_out_->end;
  } else {
    PHAL_ENFORCE(notices_.push_back(*sampled_out_), "the open range has its place among the notices");
  }
  sampled_out_.reset();
}

void EdgeQueue::drop_at(std::size_t index, ItemSink gone) noexcept {
  const EdgeItem item = items_[index];
  if (index + 1 >= queued_) gap_behind_ = true;
  remove(index);
  tell(item.transport_sequence);
  gone(item);
  drop_group_of(item, gone);
}

// 8.3: dropping one member drops all members of its group on this edge, those that are still to come included.
void EdgeQueue::drop_group_of(const EdgeItem& item, ItemSink gone) noexcept {
  if (rule_.sync != SyncPolicy::atomic_drop || item.sync_group == 0) return;
  fallen_group_ = item.sync_group;
  for (std::size_t i = 0; i < items_.size();) {
    if (items_[i].sync_group != fallen_group_) {
      ++i;
      continue;
    }
    const EdgeItem member = items_[i];
    if (i + 1 >= queued_) gap_behind_ = true;
    remove(i);
    tell(member.transport_sequence);
    gone(member);
  }
}

EdgeOutcome EdgeQueue::refuse_incoming(const EdgeItem& item, ItemSink gone) noexcept {
  end_sampling();
  drop_group_of(item, gone);
  tell(item.transport_sequence);
  gone(item);
  gap_behind_ = true;
  return EdgeOutcome::dropped;
}

void EdgeQueue::drop_queued(ItemSink gone) noexcept {
  while (queued_ > 0) drop_at(0, gone);
}

EdgeVerdict EdgeQueue::offer(const EdgeItem& offered, ItemSink gone) noexcept {
  notices_.clear();
  EdgeItem item = offered;
  item.joined = false;
  EdgeVerdict verdict;
  if (falls(item)) {
    verdict.outcome = refuse_incoming(item, gone);
  } else if (waiting() == 0 && fits(item) && !items_.full()) {
    append_queued(item);
    end_sampling();
  } else {
    verdict.outcome = overflow(item, gone);
    // Nobody may wait (there is no room left to wait in, or the item could never enter): shed at once.
    const bool shed_at_once = rule_.strategy == EdgeStrategy::block && verdict.outcome == EdgeOutcome::dropped;
    if (shed_at_once) verdict.branch = branch_of_shedding();
  }
  verdict.high_watermark = crossed_high(item.offered_at, verdict.outcome);
  return verdict;
}

EdgeOutcome EdgeQueue::overflow(const EdgeItem& item, ItemSink gone) noexcept {
  switch (rule_.strategy) {
    case EdgeStrategy::drop:
      break;
    case EdgeStrategy::latest_only:
      // An item that would not even fit alone cannot replace anything.
      if (!rule_.fits_alone(item.bytes)) break;
      drop_queued(gone);
      if (falls(item)) break;
      append_queued(item);
      return EdgeOutcome::replaced;
    case EdgeStrategy::merge:
      if (items_.full() || !mergeable(item)) break;
      append_queued(as_part(item));
      return EdgeOutcome::merged;
    case EdgeStrategy::sample:
      return sample(item, gone);
    case EdgeStrategy::block:
      if (!rule_.fits_alone(item.bytes) || !items_.push_back(item)) break;
      return EdgeOutcome::must_wait;
  }
  return refuse_incoming(item, gone);
}

EdgeOutcome EdgeQueue::sample(const EdgeItem& item, ItemSink gone) noexcept {
  const bool kept = item.runtime_sequence % sample_one_in == 0 && rule_.fits_alone(item.bytes);
  if (kept) {
    // One of four stays: it takes the place of the oldest, and the open range ends before it.
    // Nothing is merged here, so a full store is a full queue.
    while (!fits(item)) drop_at(0, gone);
    if (falls(item)) return refuse_incoming(item, gone);
    end_sampling();
    append_queued(item);
    return EdgeOutcome::replaced;
  }
  if (sampled_out_ && sampled_out_->touches(item.transport_sequence)) {
    sampled_out_->end = item.transport_sequence;
  } else {
    end_sampling();
    sampled_out_ = SequenceRange{item.transport_sequence, item.transport_sequence};
  }
  gap_behind_ = true;
  gone(item);
  drop_group_of(item, gone);
  return EdgeOutcome::sampled;
}

std::optional<DataShedding> EdgeQueue::branch_of_shedding() const noexcept {
  const bool branches = rule_.shedding == DataShedding::degrade || rule_.shedding == DataShedding::fallback;
  return branches ? std::optional(rule_.shedding) : std::nullopt;
}

void EdgeQueue::move_up() noexcept {
  while (waiting() > 0 && fits(items_[queued_])) admit(queued_);
}

std::optional<EdgeVerdict> EdgeQueue::expire(Instant now, ItemSink gone) noexcept {
  notices_.clear();
  if (waiting() == 0 || now - items_[queued_].offered_at < rule_.block_max) return std::nullopt;
  EdgeVerdict verdict;
  const EdgeItem item = items_[queued_];
  switch (rule_.shedding) {
    case DataShedding::merge:
      if (!mergeable(item)) {
        drop_at(queued_, gone);
        verdict.outcome = EdgeOutcome::dropped;
        break;
      }
      items_[queued_] = as_part(item);
      admit(queued_);
      verdict.outcome = EdgeOutcome::merged;
      break;
    case DataShedding::latest_only:
      drop_queued(gone);
      move_up();
      verdict.outcome = EdgeOutcome::replaced;
      break;
    case DataShedding::drop:
    case DataShedding::degrade:
    case DataShedding::fallback:
      drop_at(queued_, gone);
      verdict.outcome = EdgeOutcome::dropped;
      verdict.branch = branch_of_shedding();
      break;
  }
  verdict.high_watermark = crossed_high(now, verdict.outcome);
  return verdict;
}

EdgeTaken EdgeQueue::take(Instant now, RunSink give, ItemSink gone) noexcept {
  notices_.clear();
  move_up();
  while (queued_ > 0 && head_age(now) > rule_.age_max) {
    drop_at(0, gone);
    move_up();
  }
  EdgeTaken taken;
  if (queued_ > 0) {
    std::size_t run = 1;
    while (run < queued_ && items_[run].joined) ++run;
    give({items_.begin(), run});
    taken.sources = static_cast<std::uint32_t>(run);
    for (; run > 0; --run) remove(0);
  }
  move_up();
  if (saturated_ && below_low(now)) {
    saturated_ = false;
    taken.recovered = true;
  }
  return taken;
}

void EdgeQueue::drop_all(ItemSink gone) noexcept {
  notices_.clear();
  end_sampling();
  while (!items_.empty()) drop_at(0, gone);
}

void EdgeQueue::flush(ItemSink gone) noexcept {
  notices_.clear();
  end_sampling();
  for (const EdgeItem& item : items_) gone(item);
  items_.clear();
  queued_ = heads_ = 0;
  bytes_ = tail_sources_ = 0;
  fallen_group_ = 0;
  gap_behind_ = saturated_ = false;
}

std::optional<Instant> EdgeQueue::next_deadline() const noexcept {
  if (waiting() == 0) return std::nullopt;
  return items_[queued_].offered_at + rule_.block_max;
}

bool EdgeQueue::crossed_high(Instant now, EdgeOutcome outcome) noexcept {
  const bool overflowing = outcome == EdgeOutcome::dropped || outcome == EdgeOutcome::must_wait;
  const auto age_ms = to_ms(head_age(now));
  const auto items = static_cast<std::int64_t>(heads_);
  const bool high = overflowing || (rule_.items.present() && items >= rule_.items.high) ||
                    (rule_.ms.present() && age_ms >= rule_.ms.high) || head_age(now) > rule_.latency_max;
  if (!high || saturated_) return false;
  saturated_ = true;
  return true;
}

bool EdgeQueue::below_low(Instant now) const noexcept {
  if (waiting() > 0) return false;
  const auto items = static_cast<std::int64_t>(heads_);
  // Without its own mark a queue has recovered at a quarter of its bound, as lanes without a plan do (5.3).
  const std::int64_t low = rule_.items.present() ? rule_.items.low : static_cast<std::int64_t>(rule_.items_max / 4);
  return items <= low && (!rule_.ms.present() || to_ms(head_age(now)) <= rule_.ms.low) &&
         head_age(now) <= rule_.latency_max;
}

}  // namespace phalarope
