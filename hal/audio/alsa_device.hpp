// AlsaDevice: a sound card, or anything ALSA can name ("hw:1", "plughw:Headset", "default", a plugin of asoundrc).
//
//   capture stream  ──poll──▶ one period ──▶ engine format        both streams are linked where the cards allow it,
//   playback stream ◀──────── one period ◀── rendered             else started together
//
//   xrun:   recover(): stop both, prepare both, fill the queue, start both, measure the gap, go on
//   gone:   capture() answers `lost`, then `absent` once a period, and tries to open again four times a second
//
// The position is counted in frames read; across a gap it is continued by the monotonic clock: the position of the
// hardware at the last good read, plus the time until the restart. So the gap's range is exact to the accuracy of the
// clock readings (a few frames), and both directions keep one axis.
// Invariants. (1) Every return code is looked at; one function recovers. (2) Between open() and a loss no allocation
// and no lock of ours. (3) capture() waits at most wait_ms_max, then calls the device stalled and recovers.
// Opening again after a loss allocates inside ALSA: there is no sound then that could be late.
// Who: one thread. Not here: choosing a card by stable identity (doctor), resampling ("plughw:" does it, once, in
// ALSA). Contract: design.md Threads; decisions.md D17; users.md 10.
#pragma once

#include <memory>

#include "hal/audio/audio_device.hpp"

namespace phalarope::hal {

struct AlsaSettings {
  std::string capture_name = "default";
  std::string playback_name = "default";
  /// Periods the hardware's buffers hold; more than the queue, so that a late period is not at once an overrun.
  std::size_t buffer_periods = 4;
  bool prefer_mmap = true;
  bool prefer_link = true;
};

struct AlsaCounters {
  std::uint64_t recoveries = 0;
  std::uint64_t short_transfers = 0;
  std::uint64_t reopen_tries = 0;
  bool linked = false;
  bool capture_mmap = false;
  bool playback_mmap = false;
};

/// How the streams of an opened device are transferred, and what happened to them.
class AlsaDevice final : public AudioDevice {
 public:
  explicit AlsaDevice(AlsaSettings settings);
  ~AlsaDevice() override;

  std::expected<DeviceFormat, DeviceError> open(const DeviceFormat& wanted) override;
  CaptureOutcome capture(std::span<std::int16_t> capture) noexcept override;
  PlaybackOutcome play(std::span<const std::int16_t> playback) noexcept override;
  void close() noexcept override;

  const AlsaCounters& counters() const noexcept { return counters_; }

 private:
  struct Streams;

  std::expected<void, DeviceError> open_streams();
  int start_streams() noexcept;
  int fill_queue() noexcept;
  bool recover(int error) noexcept;
  CaptureOutcome told(std::span<std::int16_t> capture) noexcept;
  void note_good_read() noexcept;
  void lose() noexcept;
  CaptureOutcome capture_while_absent(std::span<std::int16_t> capture) noexcept;

  AlsaSettings settings_;
  AlsaCounters counters_{};
  DeviceFormat format_{};
  std::unique_ptr<Streams> streams_;
  std::int64_t position_ = 0;           // next frame to capture
  std::int64_t played_until_ = 0;       // end of the queue
  std::int64_t hardware_position_ = 0;  // of the microphone, at the last good read
  Instant hardware_at_{};
  std::int64_t pending_lost_ = 0;  // frames lost by a recovery that no outcome has told yet
  std::int64_t pending_silent_ = 0;
  std::int64_t pending_dropped_ = 0;
  std::int64_t pending_dropped_from_ = 0;
  bool present_ = false;
  bool lost_now_ = false;
  bool restored_now_ = false;
  bool return_told_ = false;  // by capture(); play() may go on
  Instant next_reopen_{};
};

}  // namespace phalarope::hal
