// The pool of a running board: every command is run once, one thread at a time in a node, and no node, however stuck,
// holds up the others, the stop, or the process.
#include "hal/host/thread_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>

#include "tests/unit/hal/host/host_world.hpp"

namespace phalarope::hal {
namespace {

using test::Door;
using test::HostWorld;
using test::WorkingNode;

constexpr Duration patience = milliseconds(20'000);

template <typename Condition>
bool comes_true(Condition condition) {
  const Instant give_up = monotonic_now() + patience;
  while (!condition()) {
    if (monotonic_now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

ThreadPool::Settings settings_of(std::size_t workers) {
  ThreadPool::Settings settings;
  settings.workers = workers;
  settings.thread.name = "test";
  settings.stuck_after = milliseconds(5);
  settings.stop_wait = milliseconds(50);
  return settings;
}

TEST(ThreadPool, EveryCommandIsRunOnceAndInOrder) {
  constexpr std::int64_t commands = 2'000;
  HostWorld world;
  std::vector<std::int64_t> order;  // one thread at a time runs the node
  WorkingNode node([&](const Event& command, NodeContext&) { order.push_back(command.argument_a); });
  ThreadPool sut(settings_of(3), world.port());
  sut.add(world.slot(2, node));
  sut.start();
  for (std::int64_t i = 0; i < commands; ++i) {
    ASSERT_TRUE(comes_true([&] { return sut.try_submit(NodeIndex{2}, world.command(i)); }));
  }
  ASSERT_TRUE(comes_true([&] { return node.handled == commands; }));
  sut.stop();
  ASSERT_EQ(order.size(), static_cast<std::size_t>(commands));
  for (std::int64_t i = 0; i < commands; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

// More workers than cores, so that they are interrupted anywhere, also while they take a node: what one of them has in
// its hands must not cost another node its place.
TEST(ThreadPool, ANodeWithRoomIsNeverRefusedWhereverWorkersAreInterrupted) {
  constexpr std::size_t nodes = 8;
  constexpr std::uint64_t commands = 100'000;
  constexpr std::uint64_t waiting_max = node_commands_max / 4;
  HostWorld world;
  std::array<WorkingNode, nodes> node;
  std::array<std::uint64_t, nodes> submitted{};
  ThreadPool sut(settings_of(24), world.port());
  for (std::size_t i = 0; i < nodes; ++i) sut.add(world.slot(static_cast<std::uint8_t>(i), node[i]));
  sut.start();
  std::uint64_t refused = 0;
  std::size_t which = 0;
  for (std::uint64_t asked = 0; asked < commands;) {
    which = (which + 1) % nodes;
    if (submitted[which] - node[which].handled >= waiting_max) {  // it is slow; the others go on
      std::this_thread::yield();
      continue;
    }
    ++asked;
    const bool taken = sut.try_submit(NodeIndex{static_cast<std::uint8_t>(which)}, world.command(1));
    submitted[which] += taken ? 1U : 0U;
    refused += taken ? 0U : 1U;
  }
  EXPECT_EQ(refused, 0U);
  for (std::size_t i = 0; i < nodes; ++i) {
    EXPECT_TRUE(comes_true([&] { return node[i].handled == submitted[i]; })) << "node " << i;
  }
}

// contract: D24
TEST(ThreadPool, ANodeWithMuchWorkMakesRoomForTheOthersAfterItsTurn) {
  HostWorld world;
  std::vector<int> order;  // one worker
  WorkingNode busy([&](const Event&, NodeContext&) { order.push_back(1); });
  WorkingNode other([&](const Event&, NodeContext&) { order.push_back(2); });
  ThreadPool sut(settings_of(1), world.port());
  sut.add(world.slot(1, busy));
  sut.add(world.slot(2, other));
  constexpr std::size_t much = 100;
  for (std::size_t i = 0; i < much; ++i) ASSERT_TRUE(sut.try_submit(NodeIndex{1}, world.command(1)));
  ASSERT_TRUE(sut.try_submit(NodeIndex{2}, world.command(2)));
  sut.start();
  ASSERT_TRUE(comes_true([&] { return busy.handled + other.handled == much + 1; }));
  sut.stop();
  const auto second = std::find(order.begin(), order.end(), 2) - order.begin();
  EXPECT_EQ(static_cast<std::size_t>(second), commands_per_turn_max);
}

TEST(ThreadPool, ANodeItDoesNotHaveIsRefused) {
  HostWorld world;
  ThreadPool sut(settings_of(1), world.port());
  sut.start();
  EXPECT_FALSE(sut.try_submit(NodeIndex{2}, world.command(1)));
  sut.cancel(NodeIndex{2}, world.command(1));
}

TEST(ThreadPool, WhatWasSubmittedBeforeTheStartIsRunAfterIt) {
  HostWorld world;
  WorkingNode node;
  ThreadPool sut(settings_of(1), world.port());
  sut.add(world.slot(2, node));
  ASSERT_TRUE(sut.try_submit(NodeIndex{2}, world.command(1)));
  sut.start();
  EXPECT_TRUE(comes_true([&] { return node.handled == 1; }));
}

TEST(ThreadPool, TheEngineIsWokenAfterEachCommand) {
  HostWorld world;
  WorkingNode node;
  std::atomic<int> woken{0};
  auto settings = settings_of(1);
  settings.after_work = [&] { woken.fetch_add(1); };
  ThreadPool sut(settings, world.port());
  sut.add(world.slot(2, node));
  sut.start();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(sut.try_submit(NodeIndex{2}, world.command(1)));
  EXPECT_TRUE(comes_true([&] { return woken == 3; }));
}

TEST(ThreadPool, ACancelReachesANodeInTheMiddleOfItsWork) {
  HostWorld world;
  std::atomic<bool> begun{false};
  WorkingNode node([&](const Event&, NodeContext& context) {
    begun = true;
    while (!context.cancelled()) std::this_thread::yield();
  });
  ThreadPool sut(settings_of(1), world.port());
  sut.add(world.slot(2, node));
  sut.start();
  ASSERT_TRUE(sut.try_submit(NodeIndex{2}, world.command(1, 7)));
  ASSERT_TRUE(comes_true([&] { return begun.load(); }));
  sut.cancel(NodeIndex{2}, world.command(1, 7));
  EXPECT_TRUE(comes_true([&] { return node.handled == 1; }));
}

/// A pool with one node that waits at a door and one that works.
struct Stuck {
  explicit Stuck(std::size_t workers) {
    stuck_node = std::make_unique<WorkingNode>([this](const Event&, NodeContext&) {
      begun = true;
      door.pass();
    });
    pool = std::make_unique<ThreadPool>(settings_of(workers), world.port());
    pool->add(world.slot(1, *stuck_node));
    pool->add(world.slot(2, other_node));
    pool->start();
    EXPECT_TRUE(pool->try_submit(NodeIndex{1}, world.command(1)));
    EXPECT_TRUE(comes_true([this] { return begun.load(); }));
  }
  ~Stuck() {
    door.open();
    pool.reset();
  }
  void let_time_pass() { pool->supervise(monotonic_now() + milliseconds(1'000)); }

  Door door;
  std::atomic<bool> begun{false};
  HostWorld world;
  std::unique_ptr<WorkingNode> stuck_node;
  WorkingNode other_node;
  std::unique_ptr<ThreadPool> pool;
};

// contract: D18
TEST(ThreadPool, AStuckNodeIsReportedOnceAndItsWorkerReplaced) {
  Stuck world(1);
  ASSERT_TRUE(world.pool->try_submit(NodeIndex{2}, world.world.command(1)));
  world.let_time_pass();
  world.let_time_pass();
  EXPECT_GE(world.pool->stuck_nodes(), 1U);
  EXPECT_TRUE(comes_true([&] { return world.other_node.handled == 1; })) << "a replacement works for the others";
  std::size_t reports = 0;
  for (const Event& result : world.world.results()) reports += result.node == 1 ? 1U : 0U;
  EXPECT_EQ(reports, 1U);
  EXPECT_FALSE(world.pool->try_submit(NodeIndex{1}, world.world.command(2))) << "it takes nothing while it is stuck";
  world.door.open();
}

TEST(ThreadPool, AStuckNodeThatComesBackTakesCommandsAgain) {
  Stuck world(1);
  world.let_time_pass();
  ASSERT_EQ(world.pool->stuck_nodes(), 1U);
  world.door.open();
  ASSERT_TRUE(comes_true([&] { return world.pool->stuck_nodes() == 0; }));
  EXPECT_TRUE(world.pool->try_submit(NodeIndex{1}, world.world.command(2)));
  EXPECT_TRUE(comes_true([&] { return world.stuck_node->handled == 2; }));
}

TEST(ThreadPool, ANodeThatIsIdleIsNeverTakenForStuck) {
  HostWorld world;
  WorkingNode node;
  ThreadPool sut(settings_of(1), world.port());
  sut.add(world.slot(2, node));
  sut.start();
  ASSERT_TRUE(sut.try_submit(NodeIndex{2}, world.command(1)));
  ASSERT_TRUE(comes_true([&] { return node.handled == 1; }));
  // However often supervision looks while commands begin and end, the node stays usable.
  for (std::uint64_t i = 2; i < 500; ++i) {
    ASSERT_TRUE(comes_true([&] { return sut.try_submit(NodeIndex{2}, world.command(1)); })) << i;
    sut.supervise(monotonic_now() + milliseconds(1'000));
    ASSERT_TRUE(comes_true([&] { return node.handled == i; })) << i;
    static_cast<void>(world.results());
  }
  EXPECT_TRUE(comes_true([&] { return sut.stuck_nodes() == 0; }));
}

// contract: D18
TEST(ThreadPool, NoMoreWorkersAreReplacedThanTheReserveHolds) {
  constexpr std::size_t nodes = replacement_workers_max + 3;
  Door door;
  HostWorld world;
  std::vector<std::unique_ptr<WorkingNode>> node;
  std::atomic<std::size_t> begun{0};
  ThreadPool sut(settings_of(1), world.port());
  for (std::size_t i = 0; i < nodes; ++i) {
    node.push_back(std::make_unique<WorkingNode>([&](const Event&, NodeContext&) {
      begun.fetch_add(1);
      door.pass();
    }));
    sut.add(world.slot(static_cast<std::uint8_t>(i), *node.back()));
  }
  sut.start();
  for (std::size_t i = 0; i < nodes; ++i) {
    ASSERT_TRUE(sut.try_submit(NodeIndex{static_cast<std::uint8_t>(i)}, world.command(1)));
  }
  for (std::size_t i = 1; i <= replacement_workers_max + 1; ++i) {
    ASSERT_TRUE(comes_true([&] { return begun >= i; }));
    sut.supervise(monotonic_now() + milliseconds(1'000));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(begun, replacement_workers_max + 1);
  door.open();
  EXPECT_TRUE(comes_true([&] { return begun == nodes; }));
}

TEST(ThreadPool, AStopWaitsForWhatIsInHandAndLeavesNobodyBehind) {
  HostWorld world;
  std::atomic<bool> begun{false};
  WorkingNode node([&](const Event&, NodeContext&) {
    begun = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  auto settings = settings_of(2);
  settings.stop_wait = patience;
  ThreadPool sut(settings, world.port());
  sut.add(world.slot(2, node));
  sut.start();
  ASSERT_TRUE(sut.try_submit(NodeIndex{2}, world.command(1)));
  ASSERT_TRUE(comes_true([&] { return begun.load(); }));
  EXPECT_EQ(sut.stop().workers_left, 0U);
  EXPECT_EQ(node.handled, 1U);
}

TEST(ThreadPool, AStopIsBoundedAlsoWhenANodeNeverReturnsAndNobodyHasNoticedYet) {
  Stuck world(2);
  const Instant begun = monotonic_now();
  const PoolStop stopped = world.pool->stop();
  EXPECT_LT((monotonic_now() - begun).value, patience.value);
  EXPECT_EQ(stopped.workers_left, 1U);
  EXPECT_EQ(stopped.nodes_at_work, (std::vector<NodeIndex>{NodeIndex{1}}));
  world.door.open();
  EXPECT_TRUE(comes_true([&] { return world.stuck_node->handled == 1; }));
}

// The pool is gone while the node still works: what the worker touches on its way out must still be there.
TEST(ThreadPool, ANodeThatReturnsAfterThePoolIsGoneFindsItsSlotAlive) {
  Stuck world(1);
  Event waiting = world.world.command(2);
  waiting.payload = world.world.text();
  ASSERT_TRUE(world.pool->try_submit(NodeIndex{1}, waiting));
  world.let_time_pass();
  world.pool.reset();
  world.door.open();
  ASSERT_TRUE(comes_true([&] { return world.stuck_node->handled == 1; }));
  // The worker is past the node; give it time to touch what it would touch.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(world.stuck_node->handled, 1U) << "nothing more is run after a stop";
}

TEST(ThreadPool, AStopTwiceIsAStopOnce) {
  HostWorld world;
  ThreadPool sut(settings_of(1), world.port());
  sut.start();
  EXPECT_EQ(sut.stop().workers_left, 0U);
  EXPECT_EQ(sut.stop().workers_left, 0U);
}

}  // namespace
}  // namespace phalarope::hal
