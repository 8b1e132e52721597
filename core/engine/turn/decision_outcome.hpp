// A decision outcome: what admission or the authority guard said, at which phase, about what, and why.
//
// It is evidence, not a signal: the signal of the same name is built beside it (signal.hpp). `is_legal` is the
// contract's rule about which combinations may exist at all; the engine asserts it of everything it says.
// Pure values. Contract: runtime.md 1.6, 2.4, 2.5, 5.7.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/engine/base/event.hpp"

namespace phalarope {

enum class OutcomeKind : std::uint8_t { admit, reject, defer, shed, stale_epoch_reject, deauthorized_drain };
enum class OutcomePhase : std::uint8_t { pre_turn, scheduling_point, active_turn };
enum class OutcomeScope : std::uint8_t { tenant, session, turn, edge_enqueue, edge_dequeue, node_dispatch };

constexpr TurnNumber no_turn{0};

struct DecisionOutcome {
  OutcomeKind kind = OutcomeKind::admit;
  OutcomePhase phase = OutcomePhase::pre_turn;
  OutcomeScope scope = OutcomeScope::session;
  Emitter emitter = Emitter::none;
  Reason reason = Reason::none;
  TurnNumber turn = no_turn;
  std::optional<Epoch> epoch{};
  constexpr bool operator==(const DecisionOutcome&) const noexcept = default;
};

constexpr EventKind signal_of(OutcomeKind kind) noexcept {
  switch (kind) {
    case OutcomeKind::admit:
      return EventKind::admit;
    case OutcomeKind::reject:
      return EventKind::reject;
    case OutcomeKind::defer:
      return EventKind::defer;
    case OutcomeKind::shed:
      return EventKind::shed;
    case OutcomeKind::stale_epoch_reject:
      return EventKind::stale_epoch_reject;
    case OutcomeKind::deauthorized_drain:
      return EventKind::deauthorized_drain;
  }
  return EventKind::none;
}
inline std::string_view name_of(OutcomeKind kind) noexcept { return name_of(signal_of(kind)); }

constexpr std::string_view name_of(OutcomePhase phase) noexcept {
  switch (phase) {
    case OutcomePhase::pre_turn:
      return "pre_turn";
    case OutcomePhase::scheduling_point:
      return "scheduling_point";
    case OutcomePhase::active_turn:
      return "active_turn";
  }
  return "";
}
constexpr std::string_view name_of(OutcomeScope scope) noexcept {
  switch (scope) {
    case OutcomeScope::tenant:
      return "tenant";
    case OutcomeScope::session:
      return "session";
    case OutcomeScope::turn:
      return "turn";
    case OutcomeScope::edge_enqueue:
      return "edge_enqueue";
    case OutcomeScope::edge_dequeue:
      return "edge_dequeue";
    case OutcomeScope::node_dispatch:
      return "node_dispatch";
  }
  return "";
}

constexpr bool is_scheduling_scope(OutcomeScope scope) noexcept {
  return scope == OutcomeScope::edge_enqueue || scope == OutcomeScope::edge_dequeue ||
         scope == OutcomeScope::node_dispatch;
}

namespace detail {
constexpr bool kind_fits(const DecisionOutcome& outcome) noexcept {
  const bool session_or_turn = outcome.scope == OutcomeScope::session || outcome.scope == OutcomeScope::turn;
  switch (outcome.kind) {
    case OutcomeKind::admit:
    case OutcomeKind::reject:
    case OutcomeKind::defer:
      return outcome.emitter == Emitter::admission || outcome.emitter == Emitter::cp_admission;
    case OutcomeKind::shed:
      return outcome.emitter == Emitter::admission && outcome.phase == OutcomePhase::scheduling_point;
    case OutcomeKind::stale_epoch_reject:
      if (outcome.emitter != Emitter::authority || !outcome.epoch) return false;
      return outcome.phase == OutcomePhase::pre_turn ? session_or_turn
                                                     : outcome.phase == OutcomePhase::scheduling_point;
    case OutcomeKind::deauthorized_drain:
      if (outcome.emitter != Emitter::authority || !outcome.epoch) return false;
      return outcome.phase == OutcomePhase::pre_turn
                 ? session_or_turn
                 : outcome.phase == OutcomePhase::active_turn && outcome.scope == OutcomeScope::turn;
  }
  return false;
}
constexpr bool phase_fits(const DecisionOutcome& outcome) noexcept {
  switch (outcome.phase) {
    case OutcomePhase::pre_turn:
      return !is_scheduling_scope(outcome.scope);
    case OutcomePhase::scheduling_point:
      return is_scheduling_scope(outcome.scope);
    case OutcomePhase::active_turn:
      return outcome.turn != no_turn && (outcome.scope == OutcomeScope::turn || is_scheduling_scope(outcome.scope));
  }
  return false;
}
}  // namespace detail

/// The ten conditions of runtime.md 1.6.
constexpr bool is_legal(const DecisionOutcome& outcome) noexcept {
  if (outcome.reason == Reason::none) return false;
  if (outcome.scope == OutcomeScope::turn && outcome.turn == no_turn) return false;
  if (outcome.emitter == Emitter::cp_admission &&
      (outcome.phase != OutcomePhase::pre_turn ||
       (outcome.scope != OutcomeScope::tenant && outcome.scope != OutcomeScope::session)))
    return false;
  return detail::kind_fits(outcome) && detail::phase_fits(outcome);
}

}  // namespace phalarope
