// The turn's page as its writer sees it: each decision in the wire's words, and bounds that are never passed.
#include "core/engine/session/turn_book.hpp"

#include <gtest/gtest.h>

namespace phalarope {
namespace {

Event input_at(std::uint64_t sequence) {
  Event input{};
  input.runtime_sequence = sequence;
  input.mono_ns = 5;
  input.wall_ns = 6;
  return input;
}

TurnEvidence page_after(const DecisionOutcome& outcome) {
  TurnBook book;
  SessionStart start;
  EXPECT_TRUE(start.set_session_id("s"));
  book.open_page(start, 7, input_at(1));
  book.decided(outcome, input_at(9));
  const TerminalMark end{.turn = TurnNumber{7}, .terminal = EventKind::commit};
  static_cast<void>(book.close_page(end, input_at(10), 0));
  return book.closed_page();
}

// contract: 1.6, Appendix B row 7
TEST(TurnBook, WritesEachDecisionInTheWordsOfTheWire) {
  const struct {
    OutcomeKind kind;
    OutcomePhase phase;
    OutcomeScope scope;
    Emitter emitter;
    wire::DecisionKind wire_kind;
    wire::DecisionPhase wire_phase;
    wire::DecisionScope wire_scope;
  } rows[] = {
      {OutcomeKind::admit, OutcomePhase::pre_turn, OutcomeScope::tenant, Emitter::cp_admission,
       wire::DecisionKind::admit, wire::DecisionPhase::pre_turn, wire::DecisionScope::tenant},
      {OutcomeKind::reject, OutcomePhase::pre_turn, OutcomeScope::session, Emitter::admission,
       wire::DecisionKind::reject, wire::DecisionPhase::pre_turn, wire::DecisionScope::session},
      {OutcomeKind::defer, OutcomePhase::pre_turn, OutcomeScope::turn, Emitter::admission, wire::DecisionKind::defer,
       wire::DecisionPhase::pre_turn, wire::DecisionScope::turn},
      {OutcomeKind::shed, OutcomePhase::scheduling_point, OutcomeScope::edge_enqueue, Emitter::admission,
       wire::DecisionKind::shed, wire::DecisionPhase::scheduling_point, wire::DecisionScope::edge_enqueue},
      {OutcomeKind::shed, OutcomePhase::scheduling_point, OutcomeScope::edge_dequeue, Emitter::admission,
       wire::DecisionKind::shed, wire::DecisionPhase::scheduling_point, wire::DecisionScope::edge_dequeue},
      {OutcomeKind::stale_epoch_reject, OutcomePhase::scheduling_point, OutcomeScope::node_dispatch, Emitter::authority,
       wire::DecisionKind::stale_epoch_reject, wire::DecisionPhase::scheduling_point,
       wire::DecisionScope::node_dispatch},
      {OutcomeKind::deauthorized_drain, OutcomePhase::active_turn, OutcomeScope::turn, Emitter::authority,
       wire::DecisionKind::deauthorized_drain, wire::DecisionPhase::active_turn, wire::DecisionScope::turn},
  };
  for (const auto& row : rows) {
    DecisionOutcome outcome;
    outcome.kind = row.kind;
    outcome.phase = row.phase;
    outcome.scope = row.scope;
    outcome.emitter = row.emitter;
    outcome.reason = Reason::admission_capacity_allow;
    outcome.turn = TurnNumber{7};
    outcome.epoch = Epoch{3};
    const TurnEvidence page = page_after(outcome);
    ASSERT_EQ(page.decision_count, 1U);
    const EvidenceDecision& written = page.decision_items[0];
    EXPECT_EQ(written.kind, row.wire_kind);
    EXPECT_EQ(written.phase, row.wire_phase);
    EXPECT_EQ(written.scope, row.wire_scope);
    EXPECT_EQ(written.emitted_by, row.emitter);
    EXPECT_EQ(written.authority_epoch, 3);
    EXPECT_EQ(written.turn_id.view(), "turn-000007");
    EXPECT_EQ(written.event_id.view(), row.kind == OutcomeKind::admit ? "evt-9-admit" : "evt-9");
    EXPECT_TRUE(is_valid(written)) << static_cast<int>(row.kind);
  }
}

TEST(TurnBook, MoreDecisionsThanAPageHoldsAreInTheLogAlone) {
  TurnBook book;
  const SessionStart start;
  book.open_page(start, 1, input_at(1));
  DecisionOutcome outcome;
  outcome.kind = OutcomeKind::defer;
  outcome.reason = Reason::admission_capacity_defer;
  for (std::size_t i = 0; i < evidence_decisions_max + 2; ++i) book.decided(outcome, input_at(i + 2));
  static_cast<void>(book.close_page({.terminal = EventKind::commit}, input_at(20), 0));
  EXPECT_EQ(book.closed_page().decision_count, evidence_decisions_max);
  EXPECT_EQ(book.closed_page().decision_items[0].event_id.view(), "evt-2") << "the first ones stay";
}

}  // namespace
}  // namespace phalarope
