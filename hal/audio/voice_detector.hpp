// VoiceDetector: is there a voice in this frame, and is it not our own?
//
//   voiced = WebRTC says speech
//          & level above the gate and above the noise floor
//          & level not 20 dB below what was heard 50 ms ago (the ringing of a knock is no voice)
//          & while we speak: level above what the canceller is known to leave, the more so the more the frame
//            looks like the echo that was taken out, and not far below that echo
//
//   dB   ▁▁▂▂▁▁▁▃▃▃▂▂▁▁▁▁▁▁▁████▇▇▁▁▁     threshold while we speak = reference + residual + 8 dB + 10 dB x likeness
//                └ our own residual └ the user
//
// The residual (how far below our own voice the microphone stays once cancelled) is learned from frames without speech,
// but never trusted beyond -32 dB: a canceller that has lost its way for a moment must not sound like a user.
// Who: the audio thread; the constructor allocates, the rest does not. Contract: users.md 2.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "hal/audio/audio_format.hpp"

namespace phalarope::hal {

struct VoiceSettings {
  int strictness = 2;        // 0 lets through most, 3 least (WebRTC's likelihood)
  double gate_dbfs = -55.0;  // quieter is never a voice
  double above_floor_db = 6.0;
  double above_residual_db = 8.0;
  double likeness_db = 10.0;
  double decay_db = 20.0;
  double below_echo_db = 14.0;
};

struct VoiceVerdict {
  bool voiced = false;
  std::int64_t onset_frames = 0;  // where in the frame it begins
};

class VoiceDetector {
 public:
  explicit VoiceDetector(const VoiceSettings& settings);
  ~VoiceDetector();
  VoiceDetector(const VoiceDetector&) = delete;
  VoiceDetector& operator=(const VoiceDetector&) = delete;

  /// `linear` is the frame without its echo (not denoised: a denoiser's silence has no honest floor), `echo` what was
  /// taken out of it, `reference` what sounded then.
  VoiceVerdict judge(std::span<const std::int16_t, frame_frames> linear,
                     std::span<const std::int16_t, frame_frames> echo,
                     std::span<const std::int16_t, frame_frames> reference) noexcept;

  double noise_floor_dbfs() const noexcept { return floor_db_; }
  double residual_db() const noexcept { return residual_db_; }

 private:
  struct WebRtc;
  double loudest_reference_db() const noexcept;
  double threshold_db(double likeness, double echo_db, double reference_db) const noexcept;
  bool rings_out(double level_db) noexcept;
  void learn(double level_db, bool speech, bool voiced, double reference_db) noexcept;

  VoiceSettings settings_;
  std::unique_ptr<WebRtc> webrtc_;
  double floor_db_ = 0;
  int warm_up_left_;
  double residual_db_ = -6.0;                // until it is known: our voice comes back nearly as loud
  std::array<double, 32> reference_levels_;  // of the last 320 ms: a tail and a bit
  std::size_t reference_next_ = 0;
  std::array<double, 5> recent_levels_;  // of the microphone
  std::size_t recent_next_ = 0;
};

}  // namespace phalarope::hal
