// Power loss: what a turn is given that was open when the power went, at the next start (D19).
//
//   ... turn_open ... │ power cut │  power_loss_found(turn) ─▶ evidence, abort(power_loss), close  │ the new run begins
//                        old run  ▲  in the old run's order and time: it ended where its record ends
//
// The event is an input like any other: recorded, and what it causes follows from it alone, so that a replay computes
// the same two outputs again. The engine of the new run never sees it; the old one is gone.
// Pure; any thread. Contract: decisions.md D19; runtime.md 2.1; evidence.md 1.1, 1.2.
#pragma once

#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/evidence/turn_evidence.hpp"
#include "core/engine/session/session_start.hpp"

namespace phalarope {

constexpr std::size_t power_loss_outputs_max = 2;  // abort, close
using PowerLossOutputs = FixedVector<Event, power_loss_outputs_max>;

/// `opened` is the turn's turn_open; `last` the newest event of the recording; turn 0 in `opened`: no turn was open,
/// and the event only says that the recording was cut off there.
Event power_loss_event(const Event& opened, const Event& last, WallTime found_at) noexcept;

/// Nothing when no turn was open.
PowerLossOutputs close_after_power_loss(const Event& found) noexcept;

/// The turn's baseline record. `session` names the symbols under which the old session's texts were interned again.
TurnEvidence power_loss_evidence(const Event& opened, const Event& found, const SessionStart& session) noexcept;

}  // namespace phalarope
