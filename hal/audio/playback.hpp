// Playback: what the loudspeaker says, and the last instruction before it: the fence.
//
//   command_play_frame ─▶ pending (slabs held) ─▶ answer ring ─▶ gain ─▶ fence? ─▶ one period
//                                                 │
//         received_end ────────────────────────▶  ▼
//   ░░░░░░░░░░░░██████████████████▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓            position on the answer's own axis, from 0
//               └─ kept: a hold   └ position
//                  may go back
//
//   gain  1.0 ────╲ duck: one period        ╱ resume: back to a given sample, cross-faded
//         0.1      ────────────────────────╱
//
// Once a period: (1) the commands that have come are taken in, (2) the fence is read *after* that, so a command can
// never be newer than the ticket it is compared with, (3) if the ticket has changed, the old voice gets its fade of at
// most 10 ms and at most this period, and never another sample, (4) otherwise the answer goes on.
//
// Invariants. (1) A sample sounds only while its ticket is the fence's, but for that one fade. (2) Each slab is
// released exactly once. (3) A ticket that had an answer open ends in exactly one playback_completed or fence_applied.
// (4) playback_completed means the device has sounded the last sample. (5) A hold postpones completion: its answer can
// still be resumed. (6) Work per period is bounded by the constants below; nothing waits or allocates.
// A synthesiser that is late leaves silence, counted; the answer's axis stands still meanwhile.
// Who: the audio thread. Contract: runtime.md 7.2-7.4; I6; decisions.md D4, D17; users.md 5, 7, 8, 9.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/engine/audio_link.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "hal/audio/audio_device.hpp"
#include "hal/audio/event_writer.hpp"
#include "hal/audio/playback_state.hpp"

namespace phalarope::hal {

/// 16 s of an answer: 4 s kept behind the voice for going back, 12 s that a fast synthesiser may be ahead.
constexpr std::size_t answer_ring_frames = 1U << 18;
constexpr std::int64_t answer_history_frames = 4 * engine_rate_hz;
/// Frames that wait for room in the ring; beyond, a frame is refused.
constexpr std::size_t pending_frames_max = 512;
/// Copied into the ring in one period at most (2 s): keeps the period's cost flat when a whole sentence arrives.
constexpr std::int64_t accepted_frames_per_period_max = 2 * engine_rate_hz;
/// A hole in the answer up to this long is filled with silence; a longer one means a wrong frame.
constexpr std::int64_t answer_gap_frames_max = engine_rate_hz;
constexpr std::int64_t fade_frames_max = engine_rate_hz / 100;  // D4: at most 10 ms
constexpr std::int64_t resume_cross_fade_frames = 80;           // 5 ms: no click, no audible smear
constexpr std::int64_t position_step_frames = engine_rate_hz / 10;
/// Periods whose place on both axes is remembered: more than any queue a device may have.
constexpr std::size_t remembered_periods = 32;

struct PlaybackCounters {
  std::uint64_t frames_accepted = 0;
  std::uint64_t frames_late = 0;       // their ticket was not the fence's: never heard
  std::uint64_t frames_refused = 0;    // no room, overlap, hole too long, or stale handle
  std::uint64_t commands_ignored = 0;  // duck, resume or end of another ticket
  std::uint64_t starved_frames = 0;    // silence because the synthesiser was late
  std::uint64_t gap_frames = 0;        // silence in the place of frames that never came
};

class Playback {
 public:
  Playback(Fence& fence, PayloadStore& payloads);
  Playback(const Playback&) = delete;
  Playback& operator=(const Playback&) = delete;
  ~Playback() { release_all(); }

  /// Takes one command off the ring: play_frame, play_end, duck, resume; others are ignored and counted.
  void take(const Event& command) noexcept;
  /// Writes the period that will be played next. An empty period (no device) serves commands and fence only.
  void render(std::span<std::int16_t> period) noexcept;
  /// Tells where that period went; now the events of this period have their positions and are sent.
  void settle(const PlaybackOutcome& outcome, std::int64_t period_frames, EventWriter& writer) noexcept;
  /// Gives back every slab still held.
  void release_all() noexcept;

  const PlaybackCounters& counters() const noexcept { return counters_; }
  AnswerState state() const noexcept { return state_; }
  bool held() const noexcept { return held_; }
  std::int64_t position() const noexcept { return position_; }
  /// Whether anything of an answer has sounded in the last rendered period.
  bool audible() const noexcept { return facts_.sounded_frames > 0; }

 private:
  struct PendingFrame {
    Ticket ticket{};
    std::int64_t first_sample = 0;
    PayloadHandle payload{};
    std::uint64_t authority_epoch = 0;
    std::uint32_t turn_number = 0;
  };
  struct Control {
    Ticket ticket{};
    std::int64_t argument = 0;
    EventKind kind = EventKind::none;
  };
  /// Where a stretch of the answer went on the device's axis.
  struct SoundedSpan {
    std::int64_t device_frame = 0;
    std::int64_t answer_sample = 0;
    std::int64_t frames = 0;
  };
  struct Identity {
    Ticket ticket{};
    std::uint64_t authority_epoch = 0;
    std::uint32_t turn_number = 0;
  };
  /// What happened in the rendered period, waiting for its place on the device's axis.
  struct PeriodFacts {
    std::int64_t sounded_from = 0;  // answer sample of the period's first frame
    std::int64_t sounded_frames = 0;
    bool started = false;
    bool ducked = false;
    bool resumed = false;
    std::int64_t ducked_at = 0;
    std::int64_t resumed_at = 0;
    bool fenced = false;
    Identity fenced_identity{};
    Reason fence_reason = Reason::none;
  };

  void leave_answer(std::span<std::int16_t> period) noexcept;
  void adopt(Ticket ticket) noexcept;
  void apply_controls(Ticket audible) noexcept;
  void apply_resume(std::int64_t sample) noexcept;
  void accept_pending(Ticket audible) noexcept;
  bool accept_frame(const PendingFrame& frame) noexcept;
  void append_silence(std::int64_t frames) noexcept;
  void sound(std::span<std::int16_t> period) noexcept;
  void advance(AnswerTrigger trigger) noexcept;
  void drop_front() noexcept;
  bool everything_rendered() const noexcept;
  std::int64_t free_frames() const noexcept;
  std::int64_t oldest_sample() const noexcept;
  std::int64_t answer_sample_at(std::int64_t device_frame) const noexcept;
  void take_back_dropped(const PlaybackOutcome& outcome) noexcept;
  void remember_period(std::int64_t device_frame) noexcept;
  void report_fence(std::int64_t device_frame, EventWriter& writer) noexcept;
  void report_progress(std::int64_t device_frame, std::int64_t sounded_until, std::int64_t period_frames,
                       EventWriter& writer) noexcept;
  void send(EventWriter& writer, EventKind kind, const Identity& identity, std::int64_t device_frame, std::int64_t a,
            std::int64_t b, Reason reason = Reason::none, bool to_data = false) noexcept;
  std::int16_t& at(std::int64_t sample) noexcept {
    return ring_[static_cast<std::size_t>(sample) & (answer_ring_frames - 1)];
  }

  Fence& fence_;
  PayloadStore& payloads_;
  std::vector<std::int16_t> ring_;
  std::array<PendingFrame, pending_frames_max> pending_{};
  std::size_t pending_first_ = 0;
  std::size_t pending_count_ = 0;
  FixedVector<Control, audio_commands_max> controls_;  // a period's worth: the ring it comes from holds no more

  Identity identity_{};
  Ticket rendered_for_{};  // what the fence said when the period was rendered
  AnswerState state_ = AnswerState::idle;
  std::int64_t position_ = 0;      // next answer sample to sound
  std::int64_t received_end_ = 0;  // end of what is in the ring
  bool end_known_ = false;
  bool held_ = false;
  std::int64_t gain_ = 0;  // as the last period ended, in 1/32768
  std::int64_t gain_target_ = 0;
  std::int64_t jumped_from_ = -1;  // where the voice was before a resume in this period
  std::int64_t last_audible_frame_ = -1;
  std::int64_t since_position_frames_ = 0;
  std::array<SoundedSpan, remembered_periods> spans_{};
  std::size_t span_count_ = 0;  // free-running
  PeriodFacts facts_{};
  PlaybackCounters counters_{};
};

}  // namespace phalarope::hal
