// SpeechTracker: from "this 10 ms has voice in it" to "somebody speaks, from this sample to that one".
//
//   voiced    . . 1 . 1 1 1 1 1 . 1 1 . . . . . . . . . . .
//                 ▲   └ 3 of the last 5: speech_started       └ 500 ms without: speech_ended
//                 └ its first sample is what is reported  ▲
//                                                         └ its last sample is what is reported
//
// While voiced, speech_continues every 100 ms says how long it has been; the silence before the end is decided does
// not count, so a cough never grows into "enough speech". Integers only; pure; any thread.
// Contract: decisions.md D4.
#pragma once

#include <bit>
#include <cstdint>

#include "hal/audio/audio_format.hpp"

namespace phalarope::hal {

struct SpeechTrackerSettings {
  int start_voiced_frames = 3;
  int start_window_frames = 5;  // at most 31
  std::int64_t stop_ms = 500;
  std::int64_t continue_step_ms = 100;
};

/// What one frame brought; at most one start and one end (an end never in the frame of its start).
struct SpeechFacts {
  bool started = false;
  bool continues = false;
  bool ended = false;
  std::uint32_t utterance = 0;
  std::int64_t first_sample = 0;
  std::int64_t last_sample = 0;
  std::int64_t speech_ms = 0;
};

class SpeechTracker {
 public:
  explicit constexpr SpeechTracker(const SpeechTrackerSettings& settings) noexcept : settings_(settings) {}

  /// The frame that starts at `first_frame`; `onset` is where in it the voice begins, if it has one.
  constexpr SpeechFacts take(std::int64_t first_frame, bool voiced, std::int64_t onset) noexcept {
    voiced_bits_ = (voiced_bits_ << 1) | (voiced ? 1U : 0U);
    onsets_[static_cast<std::size_t>(frame_count_++ % window_max)] = first_frame + onset;
    const std::int64_t frame_end = first_frame + static_cast<std::int64_t>(frame_frames);
    return speaking_ ? go_on(frame_end, voiced) : try_start(frame_end);
  }

  /// The microphone has gone or lost time: what was heard before does not count for what comes after.
  constexpr SpeechFacts interrupt() noexcept {
    voiced_bits_ = 0;
    return speaking_ ? end() : SpeechFacts{};
  }

  constexpr bool speaking() const noexcept { return speaking_; }
  constexpr std::uint32_t utterance() const noexcept { return utterance_; }

 private:
  static constexpr std::int64_t window_max = 32;
  /// A single voiced frame in a silence is a click; two of the window keep speech alive.
  static constexpr int alive_voiced_frames = 2;

  constexpr std::uint32_t window_bits() const noexcept {
    return voiced_bits_ & ((1U << settings_.start_window_frames) - 1U);
  }

  constexpr SpeechFacts try_start(std::int64_t frame_end) noexcept {
    const std::uint32_t bits = window_bits();
    if (std::popcount(bits) < settings_.start_voiced_frames) return {};
    speaking_ = true;
    ++utterance_;
    const std::int64_t frames_back = std::bit_width(bits) - 1;  // the oldest voiced frame of the window
    first_sample_ = onsets_[static_cast<std::size_t>((frame_count_ - 1 - frames_back) % window_max)];
    last_end_ = frame_end;
    next_step_ms_ = settings_.continue_step_ms;
    return {.started = true,
            .utterance = utterance_,
            .first_sample = first_sample_,
            .last_sample = last_end_ - 1,
            .speech_ms = speech_ms()};
  }

  constexpr SpeechFacts go_on(std::int64_t frame_end, bool voiced) noexcept {
    if (voiced && std::popcount(window_bits()) >= alive_voiced_frames) {
      last_end_ = frame_end;
      if (speech_ms() < next_step_ms_) return {};
      next_step_ms_ = (speech_ms() / settings_.continue_step_ms + 1) * settings_.continue_step_ms;
      return {.continues = true,
              .utterance = utterance_,
              .first_sample = first_sample_,
              .last_sample = last_end_ - 1,
              .speech_ms = speech_ms()};
    }
    if (frame_end - last_end_ < settings_.stop_ms * frames_per_ms) return {};
    return end();
  }

  constexpr SpeechFacts end() noexcept {
    speaking_ = false;
    voiced_bits_ = 0;
    return {.ended = true,
            .utterance = utterance_,
            .first_sample = first_sample_,
            .last_sample = last_end_ - 1,
            .speech_ms = speech_ms()};
  }

  constexpr std::int64_t speech_ms() const noexcept { return (last_end_ - first_sample_) / frames_per_ms; }

  SpeechTrackerSettings settings_;
  bool speaking_ = false;
  std::uint32_t voiced_bits_ = 0;
  std::uint32_t utterance_ = 0;
  std::int64_t frame_count_ = 0;
  std::int64_t onsets_[window_max]{};
  std::int64_t first_sample_ = 0;
  std::int64_t last_end_ = 0;
  std::int64_t next_step_ms_ = 0;
};

}  // namespace phalarope::hal
