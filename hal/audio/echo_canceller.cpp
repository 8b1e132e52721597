#include "hal/audio/echo_canceller.hpp"

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

#include <algorithm>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {
namespace {
constexpr std::int64_t tail_ms_max = 500;
// More than both states take with the longest tail; libspeexdsp uses what calloc gives it without a look.
constexpr std::size_t states_bytes_max = 2UL * 1024 * 1024;
}  // namespace

void EchoCanceller::Deleter::operator()(SpeexEchoState_* state) const noexcept { speex_echo_state_destroy(state); }
void EchoCanceller::Deleter::operator()(SpeexPreprocessState_* state) const noexcept {
  speex_preprocess_state_destroy(state);
}

EchoCanceller::EchoCanceller(const CancellerSettings& settings) : settings_(settings) {
  const std::int64_t tail_frames = std::clamp<std::int64_t>(settings.tail_ms, 10, tail_ms_max) * frames_per_ms;
  silent_frames_ = tail_frames;
  // Asked for once and given back: where it is not to be had, the start ends here with bad_alloc, not in the library.
  std::make_unique_for_overwrite<std::byte[]>(states_bytes_max).reset();
  int rate = static_cast<int>(engine_rate_hz);
  if (settings.cancel_echo) {
    canceller_.reset(speex_echo_state_init(static_cast<int>(frame_frames), static_cast<int>(tail_frames)));
    speex_echo_ctl(canceller_.get(), SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
  }
  if (settings.denoise_db > 0) {
    denoiser_.reset(speex_preprocess_state_init(static_cast<int>(frame_frames), rate));
    int on = 1;
    int off = 0;
    int suppress_db = -settings.denoise_db;
    speex_preprocess_ctl(denoiser_.get(), SPEEX_PREPROCESS_SET_DENOISE, &on);
    speex_preprocess_ctl(denoiser_.get(), SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &suppress_db);
    speex_preprocess_ctl(denoiser_.get(), SPEEX_PREPROCESS_SET_AGC, &off);
    speex_preprocess_ctl(denoiser_.get(), SPEEX_PREPROCESS_SET_DEREVERB, &off);
  }
}

EchoCanceller::~EchoCanceller() = default;

void EchoCanceller::process(std::span<const std::int16_t> raw, std::span<const std::int16_t> reference,
                            std::span<std::int16_t> cleaned) noexcept {
  PHAL_ASSERT(raw.size() == frame_frames && reference.size() == frame_frames && cleaned.size() == frame_frames,
              "the canceller works in frames of 10 ms");
  const bool silent = std::all_of(reference.begin(), reference.end(), [](std::int16_t sample) { return sample == 0; });
  silent_frames_ = silent ? silent_frames_ + static_cast<std::int64_t>(frame_frames) : 0;
  const bool echo_possible = silent_frames_ < settings_.tail_ms * frames_per_ms + engine_rate_hz / 10;
  if (canceller_ != nullptr && echo_possible) {
    speex_echo_cancellation(canceller_.get(), raw.data(), reference.data(), linear_.data());
  } else {
    std::copy(raw.begin(), raw.end(), linear_.begin());
  }
  for (std::size_t i = 0; i < frame_frames; ++i) {
    echo_[i] = static_cast<std::int16_t>(std::clamp(raw[i] - linear_[i], INT16_MIN, INT16_MAX));
  }
  std::copy(linear_.begin(), linear_.end(), cleaned.begin());
  if (denoiser_ != nullptr) speex_preprocess_run(denoiser_.get(), cleaned.data());
}

void EchoCanceller::reset() noexcept {
  if (canceller_ != nullptr) speex_echo_state_reset(canceller_.get());
  silent_frames_ = settings_.tail_ms * frames_per_ms + engine_rate_hz / 10;
}

}  // namespace phalarope::hal
