// The turns of one session: the recent ones by record, all older ones by a single number.
//
//   turn numbers   1 ............ 41 | 42 43 44 45 ... 57 | 58 ...
//                  closed for good   | in the table (16)  | never proposed
//                                  floor                 highest
//
// Many turns may be Opening, at most one is Active. A turn that went back to Idle may be proposed again for as long as
// its record stands; the record of the lowest settled (Idle or Closed) turn gives way when room is needed, and with it
// its number is closed for good: no number is ever used for two turns.
// Invariants. (1) At most one record holds the floor (Active). (2) A number below the floor without a record is Closed
// for ever. (3) Records of Opening and Active turns are never given up. (4) No allocation; looking up is 16 compares.
// A pointer to a record holds until the next record_to_propose: keep numbers, not pointers.
// Who: engine thread; the states are written by the arbiter alone. Contract: runtime.md 2.1, 7.1; I2, I10.
#pragma once

#include <cstddef>

#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/turn/refusal.hpp"
#include "core/engine/turn/turn_record.hpp"

namespace phalarope {

/// Records kept per session: enough for every late event that a 75 ms grace can bring, and for scripts that propose
/// many turns at once.
constexpr std::size_t turns_remembered_max = 16;

class TurnRegistry {
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
  FixedVector<TurnRecord, turns_remembered_max>& records() noexcept { return records_; }

 private:
  const TurnRecord* look_up(TurnNumber number) const noexcept;
  bool give_up_one_settled_record() noexcept;

  FixedVector<TurnRecord, turns_remembered_max> records_;
  TurnNumber floor_{1};    // owner: engine; numbers below it without a record are closed
  TurnNumber highest_{0};  // owner: engine; the highest number ever proposed
};

}  // namespace phalarope
