// Short form of the simulation: many seeds, each with its own faults; every invariant after every step.
#include "tests/sim/simulator.hpp"

#include <gtest/gtest.h>

#include "tests/digest_file.hpp"

namespace phalarope::sim {
namespace {

constexpr std::uint64_t seeds = 80;
constexpr std::uint64_t turns_per_seed = 250;

TEST(Simulation, EveryInvariantHoldsOverEverySeed) {
  std::map<std::string, std::uint64_t> probes;
  std::uint64_t turns = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const SimReport report = simulate({.seed = seed, .turns = turns_per_seed, .faults = {}});
    ASSERT_TRUE(report.sound()) << report.violations.front() << "\nreplay: phalarope sim --seed " << seed << " --turns "
                                << turns_per_seed;
    turns += report.turns_opened;
    if (seed <= 20) testing::leave_digest(("sim_seed_" + std::to_string(seed)).c_str(), report.digest);
    for (const auto& [name, count] : report.probes) probes[name] += count;
  }
  RecordProperty("turns", std::to_string(turns));
  for (const char* rare : {"abort_cancelled", "abort_authority_loss", "abort_node_timeout_or_failure", "apology",
                           "abort_recording_evidence_unavailable", "dismissed_back_channel", "late_output_refused",
                           "confirmed_stop_phrase", "dismissed_turn_ended", "stale_epoch", "words_heard_told"}) {
    EXPECT_GT(probes[rare], 0U) << rare << " was never reached";
  }
}

// contract: I8; decisions.md D23
TEST(Simulation, TheSameSeedGivesTheSameDigest) {
  EXPECT_EQ(simulate({.seed = 7, .turns = 500, .faults = {}}).digest,
            simulate({.seed = 7, .turns = 500, .faults = {}}).digest);
  EXPECT_NE(simulate({.seed = 7, .turns = 500, .faults = {}}).digest,
            simulate({.seed = 8, .turns = 500, .faults = {}}).digest);
}

}  // namespace
}  // namespace phalarope::sim
