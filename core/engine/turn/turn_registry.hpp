// The turns of one session: the recent ones by record, all older ones by a single number.
//
//   turn numbers   1 ............ 41 | 42 43 44 45 ... 57 | 58 ...
//                  closed for good   | in the table (16)  | never proposed
//                                  floor                 highest
//
// Many turns may be Opening, at most one is Active. A turn that went back to Idle may be proposed again for as long as
// its record stands; the record of the lowest settled (Idle or Closed) turn gives way when room is needed, and with it
// its number is closed for good: no number is ever used for two turns.
// How many records stand is a parameter: a session keeps the few that late events can still name, a scenario
// (spec/scenario) as many turns as a script may come back to.
// Invariants. (1) At most one record holds the floor (Active). (2) A number below the floor without a record is Closed
// for ever. (3) Records of Opening and Active turns are never given up. (4) No allocation; to look up is one compare a
// record. A pointer to a record holds until the next record_to_propose: keep numbers, not pointers.
// Who: engine thread; the states are written by the arbiter alone. Contract: runtime.md 2.1, 7.1; I2, I10.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/turn/refusal.hpp"
#include "core/engine/turn/turn_record.hpp"

namespace phalarope {

/// Records kept per session: enough for every late event that a 75 ms grace can bring, and for scripts that propose
/// many turns at once.
constexpr std::size_t turns_remembered_max = 16;

template <std::size_t records_max>
class TurnRegistryOf {
 public:
  /// The number for the session's next new turn.
  TurnNumber next_number() const noexcept;

  /// The record a proposal of `number` acts on, made if it is new. Refused: no number, another turn active, the number
  /// is closed for good, or all records belong to turns that are opening.
  [[nodiscard]] Result<TurnRecord*, TurnRefusal> record_to_propose(TurnNumber number) noexcept;

  /// The record of a turn that was proposed: turn_unknown if it never was, turn_state_mismatch if it is long closed.
  [[nodiscard]] Result<TurnRecord*, TurnRefusal> find(TurnNumber number) noexcept;

  /// The state of any number, whether or not its record still stands.
  TurnState state_of(TurnNumber number) const noexcept;
  /// Whether outputs of `number` are refused by the cancel fence; of a forgotten turn they always are.
  bool is_fenced(TurnNumber number) const noexcept;

  /// The turn that holds the floor, or nullptr.
  TurnRecord* active() noexcept;
  /// Whether a turn other than `number` holds the floor.
  bool other_active(TurnNumber number) noexcept;

  /// The records, for a cancel of the whole session (7.1) and for checkers.
  FixedVector<TurnRecord, records_max>& records() noexcept { return records_; }

 private:
  const TurnRecord* look_up(TurnNumber number) const noexcept;
  /// The index of the lowest Idle or Closed turn; size() where there is none.
  std::size_t lowest_settled_record() const noexcept;
  void give_up(std::size_t index) noexcept;

  FixedVector<TurnRecord, records_max> records_;
  TurnNumber floor_{1};    // owner: engine; numbers below it without a record are closed
  TurnNumber highest_{0};  // owner: engine; the highest number ever proposed
};

/// The turns of a running session.
using TurnRegistry = TurnRegistryOf<turns_remembered_max>;

template <std::size_t records_max>
TurnNumber TurnRegistryOf<records_max>::next_number() const noexcept {
  PHAL_ENFORCE(highest_.value < std::numeric_limits<TurnNumber::rep>::max(), "a turn number is never reused");
  return TurnNumber{highest_.value + 1};
}

template <std::size_t records_max>
Result<TurnRecord*, TurnRefusal> TurnRegistryOf<records_max>::record_to_propose(TurnNumber number) noexcept {
  if (number == no_turn) return refuse(TurnRefusal::turn_id_required);
  if (other_active(number)) return refuse(TurnRefusal::other_turn_active);
  if (const auto known = find(number)) return *known;
  if (number < floor_) return refuse(TurnRefusal::turn_not_idle);
  if (records_.full()) {
    const std::size_t settled = lowest_settled_record();
    if (settled == records_.size()) return refuse(TurnRefusal::turn_table_full);
    // To give that record up would close the very number asked for, which comes out of order.
    if (number < records_[settled].number()) return refuse(TurnRefusal::turn_not_idle);
    give_up(settled);
  }
  const bool kept = records_.push_back(TurnRecord(number));
  PHAL_ENFORCE(kept, "a record was given up to make room");
  highest_ = std::max(highest_, number);
  return &records_.back();
}

template <std::size_t records_max>
Result<TurnRecord*, TurnRefusal> TurnRegistryOf<records_max>::find(TurnNumber number) noexcept {
  if (number == no_turn) return refuse(TurnRefusal::turn_id_required);
  for (TurnRecord& record : records_) {
    if (record.number() == number) return &record;
  }
  return refuse(number < floor_ ? TurnRefusal::turn_state_mismatch : TurnRefusal::turn_unknown);
}

template <std::size_t records_max>
TurnState TurnRegistryOf<records_max>::state_of(TurnNumber number) const noexcept {
  if (const TurnRecord* record = look_up(number)) return record->state();
  return number < floor_ && number != no_turn ? TurnState::closed : TurnState::idle;
}

template <std::size_t records_max>
bool TurnRegistryOf<records_max>::is_fenced(TurnNumber number) const noexcept {
  if (const TurnRecord* record = look_up(number)) return record->fenced();
  return number < floor_;
}

template <std::size_t records_max>
TurnRecord* TurnRegistryOf<records_max>::active() noexcept {
  TurnRecord* found = nullptr;
  for (TurnRecord& record : records_) {
    if (!record.holds_the_floor()) continue;
    PHAL_ENFORCE(found == nullptr, "at most one turn of a session holds the floor");
    found = &record;
  }
  return found;
}

template <std::size_t records_max>
bool TurnRegistryOf<records_max>::other_active(TurnNumber number) noexcept {
  const TurnRecord* holder = active();
  return holder != nullptr && holder->number() != number;
}

template <std::size_t records_max>
const TurnRecord* TurnRegistryOf<records_max>::look_up(TurnNumber number) const noexcept {
  for (const TurnRecord& record : records_) {
    if (record.number() == number) return &record;
  }
  return nullptr;
}

template <std::size_t records_max>
std::size_t TurnRegistryOf<records_max>::lowest_settled_record() const noexcept {
  std::size_t lowest = records_.size();
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const TurnState state = records_[i].state();
    if (state != TurnState::idle && state != TurnState::closed) continue;
    if (lowest == records_.size() || records_[i].number() < records_[lowest].number()) lowest = i;
  }
  return lowest;
}

template <std::size_t records_max>
void TurnRegistryOf<records_max>::give_up(std::size_t index) noexcept {
  floor_ = std::max(floor_, TurnNumber{records_[index].number().value + 1});
  records_.erase_at(index);
}

}  // namespace phalarope
