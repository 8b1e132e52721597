// The turns of a session: at most one holds the floor, and no number is used for two turns.
//
// contract: runtime.md 2.1, I2, I10
#include "core/engine/turn/turn_registry.hpp"

#include <gtest/gtest.h>

#include "core/engine/turn/arbiter.hpp"

namespace phalarope {
namespace {

constexpr auto append = [](const TerminalMark&) { return true; };

void take(TurnRecord& turn, TurnAsk ask, PendingEnds pending = {}) {
  GateVerdict gates;
  gates.failed.reset();
  gates.outcome = {.scope = OutcomeScope::turn,
                   .emitter = Emitter::admission,
                   .reason = Reason::admission_capacity_allow,
                   .turn = turn.number()};
  ASSERT_TRUE(Arbiter::step(
      turn, {.ask = ask, .gates = gates, .ticket = Ticket{turn.number().value}, .pending = pending}, append));
}

TurnRecord& proposed(TurnRegistry& registry, std::uint32_t number) {
  const auto record = registry.record_to_propose(TurnNumber{number});
  EXPECT_TRUE(record.has_value());
  take(**record, TurnAsk::propose);
  return **record;
}

void run_through(TurnRegistry& registry, std::uint32_t number, End end = End::success) {
  TurnRecord& turn = proposed(registry, number);
  take(turn, TurnAsk::open);
  take(turn, TurnAsk::arbitrate, PendingEnds(end));
}

TEST(TurnRegistry, NumbersGoUpFromOne) {
  TurnRegistry sut;
  EXPECT_EQ(sut.next_number(), TurnNumber{1});
  run_through(sut, 1);
  EXPECT_EQ(sut.next_number(), TurnNumber{2});
  run_through(sut, 9);
  EXPECT_EQ(sut.next_number(), TurnNumber{10});
}

TEST(TurnRegistry, ATurnNobodyProposedIsUnknown) {
  TurnRegistry sut;
  EXPECT_EQ(sut.find(TurnNumber{1}).error(), TurnRefusal::turn_unknown);
  EXPECT_EQ(sut.find(no_turn).error(), TurnRefusal::turn_id_required);
  EXPECT_EQ(sut.record_to_propose(no_turn).error(), TurnRefusal::turn_id_required);
  EXPECT_EQ(sut.state_of(TurnNumber{1}), TurnState::idle);
  EXPECT_EQ(sut.state_of(no_turn), TurnState::idle) << "no turn was ever closed by that number";
  EXPECT_FALSE(sut.is_fenced(TurnNumber{1}));
}

TEST(TurnRegistry, WhileOneTurnIsActiveNoOtherMayBeProposed) {
  TurnRegistry sut;
  take(proposed(sut, 1), TurnAsk::open);
  EXPECT_EQ(sut.record_to_propose(TurnNumber{2}).error(), TurnRefusal::other_turn_active);
  EXPECT_EQ(sut.active()->number(), TurnNumber{1});
  EXPECT_TRUE(sut.other_active(TurnNumber{2}));
  EXPECT_FALSE(sut.other_active(TurnNumber{1}));
  const auto itself = sut.record_to_propose(TurnNumber{1});
  ASSERT_TRUE(itself.has_value()) << "the arbiter answers turn_not_idle, which says more";
  EXPECT_EQ(Arbiter::step(**itself, {.ask = TurnAsk::propose}, append).error(), TurnRefusal::turn_not_idle);
  take(*sut.active(), TurnAsk::arbitrate, PendingEnds(End::cancel_accepted));
  EXPECT_EQ(sut.active(), nullptr);
  EXPECT_TRUE(sut.is_fenced(TurnNumber{1}));
  EXPECT_TRUE(sut.record_to_propose(TurnNumber{2}).has_value());
}

TEST(TurnRegistry, SeveralTurnsMayBeOpeningUntilTheTableIsFull) {
  TurnRegistry sut;
  for (std::uint32_t number = 1; number <= turns_remembered_max; ++number) proposed(sut, number);
  EXPECT_EQ(sut.record_to_propose(TurnNumber{turns_remembered_max + 1}).error(), TurnRefusal::turn_table_full);
  take(**sut.find(TurnNumber{5}), TurnAsk::abandon);
  EXPECT_TRUE(sut.record_to_propose(TurnNumber{turns_remembered_max + 1}).has_value());
  EXPECT_EQ(sut.state_of(TurnNumber{5}), TurnState::closed) << "its record gave way";
  EXPECT_EQ(sut.state_of(TurnNumber{4}), TurnState::opening) << "an opening turn below the floor keeps its record";
}

TEST(TurnRegistry, AForgottenTurnIsClosedForGood) {
  TurnRegistry sut;
  for (std::uint32_t number = 1; number <= 3 * turns_remembered_max; ++number) run_through(sut, number);
  EXPECT_EQ(sut.state_of(TurnNumber{1}), TurnState::closed);
  EXPECT_EQ(sut.record_to_propose(TurnNumber{1}).error(), TurnRefusal::turn_not_idle);
  EXPECT_EQ(sut.find(TurnNumber{1}).error(), TurnRefusal::turn_state_mismatch);
  EXPECT_TRUE(sut.is_fenced(TurnNumber{1})) << "nothing more is heard of it";
  EXPECT_EQ(sut.records().size(), turns_remembered_max);
}

TEST(TurnRegistry, TurnsProposedOutOfOrderNeitherLowerTheFloorNorReuseANumber) {
  TurnRegistry sut;
  for (std::uint32_t number = 100; number < 100 + turns_remembered_max; ++number) proposed(sut, number);
  take(**sut.find(TurnNumber{110}), TurnAsk::abandon);
  proposed(sut, 200);  // 110 gives way: the floor is at 111
  take(**sut.find(TurnNumber{100}), TurnAsk::abandon);
  proposed(sut, 150);  // 100, far below the floor, gives way
  EXPECT_EQ(sut.state_of(TurnNumber{110}), TurnState::closed) << "what was closed for good stays closed";
  EXPECT_EQ(sut.record_to_propose(TurnNumber{110}).error(), TurnRefusal::turn_not_idle);
  EXPECT_EQ(sut.next_number(), TurnNumber{201}) << "the next number is above all that were ever proposed";
}

TEST(TurnRegistry, ANumberBelowTheOneThatWouldGiveWayIsRefusedAndChangesNothing) {
  TurnRegistry sut;
  for (std::uint32_t number = 100; number < 100 + turns_remembered_max; ++number) proposed(sut, number);
  take(**sut.find(TurnNumber{110}), TurnAsk::abandon);
  EXPECT_EQ(sut.record_to_propose(TurnNumber{50}).error(), TurnRefusal::turn_not_idle);
  EXPECT_EQ(sut.records().size(), turns_remembered_max);
  EXPECT_EQ(sut.state_of(TurnNumber{110}), TurnState::idle) << "it was not closed for the sake of a refusal";
  EXPECT_EQ(sut.state_of(TurnNumber{50}), TurnState::idle);
  proposed(sut, 110);  // and may still be proposed again
}

TEST(TurnRegistry, OfTheSettledTheLowestNumberGivesWayWhereverItStands) {
  TurnRegistry sut;
  const auto highest = static_cast<std::uint32_t>(turns_remembered_max);
  for (std::uint32_t number = highest; number >= 1; --number) proposed(sut, number);
  for (const std::uint32_t number : {7U, 4U, 9U}) take(**sut.find(TurnNumber{number}), TurnAsk::abandon);
  proposed(sut, highest + 1);
  EXPECT_EQ(sut.state_of(TurnNumber{4}), TurnState::closed);
  EXPECT_EQ(sut.state_of(TurnNumber{7}), TurnState::idle);
  EXPECT_EQ(sut.state_of(TurnNumber{9}), TurnState::idle);
}

TEST(TurnRegistry, ARememberedClosedTurnIsNeverProposedAgain) {
  TurnRegistry sut;
  run_through(sut, 1);
  const auto record = sut.record_to_propose(TurnNumber{1});
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(Arbiter::step(**record, {.ask = TurnAsk::propose}, append).error(), TurnRefusal::turn_not_idle);
  EXPECT_FALSE(sut.is_fenced(TurnNumber{1})) << "what a committed turn generated may still be delivered";
}

TEST(TurnRegistry, ATurnSentBackToIdleMayBeProposedAgain) {
  TurnRegistry sut;
  take(proposed(sut, 1), TurnAsk::abandon);
  EXPECT_EQ(sut.state_of(TurnNumber{1}), TurnState::idle);
  run_through(sut, 1);
  EXPECT_EQ(sut.state_of(TurnNumber{1}), TurnState::closed);
}

}  // namespace
}  // namespace phalarope
