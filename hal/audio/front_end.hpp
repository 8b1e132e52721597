// FrontEnd: from a period of raw microphone to cleaned frames and to the facts "somebody speaks", "still", "no more".
//
//   capture ─▶ 10 ms frames ─▶ echo canceller ─┬─▶ gentle denoise ─▶ history (2.5 s) ─▶ audio_frame events
//                                  ▲           │                        from 400 ms before the start of speech
//   played ──▶ reference by position,          └─▶ voice detector ─▶ speech tracker ─▶ events
//              bulk delay taken off                side branch: decides, never changes the sound
//
// All floating point of the audio path is here; what leaves is recorded as input to the engine (decisions.md D23).
// Invariants. (1) The reference of a captured frame is what sounded at its own position, less the bulk delay.
// (2) speech_started is followed by exactly one speech_ended of the same utterance. (3) Frames leave in order, each
// once; those lost to a full ring or an empty slab pool are counted. (4) At most frames_sent_per_period_max a period.
// Who: the audio thread; the constructor allocates, nothing after. Contract: D4, D23; users.md 1-3.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "hal/audio/audio_device.hpp"
#include "hal/audio/echo_canceller.hpp"
#include "hal/audio/event_writer.hpp"
#include "hal/audio/frame_history.hpp"
#include "hal/audio/reference_line.hpp"
#include "hal/audio/speech_tracker.hpp"
#include "hal/audio/voice_detector.hpp"

namespace phalarope::hal {

/// Pre-roll is sent in portions, so that the start of speech does not make a long period.
constexpr std::size_t frames_sent_per_period_max = 8;

enum class FrameDelivery : std::uint8_t {
  during_speech,  // pre-roll, speech, and the silence until its end is decided
  always,
};

struct FrontEndSettings {
  CancellerSettings canceller{};
  VoiceSettings voice{};
  SpeechTrackerSettings speech{};
  std::int64_t pre_roll_ms = 400;
  FrameDelivery delivery = FrameDelivery::during_speech;
};

struct FrontEndCounters {
  std::uint64_t frames_processed = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_lost = 0;  // fell out of the history before a slab was free
};

class FrontEnd {
 public:
  explicit FrontEnd(const FrontEndSettings& settings);

  /// What the loudspeaker will sound at `first_frame` of the device's axis.
  void note_played(std::int64_t first_frame, std::span<const std::int16_t> period) noexcept {
    reference_.write(first_frame, period);
  }
  /// One captured period; `cleaned` (as long) receives the last cleaned samples for the taps, a frame late at most.
  void process(const CaptureOutcome& outcome, std::span<const std::int16_t> capture, std::span<std::int16_t> cleaned,
               EventWriter& writer) noexcept;
  /// The microphone is gone: speech that was going on has ended.
  void interrupt(EventWriter& writer) noexcept;

  bool speaking() const noexcept { return tracker_.speaking(); }
  const FrontEndCounters& counters() const noexcept { return counters_; }
  const EchoCanceller& canceller() const noexcept { return canceller_; }
  const VoiceDetector& voice() const noexcept { return voice_; }

 private:
  void process_frame(EventWriter& writer) noexcept;
  void report(const SpeechFacts& facts, EventWriter& writer) noexcept;
  void deliver(EventWriter& writer) noexcept;
  bool send_frame(const HistoryFrame& frame, EventWriter& writer) noexcept;
  void give_cleaned(std::span<std::int16_t> cleaned) noexcept;

  FrontEndSettings settings_;
  EchoCanceller canceller_;
  VoiceDetector voice_;
  SpeechTracker tracker_;
  ReferenceLine reference_;
  FrameHistory history_;
  std::array<std::int16_t, frame_frames> partial_{};  // captured, not yet a whole frame
  std::size_t partial_count_ = 0;
  bool last_voiced_ = false;
  std::int64_t partial_first_ = 0;  // position of partial_[0]
  std::uint64_t next_to_send_ = 0;  // index into the history
  std::uint64_t send_until_ = 0;
  std::uint32_t utterance_sent_ = 0;  // utterance that the frames being sent belong to
  std::array<std::int16_t, frame_frames + period_frames_max> cleaned_{};  // not yet given to the taps
  std::size_t cleaned_count_ = 0;
  FrontEndCounters counters_{};
};

}  // namespace phalarope::hal
