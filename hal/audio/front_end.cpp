#include "hal/audio/front_end.hpp"

#include <algorithm>
#include <cstring>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {

FrontEnd::FrontEnd(const FrontEndSettings& settings)
    : settings_(settings), canceller_(settings.canceller), voice_(settings.voice), tracker_(settings.speech) {}

void FrontEnd::process(const CaptureOutcome& outcome, std::span<const std::int16_t> capture,
                       std::span<std::int16_t> cleaned, EventWriter& writer) noexcept {
  if (outcome.lost_frames > 0) {
    // Part of a frame from before the gap has no other half.
    partial_count_ = 0;
    if (outcome.status == DeviceStatus::restored) canceller_.reset();
  }
  if (partial_count_ == 0) partial_first_ = outcome.first_frame;
  while (!capture.empty()) {
    const std::size_t count = std::min(capture.size(), frame_frames - partial_count_);
    std::copy_n(capture.begin(), count, partial_.begin() + static_cast<std::ptrdiff_t>(partial_count_));
    partial_count_ += count;
    capture = capture.subspan(count);
    if (partial_count_ < frame_frames) break;
    process_frame(writer);
    partial_first_ += static_cast<std::int64_t>(frame_frames);
    partial_count_ = 0;
  }
  give_cleaned(cleaned);
  deliver(writer);
}

void FrontEnd::process_frame(EventWriter& writer) noexcept {
  HistoryFrame& frame = history_.append();
  frame.first_frame = partial_first_ - canceller_.latency_frames();
  std::array<std::int16_t, frame_frames> reference;
  reference_.read(partial_first_ - settings_.canceller.bulk_delay_frames, reference);
  canceller_.process(partial_, reference, frame.samples);
  const VoiceVerdict verdict = voice_.judge(canceller_.linear(), canceller_.echo(), reference);
  frame.voiced = canceller_.latency_frames() == 0 ? verdict.voiced : last_voiced_;
  last_voiced_ = verdict.voiced;
  ++counters_.frames_processed;
  if (cleaned_count_ + frame_frames <= cleaned_.size()) {
    std::copy(frame.samples.begin(), frame.samples.end(),
              cleaned_.begin() + static_cast<std::ptrdiff_t>(cleaned_count_));
    cleaned_count_ += frame_frames;
  }
  report(tracker_.take(partial_first_, verdict.voiced, verdict.onset_frames), writer);
}

void FrontEnd::report(const SpeechFacts& facts, EventWriter& writer) noexcept {
  Event event{};
  event.argument_a = facts.utterance;
  event.provider_invocation = facts.utterance;
  event.scope = Scope::session;
  if (facts.started) {
    event.kind = EventKind::speech_started;
    event.reason = Reason::speech_suspected;
    event.media_sample = facts.first_sample;
    utterance_sent_ = facts.utterance;
    // From the pre-roll on, but nothing that the last utterance has sent already.
    const auto pre_roll_frames = static_cast<std::uint64_t>(std::max<std::int64_t>(0, settings_.pre_roll_ms) / 10);
    const std::int64_t newest = history_.at(history_.end() - 1).first_frame;
    const auto since_onset =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, newest - facts.first_sample)) / frame_frames +
        2;  // the frame of the onset and the newest one
    const std::uint64_t wanted = history_.end() - std::min(history_.end(), pre_roll_frames + since_onset);
    next_to_send_ = std::max({next_to_send_, wanted, history_.oldest()});
  } else if (facts.continues) {
    event.kind = EventKind::speech_continues;
    event.media_sample = facts.last_sample;
    event.argument_b = facts.speech_ms;
  } else if (facts.ended) {
    event.kind = EventKind::speech_ended;
    event.media_sample = facts.last_sample;
    event.argument_b = facts.speech_ms;
    // The frame that decided the end is silence; leaving it out lets the last event of speech be the end itself.
    send_until_ = history_.end() - 1;
  } else {
    return;
  }
  (void)writer.control(event);  // a full ring is counted by the writer
}

void FrontEnd::interrupt(EventWriter& writer) noexcept {
  partial_count_ = 0;
  report(tracker_.interrupt(), writer);
  send_until_ = history_.end();
}

void FrontEnd::deliver(EventWriter& writer) noexcept {
  const bool open = settings_.delivery == FrameDelivery::always || tracker_.speaking();
  const std::uint64_t until = open ? history_.end() : send_until_;
  if (next_to_send_ < history_.oldest() && next_to_send_ < until) {
    const std::uint64_t first_kept = std::min(until, history_.oldest());
    counters_.frames_lost += first_kept - next_to_send_;
    next_to_send_ = first_kept;
  }
  for (std::size_t sent = 0; sent < frames_sent_per_period_max && next_to_send_ < until; ++sent) {
    if (!send_frame(history_.at(next_to_send_), writer)) return;  // no slab: the history keeps it for a later period
    ++next_to_send_;
  }
}

bool FrontEnd::send_frame(const HistoryFrame& frame, EventWriter& writer) noexcept {
  constexpr std::uint32_t frame_bytes = frame_frames * sizeof(std::int16_t);
  const auto handle = writer.payloads().try_acquire(microphone_pool, frame_bytes);
  if (!handle) return false;
  const std::span<std::byte> slab = writer.payloads().write(*handle);
  PHAL_ENFORCE(slab.size() >= frame_bytes, "a fresh slab is as long as was asked");
  std::memcpy(slab.data(), frame.samples.data(), frame_bytes);
  Event event{};
  event.kind = EventKind::audio_frame;
  event.payload_class = PayloadClass::audio_raw;
  event.scope = Scope::session;
  event.media_sample = frame.first_frame;
  event.argument_a = frame.voiced ? 1 : 0;
  event.argument_b = static_cast<std::int64_t>(frame_frames);
  event.payload = *handle;
  event.provider_invocation = utterance_sent_;
  if (!writer.data(event)) {
    (void)writer.payloads().release(*handle);
    ++counters_.frames_lost;
    return true;  // the ring is full: the frame is counted as lost, the next may find room
  }
  ++counters_.frames_sent;
  return true;
}

/// The taps get as many cleaned samples as raw ones; where a frame is not whole yet, they lag by less than 10 ms.
void FrontEnd::give_cleaned(std::span<std::int16_t> cleaned) noexcept {
  const std::size_t count = std::min(cleaned.size(), cleaned_count_);
  const std::size_t missing = cleaned.size() - count;
  std::fill_n(cleaned.begin(), missing, std::int16_t{0});  // only until the first frame is whole
  std::copy_n(cleaned_.begin(), count, cleaned.begin() + static_cast<std::ptrdiff_t>(missing));
  std::copy(cleaned_.begin() + static_cast<std::ptrdiff_t>(count),
            cleaned_.begin() + static_cast<std::ptrdiff_t>(cleaned_count_), cleaned_.begin());
  cleaned_count_ -= count;
}

}  // namespace phalarope::hal
