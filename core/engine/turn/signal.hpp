// How the engine fills a control signal it builds: one place, so that every signal of the engine is filled alike.
//
// A step happens at a StepPoint: the sequences, times, session and epoch of the input it answers. The i-th signal of
// a step carries the input's runtime sequence + i. Negative times become 0. Sequences and times of one step never
// decrease.
// Pure. Not here: which signals are given (arbiter, lanes, budgets do that).
// Contract: runtime.md 1.5 ("How the engine fills a signal it builds"), 2.5.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/engine/base/event.hpp"

namespace phalarope {

/// Where in the session's order a step stands: the envelope that its signals inherit from the input.
struct StepPoint {
  RuntimeSequence sequence{};
  std::uint32_t transport_sequence = 0;
  Instant at{};
  WallTime wall{};
  SessionSlot session{};
  Epoch epoch{};
  std::uint32_t causal_parent = 0;  // low 32 bits of the input's runtime_sequence
};

/// The point at which `input` is answered.
constexpr StepPoint point_of(const Event& input) noexcept {
  return {.sequence = RuntimeSequence{input.runtime_sequence},
          .transport_sequence = input.transport_sequence,
          .at = Instant{input.mono_ns},
          .wall = WallTime{input.wall_ns},
          .session = SessionSlot{input.session_slot},
          .epoch = Epoch{input.authority_epoch},
          .causal_parent = static_cast<std::uint32_t>(input.runtime_sequence)};
}

/// A control signal at `point`, about `turn` (0: about the session only).
constexpr Event make_signal(const StepPoint& point, EventKind kind, Emitter emitter, Reason reason, TurnNumber turn,
                            Ticket ticket) noexcept {
  Event signal{};
  signal.runtime_sequence = point.sequence.value;
  signal.transport_sequence = point.transport_sequence;
  signal.mono_ns = std::max<std::int64_t>(point.at.value, 0);
  signal.wall_ns = std::max<std::int64_t>(point.wall.value, 0);
  signal.session_slot = point.session.value;
  signal.authority_epoch = point.epoch.value;
  signal.causal_parent = point.causal_parent;
  signal.kind = kind;
  signal.emitter = emitter;
  signal.reason = reason;
  signal.turn_number = turn.value;
  signal.ticket = ticket.value;
  signal.lane = Lane::control;
  signal.payload_class = PayloadClass::metadata;
  signal.scope = turn.value != 0 ? Scope::turn : Scope::session;
  signal.set(EventFlag::output);
  return signal;
}

/// The envelope's `event_scope`, which an Event does not store because it follows from kind and turn.
constexpr Scope event_scope_of(const Event& signal) noexcept {
  switch (signal.kind) {
    case EventKind::turn_open_proposed:
    case EventKind::admit:
    case EventKind::reject:
    case EventKind::defer:
      return Scope::session;
    default:
      return signal.turn_number != 0 ? Scope::turn : Scope::session;  // not a decision over all kinds
  }
}

/// What is appended to the input's event id to name a signal of the arbiter; empty where the id itself is reused.
constexpr std::string_view event_id_suffix_of(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::turn_open:
      return "-turn_open";
    case EventKind::commit:
      return "-commit";
    case EventKind::abort:
      return "-abort";
    case EventKind::close:
      return "-close";
    case EventKind::disconnected:
      return "-disconnected";
    case EventKind::stall:
      return "-stall";
    case EventKind::admit:
      return "-admit";
    default:
      return "";  // not a decision over all kinds
  }
}

}  // namespace phalarope
