// Answer: the books of one spoken answer: which sentences wait, how far synthesis may run ahead, what was heard.
//
//   dialogue ──sentences──▶ [waiting, 32] ──one at a time──▶ synthesiser ──frames, against credit──▶ playback
//               edge buffer behind it, by the plan                        edge buffer, by the plan
//
//      0 ............ played ............ received ............ granted          samples on the answer's axis
//                       └──────────── at most playback_ahead_frames_max ────────────┘
//
// Invariants. (1) granted - played never exceeds the plan's bound, so an interruption throws little away and memory
// is bounded (I5). (2) At most one sentence, or one merged item of them, is with the
// synthesiser. (3) The end is announced to the audio thread
// once, when the dialogue and the last sentence are done. (4) A word is heard when the loudspeaker has passed the
// start of the next one; the word in hand does not count (D22).
// Pure; engine thread. Contract: runtime.md 5.4 (credit), 7.4; decisions.md D4, D22; users.md 7, 21.
#pragma once

#include <algorithm>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"

namespace phalarope {

constexpr std::size_t sentences_waiting_max = 32;
constexpr std::size_t words_per_answer_max = 1024;

/// Samples on an answer's axis lie below this, two years of speech, so that no sum of them overflows.
constexpr std::int64_t answer_samples_max = std::int64_t{1} << 40;
constexpr bool on_answer_axis(std::int64_t samples) noexcept { return samples >= 0 && samples < answer_samples_max; }

struct WaitingSentence {
  PayloadHandle text;
  std::int64_t index = 0;
  std::uint32_t transport_sequence = 0;
};

/// How far an answer has come.
struct AnswerProgress {
  std::int64_t granted_frames = 0;
  std::int64_t voiced_frames = 0;    // that came from the synthesiser
  std::int64_t received_frames = 0;  // of those, handed to the loudspeaker
  std::int64_t played_frames = 0;
  std::int64_t sentences_given = 0;     // by the dialogue
  std::uint32_t sentences_voicing = 0;  // with the synthesiser: one, or a merged item's
  bool dialogue_done = false;
  bool end_announced = false;
  bool playback_started = false;
  bool output_announced = false;  // output_accepted was given for the sentence being voiced
};

struct Answer : AnswerProgress {
  FixedVector<WaitingSentence, sentences_waiting_max> waiting;
  FixedVector<std::int64_t, words_per_answer_max> word_starts;  // samples, ascending

  /// The lists are emptied, not overwritten: this is done while somebody waits for silence.
  constexpr void clear() noexcept {
    static_cast<AnswerProgress&>(*this) = AnswerProgress{};
    waiting.clear();
    word_starts.clear();
  }

  /// Whole frames that may be granted now, so that no more than `ahead_frames_max` lie before the loudspeaker.
  constexpr std::int64_t credit_frames(std::int64_t ahead_frames_max, std::int64_t frame_frames) const noexcept {
    const std::int64_t room = played_frames + ahead_frames_max - granted_frames;
    return room <= 0 ? 0 : room / frame_frames;
  }

  constexpr bool all_voiced() const noexcept { return dialogue_done && waiting.empty() && sentences_voicing == 0; }
  /// The dialogue has said nothing so far.
  constexpr bool silent() const noexcept { return sentences_given == 0; }

  /// Words wholly heard when the loudspeaker has played `frames` of this answer.
  constexpr std::int64_t words_heard(std::int64_t frames) const noexcept {
    const auto passed = std::upper_bound(word_starts.begin(), word_starts.end(), frames) - word_starts.begin();
    const bool at_the_end = all_voiced() && frames >= received_frames;
    return at_the_end ? static_cast<std::int64_t>(word_starts.size()) : std::max<std::int64_t>(0, passed - 1);
  }
  /// First sample of the word that was being said at `frame`; 0 before the first word.
  constexpr std::int64_t word_start_at(std::int64_t frame) const noexcept {
    const auto after = std::upper_bound(word_starts.begin(), word_starts.end(), frame);
    return after == word_starts.begin() ? 0 : *(after - 1);
  }
};

}  // namespace phalarope
