#include "core/fleet/export_queue.hpp"

#include <algorithm>
#include <utility>

#include "core/engine/base/enforce.hpp"

namespace phalarope::fleet {

Offer ExportQueue::offer(DurableRecord record, StorePlace place, Instant now) {
  DurableRecord clean = normalised(std::move(record));
  if (!is_valid(clean)) {
    ++stats_.dropped;
    return Offer::invalid;
  }
  if (waiting_.size() >= capacity_) {
    ++stats_.dropped;
    return Offer::full;
  }
  waiting_.push_back({.record = std::move(clean), .place = place, .enqueued_at = now});
  ++stats_.enqueued;
  return Offer::enqueued;
}

Duration ExportQueue::arrived(Instant now) noexcept {
  PHAL_ENFORCE(!waiting_.empty(), "only a record that waits can arrive");
  const Duration lag{std::max<std::int64_t>((now - waiting_.front().enqueued_at).value, 0)};
  waiting_.pop_front();
  ++stats_.exported;
  return lag;
}

AfterFailure ExportQueue::failed(bool last_chance) noexcept {
  PHAL_ENFORCE(!waiting_.empty(), "only a record that waits can fail");
  const std::int64_t attempts = ++waiting_.front().attempts;
  if (attempts < attempts_max_ && !last_chance) {
    ++stats_.retries;
    return AfterFailure::retry;
  }
  waiting_.pop_front();
  ++stats_.failures;
  return AfterFailure::abandoned;
}

ExportStats ExportQueue::stats() const noexcept {
  ExportStats stats = stats_;
  stats.queue_depth = waiting_.size();
  return stats;
}

}  // namespace phalarope::fleet
