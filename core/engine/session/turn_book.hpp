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
  void decided(const DecisionOutcome& outcome, const Event& input) noexcept;
  void accepted(const ResolvedTurnPlan& plan, const Event& input, std::uint64_t lease_epoch) noexcept;
  /// A provider call of this modality begins (its first command) or has its last result.
  void asked(Modality modality, const Event& command) noexcept;
  void answered(Modality modality, const Event& result) noexcept;
  void failed(Modality modality, wire::OutcomeClass outcome, std::int64_t now_ns) noexcept;
  void first_output(const Event& frame) noexcept;
  void playback_started(const Event& event) noexcept;
  void late_output_refused() noexcept { ++page_.post_cancel_rejections; }

  /// Completes the record. False when it does not hold what the contract demands (completeness check).
  bool close_page(const TerminalMark& mark, const Event& input, std::uint64_t lease_epoch) noexcept;
  const TurnEvidence& page() const noexcept { return page_; }

 private:
  struct Call {
    std::int64_t asked_ns = absent;
    std::int64_t answered_ns = absent;
    std::uint64_t event = 0;
    wire::OutcomeClass outcome = wire::OutcomeClass::cancelled;
  };
  void add_calls(std::int64_t now_ns) noexcept;

  SessionStart start_{};
  TurnEvidence page_{};
  std::array<Call, 4> calls_{};  // by Modality
};

}  // namespace phalarope
