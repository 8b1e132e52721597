// The pool of a virtual-time run: nothing happens until it is asked to, then everything does, on the calling thread.
#include "hal/host/inline_pool.hpp"

#include <gtest/gtest.h>

#include "tests/unit/hal/host/host_world.hpp"

namespace phalarope::hal {
namespace {

using test::HostWorld;
using test::WorkingNode;

TEST(InlinePool, WorkWaitsUntilItIsRun) {
  HostWorld world;
  WorkingNode node;
  InlinePool sut;
  sut.add(world.slot(2, node));
  EXPECT_TRUE(sut.try_submit(NodeIndex{2}, world.command(1)));
  EXPECT_EQ(node.handled, 0U);
  EXPECT_EQ(sut.run_pending(), 1U);
  EXPECT_EQ(node.handled, 1U);
  EXPECT_EQ(sut.run_pending(), 0U);
}

TEST(InlinePool, ANodeItDoesNotHaveIsRefused) {
  HostWorld world;
  InlinePool sut;
  EXPECT_FALSE(sut.try_submit(NodeIndex{2}, world.command(1)));
  sut.cancel(NodeIndex{2}, world.command(1));  // and cancelling it is nothing
}

TEST(InlinePool, AFullNodeIsRefused) {
  HostWorld world;
  WorkingNode node;
  InlinePool sut;
  sut.add(world.slot(2, node));
  for (std::size_t i = 0; i < node_commands_max; ++i) ASSERT_TRUE(sut.try_submit(NodeIndex{2}, world.command(1)));
  EXPECT_FALSE(sut.try_submit(NodeIndex{2}, world.command(1)));
}

TEST(InlinePool, WorkThatANodeCausesInAnotherIsDoneInTheSameRun) {
  HostWorld world;
  InlinePool sut;
  WorkingNode last;
  WorkingNode first([&](const Event&, NodeContext&) { EXPECT_TRUE(sut.try_submit(NodeIndex{1}, world.command(2))); });
  sut.add(world.slot(1, last));
  sut.add(world.slot(2, first));
  ASSERT_TRUE(sut.try_submit(NodeIndex{2}, world.command(1)));
  EXPECT_EQ(sut.run_pending(), 2U);
  EXPECT_EQ(last.handled, 1U);
}

TEST(InlinePool, ACancelReachesOnlyTheNodeItNames) {
  HostWorld world;
  WorkingNode one;
  WorkingNode two;
  InlinePool sut;
  sut.add(world.slot(1, one));
  sut.add(world.slot(2, two));
  sut.cancel(NodeIndex{2}, world.command(1, 6));
  EXPECT_EQ(one.cancelled_through, 0U);
  EXPECT_EQ(two.cancelled_through, 6U);
}

}  // namespace
}  // namespace phalarope::hal
