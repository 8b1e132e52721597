#include "hal/audio/audio_engine.hpp"

#include <algorithm>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {

AudioEngine::AudioEngine(AudioDevice& device, AudioLink link, const AudioEngineSettings& settings, AudioTap* tap)
    : device_(device),
      link_(link),
      settings_(settings),
      tap_(tap),
      writer_(link_, settings.session_slot),
      playback_(link_.fence, link_.payloads),
      front_end_(settings.front_end) {}

std::expected<DeviceFormat, DeviceError> AudioEngine::start() {
  auto format = device_.open(settings_.format);
  if (format) {
    PHAL_ENFORCE(format->period_frames >= period_frames_min && format->period_frames <= period_frames_max,
                 "a device's period is within the format's bounds");
    period_frames_ = format->period_frames;
  }
  return format;
}

PeriodReport AudioEngine::run_period() noexcept {
  PHAL_ENFORCE(period_frames_ > 0, "run_period() before a successful start()");
  const std::uint64_t sent_before = writer_.counters().sent;
  const std::span captured(captured_.data(), period_frames_);
  const std::span cleaned(cleaned_.data(), period_frames_);
  const std::span played(played_.data(), period_frames_);

  const CaptureOutcome in = device_.capture(captured);
  const bool away = in.status == DeviceStatus::lost || in.status == DeviceStatus::absent;
  writer_.begin_period(in.at);
  drain_commands();
  std::fill(played.begin(), played.end(), std::int16_t{0});
  // Without a device the voice stands still: what nobody can hear must not count as heard.
  playback_.render(away ? std::span<std::int16_t>{} : played);
  const PlaybackOutcome out = device_.play(played);

  report_capture(in);
  report_playback(out);
  playback_.settle(out, away ? 0 : static_cast<std::int64_t>(period_frames_), writer_);
  if (away) {
    front_end_.interrupt(writer_);
  } else {
    front_end_.note_played(out.first_frame, played);
    front_end_.process(in, captured, cleaned, writer_);
    if (tap_ != nullptr) tap_->take({in.first_frame, out.first_frame, captured, cleaned, played});
  }
  ++counters_.periods;
  return {.at = in.at,
          .position = in.first_frame + static_cast<std::int64_t>(period_frames_),
          .capture = in.status,
          .playback = out.status,
          .source_ended = in.source_ended,
          .events_sent = writer_.counters().sent != sent_before};
}

void AudioEngine::stop() noexcept {
  drain_commands();
  playback_.release_all();
  device_.close();
}

AudioCounters AudioEngine::counters() const noexcept {
  AudioCounters counters = counters_;
  counters.playback = playback_.counters();
  counters.front_end = front_end_.counters();
  counters.events = writer_.counters();
  return counters;
}

/// All that has come, but never more than one ring full: a producer faster than us cannot hold the period up.
void AudioEngine::drain_commands() noexcept {
  Event command{};
  for (std::size_t taken = 0; taken < audio_commands_max && link_.commands.try_pop(command); ++taken) {
    playback_.take(command);
  }
}

void AudioEngine::report_capture(const CaptureOutcome& outcome) noexcept {
  Event event{};
  event.scope = Scope::session;
  event.media_sample = outcome.first_frame;
  switch (outcome.status) {
    case DeviceStatus::ok:
    case DeviceStatus::absent:
      break;
    case DeviceStatus::xrun:
      ++counters_.capture_xruns;
      report_gap(Reason::capture_overrun, outcome.first_frame - outcome.lost_frames, outcome.first_frame);
      break;
    case DeviceStatus::lost:
      ++counters_.device_losses;
      event.kind = EventKind::device_lost;
      event.reason = Reason::device_unplugged;
      (void)writer_.control(event);  // a full ring is counted by the writer
      break;
    case DeviceStatus::restored:
      event.kind = EventKind::device_restored;
      event.reason = Reason::device_returned;
      event.range_start = outcome.first_frame - outcome.lost_frames;
      event.range_end = outcome.first_frame;
      event.set(EventFlag::has_range);
      (void)writer_.control(event);
      break;
  }
  if (!outcome.source_ended) return;
  event.kind = EventKind::stream_ended;
  event.reason = Reason::microphone_ended;
  (void)writer_.control(event);
}

void AudioEngine::report_playback(const PlaybackOutcome& outcome) noexcept {
  if (outcome.status != DeviceStatus::xrun) return;  // loss and return are told by the microphone's side
  ++counters_.playback_xruns;
  report_gap(Reason::playback_underrun, outcome.first_frame - outcome.silent_frames, outcome.first_frame);
}

/// range_start..range_end is half open: the first frame lost, and the first that is good again.
void AudioEngine::report_gap(Reason reason, std::int64_t from, std::int64_t until) noexcept {
  Event event{};
  event.kind = EventKind::xrun;
  event.reason = reason;
  event.scope = Scope::session;
  event.media_sample = until;
  event.argument_a = reason == Reason::capture_overrun ? 1 : 2;
  event.range_start = from;
  event.range_end = until;
  event.set(EventFlag::has_range);
  (void)writer_.control(event);
}

}  // namespace phalarope::hal
