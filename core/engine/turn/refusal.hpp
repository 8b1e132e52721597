// Why a call on a turn, connection or session is refused: stable id, one sentence, and who can act.
//
// A refusal is an answer, not a signal: it mutates nothing and emits nothing (the signal of that name is `reject`).
// The ids are printed by the program and matched by scripts, so they never change. Pure data.
// Contract: runtime.md 2.1 (diagnostics), 2.2, 2.3, 3.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace phalarope {

enum class TurnRefusal : std::uint8_t {
  turn_id_required,
  session_id_required,
  session_mismatch,
  other_turn_active,
  turn_not_idle,
  turn_unknown,
  turn_state_mismatch,
  invalid_opening_trigger,
  arbiter_contract_violation,
  turn_table_full,
  connection_signal_unknown,
  connection_not_established,
  connection_ended,
  session_state_mismatch,
};
constexpr std::size_t turn_refusal_count = 14;

/// Who can mend it.
enum class WhoCanAct : std::uint8_t { caller, operators, engine };

struct TurnRefusalRow {
  TurnRefusal refusal;
  std::string_view id;
  std::string_view sentence;
  WhoCanAct who;
};

constexpr std::array<TurnRefusalRow, turn_refusal_count> turn_refusal_table = {{
    {TurnRefusal::turn_id_required, "turn_id_required", "The call names no turn.", WhoCanAct::caller},
    {TurnRefusal::session_id_required, "session_id_required", "The call names no session.", WhoCanAct::caller},
    {TurnRefusal::session_mismatch, "session_mismatch", "The session is not one of this engine's.", WhoCanAct::caller},
    {TurnRefusal::other_turn_active, "other_turn_active",
     "Another turn of the session has not ended yet; wait for its close or cancel it.", WhoCanAct::caller},
    {TurnRefusal::turn_not_idle, "turn_not_idle",
     "The turn was proposed before and is not idle; a turn id is never reused.", WhoCanAct::caller},
    {TurnRefusal::turn_unknown, "turn_unknown", "The turn was never proposed.", WhoCanAct::caller},
    {TurnRefusal::turn_state_mismatch, "turn_state_mismatch",
     "The turn is not in the state that this step starts from.", WhoCanAct::caller},
    {TurnRefusal::invalid_opening_trigger, "invalid_opening_trigger",
     "An opening turn goes back to Idle only by reject, defer, stale_epoch_reject or deauthorized_drain.",
     WhoCanAct::caller},
    {TurnRefusal::arbiter_contract_violation, "arbiter_contract_violation",
     "A decision led to Idle without an outcome, or to Closed without a terminal edge.", WhoCanAct::engine},
    {TurnRefusal::turn_table_full, "turn_table_full",
     "Too many turns of the session are opening at once; settle one of them first.", WhoCanAct::operators},
    {TurnRefusal::connection_signal_unknown, "connection_signal_unknown",
     "The signal is not one of the six connection signals.", WhoCanAct::caller},
    {TurnRefusal::connection_not_established, "connection_not_established",
     "The session has not been connected yet; `connected` comes first.", WhoCanAct::caller},
    {TurnRefusal::connection_ended, "connection_ended", "The connection has ended; it has no way back.",
     WhoCanAct::caller},
    {TurnRefusal::session_state_mismatch, "session_state_mismatch",
     "The session is not in a state that this step starts from.", WhoCanAct::caller},
}};

constexpr const TurnRefusalRow& row_of(TurnRefusal refusal) noexcept {
  return turn_refusal_table[static_cast<std::size_t>(refusal)];
}
constexpr std::string_view id_of(TurnRefusal refusal) noexcept { return row_of(refusal).id; }
constexpr std::string_view sentence_of(TurnRefusal refusal) noexcept { return row_of(refusal).sentence; }

namespace detail {
consteval bool refusal_rows_stand_at_their_number() {
  for (std::size_t i = 0; i < turn_refusal_table.size(); ++i) {
    if (static_cast<std::size_t>(turn_refusal_table[i].refusal) != i) return false;
    if (turn_refusal_table[i].id.empty() || !turn_refusal_table[i].sentence.ends_with('.')) return false;
  }
  return true;
}
static_assert(refusal_rows_stand_at_their_number());
}  // namespace detail

}  // namespace phalarope
