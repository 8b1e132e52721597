// The five states of a turn and the nine triggers between them; names as on the wire.
//
//        propose            open                commit | abort           close
//  Idle ──────────▶ Opening ──────▶ Active ─────────────────▶ Terminal ────────▶ Closed
//    ▲                 │                                                       (no exit)
//    └─ reject, defer, stale_epoch_reject, deauthorized_drain
//
// Values only; which trigger leads where is turn_table.hpp. Contract: runtime.md 1.7, 2.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/engine/base/event.hpp"

namespace phalarope {

enum class TurnState : std::uint8_t { idle, opening, active, terminal, closed };
constexpr std::size_t turn_state_count = 5;

enum class TurnTrigger : std::uint8_t {
  turn_open_proposed,
  turn_open,
  commit,
  abort,
  close,
  reject,
  defer,
  stale_epoch_reject,
  deauthorized_drain
};
constexpr std::size_t turn_trigger_count = 9;

constexpr std::array<TurnState, turn_state_count> all_turn_states = {
    TurnState::idle, TurnState::opening, TurnState::active, TurnState::terminal, TurnState::closed};
constexpr std::array<TurnTrigger, turn_trigger_count> all_turn_triggers = {TurnTrigger::turn_open_proposed,
                                                                           TurnTrigger::turn_open,
                                                                           TurnTrigger::commit,
                                                                           TurnTrigger::abort,
                                                                           TurnTrigger::close,
                                                                           TurnTrigger::reject,
                                                                           TurnTrigger::defer,
                                                                           TurnTrigger::stale_epoch_reject,
                                                                           TurnTrigger::deauthorized_drain};

constexpr std::string_view name_of(TurnState state) noexcept {
  switch (state) {
    case TurnState::idle:
      return "Idle";
    case TurnState::opening:
      return "Opening";
    case TurnState::active:
      return "Active";
    case TurnState::terminal:
      return "Terminal";
    case TurnState::closed:
      return "Closed";
  }
  return "";
}

/// The signal that carries a trigger; both have the same name (runtime.md 1.5, 1.7).
constexpr EventKind signal_of(TurnTrigger trigger) noexcept {
  switch (trigger) {
    case TurnTrigger::turn_open_proposed:
      return EventKind::turn_open_proposed;
    case TurnTrigger::turn_open:
      return EventKind::turn_open;
    case TurnTrigger::commit:
      return EventKind::commit;
    case TurnTrigger::abort:
      return EventKind::abort;
    case TurnTrigger::close:
      return EventKind::close;
    case TurnTrigger::reject:
      return EventKind::reject;
    case TurnTrigger::defer:
      return EventKind::defer;
    case TurnTrigger::stale_epoch_reject:
      return EventKind::stale_epoch_reject;
    case TurnTrigger::deauthorized_drain:
      return EventKind::deauthorized_drain;
  }
  return EventKind::none;
}
inline std::string_view name_of(TurnTrigger trigger) noexcept { return name_of(signal_of(trigger)); }

/// The four triggers that lead from Opening back to Idle.
constexpr bool is_opening_refusal(TurnTrigger trigger) noexcept {
  return trigger == TurnTrigger::reject || trigger == TurnTrigger::defer ||
         trigger == TurnTrigger::stale_epoch_reject || trigger == TurnTrigger::deauthorized_drain;
}

}  // namespace phalarope
