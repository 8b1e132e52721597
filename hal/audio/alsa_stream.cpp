#include "hal/audio/alsa_stream.hpp"

#include <alsa/asoundlib.h>

#include <cerrno>

namespace phalarope::hal {
namespace {

DeviceError error_at(const std::string& name, const std::string& doing, int code) {
  DeviceFault fault = DeviceFault::format_refused;
  std::string cure = "try \"plughw:\" instead of \"hw:\", which converts rate and channels";
  if (code == -ENOENT || code == -ENODEV || code == -ENXIO) {
    fault = DeviceFault::device_missing;
    cure = "list devices with `aplay -L` and `arecord -L`, and check the cable";
  } else if (code == -EBUSY) {
    fault = DeviceFault::device_busy;
    cure = "another program holds the device; `fuser -v /dev/snd/*` names it";
  } else if (code == -EACCES || code == -EPERM) {
    fault = DeviceFault::system_refused;
    cure = "put the user into the group `audio`";
  }
  return {fault, name, doing + ": " + snd_strerror(code), std::move(cure)};
}

}  // namespace

namespace {
constexpr snd_pcm_stream_t of_alsa(StreamDirection direction) noexcept {
  return direction == StreamDirection::capture ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK;
}
}  // namespace

std::expected<void, DeviceError> AlsaStream::open(const std::string& name, StreamDirection direction,
                                                  const AlsaShape& shape) {
  pcm_.reset();
  snd_pcm_t* pcm = nullptr;
  if (const int error = snd_pcm_open(&pcm, name.c_str(), of_alsa(direction), SND_PCM_NONBLOCK); error < 0) {
    return std::unexpected(error_at(name, "cannot open the device", error));
  }
  pcm_.reset(pcm);
  if (auto set = set_hardware(name, shape); !set) return set;
  return set_software(name);
}

std::expected<void, DeviceError> AlsaStream::set_hardware(const std::string& name, const AlsaShape& shape) {
  snd_pcm_hw_params_t* params = nullptr;
  snd_pcm_hw_params_alloca(&params);
  snd_pcm_t* const pcm = pcm_.get();
  const auto failed = [&](const char* doing, int code) { return std::unexpected(error_at(name, doing, code)); };

  if (const int error = snd_pcm_hw_params_any(pcm, params); error < 0) return failed("has no configuration", error);
  mmap_ = shape.prefer_mmap && snd_pcm_hw_params_set_access(pcm, params, SND_PCM_ACCESS_MMAP_INTERLEAVED) == 0;
  if (!mmap_) {
    const int error = snd_pcm_hw_params_set_access(pcm, params, SND_PCM_ACCESS_RW_INTERLEAVED);
    if (error < 0) return failed("takes no interleaved samples", error);
  }
  if (const int error = snd_pcm_hw_params_set_format(pcm, params, SND_PCM_FORMAT_S16_LE); error < 0) {
    return failed("takes no signed 16 bit samples", error);
  }
  if (const int error = snd_pcm_hw_params_set_channels(pcm, params, 1); error < 0) return failed("is not mono", error);
  const auto rate = static_cast<unsigned>(engine_rate_hz);
  if (const int error = snd_pcm_hw_params_set_rate(pcm, params, rate, 0); error < 0)
    return failed("has no 16 kHz", error);

  snd_pcm_uframes_t period = shape.period_frames;
  if (const int error = snd_pcm_hw_params_set_period_size_near(pcm, params, &period, nullptr); error < 0) {
    return failed("refuses the period", error);
  }
  snd_pcm_uframes_t buffer = period * shape.buffer_periods;
  if (const int error = snd_pcm_hw_params_set_buffer_size_near(pcm, params, &buffer); error < 0) {
    return failed("refuses the buffer", error);
  }
  if (const int error = snd_pcm_hw_params(pcm, params); error < 0) return failed("refuses the configuration", error);
  if (period < period_frames_min || period > period_frames_max || buffer < 2 * period) {
    return failed("offers only periods outside 4 to 30 ms, or a buffer of less than two", -EINVAL);
  }
  period_frames_ = period;
  buffer_frames_ = buffer;
  return {};
}

std::expected<void, DeviceError> AlsaStream::set_software(const std::string& name) {
  snd_pcm_sw_params_t* params = nullptr;
  snd_pcm_sw_params_alloca(&params);
  snd_pcm_t* const pcm = pcm_.get();
  int error = snd_pcm_sw_params_current(pcm, params);
  // Started by hand, both directions together; stopped by an xrun, so that it is seen and measured.
  if (error >= 0) error = snd_pcm_sw_params_set_start_threshold(pcm, params, buffer_frames_ * 1024);
  if (error >= 0) error = snd_pcm_sw_params_set_stop_threshold(pcm, params, buffer_frames_);
  if (error >= 0) error = snd_pcm_sw_params_set_avail_min(pcm, params, period_frames_);
  if (error >= 0) error = snd_pcm_sw_params(pcm, params);
  if (error < 0) return std::unexpected(error_at(name, "refuses the thresholds", error));
  return {};
}

int AlsaStream::wait(std::int64_t frames) noexcept {
  // At most as often as an early wake-up can happen in one period; then the device is called stalled.
  for (int tries = 0; tries < 64; ++tries) {
    const std::int64_t ready = available();
    if (ready < 0) return static_cast<int>(ready);
    if (ready >= frames) return 0;
    const int woken = snd_pcm_wait(pcm_.get(), wait_ms_max);
    if (woken < 0) return woken;
    if (woken == 0) return -EAGAIN;
  }
  return -EAGAIN;
}

int AlsaStream::read(std::span<std::int16_t> samples) noexcept {
  while (!samples.empty()) {
    const snd_pcm_sframes_t got = mmap_ ? snd_pcm_mmap_readi(pcm_.get(), samples.data(), samples.size())
                                        : snd_pcm_readi(pcm_.get(), samples.data(), samples.size());
    if (got < 0) return static_cast<int>(got);
    if (got == 0) return -EPIPE;
    samples = samples.subspan(static_cast<std::size_t>(got));
    if (samples.empty()) return 0;
    ++short_transfers_;
    if (const int error = wait(static_cast<std::int64_t>(samples.size())); error < 0) return error;
  }
  return 0;
}

int AlsaStream::write(std::span<const std::int16_t> samples) noexcept {
  while (!samples.empty()) {
    const snd_pcm_sframes_t put = mmap_ ? snd_pcm_mmap_writei(pcm_.get(), samples.data(), samples.size())
                                        : snd_pcm_writei(pcm_.get(), samples.data(), samples.size());
    if (put < 0) return static_cast<int>(put);
    if (put == 0) return -EPIPE;
    samples = samples.subspan(static_cast<std::size_t>(put));
    if (samples.empty()) return 0;
    ++short_transfers_;
    if (const int error = wait(static_cast<std::int64_t>(samples.size())); error < 0) return error;
  }
  return 0;
}

void PcmCloser::operator()(snd_pcm_t* pcm) const noexcept { snd_pcm_close(pcm); }

std::int64_t AlsaStream::available() noexcept { return snd_pcm_avail_update(pcm_.get()); }

std::int64_t AlsaStream::delay() noexcept {
  snd_pcm_sframes_t frames = 0;
  const int error = snd_pcm_delay(pcm_.get(), &frames);
  return error < 0 ? error : frames;
}

}  // namespace phalarope::hal
