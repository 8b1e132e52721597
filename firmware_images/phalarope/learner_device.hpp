// LearnerDevice: a learner made of clips in front of any sound device: the next answer is said when the tutor has
// spoken and fallen silent.
//
//   inner device ─capture─▶ + clip ─▶ engine           speaker:  ▁▁███████▁▁▁▁▁▁▁▁███▁▁▁▁▁
//                 ◀─play─── listened to ◀──            learner:  ▁▁▁▁▁▁▁▁▁▁▁▁▁██▁▁▁▁▁▁▁▁▁██
//                                                                           └─ wait ─┘
//
// Fixed times would talk into a long explanation. In virtual time two runs give the same samples. The source ends when
// every clip was said and the tutor's last answer is over, or when no answer came for long. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "hal/audio/audio_device.hpp"

namespace phalarope::program {

class LearnerDevice final : public hal::AudioDevice {
 public:
  /// `inner` outlives this and never ends by itself.
  LearnerDevice(hal::AudioDevice& inner, std::vector<std::vector<std::int16_t>> clips)
      : inner_(inner), clips_(std::move(clips)) {}

  std::expected<hal::DeviceFormat, hal::DeviceError> open(const hal::DeviceFormat& wanted) override {
    return inner_.open(wanted);
  }
  hal::CaptureOutcome capture(std::span<std::int16_t> capture) noexcept override;
  hal::PlaybackOutcome play(std::span<const std::int16_t> playback) noexcept override;
  void close() noexcept override { inner_.close(); }

 private:
  hal::AudioDevice& inner_;
  std::vector<std::vector<std::int16_t>> clips_;
  std::size_t clip_ = 0;
  std::size_t said_frames_ = 0;     // of the clip
  std::int64_t silent_frames_ = 0;  // since the tutor last sounded
  std::int64_t waited_frames_ = 0;  // since the clip before was over
  bool answered_ = true;            // the tutor has spoken since the clip before; the first clip opens the talk
  bool speaking_ = false;
};

}  // namespace phalarope::program
