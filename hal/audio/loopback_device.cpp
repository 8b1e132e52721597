#include "hal/audio/loopback_device.hpp"

#include <algorithm>

namespace phalarope::hal {
namespace {
constexpr std::size_t ring_frames = loopback_delay_frames_max * 2;
std::size_t slot_of(std::int64_t frame) noexcept { return static_cast<std::size_t>(frame) & (ring_frames - 1); }
}  // namespace

std::expected<DeviceFormat, DeviceError> LoopbackDevice::open(const DeviceFormat& wanted) {
  const bool delay_known =
      settings_.delay_frames >= 0 && settings_.delay_frames < static_cast<std::int64_t>(loopback_delay_frames_max);
  if (!delay_known || wanted.period_frames < period_frames_min || wanted.period_frames > period_frames_max ||
      wanted.queue_periods < 1 || wanted.queue_periods > 8) {
    return std::unexpected(DeviceError{DeviceFault::settings_invalid, "loopback",
                                       "a period has 64 to 480 frames, a queue 1 to 8 periods, a delay up to 16383",
                                       "correct the audio settings"});
  }
  format_ = wanted;
  ring_.assign(ring_frames, 0);
  position_ = 0;
  play_ahead_ = static_cast<std::int64_t>(wanted.period_frames * (wanted.queue_periods - 1));
  return format_;
}

CaptureOutcome LoopbackDevice::capture(std::span<std::int16_t> capture) noexcept {
  CaptureOutcome outcome{};
  outcome.first_frame = position_;
  for (std::size_t i = 0; i < capture.size(); ++i) {
    const std::int64_t frame = position_ + static_cast<std::int64_t>(i) - settings_.delay_frames;
    const std::int64_t sounded = frame < 0 ? 0 : ring_[slot_of(frame)] * settings_.gain_permille / 1000;
    capture[i] = static_cast<std::int16_t>(std::clamp<std::int64_t>(sounded, INT16_MIN, INT16_MAX));
  }
  position_ += static_cast<std::int64_t>(capture.size());
  outcome.at = settings_.virtual_start + frames_to_duration(position_);
  return outcome;
}

PlaybackOutcome LoopbackDevice::play(std::span<const std::int16_t> playback) noexcept {
  PlaybackOutcome outcome{};
  outcome.first_frame = position_ + play_ahead_;
  for (std::size_t i = 0; i < playback.size(); ++i) {
    ring_[slot_of(outcome.first_frame + static_cast<std::int64_t>(i))] = playback[i];
  }
  outcome.queued_frames = play_ahead_ + static_cast<std::int64_t>(playback.size());
  return outcome;
}

}  // namespace phalarope::hal
