// The turn's state machine: nine rows, and nothing else leads anywhere.
//
// The picture is in turn_state.hpp. The table is the documentation, the code and the exhaustive test at once.
// Invariants (checked while compiling). (1) No pair of state and trigger stands twice. (2) Closed has no exit.
// (3) Active is reached only by turn_open, Terminal only by commit or abort, Closed only by close: an accepted turn
// ends exactly once (I2), and one that was not accepted never does (I3). (4) Every state is reached.
// Pure; who acts on the answer is the arbiter alone. Contract: runtime.md 1.7, 2.1.
#pragma once

#include <array>
#include <cstddef>

#include "core/engine/base/result.hpp"
#include "core/engine/turn/refusal.hpp"
#include "core/engine/turn/turn_state.hpp"

namespace phalarope {

struct TurnTransition {
  TurnState from;
  TurnTrigger trigger;
  TurnState to;
  constexpr bool operator==(const TurnTransition&) const noexcept = default;
};

// runtime.md 2.1
constexpr std::array<TurnTransition, 9> turn_table = {{
    {TurnState::idle, TurnTrigger::turn_open_proposed, TurnState::opening},  // T1
    {TurnState::opening, TurnTrigger::turn_open, TurnState::active},         // T5
    {TurnState::opening, TurnTrigger::reject, TurnState::idle},              // T2, T2a, T2b, T5a
    {TurnState::opening, TurnTrigger::defer, TurnState::idle},               // T2, T2a, T2b, T5a
    {TurnState::opening, TurnTrigger::stale_epoch_reject, TurnState::idle},  // T3
    {TurnState::opening, TurnTrigger::deauthorized_drain, TurnState::idle},  // T4
    {TurnState::active, TurnTrigger::commit, TurnState::terminal},           // T6
    {TurnState::active, TurnTrigger::abort, TurnState::terminal},            // T7-T11
    {TurnState::terminal, TurnTrigger::close, TurnState::closed},            // T6-T11
}};

/// The one state in which a trigger is legal (each has exactly one): the "expected" of turn_state_mismatch.
constexpr TurnState expected_state(TurnTrigger trigger) noexcept {
  for (const TurnTransition& row : turn_table) {
    if (row.trigger == trigger) return row.from;
  }
  return TurnState::closed;
}

/// Where `trigger` leads from `state`, or why it leads nowhere.
constexpr Result<TurnState, TurnRefusal> next(TurnState state, TurnTrigger trigger) noexcept {
  for (const TurnTransition& row : turn_table) {
    if (row.from == state && row.trigger == trigger) return row.to;
  }
  return refuse(trigger == TurnTrigger::turn_open_proposed ? TurnRefusal::turn_not_idle
                                                           : TurnRefusal::turn_state_mismatch);
}

/// As next(), for the way back from Opening, which only four triggers may take.
constexpr Result<TurnState, TurnRefusal> next_when_refused(TurnState state, TurnTrigger trigger) noexcept {
  if (!is_opening_refusal(trigger)) return refuse(TurnRefusal::invalid_opening_trigger);
  return next(state, trigger);
}

namespace detail {
consteval bool no_pair_stands_twice() {
  for (std::size_t i = 0; i < turn_table.size(); ++i) {
    for (std::size_t j = i + 1; j < turn_table.size(); ++j) {
      if (turn_table[i].from == turn_table[j].from && turn_table[i].trigger == turn_table[j].trigger) return false;
    }
  }
  return true;
}
consteval std::size_t ways_out_of(TurnState state) {
  std::size_t count = 0;
  for (const TurnTransition& row : turn_table) count += row.from == state ? 1U : 0U;
  return count;
}
consteval bool only_by(TurnState to, TurnTrigger one, TurnTrigger other) {
  bool reached = false;
  for (const TurnTransition& row : turn_table) {
    if (row.to != to) continue;
    reached = true;
    if (row.trigger != one && row.trigger != other) return false;
  }
  return reached;
}
consteval bool every_trigger_has_one_state() {
  for (const TurnTrigger trigger : all_turn_triggers) {
    std::size_t count = 0;
    for (const TurnTransition& row : turn_table) count += row.trigger == trigger ? 1U : 0U;
    if (count != 1) return false;
  }
  return true;
}
static_assert(no_pair_stands_twice());
static_assert(every_trigger_has_one_state(), "turn_state_mismatch names one expected state");
static_assert(ways_out_of(TurnState::closed) == 0, "Closed has no exit");
static_assert(ways_out_of(TurnState::terminal) == 1, "the terminal outcome is followed by close and nothing else");
static_assert(only_by(TurnState::opening, TurnTrigger::turn_open_proposed, TurnTrigger::turn_open_proposed));
static_assert(only_by(TurnState::active, TurnTrigger::turn_open, TurnTrigger::turn_open));
static_assert(only_by(TurnState::terminal, TurnTrigger::commit, TurnTrigger::abort));
static_assert(only_by(TurnState::closed, TurnTrigger::close, TurnTrigger::close));
}  // namespace detail

}  // namespace phalarope
