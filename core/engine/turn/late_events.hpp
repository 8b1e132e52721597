// What becomes of an event for a turn that is already closed: it never reopens it.
//
// The epoch is judged first: a stale event is refused as such (T14) whatever the policy says.
// Pure; the chosen action is recorded by the caller. Contract: runtime.md 3.3, T13, T14.
#pragma once

#include <cstdint>

#include "core/engine/turn/authority.hpp"

namespace phalarope {

/// The session's `late_event_policy`.
enum class LateEventPolicy : std::uint8_t { drop, remap_to_next_turn, diagnostics_only };

enum class LateEventAction : std::uint8_t {
  refuse_stale,  // T14: stale_epoch_reject
  drop,
  propose_next_turn,  // a fresh proposal under a new turn id; the closed turn is untouched
  diagnostics_only,
};

struct LateEventDecision {
  LateEventAction action = LateEventAction::drop;
  bool late_after_cancel = false;  // an output that lost the race with its cancel: marked, counted, never delivered
  constexpr bool operator==(const LateEventDecision&) const noexcept = default;
};

constexpr LateEventDecision decide_late_event(EpochCheck epoch, LateEventPolicy policy, bool turn_fenced,
                                              bool is_output) noexcept {
  if (epoch == EpochCheck::stale || epoch == EpochCheck::invalid)
    return {.action = LateEventAction::refuse_stale, .late_after_cancel = false};
  const bool lost_race = turn_fenced && is_output;
  switch (policy) {
    case LateEventPolicy::drop:
      return {.action = LateEventAction::drop, .late_after_cancel = lost_race};
    case LateEventPolicy::remap_to_next_turn:
      // An output of a cancelled turn is no intent of anybody: it must not come back as a new turn.
      return lost_race ? LateEventDecision{.action = LateEventAction::drop, .late_after_cancel = true}
                       : LateEventDecision{.action = LateEventAction::propose_next_turn, .late_after_cancel = false};
    case LateEventPolicy::diagnostics_only:
      return {.action = LateEventAction::diagnostics_only, .late_after_cancel = lost_race};
  }
  return {};
}

}  // namespace phalarope
