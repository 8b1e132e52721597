// Utterance: one stretch of the user's speech on its way through the recogniser.
//
//   speech_started ──▶ heard ──speech_ended, or a manual end──▶ closing ──last frame passed on──▶ awaited ──▶ done
//                        │        (frames up to the end sample        │                    recognition_final
//                        │         may still wait in the Data lane)   └─ close_wait passed (frames were lost)
//
// Why `closing`: the end of speech travels on the Control lane and may overtake the last frames on the Data lane. The
// recogniser must be asked for its verdict only after it has had them, or a short word loses its end. Mostly they have
// come by then: the end is decided some silence after the last sample of speech.
// Pure values; engine thread. Contract: runtime.md 3.1 rule 4, 3.2; decisions.md D4.
#pragma once

#include <algorithm>

#include "core/engine/base/event.hpp"

namespace phalarope {

/// How long frames that the Control lane has overtaken are waited for; after it they count as lost.
constexpr Duration close_wait = milliseconds(100);

enum class UtteranceState : std::uint8_t { none, heard, closing, awaited, done };

struct Utterance {
  std::uint32_t number = 0;
  UtteranceState state = UtteranceState::none;
  std::int64_t end_sample = 0;   // in closing: the first sample that is not needed any more
  std::int64_t heard_until = 0;  // end of the last frame that was passed on
  std::int64_t deadline_ns = 0;  // in closing and awaited: when waiting ends
  std::int64_t started_ns = 0;
  std::int64_t ended_ns = 0;      // when the end was decided
  std::int64_t passed_on_ns = 0;  // when the last frame came

  constexpr bool current(std::uint32_t other) const noexcept {
    return state != UtteranceState::none && number == other;
  }
  constexpr bool takes_audio() const noexcept {
    return state == UtteranceState::heard || state == UtteranceState::closing;
  }
  constexpr bool open() const noexcept { return takes_audio() || state == UtteranceState::awaited; }

  constexpr void begin(std::uint32_t utterance_number, std::int64_t now_ns) noexcept {
    *this = {.number = utterance_number, .state = UtteranceState::heard, .started_ns = now_ns};
  }
  constexpr void close_at(std::int64_t sample, std::int64_t now_ns) noexcept {
    state = UtteranceState::closing;
    end_sample = sample;
    ended_ns = now_ns;
    deadline_ns = now_ns + close_wait.value;
  }
  constexpr void pass_on(std::int64_t frame_end_sample, std::int64_t now_ns) noexcept {
    heard_until = frame_end_sample;
    passed_on_ns = now_ns;
  }
  /// When the last sample of speech was spoken: so much before its frame came as it stands before the frame's end. What
  /// was decided without sound ended when it was decided.
  constexpr std::int64_t speech_end_ns(std::int64_t sample_rate_hz) const noexcept {
    if (heard_until < end_sample || end_sample == 0 || passed_on_ns == 0) return ended_ns;
    const std::int64_t silence_ns = (heard_until - end_sample) * ns_per_second / sample_rate_hz;
    return std::clamp(passed_on_ns - silence_ns, started_ns, std::max(started_ns, ended_ns));
  }
  /// Nothing is missing any more: the verdict can be asked for.
  constexpr bool complete() const noexcept { return state == UtteranceState::closing && heard_until >= end_sample; }
  constexpr void await_verdict(std::int64_t deadline) noexcept {
    state = UtteranceState::awaited;
    deadline_ns = deadline;
  }
};

}  // namespace phalarope
