// Budgets: what elapsed time means for a scope, and how a node's failure becomes signals.
//
//   0 ────────── warn ────────── exhaust ──────────▶ elapsed
//     continue     continue        degrade, else fallback, else terminate
//     within       budget_warning  budget_exhausted
//
// Invariants. (1) Degrade wins over fallback, fallback over terminate. (2) exhausted implies warning. (3) A failure
// seen before the exhaust threshold is terminal whatever is allowed. (4) Signals come in one order: budget_warning,
// budget_exhausted, then degrade or fallback; all of RK-17.
// Pure; time is an argument. Contract: runtime.md 6.3, 6.4; decisions.md D2, D13.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/result.hpp"

namespace phalarope {

enum class BudgetAction : std::uint8_t { proceed, degrade, fallback, terminate };
/// The contract's word for an action.
constexpr std::string_view name_of(BudgetAction action) noexcept {
  constexpr std::string_view names[] = {"continue", "degrade", "fallback", "terminate"};
  return names[static_cast<std::size_t>(action)];
}

enum class BudgetFault : std::uint8_t { budget_negative, budget_warn_above_exhaust };
constexpr std::string_view describe(BudgetFault fault) noexcept {
  return fault == BudgetFault::budget_negative ? "budget_negative: a budget or an elapsed time is below zero"
                                               : "budget_warn_above_exhaust: the warning comes after the end";
}

struct BudgetLimits {
  Duration warn{};     // 0: as exhaust
  Duration exhaust{};  // 0: budget_exhaust_min
};
/// Which ways out the plan's allowed_adaptive_actions leave open.
struct AllowedBranches {
  bool degrade = false;
  bool fallback = false;
};
struct BudgetVerdict {
  BudgetAction action = BudgetAction::proceed;
  Reason reason = Reason::within_budget;
  bool warning = false;
  bool exhausted = false;
  constexpr bool operator==(const BudgetVerdict&) const noexcept = default;
};

/// "Exhaust 0 means 1", in the contract's unit.
constexpr Duration budget_exhaust_min = milliseconds(1);

constexpr Result<BudgetVerdict, BudgetFault> evaluate_budget(BudgetLimits limits, Duration elapsed,
                                                             AllowedBranches allowed) noexcept {
  constexpr Duration zero{0};
  if (limits.warn < zero || limits.exhaust < zero || elapsed < zero) return refuse(BudgetFault::budget_negative);
  const Duration exhaust = limits.exhaust == zero ? budget_exhaust_min : limits.exhaust;
  const Duration warn = limits.warn == zero ? exhaust : limits.warn;
  if (warn > exhaust) return refuse(BudgetFault::budget_warn_above_exhaust);

  if (elapsed < warn) return BudgetVerdict{};
  if (elapsed < exhaust) return BudgetVerdict{BudgetAction::proceed, Reason::budget_warning, true, false};
  const BudgetAction action = allowed.degrade    ? BudgetAction::degrade
                              : allowed.fallback ? BudgetAction::fallback
                                                 : BudgetAction::terminate;
  return BudgetVerdict{action, Reason::budget_exhausted, true, true};
}

/// Two about the budget, one about the way out.
constexpr std::size_t budget_signals_max = 3;
using BudgetSignals = FixedVector<Event, budget_signals_max>;

namespace detail {
/// A control signal of the budget manager about the scope that `about` names (runtime.md 1.5, "How the engine fills").
constexpr Event budget_signal(const Event& about, EventKind kind, Reason reason) noexcept {
  Event signal = about;
  signal.kind = kind;
  signal.reason = reason;
  signal.emitter = Emitter::budget;
  signal.lane = Lane::control;
  signal.target_lane = Lane::control;
  signal.scope = about.turn_number != 0 ? Scope::turn : Scope::session;
  signal.payload_class = PayloadClass::metadata;
  signal.payload = PayloadHandle{};
  signal.argument_a = 0;
  signal.argument_b = 0;
  signal.flags = 0;
  return signal;
}
constexpr void push_signal(BudgetSignals& signals, const Event& about, EventKind kind, Reason reason) noexcept {
  const bool pushed = signals.push_back(budget_signal(about, kind, reason));
  PHAL_ENFORCE(pushed, "a budget gives at most three signals");
}
constexpr void push_branch(BudgetSignals& signals, const Event& about, BudgetAction action, Reason reason) noexcept {
  switch (action) {
    case BudgetAction::degrade:
      push_signal(signals, about, EventKind::degrade, reason);
      break;
    case BudgetAction::fallback:
      push_signal(signals, about, EventKind::fallback, reason);
      break;
    case BudgetAction::proceed:
    case BudgetAction::terminate:
      break;
  }
}
}  // namespace detail

/// The signals of a verdict; none within budget. `about` gives session, turn, node, epoch, sequences and times.
constexpr BudgetSignals budget_signals(const BudgetVerdict& verdict, const Event& about) noexcept {
  BudgetSignals signals;
  if (verdict.exhausted) {
    detail::push_signal(signals, about, EventKind::budget_exhausted, Reason::budget_exhausted);
  } else if (verdict.warning) {
    detail::push_signal(signals, about, EventKind::budget_warning, Reason::budget_warning);
  }
  detail::push_branch(signals, about, verdict.action, Reason::budget_exhausted);
  return signals;
}

constexpr Duration node_failure_warn_default = milliseconds(1200);
constexpr Duration node_failure_exhaust_default = milliseconds(1500);

/// How a node failed; what is left out takes the defaults of 6.4.
struct NodeFailure {
  std::optional<Duration> warn{};
  std::optional<Duration> exhaust{};
  std::optional<Duration> observed{};
  AllowedBranches allowed{};
};
struct ShapedFailure {
  BudgetSignals signals;
  BudgetAction action = BudgetAction::terminate;
  /// node_timeout_or_failure when the turn must end by it, else none.
  Reason terminal_reason = Reason::none;
  constexpr bool terminal() const noexcept { return terminal_reason != Reason::none; }
};

constexpr Result<ShapedFailure, BudgetFault> shape_node_failure(const NodeFailure& failure,
                                                                const Event& about) noexcept {
  const Duration warn = failure.warn.value_or(node_failure_warn_default);
  Duration exhaust = failure.exhaust.value_or(node_failure_exhaust_default);
  // An exhaust below the warning is taken as not given; a warning above even the default is its own exhaust.
  if (exhaust < warn) exhaust = warn > node_failure_exhaust_default ? warn : node_failure_exhaust_default;
  const Duration observed = failure.observed.value_or(exhaust);
  const auto verdict = evaluate_budget({.warn = warn, .exhaust = exhaust}, observed, failure.allowed);
  if (!verdict) return refuse(verdict.error());

  ShapedFailure shaped;
  detail::push_signal(shaped.signals, about, EventKind::budget_warning, Reason::node_budget_threshold_exceeded);
  detail::push_signal(shaped.signals, about, EventKind::budget_exhausted, Reason::node_timeout_or_failure);
  shaped.action = verdict->exhausted ? verdict->action : BudgetAction::terminate;
  detail::push_branch(shaped.signals, about, shaped.action, Reason::node_timeout_or_failure);
  if (shaped.action == BudgetAction::terminate) shaped.terminal_reason = Reason::node_timeout_or_failure;
  return shaped;
}

/// A provider call's timeout: the smaller of its own and what the turn has left.
constexpr Duration call_timeout(Duration own, Duration turn_left) noexcept { return own < turn_left ? own : turn_left; }

}  // namespace phalarope
