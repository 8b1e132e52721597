#include "tests/sim/checkers/voice.hpp"

namespace phalarope::sim {

void FenceChecker::step(const Stepped& step) {
  for (const Event& output : step.outputs) {
    Seat& seat = seats_[output.session_slot];
    if (output.kind == EventKind::command_fence) {
      if (output.ticket != 0 && output.ticket <= seat.highest) verdicts_.say("I6", "a ticket is used twice", output);
      if (output.ticket != 0) seat.highest = output.ticket;
      seat.audible = output.ticket;
    }
    const bool plays = output.kind == EventKind::command_play_frame || output.kind == EventKind::command_play_end;
    if (plays && (output.ticket == 0 || output.ticket != seat.audible)) {
      verdicts_.say("I6", "something is handed over under a ticket that may not be heard", output);
    }
    const bool opens = output.kind == EventKind::turn_open;
    if (opens && output.ticket != seat.audible) verdicts_.say("I6", "a turn opens before its fence", output);
    const bool cancelled = output.kind == EventKind::abort;
    if (cancelled && output.ticket == seat.audible && output.ticket != 0) {
      verdicts_.say("I6", "an abort is said while its turn may still be heard", output);
    }
  }
}

void HoldChecker::seated(std::uint16_t slot, const SeatFacts& facts) {
  seats_[slot] = {.hold_max = facts.pipeline->interruption.hold_max};
}

void HoldChecker::step(const Stepped& step) {
  Seat& seat = seats_[step.input.session_slot];
  for (const Event& output : step.outputs) {
    switch (output.kind) {
      case EventKind::interruption_held:
        if (seat.held_since_ns >= 0) verdicts_.say("D4", "a second hold before the first was decided", output);
        seat.held_since_ns = output.mono_ns;
        break;
      case EventKind::interruption_confirmed:
      case EventKind::interruption_dismissed:
        decided(seat, output);
        break;
      case EventKind::close:
        if (seat.held_since_ns >= 0) verdicts_.say("D4", "a hold outlives its turn", output);
        break;
      default:
        break;  // not about doubt
    }
  }
  // A tick is due at the bound; the event in hand may be the one that comes at the same instant.
  if (seat.held_since_ns >= 0 && step.input.mono_ns - seat.held_since_ns > seat.hold_max.value + late_max_.value) {
    verdicts_.say("D4", "a hold lasts longer than hold_max", step.input);
  }
}

void HoldChecker::decided(Seat& seat, const Event& output) {
  if (seat.held_since_ns >= 0 && output.mono_ns - seat.held_since_ns > seat.hold_max.value + late_max_.value) {
    verdicts_.say("D4", "a hold is decided later than hold_max", output);
  }
  seat.held_since_ns = -1;
}

}  // namespace phalarope::sim
