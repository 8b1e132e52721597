// Swarm: many worlds, each of its own seed, on several threads that share nothing but the list of seeds.
//
//   seed, seed + 1, seed + 2, ...  each of turns_per_world ──▶ sums, probes, one digest in the order of the seeds
//
// The report does not depend on the number of threads. The first seed (by number) that is not sound is the failure;
// seeds behind it may have been left out.
#pragma once

#include "tests/sim/simulator.hpp"

namespace phalarope::sim {

/// Long enough for what is rare, short enough to be read when it fails.
constexpr std::uint64_t turns_per_world = 500;

struct SwarmOptions {
  SimOptions world;  // seed: the first
  std::uint64_t turns = turns_per_world;
  unsigned jobs = 1;
  /// Told the turns so far, from any of the threads, one at a time.
  std::function<void(std::uint64_t)> progress{};
  /// Told each world's seed and digest, likewise.
  std::function<void(std::uint64_t, std::uint64_t)> on_world{};
};

struct SwarmReport {
  SimReport sum;  // seed: the failure's, or the first
  std::uint64_t worlds = 0;
  std::uint64_t turns_of_failure = 0;  // --turns of the line that repeats it
};

SwarmReport simulate_swarm(const SwarmOptions& options);

/// The line that repeats a world.
std::string repeat_line(const SimOptions& world);

}  // namespace phalarope::sim
