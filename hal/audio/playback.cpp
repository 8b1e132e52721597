#include "hal/audio/playback.hpp"

#include <algorithm>
#include <cstring>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {
namespace {

constexpr std::int64_t unity_gain = 1 << 15;

std::int16_t scaled(std::int16_t sample, std::int64_t gain) noexcept {
  return static_cast<std::int16_t>(sample * gain / unity_gain);
}

}  // namespace

Playback::Playback(Fence& fence, PayloadStore& payloads)
    : fence_(fence), payloads_(payloads), ring_(answer_ring_frames, 0), gain_(unity_gain), gain_target_(unity_gain) {}

void Playback::take(const Event& command) noexcept {
  if (command.kind == EventKind::command_play_frame) {
    if (pending_count_ == pending_frames_max) {
      ++counters_.frames_refused;
      (void)payloads_.release(command.payload);  // stale handles are counted by the store
      return;
    }
    pending_[(pending_first_ + pending_count_++) % pending_frames_max] = {
        Ticket{command.ticket}, command.argument_a, command.payload, command.authority_epoch, command.turn_number};
    return;
  }
  const bool mine = command.kind == EventKind::command_play_end || command.kind == EventKind::command_duck ||
                    command.kind == EventKind::command_resume;
  if (mine && controls_.push_back({Ticket{command.ticket}, command.argument_a, command.kind})) return;
  // The engine's other commands are for other rooms; a payload that came here by mistake is still given back.
  ++counters_.commands_ignored;
  if (command.payload.present()) (void)payloads_.release(command.payload);
}

void Playback::render(std::span<std::int16_t> period) noexcept {
  std::fill(period.begin(), period.end(), std::int16_t{0});
  facts_ = {};
  jumped_from_ = -1;
  // Read after the commands were taken: the engine moves the fence before it sends a command of the new ticket, so a
  // command whose ticket is not this one is late, never early.
  const Ticket audible = fence_.current();
  rendered_for_ = audible;
  if (audible != identity_.ticket) leave_answer(period);
  // The period in which a voice ends is its own, even if unfaded: settle() then lets the next one in.
  if (!facts_.fenced && audible != identity_.ticket) adopt(audible);
  apply_controls(audible);
  accept_pending(audible);
  if (identity_.ticket == audible && audible != no_ticket) sound(period);
}

/// The fence has moved: the old voice gets its fade within this period, and never another sample.
void Playback::leave_answer(std::span<std::int16_t> period) noexcept {
  if (identity_.ticket == no_ticket) return;
  const FenceNotice notice = fence_.notice();
  if (state_ != AnswerState::completed) {
    facts_.fenced = true;
    facts_.fenced_identity = identity_;
    facts_.fence_reason = notice.reason;
  }
  if (state_ == AnswerState::sounding) {
    const std::int64_t fade = std::min(
        {notice.fade_frames, fade_frames_max, received_end_ - position_, static_cast<std::int64_t>(period.size())});
    for (std::int64_t i = 0; i < fade; ++i) {
      period[static_cast<std::size_t>(i)] = scaled(at(position_ + i), gain_ * (fade - i) / (fade + 1));
    }
    facts_.sounded_from = position_;
    facts_.sounded_frames = std::max<std::int64_t>(fade, 0);
    position_ += facts_.sounded_frames;
  }
  advance(AnswerTrigger::fence_moved);
  identity_ = {};
}

void Playback::adopt(Ticket ticket) noexcept {
  if (ticket == no_ticket) return;
  identity_ = {.ticket = ticket};
  advance(AnswerTrigger::ticket_admitted);
  position_ = received_end_ = since_position_frames_ = 0;
  end_known_ = held_ = false;
  gain_ = gain_target_ = unity_gain;
  last_audible_frame_ = -1;
  span_count_ = 0;
}

void Playback::apply_controls(Ticket audible) noexcept {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < controls_.size(); ++i) {
    const Control control = controls_[i];
    if (control.ticket != audible || audible == no_ticket || state_ == AnswerState::completed) {
      ++counters_.commands_ignored;
      continue;
    }
    if (identity_.ticket != audible) {  // the old voice ends in this period
      controls_[kept++] = control;
      continue;
    }
    if (control.kind == EventKind::command_play_end) {
      end_known_ = true;
    } else if (control.kind == EventKind::command_duck) {
      held_ = true;
      gain_target_ = std::clamp<std::int64_t>(control.argument, 0, 1000) * unity_gain / 1000;
      if (state_ == AnswerState::open) gain_ = gain_target_;  // not a sample has sounded: nothing to ramp down from
      facts_.ducked = true;
      facts_.ducked_at = position_;
    } else {
      apply_resume(control.argument);
    }
  }
  while (controls_.size() > kept) controls_.pop_back();
}

void Playback::apply_resume(std::int64_t sample) noexcept {
  // A negative sample says that nobody knows where the voice was ducked: it goes on where it is.
  const std::int64_t target = sample < 0 ? position_ : std::clamp(sample, oldest_sample(), position_);
  if (held_ && target != position_) {
    if (jumped_from_ < 0) jumped_from_ = position_;
    position_ = target;
  }
  held_ = false;
  gain_target_ = unity_gain;
  facts_.resumed = true;
  facts_.resumed_at = position_;
}

void Playback::accept_pending(Ticket audible) noexcept {
  std::int64_t accepted = 0;
  while (pending_count_ > 0 && accepted < accepted_frames_per_period_max) {
    const PendingFrame& frame = pending_[pending_first_];
    if (frame.ticket != audible || audible == no_ticket || state_ == AnswerState::completed) {
      ++counters_.frames_late;
      drop_front();
      continue;
    }
    if (identity_.ticket != audible) return;  // see apply_controls()
    const std::int64_t before = received_end_;
    if (!accept_frame(frame)) return;
    accepted += received_end_ - before;
    drop_front();
  }
}

/// Copies a frame to its place on the answer's axis. False when it has to wait for room.
bool Playback::accept_frame(const PendingFrame& frame) noexcept {
  const auto bytes = payloads_.read(frame.payload);
  const auto frames = bytes ? static_cast<std::int64_t>(bytes->size() / sizeof(std::int16_t)) : 0;
  const std::int64_t gap = frame.first_sample - received_end_;
  if (frames == 0 || gap < 0 || gap > answer_gap_frames_max || frames > answer_gap_frames_max) {
    ++counters_.frames_refused;
    return true;
  }
  if (gap + frames > free_frames()) return false;
  append_silence(gap);
  for (std::int64_t done = 0; done < frames;) {  // at most two stretches: the ring may wrap once
    const std::size_t slot = static_cast<std::size_t>(received_end_) & (answer_ring_frames - 1);
    const std::int64_t count = std::min(frames - done, static_cast<std::int64_t>(answer_ring_frames - slot));
    std::memcpy(&ring_[slot], bytes->data() + done * 2, static_cast<std::size_t>(count) * 2);
    received_end_ += count;
    done += count;
  }
  identity_.authority_epoch = frame.authority_epoch;
  identity_.turn_number = frame.turn_number;
  ++counters_.frames_accepted;
  return true;
}

void Playback::append_silence(std::int64_t frames) noexcept {
  for (std::int64_t i = 0; i < frames; ++i) at(received_end_++) = 0;
  counters_.gap_frames += static_cast<std::uint64_t>(frames);
}

void Playback::sound(std::span<std::int16_t> period) noexcept {
  const auto period_frames = static_cast<std::int64_t>(period.size());
  const std::int64_t frames = std::min(period_frames, received_end_ - position_);
  facts_.sounded_from = position_;
  facts_.sounded_frames = frames;
  const bool jumped = jumped_from_ >= 0;
  const std::int64_t fade_in = jumped ? std::min(resume_cross_fade_frames, period_frames) : 0;
  const std::int64_t from_gain = jumped ? gain_target_ : gain_;
  for (std::int64_t i = 0; i < frames; ++i) {
    std::int64_t gain = from_gain + (gain_target_ - from_gain) * (i + 1) / period_frames;
    if (i < fade_in) gain = gain * (i + 1) / (fade_in + 1);
    period[static_cast<std::size_t>(i)] = scaled(at(position_ + i), gain);
  }
  // The ducked voice goes out while the resumed one comes in.
  for (std::int64_t i = 0; i < std::min(fade_in, received_end_ - jumped_from_); ++i) {
    const std::int64_t gain = gain_ * (fade_in - i) / (fade_in + 1);
    std::int16_t& mixed = period[static_cast<std::size_t>(i)];
    mixed = static_cast<std::int16_t>(
        std::clamp<std::int64_t>(mixed + scaled(at(jumped_from_ + i), gain), INT16_MIN, INT16_MAX));
  }
  if (period_frames > 0) gain_ = gain_target_;
  position_ += frames;
  if (frames > 0 && state_ == AnswerState::open) {
    advance(AnswerTrigger::first_sample);
    facts_.started = true;
  }
  if (state_ == AnswerState::sounding && !everything_rendered()) {
    counters_.starved_frames += static_cast<std::uint64_t>(period_frames - frames);
  }
}

void Playback::settle(const PlaybackOutcome& outcome, std::int64_t period_frames, EventWriter& writer) noexcept {
  if (outcome.dropped_frames > 0) take_back_dropped(outcome);
  remember_period(outcome.first_frame);
  if (facts_.fenced) {
    report_fence(outcome.first_frame, writer);
    adopt(rendered_for_);
  }
  if (identity_.ticket == no_ticket) return;
  if (facts_.started)
    send(writer, EventKind::playback_started, identity_, outcome.first_frame, facts_.sounded_from, outcome.first_frame);
  if (facts_.ducked)
    send(writer, EventKind::duck_applied, identity_, outcome.first_frame, facts_.ducked_at, outcome.first_frame);
  if (facts_.resumed)
    send(writer, EventKind::resume_applied, identity_, outcome.first_frame, facts_.resumed_at, outcome.first_frame);
  const std::int64_t sounded_until = outcome.first_frame + period_frames - outcome.queued_frames;
  report_progress(outcome.first_frame, sounded_until, period_frames, writer);
}

/// A recovery threw away the end of the queue: those samples were never heard, so the voice goes back to the first.
/// The period just rendered is in the device already and stays where it is; what was lost follows it.
void Playback::take_back_dropped(const PlaybackOutcome& outcome) noexcept {
  if (state_ != AnswerState::sounding || jumped_from_ >= 0 || span_count_ == 0) return;
  const SoundedSpan& last = spans_[(span_count_ - 1) % remembered_periods];
  if (last.device_frame + last.frames <= outcome.dropped_from) return;  // only silence was lost
  position_ = std::max(oldest_sample(), std::min(position_, answer_sample_at(outcome.dropped_from)));
}

void Playback::remember_period(std::int64_t device_frame) noexcept {
  if (facts_.sounded_frames == 0) return;
  spans_[span_count_++ % remembered_periods] = {device_frame, facts_.sounded_from, facts_.sounded_frames};
  last_audible_frame_ = device_frame + facts_.sounded_frames - 1;
}

/// How far into the answer the voice was when `device_frame` came up (everything before it has sounded).
std::int64_t Playback::answer_sample_at(std::int64_t device_frame) const noexcept {
  const std::size_t known = std::min(span_count_, remembered_periods);
  for (std::size_t back = 1; back <= known; ++back) {
    const SoundedSpan& span = spans_[(span_count_ - back) % remembered_periods];
    if (span.device_frame < device_frame) {
      return span.answer_sample + std::min(span.frames, device_frame - span.device_frame);
    }
  }
  return known == 0 ? 0 : spans_[(span_count_ - known) % remembered_periods].answer_sample;
}

void Playback::report_fence(std::int64_t device_frame, EventWriter& writer) noexcept {
  // What is in the device's queue will sound: it is heard as well (D17, clock 2).
  const std::int64_t heard = span_count_ == 0 ? 0 : answer_sample_at(last_audible_frame_ + 1);
  send(writer, EventKind::fence_applied, facts_.fenced_identity, device_frame, heard, last_audible_frame_,
       facts_.fence_reason);
}

void Playback::report_progress(std::int64_t device_frame, std::int64_t sounded_until, std::int64_t period_frames,
                               EventWriter& writer) noexcept {
  if (state_ == AnswerState::idle || state_ == AnswerState::completed) return;
  const std::int64_t heard = span_count_ == 0 ? 0 : answer_sample_at(sounded_until);
  if (end_known_ && !held_ && everything_rendered() && last_audible_frame_ < sounded_until) {
    advance(AnswerTrigger::all_sounded);
    send(writer, EventKind::playback_completed, identity_, last_audible_frame_ + 1, received_end_, last_audible_frame_);
    return;
  }
  since_position_frames_ += period_frames;
  if (since_position_frames_ < position_step_frames) return;
  since_position_frames_ -= position_step_frames;
  send(writer, EventKind::playback_position, identity_, device_frame, heard, received_end_ - position_, Reason::none,
       true);
}

void Playback::send(EventWriter& writer, EventKind kind, const Identity& identity, std::int64_t device_frame,
                    std::int64_t a, std::int64_t b, Reason reason, bool to_data) noexcept {
  Event event{};
  event.kind = kind;
  event.reason = reason;
  event.ticket = identity.ticket.value;
  event.authority_epoch = identity.authority_epoch;
  event.turn_number = identity.turn_number;
  event.scope = Scope::turn;
  event.media_sample = device_frame;
  event.argument_a = a;
  event.argument_b = b;
  (void)(to_data ? writer.data(event) : writer.control(event));  // a full ring is counted by the writer
}

void Playback::advance(AnswerTrigger trigger) noexcept {
  const auto next = next_state(state_, trigger);
  PHAL_ENFORCE(next.has_value(), "an answer took a step its table does not have");
  state_ = *next;
}

void Playback::drop_front() noexcept {
  (void)payloads_.release(pending_[pending_first_].payload);  // stale handles are counted by the store
  pending_first_ = (pending_first_ + 1) % pending_frames_max;
  --pending_count_;
}

void Playback::release_all() noexcept {
  while (pending_count_ > 0) drop_front();
}

bool Playback::everything_rendered() const noexcept {
  return end_known_ && pending_count_ == 0 && position_ == received_end_;
}

std::int64_t Playback::free_frames() const noexcept {
  const std::int64_t ahead = received_end_ - position_;
  return static_cast<std::int64_t>(answer_ring_frames) - answer_history_frames - ahead;
}

std::int64_t Playback::oldest_sample() const noexcept {
  return std::max<std::int64_t>(0, received_end_ - static_cast<std::int64_t>(answer_ring_frames));
}

}  // namespace phalarope::hal
