// EchoCanceller: takes the loudspeaker out of the microphone, and a little of the room's noise.
//
//   raw ──────────▶ [ speexdsp linear canceller ] ─┬─▶ [ speexdsp denoise, -12 dB ] ─▶ cleaned (10 ms later)
//   reference ────▶ [ tail 256 ms               ]  └─▶ linear(): for the voice detector
//
// Linear and gentle on purpose: stronger suppressors show a better echo figure and worse recognition of whoever talks
// over the voice (users.md 1). The tail must be longer than what is left of the device's delay plus the room, or
// nothing is cancelled: the bulk delay is taken off before. A reference that was silent for a whole tail needs no
// canceller, so its cost is paid only while the board speaks.
// Who: the audio thread; the constructor allocates, process() does not. Not here: voice decisions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "hal/audio/audio_format.hpp"

struct SpeexEchoState_;
struct SpeexPreprocessState_;

namespace phalarope::hal {

struct CancellerSettings {
  bool cancel_echo = true;
  std::int64_t tail_ms = 256;
  std::int64_t bulk_delay_frames = 0;  // from the board profile, as measured
  int denoise_db = 12;                 // 0: off
};

class EchoCanceller {
 public:
  explicit EchoCanceller(const CancellerSettings& settings);
  ~EchoCanceller();
  EchoCanceller(const EchoCanceller&) = delete;
  EchoCanceller& operator=(const EchoCanceller&) = delete;

  /// All three are one frame of 10 ms.
  void process(std::span<const std::int16_t> raw, std::span<const std::int16_t> reference,
               std::span<std::int16_t> cleaned) noexcept;
  /// Forgets the room: after the device was away.
  void reset() noexcept;

  /// The last frame without its echo, and that echo: linear() + echo() = raw.
  std::span<const std::int16_t, frame_frames> linear() const noexcept { return linear_; }
  std::span<const std::int16_t, frame_frames> echo() const noexcept { return echo_; }
  /// `cleaned` is this much older than `raw`: the denoiser works on overlapping frames.
  std::int64_t latency_frames() const noexcept {
    return denoiser_ == nullptr ? 0 : static_cast<std::int64_t>(frame_frames);
  }
  const CancellerSettings& settings() const noexcept { return settings_; }

 private:
  struct Deleter {
    void operator()(SpeexEchoState_* state) const noexcept;
    void operator()(SpeexPreprocessState_* state) const noexcept;
  };
  CancellerSettings settings_;
  std::unique_ptr<SpeexEchoState_, Deleter> canceller_;
  std::unique_ptr<SpeexPreprocessState_, Deleter> denoiser_;
  std::array<std::int16_t, frame_frames> linear_{};
  std::array<std::int16_t, frame_frames> echo_{};
  std::int64_t silent_frames_;  // of the reference, up to now
};

}  // namespace phalarope::hal
