// The whole table of a node's life: 25 pairs, and walks through it.
#include "core/engine/graph/node_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace phalarope {
namespace {

using enum NodeHostState;

// contract: runtime.md 11.1
TEST(NodeTable, ExactlyFivePairsRunAHookAndTwoAreQuietSuccesses) {
  int hooks = 0;
  int refusals = 0;
  int quiet = 0;
  for (const NodeRow& row : node_rows::table) {
    hooks += row.hook != NodeHook::none;
    refusals += row.refusal != NodeRefusal::none;
    quiet += row.hook == NodeHook::none && row.refusal == NodeRefusal::none;
  }
  EXPECT_EQ(hooks, 5);
  EXPECT_EQ(quiet, 2);
  EXPECT_EQ(refusals, 18);
}

// contract: 11.1 rows, 11.1 pairs
TEST(NodeTable, EveryRefusedPairIsRefusedByTheContractsName) {
  using P = std::pair<NodeHostState, NodeCall>;
  using C = NodeCall;
  using R = NodeRefusal;
  const std::map<P, R> expected{
      {{absent, C::start}, R::node_not_registered},
      {{absent, C::dispatch}, R::node_not_registered},
      {{absent, C::cancel}, R::node_not_registered},
      {{absent, C::stop}, R::node_not_registered},
      {{init_failed, C::register_node}, R::node_already_registered},
      {{init_failed, C::start}, R::node_not_initialized},
      {{init_failed, C::dispatch}, R::node_not_started},
      {{init_failed, C::cancel}, R::node_not_started},
      {{init_failed, C::stop}, R::node_not_started},
      {{ready, C::register_node}, R::node_already_registered},
      {{ready, C::dispatch}, R::node_not_started},
      {{ready, C::cancel}, R::node_not_started},
      {{ready, C::stop}, R::node_not_started},
      {{started, C::register_node}, R::node_already_registered},
      {{stopped, C::register_node}, R::node_already_registered},
      {{stopped, C::start}, R::node_stopped},
      {{stopped, C::dispatch}, R::node_stopped},
      {{stopped, C::cancel}, R::node_stopped},
  };
  for (std::size_t state = 0; state < node_host_state_count; ++state) {
    for (std::size_t call = 0; call < node_call_count; ++call) {
      const P pair{static_cast<NodeHostState>(state), static_cast<NodeCall>(call)};
      const auto answer = admit_call(pair.first, pair.second);
      const auto row = expected.find(pair);
      ASSERT_EQ(answer.has_value(), row == expected.end()) << state << " x " << call;
      if (!answer) {
        EXPECT_EQ(answer.error(), row->second) << describe(answer.error()).id;
        EXPECT_EQ(settle(pair.first, pair.second, true), pair.first) << "refusing mutates nothing";
      }
    }
  }
}

TEST(NodeTable, HooksRunInTheOrderInitStartHandleCancelStop) {
  const NodeCall calls[] = {NodeCall::register_node, NodeCall::start, NodeCall::dispatch, NodeCall::cancel,
                            NodeCall::stop};
  const NodeHook hooks[] = {NodeHook::init, NodeHook::start, NodeHook::handle, NodeHook::cancel, NodeHook::stop};
  NodeHostState state = absent;
  for (std::size_t i = 0; i < 5; ++i) {
    const auto hook = admit_call(state, calls[i]);
    ASSERT_TRUE(hook.has_value()) << i;
    EXPECT_EQ(*hook, hooks[i]);
    state = settle(state, calls[i], true);
  }
  EXPECT_EQ(state, stopped);
}

TEST(NodeTable, SecondStartAndSecondStopDoNothingAndSucceed) {
  EXPECT_EQ(admit_call(started, NodeCall::start), NodeHook::none);
  EXPECT_EQ(admit_call(stopped, NodeCall::stop), NodeHook::none);
}

TEST(NodeTable, AFailedInitOccupiesTheIdAndAFailedStartOrStopCanBeRetried) {
  EXPECT_EQ(settle(absent, NodeCall::register_node, false), init_failed);
  EXPECT_EQ(settle(ready, NodeCall::start, false), ready);
  EXPECT_EQ(settle(started, NodeCall::stop, false), started);
  EXPECT_EQ(settle(started, NodeCall::dispatch, false), started);
}

// contract: 3.4 row 3
TEST(NodeTable, ATimeoutThatIsNotPositiveIsTheDefault) {
  EXPECT_EQ(hook_timeout(Duration{0}), milliseconds(250));
  EXPECT_EQ(hook_timeout(Duration{-1}), milliseconds(250));
  EXPECT_EQ(hook_timeout(milliseconds(40)), milliseconds(40));
}

}  // namespace
}  // namespace phalarope
