// Doubt before the cancel: every state meets every input in every phase, and the timing of each bound.
//
// contract: D4, D14, D16
#include "core/engine/turn/interruption.hpp"

#include <gtest/gtest.h>

#include <string>

namespace phalarope {
namespace {

using In = InterruptionInput;
using Act = InterruptionAction;
using Phase = ConversationPhase;

constexpr Phase phases[] = {Phase::listening, Phase::thinking, Phase::tool_running, Phase::speaking};
constexpr Doubt doubts[] = {Doubt::none, Doubt::held, Doubt::verdict_awaited, Doubt::confirmed};
constexpr Instant onset{10'000 * ns_per_ms};

constexpr Instant after(std::int64_t ms) { return onset + milliseconds(ms); }

/// A state as it is while a doubt began at `onset`; an awaited verdict has been awaited since 100 ms after.
InterruptionState state_of(Doubt doubt, const InterruptionPolicy& policy) {
  switch (doubt) {
    case Doubt::held:
      return {doubt, onset, onset + policy.hold_max};
    case Doubt::verdict_awaited:
      return {doubt, onset, after(100) + policy.verdict_wait};
    case Doubt::none:
    case Doubt::confirmed:
      break;
  }
  return {.doubt = doubt};
}

struct Expected {
  Doubt doubt;
  Act action;
  Reason reason;
};

/// D4 and the rules beside it, told a second time in prose order: what becomes of a doubt before its deadline.
Expected told(Doubt doubt, Phase phase, In input, bool long_enough, const InterruptionPolicy& policy) {
  const Expected same{doubt, Act::none, Reason::none};
  const bool open = doubt == Doubt::held || doubt == Doubt::verdict_awaited;
  // While listening there is nothing to interrupt; the end of a turn dissolves whatever there was.
  if (phase == Phase::listening || input == In::turn_ended) {
    if (open) return {Doubt::none, Act::dismiss, Reason::turn_ended};
    return {Doubt::none, Act::none, Reason::none};
  }
  if (doubt == Doubt::confirmed) return same;  // nothing is confirmed twice
  const auto confirmed = [](Reason reason) { return Expected{Doubt::confirmed, Act::confirm, reason}; };
  const auto dismissed = [](Reason reason) { return Expected{Doubt::none, Act::dismiss, reason}; };
  // These two need no hold before them.
  if (input == In::stop_phrase) return confirmed(Reason::stop_phrase);
  if (input == In::push_to_talk) return confirmed(Reason::push_to_talk);
  if (doubt == Doubt::none) {
    if (input == In::speech_started) return {Doubt::held, Act::hold, Reason::speech_suspected};
    return same;
  }
  if (input == In::word && policy.word_confirms[static_cast<std::size_t>(phase)])
    return confirmed(Reason::word_recognised);
  if (input == In::verdict_words) return confirmed(Reason::word_recognised);
  if (input == In::speech_continues && long_enough) return confirmed(Reason::enough_speech);
  if (input == In::verdict_back_channel) return dismissed(Reason::back_channel);
  const bool not_understood = input == In::verdict_rejected || input == In::verdict_empty;
  if (not_understood && doubt == Doubt::verdict_awaited) return dismissed(Reason::speech_not_understood);
  if (input == In::speech_ended) return {Doubt::verdict_awaited, Act::none, Reason::none};
  if (input == In::speech_started) return {Doubt::held, Act::none, Reason::none};
  return same;
}

TEST(Interruption, EveryStateMeetsEveryInputInEveryPhase) {
  std::size_t cases = 0;
  for (const bool word_confirms : {false, true}) {
    InterruptionPolicy policy;
    for (bool& each : policy.word_confirms) each = word_confirms;
    for (const Doubt doubt : doubts) {
      for (const Phase phase : phases) {
        for (std::size_t i = 0; i < interruption_input_count; ++i) {
          for (const bool long_enough : {false, true}) {
            SCOPED_TRACE("doubt " + std::to_string(static_cast<int>(doubt)) + " input " + std::to_string(i) +
                         " phase " + std::to_string(static_cast<int>(phase)));
            const auto input = static_cast<In>(i);
            const InterruptionState state = state_of(doubt, policy);
            const Duration enough = policy.enough_speech[static_cast<std::size_t>(phase)];
            const Duration speech = long_enough ? enough : enough - Duration{1};
            const auto decided = decide(state, phase, input, speech, policy, after(200));
            const Expected expected = told(doubt, phase, input, long_enough, policy);
            EXPECT_EQ(decided.next.doubt, expected.doubt);
            EXPECT_EQ(decided.action, expected.action);
            EXPECT_EQ(decided.reason, expected.reason);
            EXPECT_EQ(decided.deadline.has_value(), decided.next.open());
            ++cases;
          }
        }
      }
    }
  }
  EXPECT_EQ(cases, 2U * 4U * 4U * 13U * 2U);
}

TEST(Interruption, AHoldAsksForItsBoundAndAWaitForAVerdictForTheNearerOne) {
  const InterruptionPolicy policy;
  const auto held = decide({}, Phase::speaking, In::speech_started, {}, policy, onset);
  EXPECT_EQ(held.deadline, after(700));
  EXPECT_EQ(decide(held.next, Phase::speaking, In::speech_ended, {}, policy, after(200)).deadline, after(500));
  EXPECT_EQ(decide(held.next, Phase::speaking, In::speech_ended, {}, policy, after(600)).deadline, after(700));
}

TEST(Interruption, AStammerDoesNotProlongTheDoubt) {
  const InterruptionPolicy policy;
  auto state = decide({}, Phase::speaking, In::speech_started, {}, policy, onset).next;
  state = decide(state, Phase::speaking, In::speech_ended, {}, policy, after(100)).next;
  const auto again = decide(state, Phase::speaking, In::speech_started, {}, policy, after(300));
  EXPECT_EQ(again.next.doubt, Doubt::held);
  EXPECT_EQ(again.deadline, after(700));
}

TEST(Interruption, SpeechThatGoesOnToTheBoundIsAnInterruption) {
  const InterruptionPolicy policy;
  const auto state = state_of(Doubt::held, policy);
  EXPECT_EQ(decide(state, Phase::speaking, In::hold_expired, {}, policy, after(699)).action, Act::none);
  const auto decided = decide(state, Phase::speaking, In::hold_expired, {}, policy, after(700));
  EXPECT_EQ(decided.action, Act::confirm);
  EXPECT_EQ(decided.reason, Reason::enough_speech);
}

TEST(Interruption, SpeechThatEndedAndWasNeverUnderstoodWasTooShort) {
  const InterruptionPolicy policy;
  const auto state = state_of(Doubt::verdict_awaited, policy);
  EXPECT_EQ(decide(state, Phase::speaking, In::hold_expired, {}, policy, after(399)).action, Act::none);
  const auto decided = decide(state, Phase::speaking, In::hold_expired, {}, policy, after(400));
  EXPECT_EQ(decided.action, Act::dismiss);
  EXPECT_EQ(decided.reason, Reason::speech_too_short);
}

TEST(Interruption, AVerdictThatTheBoundCutsOffIsAnExpiredHold) {
  const InterruptionPolicy policy;
  const auto waiting = decide(state_of(Doubt::held, policy), Phase::speaking, In::speech_ended, {}, policy, after(600));
  const auto decided = decide(waiting.next, Phase::speaking, In::hold_expired, {}, policy, after(700));
  EXPECT_EQ(decided.action, Act::dismiss);
  EXPECT_EQ(decided.reason, Reason::hold_expired);
}

TEST(Interruption, AHoldOfNoLengthIsHeldAndDecidedByTheNextInput) {
  InterruptionPolicy policy;
  policy.hold_max = Duration{0};
  const auto held = decide({}, Phase::speaking, In::speech_started, {}, policy, onset);
  EXPECT_EQ(held.action, Act::hold) << "a doubt begins before it is decided";
  EXPECT_EQ(held.deadline, onset);
  EXPECT_EQ(decide(held.next, Phase::speaking, In::back_channel, {}, policy, onset).action, Act::confirm);
}

TEST(Interruption, AnInputAfterTheDeadlineDecidesEvenWhenTheTickIsLate) {
  const InterruptionPolicy policy;
  const auto going_on =
      decide(state_of(Doubt::held, policy), Phase::speaking, In::back_channel, {}, policy, after(900));
  EXPECT_EQ(going_on.action, Act::confirm);
  const auto silent =
      decide(state_of(Doubt::verdict_awaited, policy), Phase::speaking, In::back_channel, {}, policy, after(500));
  EXPECT_EQ(silent.action, Act::dismiss);
  EXPECT_EQ(silent.reason, Reason::speech_too_short);
}

TEST(Interruption, TheDeadlineItselfIsAlreadyTooLate) {
  const InterruptionPolicy policy;
  const InterruptionState held = state_of(Doubt::held, policy);
  ASSERT_NE(held.deadline, Instant{});
  const auto before = decide(held, Phase::speaking, In::speech_continues, {}, policy, held.deadline - Duration{1});
  EXPECT_EQ(before.action, Act::none);
  const auto at = decide(held, Phase::speaking, In::speech_continues, {}, policy, held.deadline);
  EXPECT_EQ(at.action, Act::confirm);
}

TEST(Interruption, SensitivityIsThatOfThePhaseTheBoardIsIn) {
  InterruptionPolicy policy;
  policy.word_confirms[static_cast<std::size_t>(Phase::speaking)] = false;
  const auto state = state_of(Doubt::held, policy);
  EXPECT_EQ(decide(state, Phase::speaking, In::word, {}, policy, after(100)).action, Act::none);
  EXPECT_EQ(decide(state, Phase::thinking, In::word, {}, policy, after(100)).action, Act::confirm);
  const Duration speech = milliseconds(550);  // enough while thinking (500 ms), not while speaking (600 ms)
  EXPECT_EQ(decide(state, Phase::thinking, In::speech_continues, speech, policy, after(550)).action, Act::confirm);
  EXPECT_EQ(decide(state, Phase::speaking, In::speech_continues, speech, policy, after(550)).action, Act::none);
}

TEST(Interruption, AfterAConfirmNothingCountsUntilTheTurnHasEnded) {
  const InterruptionPolicy policy;
  auto state = decide({}, Phase::speaking, In::stop_phrase, {}, policy, onset).next;
  EXPECT_EQ(decide(state, Phase::speaking, In::stop_phrase, {}, policy, after(10)).action, Act::none);
  EXPECT_EQ(decide(state, Phase::speaking, In::speech_started, {}, policy, after(10)).action, Act::none);
  state = decide(state, Phase::speaking, In::turn_ended, {}, policy, after(20)).next;
  EXPECT_EQ(decide(state, Phase::speaking, In::speech_started, {}, policy, after(30)).action, Act::hold);
}

TEST(Interruption, TheRecognisersWordsBecomeInputs) {
  using Class = UtteranceClass;
  EXPECT_EQ(input_of(Class::undecided, true), std::nullopt);
  EXPECT_EQ(input_of(Class::words, false), In::word);
  EXPECT_EQ(input_of(Class::words, true), In::verdict_words);
  EXPECT_EQ(input_of(Class::back_channel, false), In::back_channel);
  EXPECT_EQ(input_of(Class::back_channel, true), In::verdict_back_channel);
  EXPECT_EQ(input_of(Class::stop_phrase, false), In::stop_phrase);
  EXPECT_EQ(input_of(Class::stop_phrase, true), In::stop_phrase);
  EXPECT_EQ(input_of(Class::rejected, false), std::nullopt);
  EXPECT_EQ(input_of(Class::rejected, true), In::verdict_rejected);
  EXPECT_EQ(input_of(Class::empty, false), std::nullopt);
  EXPECT_EQ(input_of(Class::empty, true), In::verdict_empty);
}

TEST(Interruption, ActionsAreRecordedUnderTheirExtensionKinds) {
  EXPECT_EQ(event_of(Act::none), EventKind::none);
  EXPECT_EQ(event_of(Act::hold), EventKind::interruption_held);
  EXPECT_EQ(event_of(Act::confirm), EventKind::interruption_confirmed);
  EXPECT_EQ(event_of(Act::dismiss), EventKind::interruption_dismissed);
}

}  // namespace
}  // namespace phalarope
