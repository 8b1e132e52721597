// The life of a session: 40 pairs, ten lead on, none leads back.
//
// contract: runtime.md 2.3
#include "core/engine/turn/session_table.hpp"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace phalarope {
namespace {

using S = SessionState;
using T = SessionTrigger;

// contract: 2.3 rows, 2.3 pairs
TEST(SessionTable, OfAllFortyPairsTheContractsTenLeadOn) {
  const std::set<std::tuple<S, T, S>> ten = {{S::connecting, T::connected_with_authority, S::active},
                                             {S::connecting, T::bootstrap_refused, S::ended},
                                             {S::connecting, T::bootstrap_timed_out, S::ended},
                                             {S::active, T::shutdown_requested, S::draining},
                                             {S::active, T::connection_ended, S::draining},
                                             {S::active, T::lease_lost, S::draining},
                                             {S::active, T::migrated_away, S::draining},
                                             {S::active, T::disconnect_deadline_passed, S::draining},
                                             {S::draining, T::drained, S::ended},
                                             {S::draining, T::cleanup_deadline_passed, S::ended}};
  std::size_t led_on = 0;
  for (std::size_t state = 0; state < session_state_count; ++state) {
    for (std::size_t trigger = 0; trigger < session_trigger_count; ++trigger) {
      const auto from = static_cast<S>(state);
      const auto by = static_cast<T>(trigger);
      const auto to = next(from, by);
      if (to) {
        ++led_on;
        EXPECT_TRUE(ten.contains({from, by, *to})) << state << " x " << trigger;
      } else {
        EXPECT_EQ(to.error(), TurnRefusal::session_state_mismatch);
      }
    }
  }
  EXPECT_EQ(led_on, ten.size());
}

TEST(SessionTable, OnlyASessionOnItsWayOutDefersProposals) {
  EXPECT_FALSE(defers_proposals(S::connecting));
  EXPECT_FALSE(defers_proposals(S::active));
  EXPECT_TRUE(defers_proposals(S::draining));
  EXPECT_TRUE(defers_proposals(S::ended));
}

TEST(SessionTable, TheOperatorSeesOneOfFourWords) {
  EXPECT_EQ(operator_status(S::active, false, false), OperatorStatus::connected);
  EXPECT_EQ(operator_status(S::active, true, false), OperatorStatus::running);
  EXPECT_EQ(operator_status(S::draining, true, true), OperatorStatus::degraded);
  EXPECT_EQ(operator_status(S::ended, true, true), OperatorStatus::ended);
}

TEST(SessionTable, NamesAreTheContracts) {
  EXPECT_EQ(name_of(S::connecting), "CONNECTING");
  EXPECT_EQ(name_of(S::active), "ACTIVE");
  EXPECT_EQ(name_of(S::draining), "DRAINING");
  EXPECT_EQ(name_of(S::ended), "ENDED");
}

}  // namespace
}  // namespace phalarope
