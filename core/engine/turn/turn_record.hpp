// TurnRecord: what the engine remembers of one turn. Only the arbiter writes it.
//
// Invariants. (1) The state changes along turn_table.hpp only. (2) `fenced` is never lifted (runtime.md 7.2).
// Engine thread. Contract: runtime.md 2.1, 7.2.
#pragma once

#include "core/engine/base/event.hpp"
#include "core/engine/turn/decision_outcome.hpp"
#include "core/engine/turn/turn_state.hpp"

namespace phalarope {

class TurnRecord {
 public:
  constexpr TurnRecord() noexcept = default;
  constexpr explicit TurnRecord(TurnNumber number) noexcept : number_(number) {}

  constexpr TurnNumber number() const noexcept { return number_; }
  constexpr TurnState state() const noexcept { return state_; }
  /// The fence ticket it was opened with; 0 before turn_open.
  constexpr Ticket ticket() const noexcept { return ticket_; }
  /// The merged epoch of its plan.
  constexpr Epoch epoch() const noexcept { return epoch_; }
  /// Whether a cancel was accepted: no output of this turn is accepted any more (I6).
  constexpr bool fenced() const noexcept { return fenced_; }
  /// Whether it was accepted and has not been closed. Terminal is never seen between two steps.
  constexpr bool holds_the_floor() const noexcept { return state_ == TurnState::active; }

  constexpr bool operator==(const TurnRecord&) const noexcept = default;

 private:
  friend class Arbiter;
  TurnNumber number_{};
  TurnState state_ = TurnState::idle;
  bool fenced_ = false;
  Ticket ticket_{};
  Epoch epoch_{};
};

}  // namespace phalarope
