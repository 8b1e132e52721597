// The fence is the promise that an interrupted turn falls silent. It is one 64-bit ticket per session: the turn that
// may be heard, or none. Opening a turn takes the next ticket, a new epoch takes a new one too, and no ticket is ever
// used twice (slots are, and epochs may be large: neither would do). Each frame carries its ticket; the audio thread
// compares it with the fence just before playing. One store, one load, no message in between, so the cost does not
// depend on the length of any queue.
//
//        engine thread                         audio thread, once a period
//   set(7) ─────▶ ┌──────────────┐
//                 │ ticket 7     │ ──admits(7)──▶ true    frame of turn 7 is played
//   raise(fade) ─▶│ ticket none  │ ──admits(7)──▶ false   frame of turn 7 is faded out and dropped
//                 │ why, fade    │ ◀─ written before the ticket, so it is there when the ticket is seen
//                 └──────────────┘
//
// Invariants. (1) For one ticket `admits` turns true at most once, and false for ever after. (2) Ticket 0 is nobody's:
// it is never admitted. (3) Whoever sees the fence raised also sees why (reason, fade length). (4) No call waits.
// Who: the engine thread opens, sets, raises; the audio thread asks. Not here: emptying queues (that may come later;
// silence may not). Contract: runtime.md 7.2, 7.3; I6, I7; decisions.md D17.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/event.hpp"

namespace phalarope {

constexpr Ticket no_ticket{0};

/// Why the last audible ticket fell silent, and how softly: what the audio thread needs to end a voice without a click.
struct FenceNotice {
  std::int64_t fade_frames = 0;
  Reason reason = Reason::none;
  constexpr bool operator==(const FenceNotice&) const noexcept = default;
};

class alignas(64) Fence {
 public:
  Fence() noexcept = default;
  Fence(const Fence&) = delete;
  Fence& operator=(const Fence&) = delete;

  // ---- engine side: one thread -----------------------------------------------------------------------------

  /// Takes the next ticket, never used before, and makes it the audible one. What was audible falls silent unfaded.
  Ticket open() noexcept {
    const Ticket ticket{highest_ + 1};
    set(ticket);
    return ticket;
  }

  /// Makes `ticket` the audible one: `step` is pure and counts its tickets itself, the runtime applies them here.
  /// `notice` says why the ticket audible until now falls silent; `no_ticket` raises the fence.
  void set(Ticket ticket, FenceNotice notice = {}) noexcept {
    PHAL_ENFORCE(ticket == no_ticket || ticket.value > highest_, "a fence ticket is never used twice");
    PHAL_ENFORCE(notice.fade_frames >= 0, "a fade has no negative length");
    if (ticket != no_ticket) highest_ = ticket.value;
    // From "none" no voice is ended: the notice of the voice that was stays, so that a new turn opened within the same
    // audio period does not turn its fade into a click.
    if (ticket_.load(std::memory_order_relaxed) != no_ticket.value) {
      fade_frames_.store(notice.fade_frames, std::memory_order_relaxed);
      reason_.store(notice.reason, std::memory_order_relaxed);
    }
    // SYNC(fence): releases the notice above together with the ticket. Were it relaxed, the audio thread could
    // (1) load the new ticket, (2) load the fade length of an earlier interruption, (3) cut the voice with a click or
    // record the wrong reason. The reverse mixture (old ticket, new notice) can be seen and is harmless: a notice is
    // looked at only after the ticket has changed.
    ticket_.store(ticket.value, std::memory_order_release);
  }

  /// Interruption: from the next comparison on no turn is heard; the audible one ends with this fade.
  void raise(FenceNotice notice) noexcept { set(no_ticket, notice); }

  /// Nothing is to be heard and nothing needs a fade: before the first turn, and after the end of an answer.
  void silence() noexcept { set(no_ticket); }

  /// The highest ticket ever made audible; a step that starts anew on this fence counts on from here.
  Ticket highest() const noexcept { return Ticket{highest_}; }

  // ---- audio side: any thread, never waits -----------------------------------------------------------------

  /// The one ticket that may be heard now, or `no_ticket`.
  Ticket current() const noexcept {
    return Ticket{ticket_.load(std::memory_order_acquire)};  // SYNC(fence): sees the notice stored before the ticket
  }

  /// Whether a frame with this ticket may be played; ask just before playing it.
  bool admits(Ticket ticket) const noexcept { return ticket != no_ticket && current() == ticket; }

  /// Why the last audible ticket fell silent. Meaningful once current() or admits() has shown the change.
  FenceNotice notice() const noexcept {
    return {fade_frames_.load(std::memory_order_relaxed), reason_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<std::uint64_t> ticket_{no_ticket.value};
  std::atomic<std::int64_t> fade_frames_{0};
  std::atomic<Reason> reason_{Reason::none};
  std::uint64_t highest_ = 0;  // owner: engine
};

static_assert(sizeof(Fence) == 64, "alone in its cache line: nobody's writes slow the audio thread's look");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "the audio thread asks without a lock");

}  // namespace phalarope
