// Migration: the markers that tell a placement of a session that it moves, in the contract's order.
//
//   old placement   lease_rotated ─▶ T8, drains     migration_start, migration_finish (, session_handoff): the record
//   new placement   session started with Session::carried_on(), snapshot, the same markers ─▶ goes on, higher epoch
//
// They are events of the host: recorded where they happen, so that a replay moves the session there too. A marker's id
// is its base's and its index, as a pressure signal's is its cause's and a suffix.
// Pure; control thread. Contract: runtime.md 10.5; F8.
#pragma once

#include <array>
#include <string_view>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/session/session_input.hpp"

namespace phalarope::control {

constexpr std::size_t migration_markers_max = 4;
struct MigrationMarker {
  Event event{};
  std::string_view id_suffix{};  // behind the id of whatever caused the move
};
using MigrationMarkers = FixedVector<MigrationMarker, migration_markers_max>;

struct Migration {
  std::uint16_t session_slot = 0;
  Placement placement = Placement::leaves;
  Epoch epoch{};           // the new one
  bool hands_off = false;  // the new placement takes over at once
  std::uint32_t turn_number = 0;
  std::uint32_t transport_sequence = 0;
};

/// Sequences and both timestamps go up by one (millisecond) from marker to marker.
inline MigrationMarkers migration_markers(const Migration& migration, Instant now, WallTime wall) noexcept {
  struct Row {
    EventKind kind;
    Emitter emitter;
    Reason reason;
    std::string_view id_suffix;
  };
  constexpr std::array<Row, migration_markers_max> rows{{
      {EventKind::lease_rotated, Emitter::cp_lease, Reason::authority_epoch_rotation, "-0"},
      {EventKind::migration_start, Emitter::cp_migration, Reason::region_failover_start, "-1"},
      {EventKind::migration_finish, Emitter::cp_migration, Reason::region_failover_complete, "-2"},
      {EventKind::session_handoff, Emitter::cp_migration, Reason::authoritative_handoff, "-3"},
  }};
  MigrationMarkers markers;
  for (std::size_t i = 0; i < rows.size() - (migration.hands_off ? 0 : 1); ++i) {
    Event marker{};
    marker.kind = rows[i].kind;
    marker.emitter = rows[i].emitter;
    marker.reason = rows[i].reason;
    marker.session_slot = migration.session_slot;
    marker.authority_epoch = migration.epoch.value;
    marker.argument_a = static_cast<std::int64_t>(migration.placement);
    marker.turn_number = migration.turn_number;
    marker.transport_sequence = migration.transport_sequence + static_cast<std::uint32_t>(i);
    marker.mono_ns = now.value + static_cast<std::int64_t>(i) * ns_per_ms;
    marker.wall_ns = wall.value + static_cast<std::int64_t>(i) * ns_per_ms;
    marker.lane = Lane::control;
    marker.scope = migration.turn_number != 0 ? Scope::turn : Scope::session;
    static_cast<void>(markers.push_back({.event = marker, .id_suffix = rows[i].id_suffix}));
  }
  return markers;
}

}  // namespace phalarope::control
