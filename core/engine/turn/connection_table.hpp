// The connection of one session: what its transport says about itself, and when an absent peer is given up.
//
//                    ┌───────────── reconnecting, silence, stall ─────────────┐
//   (never connected) ──connected──▶ connected ◀──any of the five──▶ the others ──ended──▶ ended (no exit)
//                                                 disconnected: the deadline starts to run
//
// Invariants. (1) Before the first `connected` only `connected` is heard. (2) After `ended` nothing is heard.
// (3) A refused signal changes nothing. (4) A deadline runs exactly from `disconnected` or `ended` until `connected`.
// Pure; the engine thread keeps one ConnectionRecord a session. Contract: runtime.md 2.2, 3.4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/event.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/turn/refusal.hpp"

namespace phalarope {

/// A state and the signal that leads to it have the same name; `disconnected` is also the initial state.
enum class ConnectionState : std::uint8_t { disconnected, connected, reconnecting, silence, stall, ended };
constexpr std::size_t connection_state_count = 6;

constexpr Duration disconnect_timeout_default = milliseconds(30'000);

struct ConnectionRecord {
  ConnectionState state = ConnectionState::disconnected;
  bool connected_once = false;
  std::optional<Instant> cleanup_deadline;
  constexpr bool operator==(const ConnectionRecord&) const noexcept = default;
};

enum class DeadlineEffect : std::uint8_t { cleared, unchanged, started };

struct ConnectionRow {
  EventKind signal;
  ConnectionState to;
  bool needs_connected_once;
  DeadlineEffect deadline;
};

// runtime.md 2.2; a row per signal, because what matters of the state is only "ever connected" and "not ended".
constexpr std::array<ConnectionRow, connection_state_count> connection_table = {{
    {EventKind::connected, ConnectionState::connected, false, DeadlineEffect::cleared},
    {EventKind::reconnecting, ConnectionState::reconnecting, true, DeadlineEffect::unchanged},
    {EventKind::silence, ConnectionState::silence, true, DeadlineEffect::unchanged},
    {EventKind::stall, ConnectionState::stall, true, DeadlineEffect::unchanged},
    {EventKind::disconnected, ConnectionState::disconnected, true, DeadlineEffect::started},
    {EventKind::ended, ConnectionState::ended, true, DeadlineEffect::started},
}};

/// The record after `signal`, or why it is refused. An accepted signal is emitted under its own name by `connection`.
constexpr Result<ConnectionRecord, TurnRefusal> next(const ConnectionRecord& record, EventKind signal, Instant now,
                                                     Duration timeout = disconnect_timeout_default) noexcept {
  for (const ConnectionRow& row : connection_table) {
    if (row.signal != signal) continue;
    if (record.state == ConnectionState::ended) return refuse(TurnRefusal::connection_ended);
    if (row.needs_connected_once && !record.connected_once) return refuse(TurnRefusal::connection_not_established);
    ConnectionRecord after = record;
    after.state = row.to;
    after.connected_once = true;
    switch (row.deadline) {
      case DeadlineEffect::cleared:
        after.cleanup_deadline.reset();
        break;
      case DeadlineEffect::unchanged:
        break;
      case DeadlineEffect::started:
        after.cleanup_deadline = now + timeout;
        break;
    }
    return after;
  }
  return refuse(TurnRefusal::connection_signal_unknown);
}

/// Whether the absent peer is given up: an active turn then aborts by T11 and the session drains (runtime.md 3.4).
constexpr bool cleanup_is_due(const ConnectionRecord& record, Instant now) noexcept {
  return record.cleanup_deadline.has_value() && now >= *record.cleanup_deadline;
}

namespace detail {
consteval bool every_connection_state_has_its_signal() {
  for (std::size_t state = 0; state < connection_state_count; ++state) {
    std::size_t count = 0;
    for (const ConnectionRow& row : connection_table) count += static_cast<std::size_t>(row.to) == state ? 1U : 0U;
    if (count != 1) return false;
  }
  return true;
}
static_assert(every_connection_state_has_its_signal());
}  // namespace detail

}  // namespace phalarope
