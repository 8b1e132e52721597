// The simulated world: the real engine, driven by people, nodes and a loudspeaker that exist only as a seed.
//
//   seed ─▶ World (people, recogniser, dialogue, synthesiser, loudspeaker; each with its faults)
//              │  future events, ordered by time          ▲ commands
//              └──────────────▶ Engine::step ─────────────┘
//                                   └──▶ checkers, after every step, written from the contract
//
// One thread, no clock, no randomness but the seed: a failure replays from the line it prints. Each seed draws its own
// mix of faults (swarm testing), so that rare mixes meet. What is broken where: world/*.hpp; what must hold:
// checkers.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace phalarope::sim {

struct SimOptions {
  std::uint64_t seed = 1;
  std::uint64_t turns = 1000;
  /// Which faults may be drawn: empty for all, or names of fault_names().
  std::vector<std::string> faults;
};

struct SimReport {
  std::uint64_t seed = 0;
  std::uint64_t turns_opened = 0;
  std::uint64_t turns_committed = 0;
  std::uint64_t turns_aborted = 0;
  std::uint64_t holds = 0;
  std::uint64_t events = 0;
  std::uint64_t faults_injected = 0;
  std::uint64_t digest = 0;                     // over every input and output, in order
  std::map<std::string, std::uint64_t> probes;  // rare paths, and how often each was reached
  std::vector<std::string> violations;          // empty: every invariant held
  bool sound() const { return violations.empty(); }
};

/// Runs until `turns` turns were opened. `progress` gets the number of turns so far.
SimReport simulate(const SimOptions& options, const std::function<void(std::uint64_t)>& progress = {});

std::vector<std::string> fault_names();

}  // namespace phalarope::sim
