// AlsaStream: one direction of an ALSA device: its handle, its configuration, and whole-period transfers.
//
// Included by alsa_*.cpp only, and sees nothing of ALSA's own header but a name. PcmHandle closes what it owns. A
// transfer moves whole periods or answers ALSA's negative code; short reads and writes are continued here (and
// counted). Who: the thread that owns the AlsaDevice.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "hal/audio/audio_device.hpp"

using snd_pcm_t = struct _snd_pcm;  // NOLINT(bugprone-reserved-identifier): ALSA's own name for a stream

namespace phalarope::hal {

struct PcmCloser {
  void operator()(snd_pcm_t* pcm) const noexcept;
};
using PcmHandle = std::unique_ptr<snd_pcm_t, PcmCloser>;

/// Longest wait for one period: far beyond any period, far below a person's patience.
constexpr int wait_ms_max = 500;

enum class StreamDirection : std::uint8_t { playback, capture };

struct AlsaShape {
  std::size_t period_frames = frame_frames;
  std::size_t buffer_periods = 4;
  bool prefer_mmap = true;
};

class AlsaStream {
 public:
  /// Opens, sets format, period, buffer and thresholds; not started.
  std::expected<void, DeviceError> open(const std::string& name, StreamDirection direction, const AlsaShape& shape);
  void close() noexcept { pcm_.reset(); }
  bool is_open() const noexcept { return pcm_ != nullptr; }

  snd_pcm_t* get() const noexcept { return pcm_.get(); }
  bool mmap() const noexcept { return mmap_; }
  std::size_t period_frames() const noexcept { return period_frames_; }
  std::uint64_t short_transfers() const noexcept { return short_transfers_; }

  /// 0, or ALSA's negative code. wait() answers -EAGAIN when nothing came in wait_ms_max.
  int wait(std::int64_t frames) noexcept;
  int read(std::span<std::int16_t> samples) noexcept;
  int write(std::span<const std::int16_t> samples) noexcept;
  /// Frames ready to read or free to write; negative: ALSA's code.
  std::int64_t available() noexcept;
  /// Frames between the application and the air; negative: ALSA's code.
  std::int64_t delay() noexcept;

 private:
  std::expected<void, DeviceError> set_hardware(const std::string& name, const AlsaShape& shape);
  std::expected<void, DeviceError> set_software(const std::string& name);

  PcmHandle pcm_;
  bool mmap_ = false;
  std::size_t period_frames_ = 0;
  std::size_t buffer_frames_ = 0;
  std::uint64_t short_transfers_ = 0;
};

}  // namespace phalarope::hal
