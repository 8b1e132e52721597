// From any sequence of inputs in advancing time: no doubt outlives its bound, each hold is settled once, and one turn
// is confirmed at most once. RapidCheck prints the seed of a failure (RC_PARAMS="seed=..." repeats it).
//
// contract: D4, D14
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/engine/turn/interruption.hpp"

namespace phalarope {
namespace {

InterruptionPolicy drawn_policy() {
  InterruptionPolicy policy;
  policy.hold_max = milliseconds(*rc::gen::inRange(1, 1000));
  policy.verdict_wait = milliseconds(*rc::gen::inRange(0, 1000));
  for (Duration& each : policy.enough_speech) each = milliseconds(*rc::gen::inRange(0, 1000));
  for (bool& each : policy.word_confirms) each = *rc::gen::arbitrary<bool>();
  return policy;
}

RC_GTEST_PROP(InterruptionProperty, NoDoubtOutlivesItsBoundAndNothingIsSettledTwice, ()) {
  const InterruptionPolicy policy = drawn_policy();
  InterruptionState state{};
  Instant now{*rc::gen::inRange<std::int64_t>(0, 1'000'000)};
  std::optional<Instant> held_since;
  bool confirmed = false;
  const int steps = *rc::gen::inRange(1, 80);
  for (int i = 0; i < steps; ++i) {
    const Instant then = now + milliseconds(*rc::gen::inRange(0, 400));
    auto input = static_cast<InterruptionInput>(*rc::gen::inRange<int>(0, interruption_input_count));
    // The engine keeps its promise to come back at the deadline.
    now = state.open() && state.deadline <= then ? state.deadline : then;
    if (state.open() && now == state.deadline) input = InterruptionInput::hold_expired;
    // Mostly speaking, so that doubts live long enough to be interesting.
    const auto phase = *rc::gen::inRange(0, 10) == 0 ? ConversationPhase::listening
                                                     : static_cast<ConversationPhase>(*rc::gen::inRange(1, 4));
    const Duration speech = held_since ? now - *held_since : Duration{};
    const auto decided = decide(state, phase, input, speech, policy, now);
    RC_ASSERT(decided == decide(state, phase, input, speech, policy, now));

    switch (decided.action) {
      case InterruptionAction::none:
        break;
      case InterruptionAction::hold:
        RC_ASSERT(!held_since && !confirmed);
        RC_ASSERT(phase != ConversationPhase::listening);
        held_since = now;
        break;
      case InterruptionAction::confirm:
        RC_ASSERT(!confirmed);
        RC_ASSERT(phase != ConversationPhase::listening);
        confirmed = true;
        held_since.reset();
        break;
      case InterruptionAction::dismiss:
        RC_ASSERT(held_since.has_value());
        held_since.reset();
        break;
    }
    if (decided.next.doubt == Doubt::none) confirmed = false;  // the turn has ended
    RC_ASSERT(decided.next.open() == held_since.has_value());
    RC_ASSERT((decided.action == InterruptionAction::none) == (decided.reason == Reason::none));
    if (held_since) {
      RC_ASSERT(now - *held_since < policy.hold_max);
      RC_ASSERT(decided.deadline.has_value());
      RC_ASSERT(*decided.deadline - *held_since <= policy.hold_max);
      RC_ASSERT(*decided.deadline > now);
    }
    state = decided.next;
  }
}

}  // namespace
}  // namespace phalarope
