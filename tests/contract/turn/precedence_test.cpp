// All 511 non-empty sets of pending ends: exactly one wins, and the arbiter ends the turn by that one.
//
// contract: runtime.md 2.6, F7, I2
#include <gtest/gtest.h>

#include "core/engine/turn/arbiter.hpp"

namespace phalarope {
namespace {

/// The contract's list, strongest first, with the abort reason of each; commit has none.
struct Rank {
  End end;
  Reason reason;
};
constexpr Rank contract[end_count] = {
    {End::authority_revoked, Reason::authority_loss},
    {End::cancel_accepted, Reason::cancelled},
    {End::budget_terminate, Reason::budget_exhausted},
    {End::provider_failure, Reason::provider_failure},
    {End::node_failure, Reason::node_timeout_or_failure},
    {End::transport_lost, Reason::transport_disconnect_or_stall},
    {End::evidence_failed, Reason::recording_evidence_unavailable},
    {End::no_legal_path, Reason::deterministic_reason},
    {End::success, Reason::none},
};

/// The rank of the strongest end in the set; bit i is rank i.
std::size_t strongest(unsigned bits) {
  std::size_t rank = 0;
  while ((bits & (1U << rank)) == 0) ++rank;
  return rank;
}

PendingEnds set_of(unsigned bits) {
  PendingEnds pending;
  for (std::size_t rank = 0; rank < end_count; ++rank) {
    if ((bits & (1U << rank)) != 0) pending.add(contract[rank].end);
  }
  return pending;
}

TurnRecord active_turn() {
  TurnRecord turn(TurnNumber{1});
  const auto append = [](const TerminalMark&) { return true; };
  GateVerdict gates;
  gates.failed.reset();
  gates.outcome = {.scope = OutcomeScope::turn,
                   .emitter = Emitter::admission,
                   .reason = Reason::admission_capacity_allow,
                   .turn = TurnNumber{1}};
  EXPECT_TRUE(Arbiter::step(turn, {.ask = TurnAsk::propose}, append));
  EXPECT_TRUE(Arbiter::step(turn, {.ask = TurnAsk::open, .gates = gates, .ticket = Ticket{1}}, append));
  return turn;
}

// contract: 2.6 rows, 2.6 combinations
TEST(Precedence, OfAll511SetsExactlyTheStrongestEndWins) {
  EXPECT_EQ(winner(PendingEnds()), std::nullopt);
  for (unsigned bits = 1; bits < 512; ++bits) {
    const auto won = winner(set_of(bits));
    ASSERT_TRUE(won.has_value());
    EXPECT_EQ(*won, contract[strongest(bits)].end) << "set " << bits;
  }
}

// contract: 2.6 combinations, 2.7 row 1, 2.7 row 2
TEST(Precedence, TheArbiterEndsTheTurnOnceByTheWinner) {
  for (unsigned bits = 1; bits < 512; ++bits) {
    SCOPED_TRACE("set " + std::to_string(bits));
    const PendingEnds pending = set_of(bits);
    TurnRecord turn = active_turn();
    int appended = 0;
    const auto append = [&](const TerminalMark& mark) {
      ++appended;
      EXPECT_EQ(mark.end, contract[strongest(bits)].end);
      EXPECT_EQ(mark.cancel_accepted, pending.has(End::cancel_accepted)) << "a losing cancel leaves its markers";
      return true;
    };
    const auto decided = Arbiter::step(turn, {.ask = TurnAsk::arbitrate, .pending = pending}, append);
    ASSERT_TRUE(decided.has_value());
    EXPECT_EQ(decided->end, contract[strongest(bits)].end);
    // 2.7 rule 2: an evidence failure flagged by the caller replaces the outcome, whatever won.
    const bool evidence = pending.has(End::evidence_failed);
    EXPECT_EQ(appended, evidence ? 0 : 1);
    EXPECT_EQ(decided->evidence_failed, evidence);
    const Reason reason = evidence ? Reason::recording_evidence_unavailable : contract[strongest(bits)].reason;
    const EventKind terminal = reason == Reason::none ? EventKind::commit : EventKind::abort;
    const std::size_t entries = decided->lifecycle.size();
    ASSERT_GE(entries, 2U);
    EXPECT_EQ(decided->lifecycle[entries - 2], (LifecycleEntry{terminal, reason}));
    EXPECT_EQ(decided->lifecycle[entries - 1], (LifecycleEntry{EventKind::close, Reason::none}));
    EXPECT_EQ(turn.state(), TurnState::closed);
    EXPECT_EQ(turn.fenced(), pending.has(End::cancel_accepted));
    EXPECT_EQ(decided->fence, terminal == EventKind::commit ? FenceMove::keep : FenceMove::raise);
  }
}

}  // namespace
}  // namespace phalarope
