#include "core/engine/turn/interruption.hpp"

#include <algorithm>

#include "core/engine/base/enforce.hpp"

namespace phalarope {
namespace {

/// A state in which no doubt is open: times of a past doubt are forgotten, so that equal states are equal bytes.
constexpr InterruptionState settled(Doubt doubt) noexcept { return {.doubt = doubt, .held_since = {}, .deadline = {}}; }

constexpr InterruptionDecision confirm(Reason reason) noexcept {
  return {.next = settled(Doubt::confirmed), .action = InterruptionAction::confirm, .reason = reason, .deadline = {}};
}

constexpr InterruptionDecision dismiss(Reason reason) noexcept {
  return {.next = settled(Doubt::none), .action = InterruptionAction::dismiss, .reason = reason, .deadline = {}};
}

constexpr InterruptionDecision stay(const InterruptionState& state) noexcept {
  return {.next = state,
          .action = InterruptionAction::none,
          .reason = Reason::none,
          .deadline = state.open() ? std::optional(state.deadline) : std::nullopt};
}

/// What an open doubt becomes when its time is over.
constexpr InterruptionDecision expire(const InterruptionState& state, const InterruptionPolicy& policy) noexcept {
  if (state.doubt == Doubt::held) return confirm(Reason::enough_speech);  // somebody still speaks
  const bool bounded_by_verdict = state.deadline < state.held_since + policy.hold_max;
  return dismiss(bounded_by_verdict ? Reason::speech_too_short : Reason::hold_expired);
}

InterruptionDecision react(Reaction reaction, Reason reason, const InterruptionState& state, ConversationPhase phase,
                           Duration speech_so_far, const InterruptionPolicy& policy, Instant now) noexcept {
  const auto at_phase = static_cast<std::size_t>(phase);
  const Instant hold_end = state.held_since + policy.hold_max;
  InterruptionState next = state;
  switch (reaction) {
    case Reaction::keep:
    case Reaction::expire:  // at the deadline decide() ends the doubt, whatever the input; before it nothing changes
      return stay(state);
    case Reaction::begin_hold: {
      next = {.doubt = Doubt::held, .held_since = now, .deadline = now + policy.hold_max};
      InterruptionDecision held = stay(next);
      held.action = InterruptionAction::hold;
      held.reason = reason;
      return held;
    }
    case Reaction::confirm:
      return confirm(reason);
    case Reaction::confirm_if_word:
      return policy.word_confirms[at_phase] ? confirm(reason) : stay(state);
    case Reaction::confirm_if_long:
      return speech_so_far >= policy.enough_speech[at_phase] ? confirm(reason) : stay(state);
    case Reaction::await_verdict: {
      const Instant verdict_end = now + policy.verdict_wait;
      next.doubt = Doubt::verdict_awaited;
      next.deadline = std::min(verdict_end, hold_end);
      return stay(next);
    }
    case Reaction::resume_hold:
      next.doubt = Doubt::held;
      next.deadline = hold_end;  // the old bound: a stammer does not prolong the doubt
      return stay(next);
    case Reaction::dismiss:
      return dismiss(reason);
    case Reaction::forget:
      return stay(settled(Doubt::none));
  }
  return stay(state);
}

}  // namespace

InterruptionDecision decide(const InterruptionState& state, ConversationPhase phase, InterruptionInput input,
                            Duration speech_so_far, const InterruptionPolicy& policy, Instant now) noexcept {
  // While the board listens there is no voice to interrupt: an open doubt dissolves as if the turn had ended.
  const InterruptionInput meant = phase == ConversationPhase::listening ? InterruptionInput::turn_ended : input;
  const InterruptionRow& row = interruption_table[static_cast<std::size_t>(meant)];
  const Reaction reaction = row.when[static_cast<std::size_t>(state.doubt)];
  InterruptionDecision decision = react(reaction, row.reason, state, phase, speech_so_far, policy, now);

  // An input that leaves the doubt open at or after its deadline decides it: the tick may come late, the bound may not.
  if (decision.next.open() && now >= decision.next.deadline && state.open()) decision = expire(decision.next, policy);

  PHAL_ASSERT(decision.deadline.has_value() == decision.next.open(), "an open doubt asks for its deadline");
  PHAL_ASSERT(state.doubt != Doubt::confirmed || decision.action != InterruptionAction::confirm,
              "nothing is confirmed twice");
  return decision;
}

}  // namespace phalarope
