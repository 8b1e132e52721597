// The output fence over all its inputs, and what becomes of events that come too late.
//
// contract: runtime.md 7.3, 3.3, I6, I7, T13, T14
#include "core/engine/turn/output_fence.hpp"

#include <gtest/gtest.h>

#include "core/engine/turn/late_events.hpp"

namespace phalarope {
namespace {

constexpr EpochCheck checks[] = {EpochCheck::current, EpochCheck::newer, EpochCheck::stale, EpochCheck::invalid};

// contract: 7.3 rows, 7.3 combinations
TEST(OutputFence, TheFirstOfFourRowsThatFitsDecides) {
  for (const EpochCheck epoch : checks) {
    for (const bool carries_cancel : {false, true}) {
      for (const bool fenced : {false, true}) {
        const OutputDecision decided =
            decide_output({.epoch = epoch, .carries_cancel = carries_cancel, .turn_fenced = fenced});
        if (epoch == EpochCheck::stale) {
          EXPECT_EQ(decided, (OutputDecision{false, EventKind::stale_epoch_reject, Emitter::authority,
                                             Reason::authority_epoch_mismatch, false}));
        } else if (epoch == EpochCheck::invalid) {
          EXPECT_EQ(decided, (OutputDecision{false, EventKind::stale_epoch_reject, Emitter::authority,
                                             Reason::authority_validation_failed, false}));
        } else if (carries_cancel || fenced) {
          EXPECT_EQ(decided, (OutputDecision{false, EventKind::playback_cancelled, Emitter::transport,
                                             Reason::cancel_fence_applied, true}));
        } else {
          EXPECT_EQ(decided, (OutputDecision{true, EventKind::output_accepted, Emitter::transport,
                                             Reason::output_accepted, false}));
        }
      }
    }
  }
}

// contract: 10.2 row 5, 3.3
TEST(LateEvents, TheEpochIsJudgedBeforeThePolicy) {
  for (const LateEventPolicy policy :
       {LateEventPolicy::drop, LateEventPolicy::remap_to_next_turn, LateEventPolicy::diagnostics_only}) {
    for (const bool fenced : {false, true}) {
      EXPECT_EQ(decide_late_event(EpochCheck::stale, policy, fenced, true).action, LateEventAction::refuse_stale);
      EXPECT_EQ(decide_late_event(EpochCheck::invalid, policy, fenced, true).action, LateEventAction::refuse_stale);
    }
  }
}

TEST(LateEvents, ThePolicySaysWhatIsDoneAndAnOutputThatLostTheRaceIsMarked) {
  for (const bool is_output : {false, true}) {
    for (const bool fenced : {false, true}) {
      const bool lost_race = is_output && fenced;
      const auto decide = [&](LateEventPolicy policy) {
        return decide_late_event(EpochCheck::current, policy, fenced, is_output);
      };
      EXPECT_EQ(decide(LateEventPolicy::drop), (LateEventDecision{LateEventAction::drop, lost_race}));
      EXPECT_EQ(decide(LateEventPolicy::diagnostics_only),
                (LateEventDecision{LateEventAction::diagnostics_only, lost_race}));
      EXPECT_EQ(decide(LateEventPolicy::remap_to_next_turn),
                (LateEventDecision{lost_race ? LateEventAction::drop : LateEventAction::propose_next_turn, lost_race}))
          << "a cancelled turn's output must not come back as a new turn";
    }
  }
}

}  // namespace
}  // namespace phalarope
