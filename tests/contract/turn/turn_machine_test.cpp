// All 45 pairs of state and trigger: nine lead on, 36 are refused with the right diagnostic.
//
// The expectation is written out here a second time, from the contract, so that a bent row of the table shows.
// contract: runtime.md 2.1, 1.7
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "core/engine/turn/turn_table.hpp"

namespace phalarope {
namespace {

using State = TurnState;
using Trigger = TurnTrigger;

const std::map<std::pair<State, Trigger>, State> nine_rows = {
    {{State::idle, Trigger::turn_open_proposed}, State::opening},
    {{State::opening, Trigger::turn_open}, State::active},
    {{State::opening, Trigger::reject}, State::idle},
    {{State::opening, Trigger::defer}, State::idle},
    {{State::opening, Trigger::stale_epoch_reject}, State::idle},
    {{State::opening, Trigger::deauthorized_drain}, State::idle},
    {{State::active, Trigger::commit}, State::terminal},
    {{State::active, Trigger::abort}, State::terminal},
    {{State::terminal, Trigger::close}, State::closed},
};

// contract: 2.1 rows, 2.1 pairs
TEST(TurnTable, NinePairsLeadOnAndThirtySixAreRefused) {
  std::size_t led_on = 0;
  std::size_t refused = 0;
  for (const State state : all_turn_states) {
    for (const Trigger trigger : all_turn_triggers) {
      SCOPED_TRACE(std::string(name_of(state)) + " x " + std::string(name_of(trigger)));
      const auto to = next(state, trigger);
      const auto row = nine_rows.find({state, trigger});
      if (row != nine_rows.end()) {
        ++led_on;
        ASSERT_TRUE(to.has_value());
        EXPECT_EQ(*to, row->second);
        EXPECT_EQ(expected_state(trigger), state);
      } else {
        ++refused;
        ASSERT_FALSE(to.has_value());
        EXPECT_EQ(to.error(), trigger == Trigger::turn_open_proposed ? TurnRefusal::turn_not_idle
                                                                     : TurnRefusal::turn_state_mismatch);
        EXPECT_NE(expected_state(trigger), state) << "the diagnostic names the state that was expected";
      }
    }
  }
  EXPECT_EQ(led_on, 9U);
  EXPECT_EQ(refused, 36U);
}

TEST(TurnTable, ClosedHasNoExit) {
  for (const Trigger trigger : all_turn_triggers) EXPECT_FALSE(next(State::closed, trigger).has_value());
}

// contract: 2.1 diagnostics row 6, 2.1 diagnostics row 7
TEST(TurnTable, OnlyFourTriggersLeadBackFromOpening) {
  for (const Trigger trigger : all_turn_triggers) {
    const bool one_of_four = trigger == Trigger::reject || trigger == Trigger::defer ||
                             trigger == Trigger::stale_epoch_reject || trigger == Trigger::deauthorized_drain;
    const auto from_opening = next_when_refused(State::opening, trigger);
    EXPECT_EQ(from_opening.has_value(), one_of_four) << name_of(trigger);
    if (!one_of_four) {
      EXPECT_EQ(from_opening.error(), TurnRefusal::invalid_opening_trigger);
    } else {
      EXPECT_EQ(*from_opening, State::idle);
      EXPECT_EQ(next_when_refused(State::active, trigger).error(), TurnRefusal::turn_state_mismatch);
    }
  }
}

TEST(TurnTable, NamesAreThoseOfTheWire) {
  EXPECT_EQ(name_of(State::idle), "Idle");
  EXPECT_EQ(name_of(State::opening), "Opening");
  EXPECT_EQ(name_of(State::active), "Active");
  EXPECT_EQ(name_of(State::terminal), "Terminal");
  EXPECT_EQ(name_of(State::closed), "Closed");
  const char* const triggers[] = {
      "turn_open_proposed", "turn_open",         "commit", "abort", "close", "reject", "defer",
      "stale_epoch_reject", "deauthorized_drain"};
  for (std::size_t i = 0; i < turn_trigger_count; ++i) EXPECT_EQ(name_of(all_turn_triggers[i]), triggers[i]);
}

TEST(TurnRefusals, IdsAreTheContractsDiagnostics) {
  const std::pair<TurnRefusal, const char*> ids[] = {
      {TurnRefusal::turn_id_required, "turn_id_required"},
      {TurnRefusal::session_id_required, "session_id_required"},
      {TurnRefusal::session_mismatch, "session_mismatch"},
      {TurnRefusal::other_turn_active, "other_turn_active"},
      {TurnRefusal::turn_not_idle, "turn_not_idle"},
      {TurnRefusal::turn_unknown, "turn_unknown"},
      {TurnRefusal::turn_state_mismatch, "turn_state_mismatch"},
      {TurnRefusal::invalid_opening_trigger, "invalid_opening_trigger"},
      {TurnRefusal::arbiter_contract_violation, "arbiter_contract_violation"}};
  for (const auto& [refusal, id] : ids) EXPECT_EQ(id_of(refusal), id);
}

TEST(TurnRefusals, TheEngineMendsItsOwnFaultOperatorsTheRoomAndCallersTheRest) {
  for (const TurnRefusalRow& row : turn_refusal_table) {
    const WhoCanAct who = row.refusal == TurnRefusal::arbiter_contract_violation ? WhoCanAct::engine
                          : row.refusal == TurnRefusal::turn_table_full          ? WhoCanAct::operators
                                                                                 : WhoCanAct::caller;
    EXPECT_EQ(row.who, who) << row.id;
  }
}

TEST(TurnTable, ATriggerThatIsNoneOfTheNineHasNoStateButTheOneWithoutExit) {
  const auto tenth = static_cast<Trigger>(turn_trigger_count);
  EXPECT_EQ(expected_state(tenth), State::closed);
  EXPECT_EQ(next(State::opening, tenth).error(), TurnRefusal::turn_state_mismatch);
}

TEST(TurnTable, StatesAndTriggersAreListedInTheirOrder) {
  for (std::size_t i = 0; i < turn_state_count; ++i) EXPECT_EQ(static_cast<std::size_t>(all_turn_states[i]), i);
  for (std::size_t i = 0; i < turn_trigger_count; ++i) EXPECT_EQ(static_cast<std::size_t>(all_turn_triggers[i]), i);
}

}  // namespace
}  // namespace phalarope
