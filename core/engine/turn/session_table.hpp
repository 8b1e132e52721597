// The life of a session: connecting, active, draining, ended; it never goes back.
//
//   Connecting ──connected──▶ Active ──shutdown, ended, lease lost, migrated, deadline──▶ Draining ──▶ Ended
//       └──────────── bootstrap refused or timed out ──────────────────────────────────────────────────▶┘
//
// Invariants. (1) A state is left only for a later one. (2) Ended has no exit. (3) Draining opens no turn: a proposal
// gets `defer`. Pure; engine thread. Contract: runtime.md 2.3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/engine/base/result.hpp"
#include "core/engine/turn/refusal.hpp"

namespace phalarope {

enum class SessionState : std::uint8_t { connecting, active, draining, ended };
constexpr std::size_t session_state_count = 4;

enum class SessionTrigger : std::uint8_t {
  connected_with_authority,
  bootstrap_refused,
  bootstrap_timed_out,
  shutdown_requested,
  connection_ended,
  lease_lost,
  migrated_away,
  disconnect_deadline_passed,
  drained,
  cleanup_deadline_passed,
};
constexpr std::size_t session_trigger_count = 10;

struct SessionTransition {
  SessionState from;
  SessionTrigger trigger;
  SessionState to;
};

// runtime.md 2.3
constexpr std::array<SessionTransition, 10> session_table = {{
    {SessionState::connecting, SessionTrigger::connected_with_authority, SessionState::active},
    {SessionState::connecting, SessionTrigger::bootstrap_refused, SessionState::ended},
    {SessionState::connecting, SessionTrigger::bootstrap_timed_out, SessionState::ended},
    {SessionState::active, SessionTrigger::shutdown_requested, SessionState::draining},
    {SessionState::active, SessionTrigger::connection_ended, SessionState::draining},
    {SessionState::active, SessionTrigger::lease_lost, SessionState::draining},
    {SessionState::active, SessionTrigger::migrated_away, SessionState::draining},
    {SessionState::active, SessionTrigger::disconnect_deadline_passed, SessionState::draining},
    {SessionState::draining, SessionTrigger::drained, SessionState::ended},
    {SessionState::draining, SessionTrigger::cleanup_deadline_passed, SessionState::ended},
}};

constexpr Result<SessionState, TurnRefusal> next(SessionState state, SessionTrigger trigger) noexcept {
  for (const SessionTransition& row : session_table) {
    if (row.from == state && row.trigger == trigger) return row.to;
  }
  return refuse(TurnRefusal::session_state_mismatch);
}

/// Whether a proposal is answered `defer(admission_capacity_defer)` because the session is on its way out.
constexpr bool defers_proposals(SessionState state) noexcept {
  return state == SessionState::draining || state == SessionState::ended;
}

constexpr std::string_view name_of(SessionState state) noexcept {
  switch (state) {
    case SessionState::connecting:
      return "CONNECTING";
    case SessionState::active:
      return "ACTIVE";
    case SessionState::draining:
      return "DRAINING";
    case SessionState::ended:
      return "ENDED";
  }
  return "";
}

/// What an operator is shown: `connected`, `running`, `degraded`, `ended`.
enum class OperatorStatus : std::uint8_t { connected, running, degraded, ended };

/// `degraded`: a forced stop or the loss of a capability has happened in this session.
constexpr OperatorStatus operator_status(SessionState state, bool any_turn_yet, bool degraded) noexcept {
  if (state == SessionState::ended) return OperatorStatus::ended;
  if (degraded) return OperatorStatus::degraded;
  return any_turn_yet ? OperatorStatus::running : OperatorStatus::connected;
}

namespace detail {
consteval bool session_moves_only_forward() {
  for (const SessionTransition& row : session_table) {
    if (row.to <= row.from) return false;
  }
  return true;
}
consteval bool no_session_pair_stands_twice() {
  for (std::size_t i = 0; i < session_table.size(); ++i) {
    for (std::size_t j = i + 1; j < session_table.size(); ++j) {
      if (session_table[i].from == session_table[j].from && session_table[i].trigger == session_table[j].trigger)
        return false;
    }
  }
  return true;
}
static_assert(session_moves_only_forward() && no_session_pair_stands_twice());
}  // namespace detail

}  // namespace phalarope
