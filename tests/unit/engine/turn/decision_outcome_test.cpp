// Which outcomes may exist at all: every combination of kind, phase, scope, emitter, turn and epoch, counted.
//
// contract: runtime.md 1.6
#include "core/engine/turn/decision_outcome.hpp"

#include <gtest/gtest.h>

namespace phalarope {
namespace {

/// The rules of runtime.md 1.6 once more, as the contract writes them: "if ... then ...".
bool contract_allows(const DecisionOutcome& o) {
  const auto implies = [](bool condition, bool consequence) { return !condition || consequence; };
  const bool decides = o.kind == OutcomeKind::admit || o.kind == OutcomeKind::reject || o.kind == OutcomeKind::defer;
  const bool guards = o.kind == OutcomeKind::stale_epoch_reject || o.kind == OutcomeKind::deauthorized_drain;
  const bool pre = o.phase == OutcomePhase::pre_turn;
  const bool point = o.phase == OutcomePhase::scheduling_point;
  const bool active = o.phase == OutcomePhase::active_turn;
  const bool scheduling = o.scope == OutcomeScope::edge_enqueue || o.scope == OutcomeScope::edge_dequeue ||
                          o.scope == OutcomeScope::node_dispatch;
  const bool tenant_or_session = o.scope == OutcomeScope::tenant || o.scope == OutcomeScope::session;
  const bool session_or_turn = o.scope == OutcomeScope::session || o.scope == OutcomeScope::turn;
  const bool cp = o.emitter == Emitter::cp_admission;
  const bool has_turn = o.turn != no_turn;
  return implies(decides, cp || o.emitter == Emitter::admission) &&
         implies(o.kind == OutcomeKind::shed, o.emitter == Emitter::admission && point) &&
         implies(guards, o.emitter == Emitter::authority && o.epoch.has_value()) &&
         implies(cp, pre && tenant_or_session) && implies(pre, tenant_or_session || o.scope == OutcomeScope::turn) &&
         implies(point, scheduling) && implies(active, (o.scope == OutcomeScope::turn || scheduling) && has_turn) &&
         implies(o.scope == OutcomeScope::turn, has_turn) &&
         implies(o.kind == OutcomeKind::stale_epoch_reject, (pre && session_or_turn) || point) &&
         implies(o.kind == OutcomeKind::deauthorized_drain,
                 (pre && session_or_turn) || (active && o.scope == OutcomeScope::turn));
}

// contract: 1.6 rows
TEST(DecisionOutcome, OfAllCombinationsExactlyThoseOfTheContractAreLegal) {
  std::size_t legal = 0;
  std::size_t all = 0;
  for (int kind = 0; kind < 6; ++kind) {
    for (int phase = 0; phase < 3; ++phase) {
      for (int scope = 0; scope < 6; ++scope) {
        for (const Emitter emitter :
             {Emitter::admission, Emitter::authority, Emitter::cp_admission, Emitter::turn_arbiter}) {
          for (const bool turn : {false, true}) {
            for (const bool epoch : {false, true}) {
              const DecisionOutcome outcome{.kind = static_cast<OutcomeKind>(kind),
                                            .phase = static_cast<OutcomePhase>(phase),
                                            .scope = static_cast<OutcomeScope>(scope),
                                            .emitter = emitter,
                                            .reason = Reason::scheduling_point_shed,
                                            .turn = turn ? TurnNumber{1} : no_turn,
                                            .epoch = epoch ? std::optional(Epoch{1}) : std::nullopt};
              // The contract's emitter enum has three members; everybody else may not speak here.
              const bool allowed = emitter != Emitter::turn_arbiter && contract_allows(outcome);
              EXPECT_EQ(is_legal(outcome), allowed) << kind << ' ' << phase << ' ' << scope << ' '
                                                    << static_cast<int>(emitter) << ' ' << turn << ' ' << epoch;
              legal += allowed ? 1U : 0U;
              ++all;
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(all, 6U * 3U * 6U * 4U * 4U);
  EXPECT_GT(legal, 0U);
}

TEST(DecisionOutcome, NeedsAReason) {
  EXPECT_FALSE(is_legal({.emitter = Emitter::admission}));
  EXPECT_TRUE(is_legal({.emitter = Emitter::admission, .reason = Reason::admission_capacity_allow}));
}

TEST(DecisionOutcome, NamesAreThoseOfTheWire) {
  EXPECT_EQ(name_of(OutcomeKind::deauthorized_drain), "deauthorized_drain");
  EXPECT_EQ(name_of(OutcomePhase::scheduling_point), "scheduling_point");
  EXPECT_EQ(name_of(OutcomeScope::edge_dequeue), "edge_dequeue");
}

}  // namespace
}  // namespace phalarope
