// A control signal about pressure: the Event, and what is appended to its cause's event id to name it.
//
// Event ids are texts of the interchange (runtime.md 10.3) and symbolic here: a signal names its cause by sequence, and
// the suffix says which of the cause's signals it is. The edge of a lane is symbolic too: `edge` is `no_edge` and
// `target_lane` says whose; whoever writes the interchange puts `<prefix>/<control|data|telemetry>`.
// Pure. Contract: runtime.md 1.5 ("How the engine fills a signal it builds"), 5.3-5.5, 8.3.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/engine/base/event.hpp"

namespace phalarope {

enum class IdSuffix : std::uint8_t { none, drop, watermark, flow, shed, flow_recovery, credit, discontinuity };

constexpr std::string_view text_of(IdSuffix suffix) noexcept {
  switch (suffix) {
    case IdSuffix::none:
      return "";
    case IdSuffix::drop:
      return "-drop";
    case IdSuffix::watermark:
      return "-watermark";
    case IdSuffix::flow:
      return "-flow";
    case IdSuffix::shed:
      return "-shed";
    case IdSuffix::flow_recovery:
      return "-flow-recovery";
    case IdSuffix::credit:
      return "-credit";
    case IdSuffix::discontinuity:
      return "-discontinuity";
  }
  return "";
}

struct PressureSignal {
  Event event{};
  IdSuffix suffix = IdSuffix::none;
  constexpr bool operator==(const PressureSignal&) const noexcept = default;
};

/// The signal of `kind` that answers `cause`, in the cause's session, turn, epoch and time.
constexpr PressureSignal pressure_signal(const Event& cause, EventKind kind, Emitter emitter, Reason reason,
                                         Lane target_lane, IdSuffix suffix) noexcept {
  PressureSignal signal{.event = {}, .suffix = suffix};
  Event& event = signal.event;
  event.runtime_sequence = cause.runtime_sequence;
  event.transport_sequence = cause.transport_sequence;
  event.mono_ns = std::max<std::int64_t>(cause.mono_ns, 0);
  event.wall_ns = std::max<std::int64_t>(cause.wall_ns, 0);
  event.session_slot = cause.session_slot;
  event.turn_number = cause.turn_number;
  event.ticket = cause.ticket;
  event.authority_epoch = cause.authority_epoch;
  event.causal_parent = static_cast<std::uint32_t>(cause.runtime_sequence);
  event.kind = kind;
  event.reason = reason;
  event.emitter = emitter;
  event.lane = Lane::control;
  event.target_lane = target_lane;
  event.payload_class = PayloadClass::metadata;
  event.scope = cause.turn_number != 0 ? Scope::turn : Scope::session;
  event.set(EventFlag::output);
  return signal;
}

/// Puts an inclusive sequence range on a signal.
constexpr void set_range(PressureSignal& signal, std::int64_t start, std::int64_t end) noexcept {
  signal.event.range_start = start;
  signal.event.range_end = end;
  signal.event.set(EventFlag::has_range);
}

}  // namespace phalarope
