// LoopbackDevice: what is played comes back as microphone sound after a fixed delay; virtual time.
//
//   play() ──▶ ring ── delay ──▶ capture()
//
// For benches and for checking a signal path end to end: a frame played at position p is captured at p + delay.
// Who: one thread. Not here: files, faults, noise (wav_device.hpp).
#pragma once

#include <vector>

#include "hal/audio/audio_device.hpp"

namespace phalarope::hal {

constexpr std::size_t loopback_delay_frames_max = 1U << 14;

struct LoopbackSettings {
  std::int64_t delay_frames = 0;
  std::int64_t gain_permille = 1000;
  Instant virtual_start{};
};

class LoopbackDevice final : public AudioDevice {
 public:
  explicit LoopbackDevice(const LoopbackSettings& settings) noexcept : settings_(settings) {}

  std::expected<DeviceFormat, DeviceError> open(const DeviceFormat& wanted) override;
  CaptureOutcome capture(std::span<std::int16_t> capture) noexcept override;
  PlaybackOutcome play(std::span<const std::int16_t> playback) noexcept override;
  void close() noexcept override {}

 private:
  LoopbackSettings settings_;
  DeviceFormat format_{};
  std::vector<std::int16_t> ring_;
  std::int64_t position_ = 0;
  std::int64_t play_ahead_ = 0;
};

}  // namespace phalarope::hal
