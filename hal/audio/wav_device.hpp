// WavDevice: files instead of a sound card. A script places clips on the microphone's time line; the loudspeaker goes
// into a WAV file; echo, noise, xruns and unplugging are simulated on demand.
//
//   clips      ──▶ [ 0.0 s  silence ][ 1.2 s  lights.wav ][ 4.0 s  stop.wav ]──┐
//   noise      ──▶ seeded, so two runs are the same bits                       ├─▶ + ──▶ capture()
//   echo taps  ──▶ play() delayed and attenuated, as a room would ─────────────┘
//   play()     ──▶ speaker.wav: what sounded, one frame per frame of the axis, gaps as silence
//
// Fault model: a capture overrun loses a stated number of frames (and starves the speaker when it outlasts the queue);
// a playback underrun replaces the last frames of the queue by silence; unplugging loses both directions for a stated
// time. All at exact positions, so the events they cause can be predicted.
// In virtual time nothing waits and two runs give the same bits; in real time capture() sleeps until the period is
// over, and serving it later than the queue allows is an overrun as with a card.
// Not simulated: clock drift, non-linear loudspeakers. Who: one thread. Contract: decisions.md D17.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hal/audio/audio_device.hpp"
#include "hal/audio/wav_file.hpp"

namespace phalarope::hal {

/// A stretch of microphone sound. Either a file or samples.
struct MicrophoneClip {
  std::string path{};
  std::vector<std::int16_t> samples{};
  std::int64_t at_frame = 0;
  std::int64_t gain_permille = 1000;
};
struct EchoTap {
  std::int64_t delay_frames = 0;
  std::int64_t gain_permille = 0;  // may be negative
};
enum class ScriptedFault : std::uint8_t { capture_overrun, playback_underrun, unplug };
struct DeviceScriptStep {
  std::int64_t at_frame = 0;  // happens in the first period that starts at or after this frame
  ScriptedFault fault = ScriptedFault::capture_overrun;
  std::int64_t frames = 0;
};
enum class Pace : std::uint8_t { virtual_time, real_time };

struct WavDeviceSettings {
  std::vector<MicrophoneClip> microphone{};
  std::int64_t tail_frames = engine_rate_hz;  // silence after the last clip before the source has ended
  std::string speaker_path{};                 // empty: not written
  std::vector<EchoTap> echo{};
  std::int64_t noise_peak = 0;  // white noise, uniform in +-noise_peak
  std::uint64_t noise_seed = 1;
  std::vector<DeviceScriptStep> script{};  // in order of at_frame
  Pace pace = Pace::virtual_time;
  Instant virtual_start{};  // what the clock says at position 0, in virtual time
};

/// How far an echo may reach back; also bounds echo delays.
constexpr std::size_t echo_history_frames = 1U << 15;

class WavDevice final : public AudioDevice {
 public:
  explicit WavDevice(WavDeviceSettings settings);
  ~WavDevice() override { close(); }

  std::expected<DeviceFormat, DeviceError> open(const DeviceFormat& wanted) override;
  CaptureOutcome capture(std::span<std::int16_t> capture) noexcept override;
  PlaybackOutcome play(std::span<const std::int16_t> playback) noexcept override;
  void close() noexcept override;

  /// The position at which the script's last clip and the tail after it are over.
  std::int64_t end_frame() const noexcept { return end_frame_; }

 private:
  std::expected<void, DeviceError> load_clips();
  const DeviceScriptStep* due_step(ScriptedFault fault) noexcept;
  void mix_period(std::span<std::int16_t> capture) noexcept;
  std::int64_t sounded_at(std::int64_t frame) const noexcept;
  std::int64_t next_noise() noexcept;
  std::int64_t wait_and_count_lost(std::int64_t period) noexcept;
  CaptureOutcome capture_while_absent(std::span<std::int16_t> capture) noexcept;
  void silence_queue(std::int64_t from, std::int64_t until) noexcept;
  void record_until(std::int64_t frame) noexcept;
  Instant instant_of(std::int64_t frame) const noexcept { return origin_ + frames_to_duration(frame); }

  WavDeviceSettings settings_;
  DeviceFormat format_{};
  WavWriter speaker_;
  std::vector<std::int16_t> played_;  // ring by position: what the room hears
  std::int64_t position_ = 0;         // next frame to capture
  std::int64_t play_ahead_ = 0;       // play() sounds this far after the captured position
  std::int64_t played_until_ = 0;     // end of the queue
  std::int64_t recorded_until_ = 0;
  std::int64_t end_frame_ = 0;
  std::int64_t absent_left_ = 0;   // frames until the device returns
  std::int64_t absent_count_ = 0;  // frames it has been away
  std::uint64_t noise_state_ = 1;
  std::size_t script_next_ = 0;
  bool lost_now_ = false;
  bool restored_now_ = false;
  bool ended_ = false;
  Instant origin_{};
};

}  // namespace phalarope::hal
