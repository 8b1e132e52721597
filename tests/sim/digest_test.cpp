// What every compiler and processor must agree on: short worlds, each one digest over all its bytes. 4,000 of them in
// CI, where one of the two compilers runs them under sanitizers; PHALAROPE_DIGEST_SEEDS=10000 is the long form.
// contract: I8; decisions.md D23
#include "core/engine/base/digest.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/digest_file.hpp"
#include "tests/sim/swarm.hpp"

namespace phalarope::sim {
namespace {

constexpr std::uint64_t seeds_default = 4'000;
constexpr std::uint64_t seeds_in_a_line = 100;  // one line of the digest file stands for so many
constexpr std::uint64_t turns_each = 3;

std::uint64_t seeds_wanted() {
  const char* wanted = std::getenv("PHALAROPE_DIGEST_SEEDS");
  const std::uint64_t seeds = wanted == nullptr ? 0 : std::strtoull(wanted, nullptr, 10);
  return seeds == 0 ? seeds_default : seeds;
}

TEST(SimulationDigest, TheSameSeedsAreTheSameEverywhere) {
  const std::uint64_t seeds = seeds_wanted();
  for (std::uint64_t first = 1; first < seeds; first += seeds_in_a_line) {
    RunningDigest digest;
    for (std::uint64_t seed = first; seed < first + seeds_in_a_line; ++seed) {
      const SimReport report = simulate({.seed = seed, .turns = turns_each});
      ASSERT_TRUE(report.sound()) << "seed " << seed << ": " << report.violations.front();
      digest.add(report.digest);
    }
    testing::leave_digest(("sim_seeds_from_" + std::to_string(first)).c_str(), digest.value());
  }
}

}  // namespace
}  // namespace phalarope::sim
