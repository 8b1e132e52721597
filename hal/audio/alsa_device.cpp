#include "hal/audio/alsa_device.hpp"

#include <alsa/asoundlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include "core/engine/base/enforce.hpp"
#include "hal/audio/alsa_stream.hpp"
#include "hal/host/clock.hpp"

namespace phalarope::hal {
namespace {

constexpr Duration reopen_every = milliseconds(250);
constexpr std::array<std::int16_t, period_frames_max> silence{};

void sleep_for(std::int64_t frames) noexcept {
  const Duration span = frames_to_duration(frames);
  timespec left{.tv_sec = span.value / ns_per_second, .tv_nsec = span.value % ns_per_second};
  while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

}  // namespace

struct AlsaDevice::Streams {
  AlsaStream capture;
  AlsaStream playback;
};

AlsaDevice::AlsaDevice(AlsaSettings settings) : settings_(std::move(settings)), streams_(std::make_unique<Streams>()) {}
AlsaDevice::~AlsaDevice() { close(); }

std::expected<DeviceFormat, DeviceError> AlsaDevice::open(const DeviceFormat& wanted) {
  close();
  format_ = wanted;
  if (wanted.queue_periods < 1 || wanted.queue_periods >= settings_.buffer_periods) {
    return std::unexpected(DeviceError{DeviceFault::settings_invalid, settings_.playback_name,
                                       "the queue must be shorter than the buffer",
                                       "set buffer_periods to at least queue_periods + 1"});
  }
  if (auto opened = open_streams(); !opened) return std::unexpected(std::move(opened.error()));
  if (const int error = start_streams(); error < 0) {
    close();
    return std::unexpected(DeviceError{DeviceFault::system_refused, settings_.playback_name,
                                       std::string("cannot be started: ") + snd_strerror(error),
                                       "see the kernel's log for the sound card"});
  }
  position_ = hardware_position_ = 0;
  hardware_at_ = monotonic_now();
  played_until_ = static_cast<std::int64_t>(format_.period_frames * format_.queue_periods);
  pending_lost_ = pending_silent_ = pending_dropped_ = 0;
  lost_now_ = restored_now_ = return_told_ = false;
  present_ = true;
  return format_;
}

std::expected<void, DeviceError> AlsaDevice::open_streams() {
  const AlsaShape shape{format_.period_frames, settings_.buffer_periods, settings_.prefer_mmap};
  auto opened = streams_->capture.open(settings_.capture_name, StreamDirection::capture, shape);
  if (opened) {
    AlsaShape same = shape;  // both directions move in step, so the speaker takes the microphone's period
    same.period_frames = streams_->capture.period_frames();
    opened = streams_->playback.open(settings_.playback_name, StreamDirection::playback, same);
  }
  if (opened && streams_->playback.period_frames() != streams_->capture.period_frames()) {
    opened = std::unexpected(DeviceError{DeviceFault::format_refused, settings_.playback_name,
                                         "microphone and loudspeaker offer different periods",
                                         "choose a period both support, or \"plughw:\" for both"});
  }
  if (!opened) {
    streams_->capture.close();
    streams_->playback.close();
    return opened;
  }
  format_.period_frames = streams_->capture.period_frames();
  counters_.linked = settings_.prefer_link && snd_pcm_link(streams_->capture.get(), streams_->playback.get()) == 0;
  counters_.capture_mmap = streams_->capture.mmap();
  counters_.playback_mmap = streams_->playback.mmap();
  return {};
}

/// Prepares both directions, fills the speaker's queue and starts them together. 0 or ALSA's code.
int AlsaDevice::start_streams() noexcept {
  if (const int error = snd_pcm_prepare(streams_->capture.get()); error < 0) return error;
  if (!counters_.linked) {
    if (const int error = snd_pcm_prepare(streams_->playback.get()); error < 0) return error;
  }
  if (const int error = fill_queue(); error < 0) return error;
  if (const int error = snd_pcm_start(streams_->capture.get()); error < 0) return error;
  if (snd_pcm_state(streams_->playback.get()) == SND_PCM_STATE_RUNNING) return 0;  // the link started it
  return snd_pcm_start(streams_->playback.get());
}

int AlsaDevice::fill_queue() noexcept {
  const std::span<const std::int16_t> period = std::span(silence).first(format_.period_frames);
  for (std::size_t i = 0; i < format_.queue_periods; ++i) {
    if (const int error = streams_->playback.write(period); error < 0) return error;
  }
  return 0;
}

CaptureOutcome AlsaDevice::capture(std::span<std::int16_t> capture) noexcept {
  PHAL_ENFORCE(capture.size() == format_.period_frames, "a period is read whole");
  if (!present_) return capture_while_absent(capture);
  const auto period = static_cast<std::int64_t>(capture.size());
  int error = streams_->capture.wait(period);
  if (error == 0) error = streams_->capture.read(capture);
  if (error < 0) {
    if (!recover(error)) return capture_while_absent(capture);
    error = streams_->capture.wait(period);
    if (error == 0) error = streams_->capture.read(capture);
    if (error < 0) {  // twice in one period: it does not run
      lose();
      return capture_while_absent(capture);
    }
  }
  return told(capture);
}

/// Tells a period that was read, and the gap before it if there was one.
CaptureOutcome AlsaDevice::told(std::span<std::int16_t> capture) noexcept {
  CaptureOutcome outcome{};
  outcome.lost_frames = pending_lost_;
  if (restored_now_) {
    outcome.status = DeviceStatus::restored;
    return_told_ = true;
  } else if (pending_lost_ > 0) {
    outcome.status = DeviceStatus::xrun;  // also when the recovery was for the speaker's sake: the frames are gone
  }
  pending_lost_ = 0;
  outcome.first_frame = position_;
  position_ += static_cast<std::int64_t>(capture.size());
  note_good_read();
  outcome.at = hardware_at_;
  counters_.short_transfers = streams_->capture.short_transfers() + streams_->playback.short_transfers();
  return outcome;
}

/// Where the hardware is, and when: what a gap will be measured from.
void AlsaDevice::note_good_read() noexcept {
  const std::int64_t waiting = std::max<std::int64_t>(0, streams_->capture.available());
  hardware_position_ = position_ + waiting;
  hardware_at_ = monotonic_now();
}

PlaybackOutcome AlsaDevice::play(std::span<const std::int16_t> playback) noexcept {
  PlaybackOutcome outcome{};
  const auto period = static_cast<std::int64_t>(playback.size());
  if (!present_ || (restored_now_ && !return_told_)) {  // back since this very period: the next one is its first
    outcome.status = lost_now_ ? DeviceStatus::lost : DeviceStatus::absent;
    outcome.dropped_frames = std::exchange(pending_dropped_, 0);
    outcome.dropped_from = pending_dropped_from_;
    outcome.first_frame = played_until_;
    lost_now_ = false;
    return outcome;
  }
  // A speaker that ran dry stops by itself; the state says so even when there is room to write.
  int error = snd_pcm_state(streams_->playback.get()) == SND_PCM_STATE_XRUN ? -EPIPE : 0;
  if (error == 0) error = streams_->playback.write(playback);
  if (error < 0) {
    if (!recover(error)) return play(playback);  // absent now: one turn at most
    error = streams_->playback.write(playback);
    if (error < 0) {
      lose();
      return play(playback);
    }
  }
  if (restored_now_) {
    outcome.status = DeviceStatus::restored;
  } else if (pending_silent_ > 0) {
    outcome.status = DeviceStatus::xrun;
  }
  outcome.first_frame = played_until_;
  outcome.silent_frames = std::exchange(pending_silent_, 0);
  outcome.dropped_frames = std::exchange(pending_dropped_, 0);
  outcome.dropped_from = pending_dropped_from_;
  restored_now_ = return_told_ = false;
  played_until_ += period;
  const std::int64_t delay = streams_->playback.delay();
  outcome.queued_frames = delay < 0 ? period : delay;
  return outcome;
}

/// The one way back from any failure of a stream. True: both run again, and the gap is measured.
///
///   EPIPE    xrun: the hardware went on without us          EAGAIN   no interrupt in half a second: stalled
///   ESTRPIPE the system slept: as an xrun                   EINTR    a signal: nothing lost, but start anew
///   ENODEV, EBADFD, EIO and all others: the device is gone, or not ours any more
bool AlsaDevice::recover(int error) noexcept {
  const bool may_run_again =
      error == -EPIPE || error == -ESTRPIPE || error == -EAGAIN || error == -EINTR || error == -EBADFD;
  const snd_pcm_state_t state = snd_pcm_state(streams_->capture.get());
  if (!may_run_again || state == SND_PCM_STATE_DISCONNECTED) {
    lose();
    return false;
  }
  ++counters_.recoveries;
  // What the speaker still held is thrown away by the restart; what it had sounded is known by the clock.
  const std::int64_t stopped_at = hardware_position_ + duration_to_frames(monotonic_now() - hardware_at_);
  const std::int64_t dropped = std::max<std::int64_t>(0, played_until_ - stopped_at);
  snd_pcm_drop(streams_->capture.get());  // either may be stopped already: what counts is that both are after this
  snd_pcm_drop(streams_->playback.get());
  if (start_streams() < 0) {
    lose();
    return false;
  }
  const Instant now = monotonic_now();
  const std::int64_t restarted_at = std::max(position_, hardware_position_ + duration_to_frames(now - hardware_at_));
  pending_lost_ += restarted_at - position_;
  const std::int64_t queue = static_cast<std::int64_t>(format_.period_frames * format_.queue_periods);
  pending_silent_ += std::max<std::int64_t>(0, restarted_at + queue - played_until_);
  if (pending_dropped_ == 0 && dropped > 0) pending_dropped_from_ = played_until_ - dropped;
  pending_dropped_ += dropped;
  position_ = hardware_position_ = restarted_at;
  hardware_at_ = now;
  played_until_ = restarted_at + queue;
  return true;
}

void AlsaDevice::lose() noexcept {
  const std::int64_t gone_at = hardware_position_ + duration_to_frames(monotonic_now() - hardware_at_);
  if (present_) {
    pending_dropped_ = std::max<std::int64_t>(0, played_until_ - gone_at);
    pending_dropped_from_ = played_until_ - pending_dropped_;
  }
  streams_->capture.close();
  streams_->playback.close();
  present_ = false;
  lost_now_ = true;
  next_reopen_ = monotonic_now() + reopen_every;
}

CaptureOutcome AlsaDevice::capture_while_absent(std::span<std::int16_t> capture) noexcept {
  std::fill(capture.begin(), capture.end(), std::int16_t{0});
  CaptureOutcome outcome{};
  outcome.first_frame = position_;
  outcome.at = monotonic_now();
  if (lost_now_) {
    outcome.status = DeviceStatus::lost;
    return outcome;
  }
  sleep_for(static_cast<std::int64_t>(capture.size()));
  outcome.status = DeviceStatus::absent;
  outcome.at = monotonic_now();
  if (outcome.at < next_reopen_) return outcome;
  next_reopen_ = outcome.at + reopen_every;
  ++counters_.reopen_tries;
  const std::size_t period = format_.period_frames;
  if (!open_streams() || format_.period_frames != period || start_streams() < 0) {
    format_.period_frames = period;
    streams_->capture.close();
    streams_->playback.close();
    return outcome;
  }
  const Instant now = monotonic_now();
  const std::int64_t returned_at = hardware_position_ + duration_to_frames(now - hardware_at_);
  const auto queue = static_cast<std::int64_t>(format_.period_frames * format_.queue_periods);
  pending_lost_ = std::max<std::int64_t>(0, returned_at - position_);
  pending_silent_ = std::max<std::int64_t>(0, returned_at + queue - played_until_);
  position_ = hardware_position_ = std::max(position_, returned_at);
  hardware_at_ = now;
  played_until_ = position_ + queue;
  present_ = restored_now_ = true;
  return outcome;
}

void AlsaDevice::close() noexcept {
  if (streams_->playback.is_open()) snd_pcm_drop(streams_->playback.get());
  streams_->capture.close();
  streams_->playback.close();
  present_ = false;
}

}  // namespace phalarope::hal
