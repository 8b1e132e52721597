#include "core/engine/turn/turn_registry.hpp"

#include <limits>

#include "core/engine/base/enforce.hpp"

namespace phalarope {

TurnNumber TurnRegistry::next_number() const noexcept {
  PHAL_ENFORCE(highest_.value < std::numeric_limits<TurnNumber::rep>::max(), "a turn number is never reused");
  return TurnNumber{highest_.value + 1};
}

Result<TurnRecord*, TurnRefusal> TurnRegistry::record_to_propose(TurnNumber number) noexcept {
  if (number == no_turn) return refuse(TurnRefusal::turn_id_required);
  if (other_active(number)) return refuse(TurnRefusal::other_turn_active);
  if (const auto known = find(number)) return *known;
  if (number < floor_) return refuse(TurnRefusal::turn_not_idle);
  if (records_.full() && !give_up_one_settled_record()) return refuse(TurnRefusal::turn_table_full);
  // Giving a record up may have closed the very number asked for, if that was proposed out of order.
  if (number < floor_) return refuse(TurnRefusal::turn_not_idle);
  const bool kept = records_.push_back(TurnRecord(number));
  PHAL_ENFORCE(kept, "a record was given up to make room");
  if (number > highest_) highest_ = number;
  return &records_.back();
}

Result<TurnRecord*, TurnRefusal> TurnRegistry::find(TurnNumber number) noexcept {
  if (number == no_turn) return refuse(TurnRefusal::turn_id_required);
  for (TurnRecord& record : records_) {
    if (record.number() == number) return &record;
  }
  return refuse(number < floor_ ? TurnRefusal::turn_state_mismatch : TurnRefusal::turn_unknown);
}

TurnState TurnRegistry::state_of(TurnNumber number) const noexcept {
  if (const TurnRecord* record = look_up(number)) return record->state();
  return number < floor_ && number != no_turn ? TurnState::closed : TurnState::idle;
}

bool TurnRegistry::is_fenced(TurnNumber number) const noexcept {
  if (const TurnRecord* record = look_up(number)) return record->fenced();
  return number < floor_;
}

TurnRecord* TurnRegistry::active() noexcept {
  TurnRecord* found = nullptr;
  for (TurnRecord& record : records_) {
    if (!record.holds_the_floor()) continue;
    PHAL_ENFORCE(found == nullptr, "at most one turn of a session holds the floor");
    found = &record;
  }
  return found;
}

bool TurnRegistry::other_active(TurnNumber number) noexcept {
  const TurnRecord* holder = active();
  return holder != nullptr && holder->number() != number;
}

const TurnRecord* TurnRegistry::look_up(TurnNumber number) const noexcept {
  for (const TurnRecord& record : records_) {
    if (record.number() == number) return &record;
  }
  return nullptr;
}

bool TurnRegistry::give_up_one_settled_record() noexcept {
  std::size_t lowest = records_.size();
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const TurnState state = records_[i].state();
    if (state != TurnState::idle && state != TurnState::closed) continue;
    if (lowest == records_.size() || records_[i].number() < records_[lowest].number()) lowest = i;
  }
  if (lowest == records_.size()) return false;
  const TurnNumber given_up = records_[lowest].number();
  if (given_up >= floor_) floor_ = TurnNumber{given_up.value + 1};
  records_.erase_at(lowest);
  return true;
}

}  // namespace phalarope
