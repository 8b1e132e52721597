// The contract's 43 control signals as a table: who may emit each, in which scope, and which members it must carry.
//
// Invariant: each of the 43 has exactly one row (checked at compile time). Pure data. Contract: runtime.md 1.5.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "core/engine/base/event.hpp"

namespace phalarope::replay {

/// Members beyond the common envelope that a signal may be obliged to carry.
enum SignalMember : std::uint8_t {
  needs_nothing = 0,
  needs_reason = 1,
  needs_scope = 2,
  needs_edge = 4,            // edge_id and target_lane
  needs_range = 8,           // seq_range
  needs_discontinuity = 16,  // sync_domain and discontinuity_id
  needs_amount = 32
};

struct SignalRule {
  EventKind kind;
  std::array<Emitter, 2> emitters;  // the second is none where only one may
  Scope event_scope;                // none: either
  std::uint8_t needs;
};

namespace signal_rows {
using K = EventKind;
using E = Emitter;
constexpr Scope any = Scope::none;
constexpr Scope turn = Scope::turn;
constexpr Scope session = Scope::session;
constexpr std::uint8_t edge_reason = needs_edge | needs_reason;
constexpr std::uint8_t sync_reason = needs_discontinuity | needs_reason;
constexpr std::uint8_t drop_members = needs_edge | needs_reason | needs_range;
constexpr std::uint8_t credit_members = needs_edge | needs_amount;
// clang-format off
constexpr std::array<SignalRule, last_signal_kind> table{{
    {K::turn_open_proposed,         {E::session_prelude, E::none},            session, needs_nothing},
    {K::turn_open,                  {E::turn_arbiter, E::none},               turn,    needs_nothing},
    {K::commit,                     {E::turn_arbiter, E::none},               turn,    needs_nothing},
    {K::close,                      {E::turn_arbiter, E::none},               turn,    needs_nothing},
    {K::abort,                      {E::turn_arbiter, E::none},               turn,    needs_reason},
    {K::barge_in,                   {E::lane_router, E::cancellation},        any,     needs_nothing},
    {K::stop,                       {E::lane_router, E::cancellation},        any,     needs_nothing},
    {K::cancel,                     {E::lane_router, E::cancellation},        any,     needs_scope},
    {K::watermark,                  {E::watermark, E::none},                  any,     edge_reason},
    {K::budget_warning,             {E::budget, E::none},                     any,     needs_reason},
    {K::budget_exhausted,           {E::budget, E::none},                     any,     needs_reason},
    {K::degrade,                    {E::watermark, E::budget},                any,     needs_reason},
    {K::fallback,                   {E::watermark, E::budget},                any,     needs_reason},
    {K::discontinuity,              {E::sync_integrity, E::none},             any,     sync_reason},
    {K::drop_notice,                {E::edge_buffer, E::watermark},           any,     drop_members},
    {K::flow_xoff,                  {E::flow_control, E::none},               any,     edge_reason},
    {K::flow_xon,                   {E::flow_control, E::none},               any,     needs_edge},
    {K::credit_grant,               {E::flow_control, E::none},               any,     credit_members},
    {K::provider_error,             {E::provider_controller, E::none},        any,     needs_reason},
    {K::circuit_event,              {E::provider_controller, E::none},        any,     needs_reason},
    {K::provider_switch,            {E::provider_controller, E::none},        any,     needs_reason},
    {K::lease_issued,               {E::cp_lease, E::cp_migration},           any,     needs_nothing},
    {K::lease_rotated,              {E::cp_lease, E::cp_migration},           any,     needs_nothing},
    {K::migration_start,            {E::cp_lease, E::cp_migration},           any,     needs_nothing},
    {K::migration_finish,           {E::cp_lease, E::cp_migration},           any,     needs_nothing},
    {K::session_handoff,            {E::cp_lease, E::cp_migration},           any,     needs_nothing},
    {K::admit,                      {E::admission, E::cp_admission},          session, needs_reason},
    {K::reject,                     {E::admission, E::cp_admission},          session, needs_reason},
    {K::defer,                      {E::admission, E::cp_admission},          session, needs_reason},
    {K::shed,                       {E::admission, E::none},                  any,     needs_reason},
    {K::stale_epoch_reject,         {E::authority, E::none},                  any,     needs_reason},
    {K::deauthorized_drain,         {E::authority, E::none},                  any,     needs_reason},
    {K::connected,                  {E::connection, E::none},                 any,     needs_nothing},
    {K::reconnecting,               {E::connection, E::none},                 any,     needs_nothing},
    {K::disconnected,               {E::connection, E::none},                 any,     needs_nothing},
    {K::ended,                      {E::connection, E::none},                 any,     needs_nothing},
    {K::silence,                    {E::connection, E::none},                 any,     needs_nothing},
    {K::stall,                      {E::connection, E::none},                 any,     needs_nothing},
    {K::output_accepted,            {E::transport, E::connection},            turn,    needs_nothing},
    {K::playback_started,           {E::transport, E::connection},            turn,    needs_nothing},
    {K::playback_completed,         {E::transport, E::connection},            turn,    needs_nothing},
    {K::playback_cancelled,         {E::transport, E::connection},            turn,    needs_nothing},
    {K::recording_level_downgraded, {E::timeline_recorder, E::none},          any,     needs_reason},
}};
// clang-format on
}  // namespace signal_rows

constexpr const SignalRule* find_rule(EventKind kind) noexcept {
  for (const SignalRule& rule : signal_rows::table) {
    if (rule.kind == kind) return &rule;
  }
  return nullptr;
}
consteval bool every_signal_has_one_rule() {
  for (std::uint16_t number = 1; number <= last_signal_kind; ++number) {
    int rules = 0;
    for (const SignalRule& rule : signal_rows::table) rules += rule.kind == static_cast<EventKind>(number);
    if (rules != 1) return false;
  }
  return true;
}
static_assert(every_signal_has_one_rule());

struct EmitterCode {
  Emitter emitter;
  std::string_view code;
};
/// The wire's codes of the roles.
constexpr std::array<EmitterCode, 18> emitter_codes{{
    {Emitter::session_prelude, "RK-02"},
    {Emitter::turn_arbiter, "RK-03"},
    {Emitter::lane_router, "RK-06"},
    {Emitter::provider_controller, "RK-11"},
    {Emitter::edge_buffer, "RK-12"},
    {Emitter::watermark, "RK-13"},
    {Emitter::flow_control, "RK-14"},
    {Emitter::sync_integrity, "RK-15"},
    {Emitter::cancellation, "RK-16"},
    {Emitter::budget, "RK-17"},
    {Emitter::transport, "RK-22"},
    {Emitter::connection, "RK-23"},
    {Emitter::authority, "RK-24"},
    {Emitter::admission, "RK-25"},
    {Emitter::timeline_recorder, "OR-02"},
    {Emitter::cp_admission, "CP-05"},
    {Emitter::cp_lease, "CP-07"},
    {Emitter::cp_migration, "CP-08"},
}};
/// Empty for what the contract has no code for (device, worker, clock, operator).
constexpr std::string_view code_of(Emitter emitter) noexcept {
  for (const EmitterCode& row : emitter_codes) {
    if (row.emitter == emitter) return row.code;
  }
  return {};
}
constexpr std::optional<Emitter> emitter_of(std::string_view code) noexcept {
  for (const EmitterCode& row : emitter_codes) {
    if (row.code == code) return row.emitter;
  }
  return std::nullopt;
}

}  // namespace phalarope::replay
