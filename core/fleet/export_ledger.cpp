#include "core/fleet/export_ledger.hpp"

#include <algorithm>

#include "core/engine/base/enforce.hpp"

namespace phalarope::fleet {

ExportLedger::ExportLedger(StorePlace point, std::uint64_t unacknowledged, std::uint64_t stored_below) noexcept
    : point_{.segment_number = point.segment_number, .sequence = std::min(point.sequence, stored_below)},
      stored_below_(stored_below),
      lost_before_(unacknowledged),
      behind_(stored_below > point_.sequence) {}

void ExportLedger::stored(const StorePlace& place) noexcept {
  stored_below_ = std::max(stored_below_, place.sequence + 1);
}

void ExportLedger::acknowledged(const StorePlace& place) {
  if (!behind_) return move_past(place);
  if (acknowledged_.size() < acknowledged_max) acknowledged_.push_back(place.sequence);
}

void ExportLedger::lost() noexcept {
  behind_ = true;
  ++lost_since_;
}

CatchUpPass ExportLedger::begin_pass() noexcept {
  PHAL_ENFORCE(!pass_, "one pass at a time");
  lost_before_ += lost_since_;
  lost_since_ = 0;
  pass_ = CatchUpPass{.from = point_, .until_sequence = stored_below_};
  return *pass_;
}

bool ExportLedger::wants(const StorePlace& place) noexcept {
  if (place.sequence < point_.sequence) return false;
  while (!acknowledged_.empty() && acknowledged_.front() < place.sequence) acknowledged_.pop_front();
  if (acknowledged_.empty() || acknowledged_.front() != place.sequence) return true;
  move_past(place);
  return false;
}

void ExportLedger::caught_up(const StorePlace& place) noexcept {
  passed_over(place);
  ++delivered_;
}

void ExportLedger::passed_over(const StorePlace& place) noexcept {
  move_past(place);
  if (lost_before_ > 0) --lost_before_;
}

PassResult ExportLedger::end_pass() noexcept {
  PHAL_ENFORCE(pass_.has_value(), "a pass ends once");
  const PassResult result{.delivered = delivered_, .evicted = lost_before_};
  point_.sequence = std::max(point_.sequence, pass_->until_sequence);
  pass_.reset();
  delivered_ = lost_before_ = 0;
  while (!acknowledged_.empty() && acknowledged_.front() < point_.sequence) acknowledged_.pop_front();
  behind_ = lost_since_ > 0;
  if (behind_) return result;
  // Nothing was lost since the pass began, so whatever arrived meanwhile arrived without a gap.
  if (!acknowledged_.empty()) point_.sequence = acknowledged_.back() + 1;
  acknowledged_.clear();
  return result;
}

void ExportLedger::move_past(const StorePlace& place) noexcept {
  PHAL_ENFORCE(place.sequence >= point_.sequence, "the point never goes back");
  point_ = {.segment_number = place.segment_number, .sequence = place.sequence + 1};
}

}  // namespace phalarope::fleet
