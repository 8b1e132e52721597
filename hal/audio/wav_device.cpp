#include "hal/audio/wav_device.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include "core/engine/base/enforce.hpp"
#include "hal/host/clock.hpp"

namespace phalarope::hal {
namespace {

std::int16_t saturate(std::int64_t value) noexcept {
  return static_cast<std::int16_t>(std::clamp<std::int64_t>(value, INT16_MIN, INT16_MAX));
}

std::size_t echo_slot(std::int64_t frame) noexcept {
  return static_cast<std::size_t>(frame) & (echo_history_frames - 1);
}

void sleep_until(Instant due) noexcept {
  const timespec at{.tv_sec = due.value / ns_per_second, .tv_nsec = due.value % ns_per_second};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

DeviceError settings_error(std::string where, std::string what) {
  return {DeviceFault::settings_invalid, std::move(where), std::move(what), "correct the audio settings"};
}

}  // namespace

WavDevice::WavDevice(WavDeviceSettings settings) : settings_(std::move(settings)) {}

std::expected<void, DeviceError> WavDevice::load_clips() {
  end_frame_ = 0;
  for (MicrophoneClip& clip : settings_.microphone) {
    if (clip.at_frame < 0) return std::unexpected(settings_error(clip.path, "a clip starts before position 0"));
    if (!clip.path.empty()) {
      auto loaded = load_audio_file(clip.path);
      if (!loaded) {
        const WavProblem& problem = loaded.error();
        const bool unreadable = problem.fault == WavFault::unreadable;
        return std::unexpected(DeviceError{
            unreadable ? DeviceFault::file_unreadable : DeviceFault::file_damaged,
            clip.path + ":byte " + std::to_string(problem.byte_offset), std::string(sentence_of(problem.fault)),
            unreadable ? "check the path and its permissions" : "convert it to 16 bit PCM WAV, mono, 16 kHz"});
      }
      clip.samples = std::move(loaded->samples);
    }
    end_frame_ = std::max(end_frame_, clip.at_frame + static_cast<std::int64_t>(clip.samples.size()));
  }
  end_frame_ += std::max<std::int64_t>(0, settings_.tail_frames);
  return {};
}

std::expected<DeviceFormat, DeviceError> WavDevice::open(const DeviceFormat& wanted) {
  close();
  if (wanted.period_frames < period_frames_min || wanted.period_frames > period_frames_max ||
      wanted.queue_periods < 1 || wanted.queue_periods > 8) {
    return std::unexpected(settings_error("period", "a period has 64 to 480 frames, a queue 1 to 8 periods"));
  }
  for (const EchoTap& tap : settings_.echo) {
    if (tap.delay_frames < 0 || tap.delay_frames >= static_cast<std::int64_t>(echo_history_frames) / 2) {
      return std::unexpected(settings_error("echo", "an echo is 0 to 16383 frames late"));
    }
  }
  if (auto loaded = load_clips(); !loaded) return std::unexpected(std::move(loaded.error()));
  if (!settings_.speaker_path.empty() && !speaker_.open(settings_.speaker_path)) {
    return std::unexpected(DeviceError{DeviceFault::file_unwritable, settings_.speaker_path,
                                       "the loudspeaker's file cannot be written", "choose a writable path"});
  }
  format_ = wanted;
  played_.assign(echo_history_frames, 0);
  const auto period = static_cast<std::int64_t>(wanted.period_frames);
  play_ahead_ = period * static_cast<std::int64_t>(wanted.queue_periods - 1);
  position_ = recorded_until_ = absent_left_ = absent_count_ = 0;
  played_until_ = play_ahead_ + period;  // the queue is full of silence at the start
  noise_state_ = settings_.noise_seed | 1U;
  script_next_ = 0;
  lost_now_ = restored_now_ = ended_ = false;
  origin_ = settings_.pace == Pace::real_time ? monotonic_now() : settings_.virtual_start;
  return format_;
}

CaptureOutcome WavDevice::capture(std::span<std::int16_t> capture) noexcept {
  const auto period = static_cast<std::int64_t>(capture.size());
  CaptureOutcome outcome{};
  std::int64_t lost_frames = wait_and_count_lost(period);
  if (const DeviceScriptStep* step = due_step(ScriptedFault::unplug)) {
    absent_left_ = std::max(step->frames, period);
    lost_now_ = true;
  }
  if (absent_left_ > 0) return capture_while_absent(capture);
  if (const DeviceScriptStep* step = due_step(ScriptedFault::capture_overrun)) lost_frames += step->frames;
  if (absent_count_ > 0) {
    outcome.status = DeviceStatus::restored;
    lost_frames += absent_count_;
    restored_now_ = true;
  } else {
    position_ += lost_frames;
    if (lost_frames > 0) outcome.status = DeviceStatus::xrun;
  }
  absent_count_ = 0;
  outcome.lost_frames = lost_frames;
  outcome.first_frame = position_;
  mix_period(capture);
  position_ += period;
  record_until(position_);
  outcome.at = instant_of(position_);
  if (!ended_ && position_ >= end_frame_) ended_ = outcome.source_ended = true;
  return outcome;
}

CaptureOutcome WavDevice::capture_while_absent(std::span<std::int16_t> capture) noexcept {
  const auto period = static_cast<std::int64_t>(capture.size());
  std::fill(capture.begin(), capture.end(), std::int16_t{0});
  CaptureOutcome outcome{};
  outcome.status = absent_count_ == 0 ? DeviceStatus::lost : DeviceStatus::absent;
  outcome.first_frame = position_;
  position_ += period;
  absent_count_ += period;
  absent_left_ -= std::min(absent_left_, period);
  outcome.at = instant_of(position_);
  return outcome;
}

PlaybackOutcome WavDevice::play(std::span<const std::int16_t> playback) noexcept {
  const auto period = static_cast<std::int64_t>(playback.size());
  PlaybackOutcome outcome{};
  if (absent_count_ > 0) {
    outcome.status = lost_now_ ? DeviceStatus::lost : DeviceStatus::absent;
    // The queue went with the device: what it held beyond the moment of loss was never heard.
    if (lost_now_) {
      outcome.dropped_from = position_ - period;
      outcome.dropped_frames = std::max<std::int64_t>(0, played_until_ - outcome.dropped_from);
      silence_queue(outcome.dropped_from, played_until_);
    }
    lost_now_ = false;
    outcome.first_frame = position_ + play_ahead_;
    return outcome;
  }
  outcome.first_frame = played_until_;
  if (const DeviceScriptStep* step = due_step(ScriptedFault::playback_underrun)) {
    const std::int64_t dropped = std::clamp<std::int64_t>(step->frames, 0, played_until_ - position_);
    silence_queue(played_until_ - dropped, played_until_);
    outcome.dropped_frames = outcome.silent_frames = dropped;
    outcome.dropped_from = played_until_ - dropped;
    outcome.status = DeviceStatus::xrun;
  }
  if (played_until_ < position_ || restored_now_) {  // the queue ran dry: start again with a full one
    outcome.first_frame = position_ + play_ahead_;
    outcome.silent_frames = outcome.first_frame - played_until_;
    outcome.status = restored_now_ ? DeviceStatus::restored : DeviceStatus::xrun;
    silence_queue(played_until_, outcome.first_frame);
    restored_now_ = false;
  }
  for (std::int64_t i = 0; i < period; ++i) {
    played_[echo_slot(outcome.first_frame + i)] = playback[static_cast<std::size_t>(i)];
  }
  played_until_ = outcome.first_frame + period;
  outcome.queued_frames = played_until_ - position_;
  return outcome;
}

void WavDevice::close() noexcept {
  if (speaker_.is_open()) {
    record_until(played_until_);
    speaker_.close();
  }
}

/// The next step of the script if it is due and of this kind. Steps of the other direction wait for their call.
const DeviceScriptStep* WavDevice::due_step(ScriptedFault fault) noexcept {
  if (script_next_ >= settings_.script.size()) return nullptr;
  const DeviceScriptStep& step = settings_.script[script_next_];
  if (step.fault != fault || step.at_frame > position_) return nullptr;
  ++script_next_;
  return &step;
}

/// Real time: sleeps until the period is over. Served later than the queue allows is an overrun of what did not fit.
std::int64_t WavDevice::wait_and_count_lost(std::int64_t period) noexcept {
  if (settings_.pace == Pace::virtual_time) return 0;
  const Instant due = instant_of(position_ + period);
  const Instant now = monotonic_now();
  if (now < due) {
    sleep_until(due);
    return 0;
  }
  const std::int64_t late = duration_to_frames(now - due);
  const std::int64_t held = period * static_cast<std::int64_t>(format_.queue_periods);
  return late > held ? late : 0;
}

void WavDevice::mix_period(std::span<std::int16_t> capture) noexcept {
  PHAL_ENFORCE(capture.size() <= period_frames_max, "a period is longer than the format allows");
  std::array<std::int64_t, period_frames_max> sum{};
  const auto period = static_cast<std::int64_t>(capture.size());
  for (const MicrophoneClip& clip : settings_.microphone) {
    const std::int64_t clip_end = clip.at_frame + static_cast<std::int64_t>(clip.samples.size());
    const std::int64_t from = std::max(position_, clip.at_frame);
    const std::int64_t until = std::min(position_ + period, clip_end);
    for (std::int64_t frame = from; frame < until; ++frame) {
      sum[static_cast<std::size_t>(frame - position_)] +=
          clip.samples[static_cast<std::size_t>(frame - clip.at_frame)] * clip.gain_permille / 1000;
    }
  }
  for (const EchoTap& tap : settings_.echo) {
    for (std::int64_t i = 0; i < period; ++i) {
      sum[static_cast<std::size_t>(i)] += sounded_at(position_ + i - tap.delay_frames) * tap.gain_permille / 1000;
    }
  }
  for (std::size_t i = 0; i < capture.size(); ++i) capture[i] = saturate(sum[i] + next_noise());
}

/// What the loudspeaker sounded at a position of the axis; silence where nothing is known.
std::int64_t WavDevice::sounded_at(std::int64_t frame) const noexcept {
  const bool known =
      frame >= 0 && frame < played_until_ && frame >= played_until_ - static_cast<std::int64_t>(echo_history_frames);
  return known ? played_[echo_slot(frame)] : 0;
}

/// xorshift64* (Vigna 2016): a seed gives the same room noise on every machine.
std::int64_t WavDevice::next_noise() noexcept {
  if (settings_.noise_peak <= 0) return 0;
  noise_state_ ^= noise_state_ >> 12;
  noise_state_ ^= noise_state_ << 25;
  noise_state_ ^= noise_state_ >> 27;
  const std::uint64_t drawn = (noise_state_ * 0x2545f4914f6cdd1dULL) >> 33;
  const auto span = static_cast<std::uint64_t>(2 * settings_.noise_peak + 1);
  return static_cast<std::int64_t>(drawn % span) - settings_.noise_peak;
}

void WavDevice::silence_queue(std::int64_t from, std::int64_t until) noexcept {
  from = std::max(from, until - static_cast<std::int64_t>(echo_history_frames));
  for (std::int64_t frame = std::max<std::int64_t>(from, 0); frame < until; ++frame) played_[echo_slot(frame)] = 0;
}

void WavDevice::record_until(std::int64_t frame) noexcept {
  for (; recorded_until_ < frame && speaker_.is_open(); ++recorded_until_) {
    const auto sample = static_cast<std::int16_t>(sounded_at(recorded_until_));
    speaker_.append(std::span(&sample, 1));
  }
}

}  // namespace phalarope::hal
