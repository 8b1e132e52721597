// The arbiter: for every input to a turn, exactly one decision; for every accepted turn, exactly one end.
//
//   ask         starts in      leads to             row of runtime.md 2.5
//   propose     Idle           Opening              T1
//   open        Opening        Active, Idle         T2, T2a, T2b, T3, T4, T5, T5a
//   abandon     Opening        Idle                 2.1, last paragraph; 7.1 session cancel
//   arbitrate   Active         Closed, Active       T6-T11, T12
//   late        Closed         unchanged            T13 (what is done with the event: late_events.hpp)
//   stale       not Opening    unchanged            T14
//   shed        Active         unchanged            T15
//
// How a step reads: gather the pending ends, ask `precedence` for the winner, ask `turn_table` whether the way exists,
// let the evidence be appended, build the decision aside, check it, assign once.
// Invariants. (1) The state changes only along turn_table.hpp, and only if the decision was accepted. (2) An accepted
// turn gets one commit or abort and then one close, in one step (I2); nobody else gets either (I3). (3) `commit` exists
// only after the evidence was appended (2.7). (4) Words come after silence: whoever applies a decision moves the fence
// (`fence`) before it publishes `control`. (5) A refused input changes nothing.
// Who: engine thread. Pure but for the evidence hook, which is called once per terminal step and must not block.
// Not here: gates (gates.hpp), the queue of waiting candidates, releasing payloads, cancelling nodes.
// Contract: runtime.md 2.1, 2.5, 2.6, 2.7, 2.8; I2, I3, I6, I8; decisions.md D14, D19.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/function_ref.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/turn/decision_outcome.hpp"
#include "core/engine/turn/gates.hpp"
#include "core/engine/turn/precedence.hpp"
#include "core/engine/turn/refusal.hpp"
#include "core/engine/turn/signal.hpp"
#include "core/engine/turn/turn_record.hpp"
#include "core/engine/turn/turn_table.hpp"

namespace phalarope {

enum class TurnAsk : std::uint8_t { propose, open, abandon, arbitrate, late, stale, shed };

/// One input to one turn; members beyond `ask` and `point` count only for the ask they stand under.
struct TurnInput {
  TurnAsk ask = TurnAsk::arbitrate;
  StepPoint point{};

  // propose
  Reason intent_reason = Reason::session_turn_intent;

  // open
  GateVerdict gates{};        // the answer of walk_gates
  bool other_active = false;  // another turn of the session holds the floor
  Ticket ticket{};            // the next ticket of the step's own counter; used only if the turn opens

  // abandon
  Reason abandon_reason = Reason::admission_capacity_defer;

  // arbitrate
  PendingEnds pending{};
  bool barge_in = false;                   // the accepted cancel is a barge-in (T7a)
  bool output_pending = false;             // output was on its way to the loudspeaker (T7a)
  Reason cancel_cause = Reason::barge_in;  // reason of T7a's cancel signal (7.2)
  Reason trace_reason = Reason::none;      // T10d: the execution trace's terminal reason, if there is one

  // stale
  Epoch offending_epoch{};

  // shed
  OutcomeScope shed_scope = OutcomeScope::edge_enqueue;
  Reason shed_reason = Reason::scheduling_point_shed;
};

/// What the evidence of a terminal step says; handed to the hook before anything is published.
struct TerminalMark {
  TurnNumber turn = no_turn;
  End end = End::success;
  EventKind terminal = EventKind::abort;  // commit or abort
  Reason reason = Reason::none;
  bool cancel_accepted = false;  // also when the cancel lost to an authority revoke (2.6)
  StepPoint point{};
};

/// Appends the turn's evidence record; false when it could not be appended, whatever the cause.
using AppendEvidence = FunctionRef<bool(const TerminalMark&)>;

/// An entry of the lifecycle list: name(reason).
struct LifecycleEntry {
  EventKind name = EventKind::none;
  Reason reason = Reason::none;
  constexpr bool operator==(const LifecycleEntry&) const noexcept = default;
};

/// What is done to the fence before the control sequence is published.
enum class FenceMove : std::uint8_t { keep, admit, raise };

constexpr std::size_t lifecycle_entries_max = 4;  // T11
constexpr std::size_t control_signals_max = 5;    // T7a
constexpr std::size_t transitions_max = 2;        // Active -> Terminal -> Closed

struct TurnDecision {
  TurnState from = TurnState::idle;
  TurnState to = TurnState::idle;
  FenceMove fence = FenceMove::keep;
  Ticket ticket{};  // admit: the ticket that may now be heard; raise: the one that falls silent
  FixedVector<TurnTransition, transitions_max> transitions{};
  FixedVector<LifecycleEntry, lifecycle_entries_max> lifecycle{};
  FixedVector<Event, control_signals_max> control{};
  std::optional<DecisionOutcome> outcome{};
  std::optional<End> end{};              // the winner, in a terminal step
  bool evidence_failed = false;          // the terminal outcome was replaced by 2.7 rule 2
  std::optional<TurnRefusal> refusal{};  // open: passed all gates, yet another turn holds the floor
};

/// Idle is reached only with an outcome, Closed only over one terminal edge and its close (2.1, last diagnostic).
Result<TurnState, TurnRefusal> check_contract(const TurnDecision& decision) noexcept;

class Arbiter {
 public:
  /// Decides and, if it was not refused, moves `turn`. `append_evidence` is asked only by a terminal step.
  [[nodiscard]] static Result<TurnDecision, TurnRefusal> step(TurnRecord& turn, const TurnInput& input,
                                                              AppendEvidence append_evidence) noexcept;

  /// What closes a turn that the evidence shows open after a power cut: abort(power_loss), close (D19).
  [[nodiscard]] static TurnDecision close_after_power_loss(TurnNumber turn, const StepPoint& point) noexcept;
};

}  // namespace phalarope
