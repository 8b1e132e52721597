// A node in a process of its own, with real processes: each of its faults costs one turn, and leaves nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "hal/host/clock.hpp"
#include "tests/integration/external/external_world.hpp"

namespace phalarope::hal::test {
namespace {

constexpr auto ask = EventKind::command_dialogue_ask;
/// What a machine that does ten other things at once may add to a bound.
constexpr Duration machine_share = milliseconds(1'000);

ExternalNodeSettings hostile(const std::string& habit = {}) {
  ExternalNodeSettings settings = settings_of(HOSTILE_NODE);
  if (!habit.empty()) settings.child.command.push_back(habit);
  return settings;
}

class Started : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(harness.begin(), std::nullopt); }

  NodeHarness harness{hostile()};
};

using ExternalNodeWorks = Started;

TEST_F(ExternalNodeWorks, AnswersWithTheResultsOfItsCommandInOrder) {
  const auto results = harness.send(ask, "hello");
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].event.kind, EventKind::dialogue_sentence);
  EXPECT_EQ(results[0].payload, "hello");
  EXPECT_EQ(results[1].event.kind, EventKind::dialogue_done);
  EXPECT_EQ(results[1].event.argument_a, 1);
}

TEST_F(ExternalNodeWorks, ManyCommandsGoRoundTheRingsManyTimes) {
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(first_sentence(harness.send(ask, std::to_string(i))), std::to_string(i));
  EXPECT_EQ(harness.node().facts().calls_failed, 0U);
}

TEST_F(ExternalNodeWorks, SeesNothingOfTheHostButWhatItWasGiven) {
  ::setenv("PHALAROPE_SECRET", "not for nodes", 1);
  const std::string told = first_sentence(harness.send(ask, "environment"));
  EXPECT_EQ(told, "PATH=/usr/local/bin:/usr/bin:/bin;LANG=C.UTF-8;files 5;core 0;group own");
}

TEST_F(ExternalNodeWorks, ItsOwnErrorCostsTheTurnAndNotTheProcess) {
  EXPECT_EQ(fault_among(harness.send(ask, "error")), ExternalFault::node_error);
  harness.next_turn();
  EXPECT_EQ(first_sentence(harness.send(ask, "again")), "again");
  EXPECT_EQ(harness.node().facts().process.starts, 1U);
}

struct Habit {
  const char* text;
  ExternalFault fault;
};
class HostileHabit : public ::testing::TestWithParam<Habit> {};

// contract: 11.2 row 3, D18
TEST_P(HostileHabit, CostsOneTurnWithItsReasonAndTheNextTurnWorks) {
  NodeHarness harness(hostile());
  ASSERT_EQ(harness.begin(), std::nullopt);
  EXPECT_EQ(first_sentence(harness.send(ask, "before")), "before");
  harness.next_turn();
  const Instant begun = monotonic_now();
  const auto results = harness.send(ask, GetParam().text);
  const Instant ended = monotonic_now();
  EXPECT_LT(ended - begun, external_timeout_default + cancel_grace_default + machine_share);
  ASSERT_FALSE(results.empty());
  EXPECT_EQ(fault_among(results), GetParam().fault) << describe(fault_among(results)).id;
  EXPECT_EQ(results.back().event.kind, EventKind::node_failed);
  EXPECT_EQ(results.back().event.reason, Reason::node_timeout_or_failure);
  EXPECT_TRUE(harness.send(ask, "the same turn").empty()) << "a failed turn's commands are left out";
  harness.next_turn();
  EXPECT_EQ(first_sentence(harness.send(ask, "after")), "after");
  EXPECT_LT(monotonic_now() - ended, milliseconds(3'000)) << "the worker is back";
  harness.node().stop();
  EXPECT_EQ(processes_left_of(HOSTILE_NODE), 0U) << "no child of it lives on";
  EXPECT_EQ(children(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    All, HostileHabit,
    ::testing::Values(
        Habit{"crash", ExternalFault::process_ended}, Habit{"crash_half_way", ExternalFault::process_ended},
        Habit{"exit", ExternalFault::process_ended}, Habit{"fork", ExternalFault::process_ended},
        Habit{"escape", ExternalFault::process_ended}, Habit{"kill_me", ExternalFault::process_ended},
        Habit{"stop", ExternalFault::execution_timeout}, Habit{"hang", ExternalFault::execution_timeout},
        Habit{"spin", ExternalFault::execution_timeout}, Habit{"close_everything", ExternalFault::channel_closed},
        Habit{"flood", ExternalFault::results_flooded}, Habit{"flood_socket", ExternalFault::execution_timeout},
        Habit{"wrong_kind", ExternalFault::kind_not_allowed}, Habit{"command_kind", ExternalFault::kind_not_allowed},
        Habit{"wrong_ticket", ExternalFault::identity_mismatch}, Habit{"wrong_node", ExternalFault::identity_mismatch},
        Habit{"wrong_turn", ExternalFault::identity_mismatch}, Habit{"wrong_command", ExternalFault::command_mismatch},
        Habit{"wrong_type", ExternalFault::record_unknown}, Habit{"huge_payload", ExternalFault::payload_too_long},
        Habit{"bad_text", ExternalFault::payload_invalid}, Habit{"bad_argument", ExternalFault::argument_out_of_range},
        Habit{"bad_number", ExternalFault::ring_corrupt}),
    [](const auto& test) { return test.param.text; });

using ExternalNodeLimits = Started;

TEST_F(ExternalNodeLimits, MemoryCannotBeShrunkUnderTheHost) {
  EXPECT_EQ(fault_among(harness.send(ask, "shrink_memory")), ExternalFault::node_error);
}

TEST_F(ExternalNodeLimits, MemoryAndFilesRunOutInTheNodeAndNotInTheHost) {
  EXPECT_EQ(fault_among(harness.send(ask, "allocate")), ExternalFault::node_error);
  harness.next_turn();
  EXPECT_EQ(fault_among(harness.send(ask, "many_files")), ExternalFault::node_error);
}

TEST_F(ExternalNodeLimits, ItCannotLookIntoTheHost) {
  EXPECT_EQ(fault_among(harness.send(ask, "look_into_the_host")), ExternalFault::node_error);
}

TEST_F(ExternalNodeLimits, ARandomWriterEndsInSomeFaultAndNeverInACrash) {
  for (int i = 0; i < 20; ++i) {
    const auto results = harness.send(ask, "scribble");
    EXPECT_NE(fault_among(results), ExternalFault::none);
    harness.next_turn();
    ASSERT_EQ(first_sentence(harness.send(ask, "after")), "after");
    harness.next_turn();
  }
}

TEST(ExternalNodeStart, AskingForMoreThanTheBoardAllowsIsRefusedBeforeAnyProcess) {
  ExternalNodeSettings settings = hostile();
  settings.child.memory_mib = 257;
  ExternalNode node(std::move(settings));
  const auto failure = node.init();
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->starts_with("external_resource_limit"));
  EXPECT_EQ(node.facts().process.starts, 0U);
}

TEST(ExternalNodeStart, AProgramThatIsMissingOrNoNodeIsToldInOneSentence) {
  NodeHarness missing(settings_of("/nonexistent/node"));
  EXPECT_THAT(missing.begin().value_or(""), ::testing::HasSubstr("/nonexistent/node cannot be executed"));
  NodeHarness no_node(settings_of("/bin/true"));
  EXPECT_THAT(no_node.begin().value_or(""), ::testing::HasSubstr("did not come up as a node"));
}

// contract: 11.1
TEST(ExternalNodeStart, AnInitThatHangsIsNamedAndOneThatRefusesTellsItsError) {
  ExternalNodeSettings settings = hostile("hang_in_init");
  settings.hook_timeout = {};  // the default: 250 ms
  NodeHarness hanging(std::move(settings));
  EXPECT_THAT(hanging.begin().value_or(""), ::testing::StartsWith("node_hook_timeout: init of"));
  for (const char* habit : {"crash_in_init", "exit_in_init"}) {
    NodeHarness ending(hostile(habit));
    EXPECT_THAT(ending.begin().value_or(""), ::testing::HasSubstr("failed (external_process_ended)"));
  }
  NodeHarness refusing(hostile("refuse_in_init"));
  EXPECT_THAT(refusing.begin().value_or(""), ::testing::HasSubstr("failed (error 7)"));
}

// contract: 7.4, D18
TEST_F(ExternalNodeWorks, ACancelledNodeThatComesBackKeepsItsProcess) {
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    harness.cancel();
  });
  EXPECT_TRUE(harness.send(ask, "hang_unless_cancelled").empty());
  later.join();
  harness.next_turn();
  EXPECT_EQ(first_sentence(harness.send(ask, "after")), "after");
  EXPECT_EQ(harness.node().facts().process.starts, 1U);
}

// contract: 3.4 row 1, 7.4, D18
TEST_F(ExternalNodeWorks, ACancelledNodeThatDoesNotIsKilledAfterTheGrace) {
  ASSERT_EQ(cancel_grace_default, milliseconds(75));
  Instant cancelled_at{};
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    cancelled_at = monotonic_now();
    harness.cancel();
  });
  EXPECT_TRUE(harness.send(ask, "hang").empty()) << "a cancelled call is nobody's failure";
  const Instant returned_at = monotonic_now();
  later.join();
  EXPECT_GE(returned_at - cancelled_at, cancel_grace_default);
  EXPECT_LT(returned_at - cancelled_at, milliseconds(400));
  harness.next_turn();
  EXPECT_EQ(first_sentence(harness.send(ask, "after")), "after");
  EXPECT_EQ(harness.node().facts().process.count(ExternalFault::cancel_ignored), 1U);
}

// contract: 3.4 row 4, 11.2
TEST_F(ExternalNodeWorks, ACallWithoutAnAnswerTimesOutAfterHalfASecondByName) {
  ASSERT_EQ(external_timeout_default, milliseconds(500));
  const Instant begun = monotonic_now();
  const auto results = harness.send(ask, "hang");
  const Duration took = monotonic_now() - begun;
  EXPECT_GE(took, milliseconds(500));
  EXPECT_LT(took, milliseconds(500) + cancel_grace_default + machine_share);
  EXPECT_EQ(describe(fault_among(results)).id, "external_execution_timeout");
}

// contract: 7.3, D18
TEST_F(ExternalNodeWorks, AnAnswerThatComesAfterTheCancelReachesNobody) {
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    harness.cancel();
  });
  EXPECT_TRUE(harness.send(ask, "answer_after_cancel").empty());
  later.join();
  EXPECT_EQ(harness.node().facts().late_results, 3U);
  harness.next_turn();
  EXPECT_EQ(first_sentence(harness.send(ask, "after")), "after");
}

TEST_F(ExternalNodeWorks, KilledInTheMiddleOfATurnFailsThatTurnOnly) {
  const pid_t pid = harness.node().facts().process.pid;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ::kill(pid, SIGKILL);
  });
  EXPECT_EQ(fault_among(harness.send(ask, "hang")), ExternalFault::process_ended);
  later.join();
  harness.next_turn();
  EXPECT_EQ(first_sentence(harness.send(ask, "after")), "after");
}

TEST_F(ExternalNodeWorks, KilledBetweenTwoCommandsOfATurnFailsThatTurnToo) {
  EXPECT_EQ(first_sentence(harness.send(ask, "first")), "first");
  ::kill(harness.node().facts().process.pid, SIGKILL);
  while (harness.node().facts().process.starts < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(fault_among(harness.send(ask, "second")), ExternalFault::turn_lost);
  harness.next_turn();
  EXPECT_EQ(first_sentence(harness.send(ask, "after")), "after");
}

TEST(ExternalNodeRest, ANodeThatFailsTooOftenRestsAndSaysSoAtOnce) {
  ExternalNodeSettings settings = hostile();
  settings.restarts = {.restarts_max = 2,
                       .regain_every = milliseconds(60'000),
                       .backoff_first = milliseconds(1),
                       .backoff_max = milliseconds(1)};
  NodeHarness harness(std::move(settings));
  ASSERT_EQ(harness.begin(), std::nullopt);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(fault_among(harness.send(ask, "crash")), ExternalFault::process_ended);
    harness.next_turn();
  }
  while (harness.node().facts().process.count(ExternalFault::process_ended) < 3) std::this_thread::yield();
  const Instant before = monotonic_now();
  EXPECT_EQ(fault_among(harness.send(ask, "hello")), ExternalFault::restarts_exhausted);
  EXPECT_LT(monotonic_now() - before, milliseconds(400));
}

TEST(ExternalNodeRest, AThousandCrashesLeaveNoZombieNoDescriptorAndNoMemoryBehind) {
  const std::size_t threads_before = threads();
  const std::size_t files_before = open_files();
  {
    NodeHarness harness(hostile());
    ASSERT_EQ(harness.begin(), std::nullopt);
    for (int i = 0; i < 20; ++i) {  // whatever is taken once is taken now
      harness.send(ask, "crash");
      harness.next_turn();
    }
    ASSERT_EQ(first_sentence(harness.send(ask, "settled")), "settled");
    const std::size_t files = open_files();
    const long pages = mapped_pages();
    for (int i = 0; i < 1000; ++i) {
      harness.next_turn();
      ASSERT_EQ(fault_among(harness.send(ask, "crash")), ExternalFault::process_ended);
    }
    harness.next_turn();
    ASSERT_EQ(first_sentence(harness.send(ask, "settled")), "settled");
    EXPECT_EQ(children(), 1U);
    EXPECT_EQ(open_files(), files);
    EXPECT_LE(mapped_pages(), pages + 256) << "less than one mapping of 180 KiB for each thousand";
    EXPECT_EQ(harness.node().facts().process.starts, 1021U);
  }
  EXPECT_EQ(children(), 0U);
  EXPECT_EQ(open_files(), files_before);
  EXPECT_EQ(threads(), threads_before);
}

}  // namespace
}  // namespace phalarope::hal::test
