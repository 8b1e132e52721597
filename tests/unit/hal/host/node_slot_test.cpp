// A slot gives a node its commands in order, fills what the node says, and releases every payload once.
#include "hal/host/node_slot.hpp"

#include <gtest/gtest.h>

#include "tests/unit/hal/host/host_world.hpp"

namespace phalarope::hal {
namespace {

using test::HostWorld;
using test::WorkingNode;

constexpr WallTime some_day{1'700'000'000LL * ns_per_second};

// contract: D24, 6.1
TEST(NodeSlot, ASessionThatFloodsANodeDelaysAnothersCommandByNoMoreThanAQuantum) {
  HostWorld world;
  std::vector<std::pair<std::uint16_t, std::int64_t>> order;
  WorkingNode node(
      [&](const Event& command, NodeContext&) { order.emplace_back(command.session_slot, command.argument_a); });
  const auto sut = world.slot(2, node);
  constexpr std::int64_t flood = 100;
  for (std::int64_t i = 0; i < flood; ++i) ASSERT_TRUE(sut->submit(world.command(i)));
  for (std::int64_t i = 0; i < 2; ++i) {
    Event of_another = world.command(i);
    of_another.session_slot = 1;
    ASSERT_TRUE(sut->submit(of_another));
  }
  while (sut->run_one()) {
  }
  ASSERT_EQ(order.size(), static_cast<std::size_t>(flood + 2));
  const std::size_t quantum = fair_quantum_bytes / command_cost_bytes_min;
  EXPECT_EQ(order[quantum], (std::pair<std::uint16_t, std::int64_t>(1, 0)));
  EXPECT_EQ(order[quantum + 1], (std::pair<std::uint16_t, std::int64_t>(1, 1)));
  std::int64_t next = 0;
  for (const auto& [session, number] : order) {
    if (session != 0) continue;
    EXPECT_EQ(number, next++) << "first in, first out within a session";
  }
}

TEST(NodeSlot, WithoutACommandThereIsNothingToRun) {
  HostWorld world;
  WorkingNode node;
  const auto sut = world.slot(2, node);
  EXPECT_FALSE(sut->has_commands());
  EXPECT_FALSE(sut->run_one());
  EXPECT_EQ(node.handled, 0U);
}

TEST(NodeSlot, CommandsAreHandledOneByOneInTheOrderTheyCame) {
  HostWorld world;
  std::vector<std::int64_t> order;
  WorkingNode node([&](const Event& command, NodeContext&) { order.push_back(command.argument_a); });
  const auto sut = world.slot(2, node);
  for (std::int64_t i = 0; i < 5; ++i) ASSERT_TRUE(sut->submit(world.command(i)));
  EXPECT_TRUE(sut->run_one());
  EXPECT_EQ(order, (std::vector<std::int64_t>{0}));
  while (sut->run_one()) {
  }
  EXPECT_EQ(order, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

// contract: Q17
TEST(NodeSlot, ANodeThatThrowsFailsItsCommandByNameAndServesTheNext) {
  HostWorld world;
  WorkingNode node([](const Event& command, NodeContext&) {
    if (command.argument_a == 0) throw std::bad_alloc();
  });
  const auto sut = world.slot(2, node);
  Event with_text = world.command(0);
  with_text.payload = world.text();
  ASSERT_TRUE(sut->submit(with_text));
  ASSERT_TRUE(sut->submit(world.command(1)));
  EXPECT_TRUE(sut->run_one());
  EXPECT_TRUE(sut->run_one());
  EXPECT_EQ(node.handled, 1U);
  EXPECT_EQ(sut->busy_since_ns(), 0);
  EXPECT_EQ(world.slabs_in_use(), 0U) << "the command's payload is given back all the same";
  const std::vector<Event> results = world.results();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].kind, EventKind::node_failed);
  EXPECT_EQ(results[0].argument_a, node_threw_code);
  EXPECT_EQ(results[0].ticket, with_text.ticket) << "of this command's turn, not of whichever runs";
}

TEST(NodeSlot, AFullQueueRefusesAndTakesAgainWhenThereIsRoom) {
  HostWorld world;
  WorkingNode node;
  const auto sut = world.slot(2, node);
  for (std::size_t i = 0; i < node_commands_max; ++i) ASSERT_TRUE(sut->submit(world.command(1)));
  EXPECT_FALSE(sut->submit(world.command(1)));
  while (sut->run_one()) {
  }
  EXPECT_EQ(node.handled, node_commands_max);
  EXPECT_TRUE(sut->submit(world.command(1)));
}

TEST(NodeSlot, AResultCarriesWhatItsCommandCarried) {
  VirtualClock clock(some_day);
  clock.move_to(Instant{77});
  HostWorld world(clock);
  WorkingNode node([](const Event&, NodeContext& context) {
    Event result{};
    result.kind = EventKind::dialogue_sentence;
    result.argument_b = 9;
    result.session_slot = 4;  // not the node's to say
    result.ticket = 99;
    EXPECT_TRUE(context.emit(result));
    EXPECT_TRUE(context.emit(result));
  });
  const auto sut = world.slot(2, node);
  ASSERT_TRUE(sut->submit(world.command(1)));
  sut->run_one();
  const auto results = world.results();
  ASSERT_EQ(results.size(), 2U);
  const Event& result = results.front();
  EXPECT_EQ(result.kind, EventKind::dialogue_sentence);
  EXPECT_EQ(result.argument_b, 9);
  EXPECT_EQ(result.ticket, 7U);
  EXPECT_EQ(result.turn_number, 3U);
  EXPECT_EQ(result.session_slot, 0U);
  EXPECT_EQ(result.authority_epoch, 5U);
  EXPECT_EQ(result.provider_invocation, 11U);
  EXPECT_EQ(result.causal_parent, 1001U);
  EXPECT_EQ(result.node, 2U);
  EXPECT_EQ(result.lane, Lane::data);
  EXPECT_EQ(result.scope, Scope::turn);
  EXPECT_EQ(result.emitter, Emitter::worker);
  EXPECT_EQ(result.mono_ns, 77);
  EXPECT_EQ(result.wall_ns, some_day.value + 77);
  EXPECT_EQ(results[1].transport_sequence, result.transport_sequence + 1);
}

TEST(NodeSlot, ACommandOfNoTurnIsAnsweredInTheSessionsScope) {
  HostWorld world;
  WorkingNode node([](const Event&, NodeContext& context) { EXPECT_TRUE(context.emit(Event{})); });
  const auto sut = world.slot(2, node);
  Event command = world.command(1);
  command.turn_number = 0;
  ASSERT_TRUE(sut->submit(command));
  sut->run_one();
  EXPECT_EQ(world.results().front().scope, Scope::session);
}

TEST(NodeSlot, ACommandsPayloadIsReadWhileItIsHandledAndReleasedAfterwards) {
  HostWorld world;
  std::size_t seen_bytes = 0;
  WorkingNode node([&](const Event& command, NodeContext& context) {
    seen_bytes = context.payload(command.payload).size();
    EXPECT_TRUE(context.payload(PayloadHandle{}).empty());
  });
  const auto sut = world.slot(2, node);
  Event command = world.command(1);
  command.payload = world.text(12);
  ASSERT_TRUE(sut->submit(command));
  EXPECT_EQ(world.slabs_in_use(), 1U);
  sut->run_one();
  EXPECT_EQ(seen_bytes, 12U);
  EXPECT_EQ(world.slabs_in_use(), 0U);
  EXPECT_FALSE(world.payloads.release(command.payload)) << "it was released once already";
}

TEST(NodeSlot, ANodeIsRefusedAPayloadWhenNoSlabIsLeftOrNoneIsLongEnough) {
  HostWorld world;
  std::size_t given = 0;
  bool too_long_given = false;
  WorkingNode node([&](const Event&, NodeContext& context) {
    too_long_given = context.put_text(std::string(1000, 'x')).has_value();
    while (context.put_text("word")) ++given;
  });
  const auto sut = world.slot(2, node);
  ASSERT_TRUE(sut->submit(world.command(1)));
  sut->run_one();
  EXPECT_FALSE(too_long_given);
  EXPECT_EQ(given, HostWorld::text_slabs_max);
}

TEST(NodeSlot, AResultThatFindsTheIngressFullIsCountedAndItsPayloadReleased) {
  HostWorld world;
  std::size_t sent = 0;
  WorkingNode node([&](const Event&, NodeContext& context) {
    while (context.emit(Event{})) ++sent;
    Event last{};
    last.payload = *context.put_text("lost");
    EXPECT_FALSE(context.emit(last));
  });
  const auto sut = world.slot(2, node);
  ASSERT_TRUE(sut->submit(world.command(1)));
  sut->run_one();
  EXPECT_EQ(sut->results_refused(), 2U);
  EXPECT_EQ(world.slabs_in_use(), 0U);
  EXPECT_EQ(world.results().size(), sent);
}

TEST(NodeSlot, ACancelReachesTheNodeAtOnceAndEveryTicketUpToIt) {
  HostWorld world;
  std::vector<bool> cancelled;
  WorkingNode node([&](const Event&, NodeContext& context) { cancelled.push_back(context.cancelled()); });
  const auto sut = world.slot(2, node);
  sut->cancel(Ticket{5});
  EXPECT_EQ(node.cancelled_through, 5U);
  for (const std::uint64_t ticket : {4U, 5U, 6U}) ASSERT_TRUE(sut->submit(world.command(1, ticket)));
  while (sut->run_one()) {
  }
  EXPECT_EQ(cancelled, (std::vector<bool>{true, true, false}));
}

TEST(NodeSlot, ACommandWithoutATicketIsNeverCancelled) {
  HostWorld world;
  bool cancelled = true;
  WorkingNode node([&](const Event&, NodeContext& context) { cancelled = context.cancelled(); });
  const auto sut = world.slot(2, node);
  sut->cancel(Ticket{5});
  ASSERT_TRUE(sut->submit(world.command(1, 0)));
  sut->run_one();
  EXPECT_FALSE(cancelled);
}

TEST(NodeSlot, ALateCancelOfAnOlderTicketUndoesNothing) {
  HostWorld world;
  bool cancelled = false;
  WorkingNode node([&](const Event&, NodeContext& context) { cancelled = context.cancelled(); });
  const auto sut = world.slot(2, node);
  sut->cancel(Ticket{9});
  sut->cancel(Ticket{2});
  ASSERT_TRUE(sut->submit(world.command(1, 8)));
  sut->run_one();
  EXPECT_TRUE(cancelled);
}

TEST(NodeSlot, ItSaysSinceWhenItWorksOnlyWhileItWorks) {
  VirtualClock clock(some_day);
  clock.move_to(Instant{500});
  HostWorld world(clock);
  NodeSlot* slot = nullptr;
  std::int64_t inside_ns = 0;
  WorkingNode node([&](const Event&, NodeContext&) { inside_ns = slot->busy_since_ns(); });
  const auto sut = world.slot(2, node);
  slot = sut.get();
  ASSERT_TRUE(sut->submit(world.command(1)));
  EXPECT_EQ(sut->busy_since_ns(), 0);
  sut->run_one();
  EXPECT_EQ(inside_ns, 500);
  EXPECT_EQ(sut->busy_since_ns(), 0);
}

TEST(NodeSlot, AFailureIsSaidInTheNodesNameByWhoeverSupervises) {
  HostWorld world;
  WorkingNode node;
  const auto sut = world.slot(2, node);
  Ingress::Port supervisor = world.port();
  ASSERT_TRUE(sut->report_failure(supervisor, 1));
  const auto results = world.results();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].kind, EventKind::node_failed);
  EXPECT_EQ(results[0].node, 2U);
  EXPECT_EQ(results[0].ticket, 0U) << "a stuck node fails whatever turn is running";
  EXPECT_EQ(results[0].lane, Lane::control);
}

// contract: 10.1 rows 1-2, 10.1 operations rows 1-3, 11.1 row 3
TEST(NodeSlot, ANodeRemembersForItsSessionAndForItsTurnAndForNobodyElse) {
  HostWorld world;
  std::vector<std::string> seen;
  const auto look = [&seen](NodeContext& context) {
    const auto turn = context.turn_state();
    seen.push_back(std::string(context.session_state()->get("name").value_or("-")) + "/" +
                   (turn ? std::string(turn->get("draft").value_or("-")) : "no turn"));
  };
  WorkingNode node([&](const Event& command, NodeContext& context) {
    if (command.argument_a == 1) {
      EXPECT_TRUE(context.session_state()->put("name", "Ada"));
      EXPECT_TRUE(context.turn_state()->put("draft", "hello"));
    }
    look(context);
  });
  const auto sut = world.slot(2, node);
  const auto command = [&world](std::int64_t argument, std::uint32_t turn, std::uint16_t session) {
    Event made = world.command(argument);
    made.turn_number = turn;
    made.session_slot = session;
    return made;
  };
  for (const Event& made :
       {command(1, 3, 0), command(0, 3, 0), command(0, 0, 0), command(0, 3, 1), command(0, 4, 0), command(0, 3, 0)}) {
    ASSERT_TRUE(sut->submit(made));
    EXPECT_TRUE(sut->run_one());
  }
  const std::vector<std::string> expected{"Ada/hello", "Ada/hello", "Ada/no turn", "-/-", "Ada/-", "Ada/no turn"};
  EXPECT_EQ(seen, expected) << "in turn, again, of the session, another session's, the next turn, a word about the old";
}

// contract: 10.1 operations row 1, I7
TEST(NodeSlot, ANodeWritesUnderTheEpochOfItsCommandOnly) {
  HostWorld world;
  std::vector<bool> written;
  WorkingNode node([&written](const Event&, NodeContext& context) {
    written.push_back(context.session_state()->put("key", "value").has_value());
  });
  const auto sut = world.slot(2, node);
  for (const std::uint64_t epoch : {std::uint64_t{5}, std::uint64_t{6}, std::uint64_t{5}}) {
    Event made = world.command(0);
    made.authority_epoch = epoch;
    ASSERT_TRUE(sut->submit(made));
    EXPECT_TRUE(sut->run_one());
  }
  EXPECT_EQ(written, (std::vector<bool>{true, true, false}));
}

}  // namespace
}  // namespace phalarope::hal
