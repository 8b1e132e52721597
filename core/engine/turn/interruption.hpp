// Interruption in two phases: doubt first (hold), then confirm or dismiss. A cancel is final, so doubt comes before it.
//
//            speech_started                      word, stop phrase, enough speech, verdict `words`, push to talk
//   none ───────────────────▶ held ───────────────────────────────────────────────────────────────▶ confirmed
//    ▲          speech_ended │  ▲ speech_started                                                       │ turn_ended
//    │                       ▼  │                                                                      ▼
//    └─── dismissed ◀────── verdict_awaited ── back-channel, not understood, too short, hold expired  none
//
//   time  onset ──────┬──────── enough_speech ──────┬──── hold_max
//                     └ speech_ended ── verdict_wait ┘     whatever is still in doubt here is decided here
//
// Held means: the voice is ducked, nothing is cancelled, the microphone is kept. The table below is total: every state
// meets every input; what depends on the phase (thinking, tool running, speaking) is looked up in InterruptionPolicy.
// Invariants. (1) A doubt lasts at most hold_max: an input at or after its deadline decides it, whatever it says.
// (2) One turn is confirmed at most once. (3) Each hold ends in exactly one confirm or dismiss. (4) While listening
// there is nothing to interrupt: no hold begins and a hold dissolves. (5) No clock: time is an argument; the deadline
// asked for comes back in the answer.
// Pure, integers only. Engine thread. Not here: ducking and resuming (audio thread), cancelling (arbiter T7a), which
// words are back-channel or stop phrases (recogniser). Contract: decisions.md D4, D14, D16.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/event.hpp"
#include "core/engine/turn/interruption_policy.hpp"

namespace phalarope {

enum class Doubt : std::uint8_t {
  none,             // nobody interrupts, or the last doubt was dismissed
  held,             // speech is going on and may be an interruption
  verdict_awaited,  // the speech has ended; the recogniser's last word is missing
  confirmed,        // the turn is being interrupted; nothing more to decide
};
constexpr std::size_t doubt_count = 4;

enum class InterruptionInput : std::uint8_t {
  speech_started,
  speech_continues,  // with the length of the speech so far
  word,              // a partial recognition of a real word
  back_channel,      // a partial recognition of "mhm", "yeah"
  stop_phrase,       // partial or final
  speech_ended,
  verdict_words,  // the recogniser's last word on the stretch of speech
  verdict_back_channel,
  verdict_rejected,
  verdict_empty,
  hold_expired,  // the deadline that was asked for has passed
  turn_ended,
  push_to_talk,
};
constexpr std::size_t interruption_input_count = 13;

enum class InterruptionAction : std::uint8_t { none, hold, confirm, dismiss };

/// What the table says before the policy is asked.
enum class Reaction : std::uint8_t {
  keep,             // nothing changes
  begin_hold,       // none -> held
  confirm,          // at once
  confirm_if_word,  // if the phase lets one word confirm
  confirm_if_long,  // if the speech has lasted enough for the phase
  await_verdict,    // held -> verdict_awaited
  resume_hold,      // verdict_awaited -> held: the user goes on
  dismiss,          // the voice returns
  expire,           // if the deadline has passed: confirm while speech goes on, else dismiss
  forget,           // confirmed -> none
};

struct InterruptionState {
  Doubt doubt = Doubt::none;
  Instant held_since{};  // onset of the doubt; the bound hold_max runs from here
  Instant deadline{};    // meaningful while the doubt is open: decided at the latest here
  constexpr bool operator==(const InterruptionState&) const noexcept = default;
  constexpr bool open() const noexcept { return doubt == Doubt::held || doubt == Doubt::verdict_awaited; }
};

struct InterruptionDecision {
  InterruptionState next{};
  InterruptionAction action = InterruptionAction::none;
  Reason reason = Reason::none;     // of the action
  std::optional<Instant> deadline;  // when to send hold_expired; nothing while no doubt is open
  constexpr bool operator==(const InterruptionDecision&) const noexcept = default;
};

/// The kind of the event that records an action (D16); none for InterruptionAction::none.
constexpr EventKind event_of(InterruptionAction action) noexcept {
  switch (action) {
    case InterruptionAction::none:
      return EventKind::none;
    case InterruptionAction::hold:
      return EventKind::interruption_held;
    case InterruptionAction::confirm:
      return EventKind::interruption_confirmed;
    case InterruptionAction::dismiss:
      return EventKind::interruption_dismissed;
  }
  return EventKind::none;
}

/// The input that a recogniser's partial or final word stands for; nothing for `undecided`.
constexpr std::optional<InterruptionInput> input_of(UtteranceClass heard, bool is_final) noexcept {
  switch (heard) {
    case UtteranceClass::undecided:
      return std::nullopt;
    case UtteranceClass::words:
      return is_final ? InterruptionInput::verdict_words : InterruptionInput::word;
    case UtteranceClass::back_channel:
      return is_final ? InterruptionInput::verdict_back_channel : InterruptionInput::back_channel;
    case UtteranceClass::stop_phrase:
      return InterruptionInput::stop_phrase;
    case UtteranceClass::rejected:
      return is_final ? std::optional(InterruptionInput::verdict_rejected) : std::nullopt;
    case UtteranceClass::empty:
      return is_final ? std::optional(InterruptionInput::verdict_empty) : std::nullopt;
  }
  return std::nullopt;
}

struct InterruptionRow {
  InterruptionInput input;
  Reaction when[doubt_count];  // none, held, verdict_awaited, confirmed
  Reason reason;               // of a hold, confirm or dismiss by this row; `expire` names its own
};

// decisions.md D4. A row per input, a column per doubt.
constexpr std::array<InterruptionRow, interruption_input_count> interruption_table = [] {
  using enum Reaction;
  using In = InterruptionInput;
  return std::array<InterruptionRow, interruption_input_count>{{
      // input                     none        held             verdict_awaited  confirmed
      {In::speech_started, {begin_hold, keep, resume_hold, keep}, Reason::speech_suspected},
      {In::speech_continues, {keep, confirm_if_long, confirm_if_long, keep}, Reason::enough_speech},
      {In::word, {keep, confirm_if_word, confirm_if_word, keep}, Reason::word_recognised},
      {In::back_channel, {keep, keep, keep, keep}, Reason::none},
      {In::stop_phrase, {confirm, confirm, confirm, keep}, Reason::stop_phrase},
      {In::speech_ended, {keep, await_verdict, keep, keep}, Reason::none},
      {In::verdict_words, {keep, confirm, confirm, keep}, Reason::word_recognised},
      {In::verdict_back_channel, {keep, dismiss, dismiss, keep}, Reason::back_channel},
      {In::verdict_rejected, {keep, keep, dismiss, keep}, Reason::speech_not_understood},
      {In::verdict_empty, {keep, keep, dismiss, keep}, Reason::speech_not_understood},
      {In::hold_expired, {keep, expire, expire, keep}, Reason::none},
      {In::turn_ended, {keep, dismiss, dismiss, forget}, Reason::turn_ended},
      {In::push_to_talk, {confirm, confirm, confirm, keep}, Reason::push_to_talk},
  }};
}();

constexpr Reaction reaction_to(InterruptionInput input, Doubt doubt) noexcept {
  return interruption_table[static_cast<std::size_t>(input)].when[static_cast<std::size_t>(doubt)];
}

/// One step of the doubt. `speech_so_far` counts only for speech_continues.
[[nodiscard]] InterruptionDecision decide(const InterruptionState& state, ConversationPhase phase,
                                          InterruptionInput input, Duration speech_so_far,
                                          const InterruptionPolicy& policy, Instant now) noexcept;

namespace detail {
consteval bool interruption_rows_stand_at_their_number() {
  for (std::size_t i = 0; i < interruption_table.size(); ++i) {
    if (static_cast<std::size_t>(interruption_table[i].input) != i) return false;
  }
  return true;
}
consteval bool reactions_fit_their_doubt() {
  for (const InterruptionRow& row : interruption_table) {
    const Reaction none = row.when[static_cast<std::size_t>(Doubt::none)];
    const Reaction held = row.when[static_cast<std::size_t>(Doubt::held)];
    const Reaction awaited = row.when[static_cast<std::size_t>(Doubt::verdict_awaited)];
    const Reaction confirmed = row.when[static_cast<std::size_t>(Doubt::confirmed)];
    if (none != Reaction::keep && none != Reaction::begin_hold && none != Reaction::confirm) return false;
    if (held == Reaction::begin_hold || held == Reaction::resume_hold || held == Reaction::forget) return false;
    if (awaited == Reaction::begin_hold || awaited == Reaction::await_verdict) return false;
    if (awaited == Reaction::forget) return false;
    if (confirmed != Reaction::keep && confirmed != Reaction::forget) return false;  // nothing is confirmed twice
  }
  return true;
}
/// A row that acts says why; one that does not has nothing to say.
consteval bool rows_that_act_have_a_reason() {
  for (const InterruptionRow& row : interruption_table) {
    bool acts = false;
    for (const Reaction reaction : row.when) {
      acts = acts || reaction == Reaction::begin_hold || reaction == Reaction::dismiss ||
             reaction == Reaction::confirm || reaction == Reaction::confirm_if_word ||
             reaction == Reaction::confirm_if_long;
    }
    if (acts != (row.reason != Reason::none)) return false;
  }
  return true;
}
static_assert(interruption_rows_stand_at_their_number() && reactions_fit_their_doubt());
static_assert(rows_that_act_have_a_reason());
static_assert(reaction_to(InterruptionInput::hold_expired, Doubt::held) == Reaction::expire &&
                  reaction_to(InterruptionInput::hold_expired, Doubt::verdict_awaited) == Reaction::expire,
              "an open doubt ends by itself");
}  // namespace detail

}  // namespace phalarope
