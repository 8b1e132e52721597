// TurnBook: writes down what a turn's evidence needs while the turn runs, so that at the end nothing has to be guessed.
//
//   open_page(proposed) ─▶ decided(outcome) ─▶ accepted(plan) ─▶ asked/answered per provider ─▶ close_page(terminal)
//
// Invariant: every time in the record was an event's time; fill_gaps (evidence/) fills only what never happened.
// Pure; engine thread. Contract: evidence.md 1.1-1.5; runtime.md 2.7, 6.5.
#pragma once

#include <array>

#include "core/engine/evidence/turn_evidence.hpp"
#include "core/engine/plan/turn_plan.hpp"
#include "core/engine/session/session_start.hpp"
#include "core/engine/turn/arbiter.hpp"

namespace phalarope {

/// "turn-000001": names a turn in the plan hash and in every record.
TurnId turn_id_of(std::uint32_t turn_number) noexcept;

class TurnBook {
 public:
  void open_page(const SessionStart& start, std::uint32_t turn_number, const Event& proposal) noexcept;
  /// The page of a turn of which only its turn_open is left (power_loss.hpp).
  void open_page_again(const SessionStart& start, const Event& opened) noexcept;
  void decided(const DecisionOutcome& outcome, const Event& input) noexcept;
  void accepted(const SessionStart& start, const ResolvedTurnPlan& plan, const Event& input,
                std::uint64_t lease_epoch) noexcept;
  /// A provider of this modality owes an answer; it has given it; or it never will, and `then` is done instead. One
  /// summary for each provider and turn: asked for another sentence, it owes again.
  void asked(const SessionStart& start, Modality modality, const Event& command) noexcept;
  void answered(Modality modality, const Event& result) noexcept;
  void failed(Modality modality, wire::OutcomeClass outcome, wire::RetryDecision then, const Event& about) noexcept;
  /// Whose call of this turn it is; `none` when there is no such call. A call is named by the sequence of the command
  /// that began it, as its invocation id is.
  Modality modality_of_call(std::uint32_t call) const noexcept;
  void first_output(const Event& frame) noexcept;
  /// The end of the speech that the turn answers; a turn without speech has none (decisions.md D3).
  void user_fell_silent(std::int64_t at_ns) noexcept;
  void playback_started(const Event& event) noexcept;
  /// The running turn ends because its session moves: the marker stands in its record.
  void migrating(EventKind marker) noexcept { static_cast<void>(page().migration_markers.push_back(marker)); }
  void late_output_refused() noexcept { ++page().post_cancel_rejections; }

  /// Completes the record. False when it does not hold what the contract demands (completeness check).
  bool close_page(const TerminalMark& mark, const Event& input, std::uint64_t lease_epoch) noexcept;
  /// The page closed last; the next turn is written on the other one. Valid until that is closed.
  const TurnEvidence& closed_page() const noexcept { return pages_[closed_]; }

 private:
  struct Call {
    std::int64_t asked_ns = absent;
    std::uint32_t number = 0;
    std::int64_t answered_ns = absent;
    wire::OutcomeClass outcome = wire::OutcomeClass::cancelled;
    EvidenceInvocation summary{};
  };
  void add_calls(std::int64_t now_ns) noexcept;
  TurnEvidence& page() noexcept { return pages_[open_]; }

  // Two pages, so that a finished record is read where it was written: copying it would come before the silence.
  std::array<TurnEvidence, 2> pages_{};
  std::size_t open_ = 0;
  std::size_t closed_ = 1;
  std::array<Call, 4> calls_{};  // by Modality
};

}  // namespace phalarope
