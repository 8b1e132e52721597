// Budgets at their edges, and the shape of every failure.
#include "core/engine/graph/budget.hpp"

#include <gtest/gtest.h>

namespace phalarope {
namespace {

constexpr AllowedBranches nothing{};
constexpr AllowedBranches both{.degrade = true, .fallback = true};
constexpr AllowedBranches only_degrade{.degrade = true, .fallback = false};
constexpr AllowedBranches only_fallback{.degrade = false, .fallback = true};
constexpr BudgetLimits limits{.warn = milliseconds(80), .exhaust = milliseconds(100)};

Event turn_event() {
  Event event{};
  event.kind = EventKind::node_failed;
  event.turn_number = 4;
  event.session_slot = 2;
  event.node = 3;
  event.authority_epoch = 7;
  event.argument_a = 99;
  event.runtime_sequence = 1234;
  return event;
}

// contract: 6.3 row 1
TEST(Budget, BelowTheWarningItContinues) {
  EXPECT_EQ(evaluate_budget(limits, Duration{80 * ns_per_ms - 1}, both),
            (BudgetVerdict{BudgetAction::proceed, Reason::within_budget, false, false}));
}

// contract: 6.3 row 2, 6.3 row 5
TEST(Budget, FromTheWarningOnItWarnsAndFromTheEndOnItIsExhausted) {
  EXPECT_EQ(evaluate_budget(limits, milliseconds(80), both),
            (BudgetVerdict{BudgetAction::proceed, Reason::budget_warning, true, false}));
  EXPECT_EQ(evaluate_budget(limits, Duration{100 * ns_per_ms - 1}, both)->exhausted, false);
  EXPECT_EQ(evaluate_budget(limits, milliseconds(100), nothing),
            (BudgetVerdict{BudgetAction::terminate, Reason::budget_exhausted, true, true}));
}

// contract: 6.3 rows 3-5
TEST(Budget, DegradeWinsOverFallbackAndFallbackOverTheEnd) {
  EXPECT_EQ(evaluate_budget(limits, milliseconds(100), both)->action, BudgetAction::degrade);
  EXPECT_EQ(evaluate_budget(limits, milliseconds(100), only_degrade)->action, BudgetAction::degrade);
  EXPECT_EQ(evaluate_budget(limits, milliseconds(100), only_fallback)->action, BudgetAction::fallback);
  EXPECT_EQ(evaluate_budget(limits, milliseconds(100), nothing)->action, BudgetAction::terminate);
}

TEST(Budget, ExhaustZeroMeansOneAndWarnZeroMeansExhaust) {
  EXPECT_FALSE(evaluate_budget({}, Duration{ns_per_ms - 1}, both)->warning);
  EXPECT_TRUE(evaluate_budget({}, milliseconds(1), both)->exhausted);
  const BudgetLimits no_warning{.warn = Duration{0}, .exhaust = milliseconds(10)};
  EXPECT_FALSE(evaluate_budget(no_warning, milliseconds(9), both)->warning);
  EXPECT_TRUE(evaluate_budget(no_warning, milliseconds(10), both)->exhausted);
}

TEST(Budget, NegativeValuesAndALateWarningAreErrors) {
  EXPECT_EQ(evaluate_budget({.warn = Duration{-1}, .exhaust = Duration{1}}, {}, both).error(),
            BudgetFault::budget_negative);
  EXPECT_EQ(evaluate_budget({.warn = Duration{0}, .exhaust = Duration{-1}}, {}, both).error(),
            BudgetFault::budget_negative);
  EXPECT_EQ(evaluate_budget(limits, Duration{-1}, both).error(), BudgetFault::budget_negative);
  EXPECT_EQ(evaluate_budget({.warn = milliseconds(2), .exhaust = milliseconds(1)}, {}, both).error(),
            BudgetFault::budget_warn_above_exhaust);
  EXPECT_EQ(evaluate_budget({.warn = milliseconds(2), .exhaust = Duration{0}}, {}, both).error(),
            BudgetFault::budget_warn_above_exhaust)
      << "after defaulting, exhaust is 1 ms";
}

TEST(BudgetSignals, EveryOutcomeButContinueIsAControlSignalOfTheBudgetManager) {
  EXPECT_TRUE(budget_signals(BudgetVerdict{}, turn_event()).empty());
  const auto warning = budget_signals(*evaluate_budget(limits, milliseconds(90), both), turn_event());
  ASSERT_EQ(warning.size(), 1U);
  EXPECT_EQ(warning[0].kind, EventKind::budget_warning);
  EXPECT_EQ(warning[0].reason, Reason::budget_warning);
  const auto exhausted = budget_signals(*evaluate_budget(limits, milliseconds(100), only_fallback), turn_event());
  ASSERT_EQ(exhausted.size(), 2U);
  EXPECT_EQ(exhausted[0].kind, EventKind::budget_exhausted);
  EXPECT_EQ(exhausted[1].kind, EventKind::fallback);
  for (const Event& signal : exhausted) {
    EXPECT_EQ(signal.emitter, Emitter::budget);
    EXPECT_EQ(signal.lane, Lane::control);
    EXPECT_EQ(signal.payload_class, PayloadClass::metadata);
    EXPECT_EQ(signal.scope, Scope::turn);
    EXPECT_EQ(signal.argument_a, 0) << "arguments of the event it is about mean something else";
    EXPECT_EQ(signal.authority_epoch, 7U);
    EXPECT_EQ(signal.node, 3);
  }
}

// contract: runtime.md 6.4
TEST(NodeFailure, DefaultsAreTerminalWithoutAWayOut) {
  const auto shaped = shape_node_failure({}, turn_event());
  ASSERT_TRUE(shaped.has_value());
  EXPECT_TRUE(shaped->terminal());
  EXPECT_EQ(shaped->terminal_reason, Reason::node_timeout_or_failure);
  ASSERT_EQ(shaped->signals.size(), 2U);
  EXPECT_EQ(shaped->signals[0].kind, EventKind::budget_warning);
  EXPECT_EQ(shaped->signals[0].reason, Reason::node_budget_threshold_exceeded);
  EXPECT_EQ(shaped->signals[1].kind, EventKind::budget_exhausted);
  EXPECT_EQ(shaped->signals[1].reason, Reason::node_timeout_or_failure);
}

TEST(NodeFailure, AnAllowedBranchContinuesAndDegradeIsTakenFirst) {
  for (const auto& [allowed, kind] :
       {std::pair{both, EventKind::degrade}, std::pair{only_fallback, EventKind::fallback}}) {
    const auto shaped = shape_node_failure({.allowed = allowed}, turn_event());
    ASSERT_TRUE(shaped.has_value());
    EXPECT_FALSE(shaped->terminal());
    ASSERT_EQ(shaped->signals.size(), 3U);
    EXPECT_EQ(shaped->signals[2].kind, kind);
    EXPECT_EQ(shaped->signals[2].reason, Reason::node_timeout_or_failure);
  }
}

TEST(NodeFailure, AFailureBeforeTheThresholdIsTerminalWhateverIsAllowed) {
  const auto shaped = shape_node_failure({.observed = milliseconds(1499), .allowed = both}, turn_event());
  ASSERT_TRUE(shaped.has_value());
  EXPECT_TRUE(shaped->terminal());
  EXPECT_EQ(shaped->signals.size(), 2U);
}

TEST(NodeFailure, AnExhaustBelowTheWarningFallsBackToTheDefault) {
  const NodeFailure failure{
      .warn = milliseconds(1300), .exhaust = milliseconds(100), .observed = milliseconds(1400), .allowed = both};
  EXPECT_TRUE(shape_node_failure(failure, turn_event())->terminal()) << "1400 ms is before the default 1500 ms";
  const NodeFailure late{.warn = milliseconds(4000), .exhaust = milliseconds(100), .observed = {}, .allowed = both};
  EXPECT_FALSE(shape_node_failure(late, turn_event())->terminal());
}

TEST(NodeFailure, WithoutATurnTheScopeIsTheSession) {
  Event about = turn_event();
  about.turn_number = 0;
  EXPECT_EQ(shape_node_failure({}, about)->signals[0].scope, Scope::session);
}

TEST(Budget, ACallMayTakeNoLongerThanTheTurnHasLeft) {
  EXPECT_EQ(call_timeout(milliseconds(30), milliseconds(20)), milliseconds(20));
  EXPECT_EQ(call_timeout(milliseconds(10), milliseconds(20)), milliseconds(10));
}

TEST(NodeFailure, WhatNoBudgetCanSayIsRefused) {
  EXPECT_EQ(shape_node_failure({.observed = milliseconds(-1)}, turn_event()).error(), BudgetFault::budget_negative);
}

}  // namespace
}  // namespace phalarope
