// The output fence: may this output leave the engine? Four rows, the first that fits decides.
//
// This is the engine's fence, by turn and epoch; the loudspeaker's fence, by ticket, is fence.hpp. An output that
// passes here may still be refused there, never the other way round.
// Invariants. (1) No output under an older epoch is accepted (I7). (2) After an accepted cancel none of that turn is
// (I6). (3) A commit does not fence: what was generated may be delivered. Pure. Contract: runtime.md 7.3, 3.3.
#pragma once

#include "core/engine/base/event.hpp"
#include "core/engine/turn/authority.hpp"

namespace phalarope {

struct OutputAttempt {
  EpochCheck epoch = EpochCheck::invalid;  // Authority::check of the attempt's epoch
  bool carries_cancel = false;             // the attempt itself carries the cancel
  bool turn_fenced = false;                // TurnRegistry::is_fenced
};

struct OutputDecision {
  bool accepted = false;
  EventKind signal = EventKind::none;
  Emitter emitter = Emitter::none;
  Reason reason = Reason::none;
  bool late_after_cancel = false;  // to be marked, counted, and never delivered (3.3)
  constexpr bool operator==(const OutputDecision&) const noexcept = default;
};

// runtime.md 7.3
constexpr OutputDecision output_stale_epoch{.accepted = false,
                                            .signal = EventKind::stale_epoch_reject,
                                            .emitter = Emitter::authority,
                                            .reason = Reason::authority_epoch_mismatch};
constexpr OutputDecision output_epoch_invalid{.accepted = false,
                                              .signal = EventKind::stale_epoch_reject,
                                              .emitter = Emitter::authority,
                                              .reason = Reason::authority_validation_failed};
constexpr OutputDecision output_fenced{.accepted = false,
                                       .signal = EventKind::playback_cancelled,
                                       .emitter = Emitter::transport,
                                       .reason = Reason::cancel_fence_applied,
                                       .late_after_cancel = true};
constexpr OutputDecision output_passed{.accepted = true,
                                       .signal = EventKind::output_accepted,
                                       .emitter = Emitter::transport,
                                       .reason = Reason::output_accepted};

/// Rows 1 to 4. `playback_started` obeys the same rule. An accepted newer epoch is then taken by Authority::accept.
constexpr OutputDecision decide_output(const OutputAttempt& attempt) noexcept {
  switch (attempt.epoch) {
    case EpochCheck::stale:
      return output_stale_epoch;
    case EpochCheck::invalid:
      return output_epoch_invalid;
    case EpochCheck::current:
    case EpochCheck::newer:
      break;
  }
  const bool fenced = attempt.carries_cancel || attempt.turn_fenced;
  return fenced ? output_fenced : output_passed;
}

}  // namespace phalarope
