// Short form of the simulation: many seeds, each with its own sizes and faults; every invariant after every step. And
// the canaries: for each planted bug, the checker that must see it.
#include "tests/sim/simulator.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/minimise.hpp"
#include "tests/sim/swarm.hpp"

namespace phalarope::sim {
namespace {

constexpr std::uint64_t turns_in_the_test = 20'000;

TEST(Simulation, EveryInvariantHoldsOverEverySeed) {
  const SwarmReport swarm = simulate_swarm({.world = {.seed = 1}, .turns = turns_in_the_test, .jobs = 2});
  SimOptions failure;
  failure.seed = swarm.sum.seed;
  failure.turns = swarm.turns_of_failure;
  ASSERT_TRUE(swarm.sum.sound()) << swarm.sum.violations.front() << "\nrepeat: " << repeat_line(failure);
  EXPECT_GE(swarm.sum.turns_opened, turns_in_the_test);
  RecordProperty("turns", std::to_string(swarm.sum.turns_opened));
  for (const char* rare : {"abort_cancelled",
                           "abort_authority_loss",
                           "abort_node_timeout_or_failure",
                           "apology",
                           "abort_recording_evidence_unavailable",
                           "dismissed_back_channel",
                           "late_output_refused",
                           "confirmed_stop_phrase",
                           "dismissed_turn_ended",
                           "stale_epoch",
                           "words_heard_told",
                           "session_reseated",
                           "lane_xoff",
                           "lane_xon",
                           "recorder_lost_events",
                           "edge_dropped",
                           "edge_replaced",
                           "edge_merged",
                           "edge_sampled",
                           "edge_shed_after_waiting",
                           "edge_flushed",
                           "edge_xon",
                           "edge_credit",
                           "edge_group_dropped",
                           "edge_hole_told"}) {
    EXPECT_GT(swarm.sum.probes.at(rare), 0U) << rare << " was never reached";
  }
}

TEST(Simulation, EveryScenarioIsSound) {
  for (const Scenario& scenario : scenarios) {
    SwarmOptions options{.world = {.seed = 5000}, .turns = 1'000};
    options.world.scenario = scenario.name;
    const SwarmReport swarm = simulate_swarm(options);
    EXPECT_TRUE(swarm.sum.sound()) << scenario.name << ", seed " << swarm.sum.seed << ": "
                                   << swarm.sum.violations.front();
  }
}

// contract: I8; decisions.md D23
TEST(Simulation, TheSameSeedGivesTheSameDigest) {
  EXPECT_EQ(simulate({.seed = 7, .turns = 300}).digest, simulate({.seed = 7, .turns = 300}).digest);
  EXPECT_NE(simulate({.seed = 7, .turns = 300}).digest, simulate({.seed = 8, .turns = 300}).digest);
}

TEST(Simulation, TheNumberOfThreadsDoesNotShowInTheReport) {
  const SwarmReport one = simulate_swarm({.world = {.seed = 1}, .turns = 3'000, .jobs = 1});
  const SwarmReport three = simulate_swarm({.world = {.seed = 1}, .turns = 3'000, .jobs = 3});
  EXPECT_EQ(one.sum.digest, three.sum.digest);
  EXPECT_EQ(one.sum.probes, three.sum.probes);
}

TEST(Simulation, AtLeastAHundredRarePathsHaveAName) { EXPECT_GE(probe_names().size(), 100U); }

class Canary : public ::testing::TestWithParam<BendRow> {};

/// A planted bug that no checker names means a checker that sees nothing. Each must see its own: the replay, which
/// would see all of them, is shown the truth.
TEST_P(Canary, ThePlantedBugIsNamed) {
  if (GetParam().on_disk) GTEST_SKIP() << "the program has the disk: phalarope sim --canaries, and disk_test.cpp";
  SwarmOptions options{.world = {.seed = 1}, .turns = 5'000};
  options.world.bend = GetParam().bend;
  const SwarmReport swarm = simulate_swarm(options);
  const std::string wanted = std::string(GetParam().caught_as) + ":";
  EXPECT_TRUE(std::any_of(swarm.sum.violations.begin(), swarm.sum.violations.end(),
                          [&wanted](const std::string& said) { return said.starts_with(wanted); }))
      << GetParam().sentence << "; "
      << (swarm.sum.sound() ? "nobody saw it" : "all that was said is " + swarm.sum.violations.front());
}
INSTANTIATE_TEST_SUITE_P(Simulation, Canary, ::testing::ValuesIn(bend_rows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(LastWords, AnEngineThatAbortsPrintsTheLineThatRepeatsIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  SimOptions world{.seed = 7, .turns = 50, .faults = {"node_silent", "xrun"}, .scenario = "step"};
  std::uint64_t steps = 0;
  world.on_step = [&steps](const Stepped&) { PHAL_ENFORCE(++steps < 500, "a planted violation"); };
  EXPECT_DEATH(
      static_cast<void>(simulate(world)),
      "a planted violation(.|\n)*repeat:    phalarope sim step --seed 7 --turns 50 --faults node_silent,xrun   "
      "\\(in turn [1-9]");
}

TEST(Minimise, AFailureBecomesSmallerAndStaysTheSame) {
  SimOptions failing{.seed = 1, .turns = 500, .scenario = "step", .bend = Bend::second_abort};
  const SimReport report = simulate(failing);
  ASSERT_FALSE(report.sound());
  const Minimised small = minimise(failing, 120);
  EXPECT_LT(small.acts_left, small.acts_before / 2);
  const SimReport again = simulate(small.world);
  ASSERT_FALSE(again.sound()) << repeat_line(small.world);
  EXPECT_EQ(again.violations, small.report.violations);
  EXPECT_EQ(again.violations.front().substr(0, 5), report.violations.front().substr(0, 5));
}

TEST(Minimise, ASoundWorldIsLeftAsItIs) {
  const SimOptions sound{.seed = 3, .turns = 50, .scenario = "step"};
  EXPECT_TRUE(minimise(sound).report.sound());
}

}  // namespace
}  // namespace phalarope::sim
