// The arbiter beyond its table: refusals change nothing, evidence gates the terminal, every accepted turn ends once.
//
// contract: I2, I3, I8, runtime.md 2.1, 2.5, 2.7, 7.2, D14, D19
#include "core/engine/turn/arbiter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace phalarope {
namespace {

constexpr TurnNumber number{3};

GateVerdict passed_gates() {
  GateVerdict gates;
  gates.failed.reset();
  gates.epoch = Epoch{9};
  gates.outcome = {.scope = OutcomeScope::turn,
                   .emitter = Emitter::admission,
                   .reason = Reason::admission_capacity_allow,
                   .turn = number};
  return gates;
}

Result<TurnDecision, TurnRefusal> step(TurnRecord& turn, TurnInput input, bool append_works = true) {
  const auto append = [append_works](const TerminalMark&) { return append_works; };
  return Arbiter::step(turn, input, append);
}

TurnInput propose() { return {.ask = TurnAsk::propose}; }
TurnInput open(std::uint64_t ticket = 1) {
  return {.ask = TurnAsk::open, .gates = passed_gates(), .ticket = Ticket{ticket}};
}
TurnInput end_by(End end) { return {.ask = TurnAsk::arbitrate, .pending = PendingEnds(end)}; }

TurnRecord turn_in(TurnState state) {
  TurnRecord turn(number);
  if (state == TurnState::idle) return turn;
  EXPECT_TRUE(step(turn, propose()));
  if (state == TurnState::opening) return turn;
  EXPECT_TRUE(step(turn, open()));
  if (state == TurnState::active) return turn;
  EXPECT_TRUE(step(turn, end_by(End::success)));
  return turn;
}

constexpr TurnState settled_states[] = {TurnState::idle, TurnState::opening, TurnState::active, TurnState::closed};

TEST(Arbiter, AStepThatIsNotLegalInTheStateIsRefusedAndChangesNothing) {
  const std::map<TurnAsk, std::vector<TurnState>> legal = {
      {TurnAsk::propose, {TurnState::idle}},
      {TurnAsk::open, {TurnState::opening}},
      {TurnAsk::abandon, {TurnState::opening}},
      {TurnAsk::arbitrate, {TurnState::active}},
      {TurnAsk::late, {TurnState::closed}},
      {TurnAsk::shed, {TurnState::active}},
      {TurnAsk::stale, {TurnState::idle, TurnState::active, TurnState::closed}}};
  for (const auto& [ask, states] : legal) {
    for (const TurnState state : settled_states) {
      SCOPED_TRACE(std::to_string(static_cast<int>(ask)) + " in " + std::string(name_of(state)));
      const bool allowed = std::find(states.begin(), states.end(), state) != states.end();
      TurnRecord turn = turn_in(state);
      const TurnRecord before = turn;
      TurnInput input = open(2);
      input.ask = ask;
      input.pending = PendingEnds(End::cancel_accepted);
      const auto decided = step(turn, input);
      ASSERT_EQ(decided.has_value(), allowed);
      if (allowed) continue;
      EXPECT_EQ(turn, before);
      const bool proposing = ask == TurnAsk::propose;
      EXPECT_EQ(decided.error(), proposing ? TurnRefusal::turn_not_idle : TurnRefusal::turn_state_mismatch);
    }
  }
}

TEST(Arbiter, ASecondCancelIsRefusedBecauseTheFirstOneEndedTheTurn) {
  TurnRecord turn = turn_in(TurnState::active);
  ASSERT_TRUE(step(turn, end_by(End::cancel_accepted)));
  EXPECT_TRUE(turn.fenced());
  const auto again = step(turn, end_by(End::cancel_accepted));
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error(), TurnRefusal::turn_state_mismatch);
}

TEST(Arbiter, ATurnWithoutANumberIsRefused) {
  TurnRecord nobody;
  EXPECT_EQ(step(nobody, propose()).error(), TurnRefusal::turn_id_required);
}

TEST(Arbiter, AVerdictThatNobodyFilledOpensNoTurn) {
  TurnRecord turn = turn_in(TurnState::opening);
  const auto decided = step(turn, {.ask = TurnAsk::open, .ticket = Ticket{1}});
  ASSERT_FALSE(decided.has_value());
  EXPECT_EQ(decided.error(), TurnRefusal::invalid_opening_trigger);
  EXPECT_EQ(turn.state(), TurnState::opening);
}

TEST(Arbiter, AGateCannotAnswerWithWhatIsNoWayBack) {
  for (const OutcomeKind kind : {OutcomeKind::shed, OutcomeKind::admit}) {
    TurnRecord turn = turn_in(TurnState::opening);
    TurnInput input = open();
    input.gates.failed = Gate::capacity;
    input.gates.outcome.kind = kind;
    const auto decided = step(turn, input);
    ASSERT_FALSE(decided.has_value());
    EXPECT_EQ(decided.error(), TurnRefusal::invalid_opening_trigger);
    EXPECT_EQ(turn.state(), TurnState::opening);
  }
}

TEST(Arbiter, OpeningGivesTheTurnItsTicketAndTheMergedEpoch) {
  TurnRecord turn = turn_in(TurnState::opening);
  const auto decided = step(turn, open(42));
  ASSERT_TRUE(decided.has_value());
  EXPECT_EQ(turn.ticket(), Ticket{42});
  EXPECT_EQ(turn.epoch(), Epoch{9});
  EXPECT_EQ(decided->ticket, Ticket{42});
  EXPECT_EQ(decided->control[0].ticket, 42U);
  EXPECT_EQ(decided->control[0].authority_epoch, 9U);
  EXPECT_TRUE(turn.holds_the_floor());
  EXPECT_FALSE(turn.fenced());
}

TEST(ArbiterDeathTest, ATurnDoesNotOpenWithoutATicket) {
  TurnRecord turn = turn_in(TurnState::opening);
  EXPECT_DEATH(static_cast<void>(step(turn, open(0))), "needs a ticket");
}

TEST(Arbiter, ATurnSentBackToIdleMayBeProposedAgain) {
  TurnRecord turn = turn_in(TurnState::opening);
  const auto abandoned = step(turn, {.ask = TurnAsk::abandon});
  ASSERT_TRUE(abandoned.has_value());
  EXPECT_EQ(abandoned->lifecycle[0], (LifecycleEntry{EventKind::defer, Reason::admission_capacity_defer}));
  EXPECT_EQ(turn.state(), TurnState::idle);
  EXPECT_TRUE(step(turn, propose()));
  EXPECT_TRUE(step(turn, open()));
}

TEST(Arbiter, EvidenceIsAppendedOncePerTerminalAndNeverOtherwise) {
  int appended = 0;
  const auto count = [&](const TerminalMark& mark) {
    ++appended;
    EXPECT_EQ(mark.turn, number);
    return true;
  };
  TurnRecord turn(number);
  for (const TurnInput& input : {propose(), open(), TurnInput{.ask = TurnAsk::arbitrate},
                                 TurnInput{.ask = TurnAsk::shed}, TurnInput{.ask = TurnAsk::stale}}) {
    ASSERT_TRUE(Arbiter::step(turn, input, count));
  }
  EXPECT_EQ(appended, 0);
  ASSERT_TRUE(Arbiter::step(turn, end_by(End::node_failure), count));
  ASSERT_TRUE(Arbiter::step(turn, {.ask = TurnAsk::late}, count));
  EXPECT_EQ(appended, 1);
}

TEST(Arbiter, TheEvidenceKnowsTheOutcomeThatIsAboutToBePublished) {
  TurnRecord turn = turn_in(TurnState::active);
  const auto append = [](const TerminalMark& mark) {
    EXPECT_EQ(mark.terminal, EventKind::abort);
    EXPECT_EQ(mark.reason, Reason::execution_plan_denied);
    EXPECT_EQ(mark.end, End::no_legal_path);
    EXPECT_EQ(mark.point.sequence, RuntimeSequence{77});
    return true;
  };
  TurnInput input = end_by(End::no_legal_path);
  input.trace_reason = Reason::execution_plan_denied;
  input.point.sequence = RuntimeSequence{77};
  ASSERT_TRUE(Arbiter::step(turn, input, append));
}

TEST(Arbiter, ATraceReasonBelongsToNoLegalPathOnly) {
  TurnRecord turn = turn_in(TurnState::active);
  TurnInput input = end_by(End::provider_failure);
  input.trace_reason = Reason::execution_plan_denied;
  EXPECT_EQ(step(turn, input)->lifecycle[0].reason, Reason::provider_failure);
}

TEST(Arbiter, ABargeInThatLosesSaysNothingOfItself) {
  TurnRecord turn = turn_in(TurnState::active);
  TurnInput input = end_by(End::authority_revoked);
  input.barge_in = true;
  input.output_pending = true;
  const auto decided = step(turn, input);
  for (const Event& signal : decided->control) {
    EXPECT_NE(signal.kind, EventKind::barge_in);
    EXPECT_NE(signal.kind, EventKind::playback_cancelled);
  }
}

TEST(Arbiter, APowerCutIsClosedByARecoveryRecord) {
  const StepPoint point{.sequence = RuntimeSequence{5}, .at = Instant{10}};
  const TurnDecision decided = Arbiter::close_after_power_loss(number, point);
  ASSERT_EQ(decided.lifecycle.size(), 2U);
  EXPECT_EQ(decided.lifecycle[0], (LifecycleEntry{EventKind::abort, Reason::power_loss}));
  EXPECT_EQ(decided.lifecycle[1], (LifecycleEntry{EventKind::close, Reason::none}));
  ASSERT_EQ(decided.control.size(), 2U);
  EXPECT_EQ(decided.control[0].runtime_sequence, 5U);
  EXPECT_EQ(decided.control[1].runtime_sequence, 6U);
  EXPECT_EQ(decided.to, TurnState::closed);
  EXPECT_EQ(decided.fence, FenceMove::keep);
}

// contract: 2.1 diagnostics row 9
TEST(ArbiterContract, IdleWithoutAnOutcomeAndClosedWithoutATerminalEdgeAreViolations) {
  TurnDecision back{.from = TurnState::opening, .to = TurnState::idle};
  ASSERT_TRUE(back.transitions.push_back({TurnState::opening, TurnTrigger::defer, TurnState::idle}));
  EXPECT_EQ(check_contract(back).error(), TurnRefusal::arbiter_contract_violation);
  back.outcome = DecisionOutcome{.kind = OutcomeKind::defer,
                                 .scope = OutcomeScope::turn,
                                 .emitter = Emitter::admission,
                                 .reason = Reason::admission_capacity_defer,
                                 .turn = number};
  EXPECT_TRUE(check_contract(back).has_value());
  back.outcome->phase = OutcomePhase::scheduling_point;
  EXPECT_FALSE(check_contract(back).has_value()) << "an illegal outcome explains nothing";

  TurnDecision closed{.from = TurnState::active, .to = TurnState::closed};
  EXPECT_EQ(check_contract(closed).error(), TurnRefusal::arbiter_contract_violation);
  ASSERT_TRUE(closed.transitions.push_back({TurnState::active, TurnTrigger::close, TurnState::closed}));
  EXPECT_EQ(check_contract(closed).error(), TurnRefusal::arbiter_contract_violation);

  TurnDecision half{.from = TurnState::active, .to = TurnState::terminal};
  ASSERT_TRUE(half.transitions.push_back({TurnState::active, TurnTrigger::abort, TurnState::terminal}));
  EXPECT_FALSE(check_contract(half).has_value()) << "Terminal is left in the step that reaches it";
}

TEST(ArbiterContract, EveryEdgeExistsAndStartsWhereTheOneBeforeItEnded) {
  TurnDecision invented{.from = TurnState::idle, .to = TurnState::active};
  ASSERT_TRUE(invented.transitions.push_back({TurnState::idle, TurnTrigger::turn_open, TurnState::active}));
  EXPECT_EQ(check_contract(invented).error(), TurnRefusal::arbiter_contract_violation);

  TurnDecision leap{.from = TurnState::idle, .to = TurnState::active};
  ASSERT_TRUE(leap.transitions.push_back({TurnState::opening, TurnTrigger::turn_open, TurnState::active}));
  EXPECT_EQ(check_contract(leap).error(), TurnRefusal::arbiter_contract_violation);

  TurnDecision elsewhere{.from = TurnState::idle, .to = TurnState::active};
  ASSERT_TRUE(elsewhere.transitions.push_back({TurnState::idle, TurnTrigger::turn_open_proposed, TurnState::opening}));
  EXPECT_EQ(check_contract(elsewhere).error(), TurnRefusal::arbiter_contract_violation) << "it says where it ended";
  elsewhere.to = TurnState::opening;
  EXPECT_EQ(*check_contract(elsewhere), TurnState::opening);
}

RC_GTEST_PROP(ArbiterProperty, WhateverIsAskedAnAcceptedTurnEndsOnceAndAnotherNever, ()) {
  TurnRecord turn(number);
  int opened = 0;
  int terminals = 0;
  int closes = 0;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    TurnInput input = open(static_cast<std::uint64_t>(i) + 1);
    input.ask = static_cast<TurnAsk>(*rc::gen::inRange(0, 7));
    const unsigned bits = *rc::gen::weightedOneOf<unsigned>({{3, rc::gen::just(0U)}, {1, rc::gen::inRange(0U, 512U)}});
    for (std::size_t end = 0; end < end_count; ++end) {
      if ((bits & (1U << end)) != 0) input.pending.add(static_cast<End>(end));
    }
    input.other_active = *rc::gen::inRange(0, 4) == 0;
    input.barge_in = *rc::gen::arbitrary<bool>();
    input.output_pending = *rc::gen::arbitrary<bool>();
    const bool append_works = *rc::gen::inRange(0, 4) != 0;

    const TurnRecord before = turn;
    TurnRecord twin = turn;
    const auto decided = step(turn, input, append_works);
    const auto again = step(twin, input, append_works);
    RC_ASSERT(turn == twin);  // I8: the same input, the same answer
    RC_ASSERT(decided.has_value() == again.has_value());
    if (!decided) {
      RC_ASSERT(turn == before);
      continue;
    }
    RC_ASSERT(turn.state() != TurnState::terminal);
    std::uint64_t sequence = input.point.sequence.value;
    std::int64_t time_ns = 0;
    for (const Event& signal : decided->control) {
      RC_ASSERT(signal.runtime_sequence == sequence++);
      RC_ASSERT(signal.mono_ns >= time_ns);
      time_ns = signal.mono_ns;
      opened += signal.kind == EventKind::turn_open ? 1 : 0;
      terminals += signal.kind == EventKind::commit || signal.kind == EventKind::abort ? 1 : 0;
      closes += signal.kind == EventKind::close ? 1 : 0;
      if (signal.kind == EventKind::commit) RC_ASSERT(append_works);
      if (signal.kind == EventKind::close) RC_ASSERT(terminals == 1);
    }
  }
  RC_ASSERT(opened <= 1);
  RC_ASSERT(terminals == closes);
  RC_ASSERT(terminals <= opened);
  RC_ASSERT((terminals == 1) == (turn.state() == TurnState::closed));
}

}  // namespace
}  // namespace phalarope
