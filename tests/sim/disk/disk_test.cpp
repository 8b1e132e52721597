// Simulated recordings: power cuts, refusing disks, and a failure that is written down for people to look at.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/replay/conversation_log.hpp"
#include "hal/store/recording_reader.hpp"
#include "tests/sim/disk/disk_store.hpp"
#include "tests/sim/disk/failure_recording.hpp"
#include "tests/sim/minimise.hpp"
#include "tests/sim/swarm.hpp"

namespace phalarope::sim {
namespace {

// contract: decisions.md D19; Q15, Q17, Q18, Q20
TEST(SimulatedDisk, NothingSyncedIsLostAndEveryRecordingReplays) {
  SwarmOptions options{.world = {.seed = 1}, .turns = 10'000, .jobs = 2};
  options.world.scenario = "disk";
  options.world.make_store = make_disk_store;
  const SwarmReport swarm = simulate_swarm(options);
  ASSERT_TRUE(swarm.sum.sound()) << "seed " << swarm.sum.seed << ": " << swarm.sum.violations.front();
  for (const char* rare :
       {"fault_power_cut", "power_cut_in_turn", "power_cut_in_a_write", "torn_tail_dropped", "open_turn_closed",
        "recording_gone_on_with", "disk_write_failed", "disk_sync_failed", "replayed_from_disk"}) {
    EXPECT_GT(swarm.sum.probes.at(rare), 0U) << rare << " was never reached";
  }
}

TEST(SimulatedDisk, EachPlantedBugOfTheDiskIsNamed) {
  for (const BendRow& row : bend_rows) {
    if (!row.on_disk) continue;
    SwarmOptions options{.world = {.seed = 1}, .turns = 5'000};
    options.world.scenario = "disk";
    options.world.make_store = make_disk_store;
    options.world.bend = row.bend;
    const SwarmReport swarm = simulate_swarm(options);
    const std::string wanted = std::string(row.caught_as) + ":";
    EXPECT_TRUE(std::any_of(swarm.sum.violations.begin(), swarm.sum.violations.end(),
                            [&wanted](const std::string& said) { return said.starts_with(wanted); }))
        << row.sentence << "; "
        << (swarm.sum.sound() ? "nobody saw it" : "all that was said is " + swarm.sum.violations.front());
  }
}

TEST(FailureRecording, TheMinimisedWorldOpensToo) {
  const std::string directory = ::testing::TempDir() + "sim-minimised-test";
  std::filesystem::remove_all(directory);
  SimOptions failing{.seed = 1, .turns = 100, .scenario = "step", .bend = Bend::second_abort};
  const Minimised small = minimise(failing, 40);
  ASSERT_LT(small.acts_left, small.acts_before);
  ASSERT_EQ(record_failure(small.world, directory), 0);
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, directory);
  const replay::ConversationLog log = replay::read_conversation(reader);
  EXPECT_TRUE(log.damage.empty());
  EXPECT_GE(log.turns.size(), 1U);
  std::filesystem::remove_all(directory);
}

TEST(FailureRecording, OpensLikeAnyOther) {
  const std::string directory = ::testing::TempDir() + "sim-failure-test";
  std::filesystem::remove_all(directory);
  const SimOptions failing{.seed = 1, .turns = 100, .bend = Bend::second_abort};
  ASSERT_FALSE(simulate(failing).sound());
  ASSERT_EQ(record_failure(failing, directory), 0);
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, directory);
  const replay::ConversationLog log = replay::read_conversation(reader);
  EXPECT_TRUE(log.damage.empty());
  EXPECT_GE(log.turns.size(), 1U);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace phalarope::sim
