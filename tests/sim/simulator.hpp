// The simulated world: the real engine, the real recorder, driven by people, nodes, devices, a disk and a mains switch
// that exist only as a seed.
//
//   seed ─▶ Rig (sizes) and FaultMix
//        ─▶ Worlds, one a session ──events──▶ Drive (step, or runtime with rings and recorder) ──commands──▶ Worlds
//                                               └──each step──▶ checkers, probes        └─▶ Store (disk, if any)
//
// One thread, no clock, no randomness but the seed: a failure replays from the line it prints. Each seed draws its own
// sizes and its own mix of faults (swarm testing), so that rare mixes meet. A power cut ends a life: the next begins
// with what the disk kept. What is broken where: world/*.hpp, tests/fault/README.md; what must hold: checkers/*.hpp;
// many seeds at once: swarm.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim/bends.hpp"
#include "tests/sim/drive/store.hpp"
#include "tests/sim/probes.hpp"

namespace phalarope::sim {

struct SimOptions {
  std::uint64_t seed = 1;
  std::uint64_t turns = 500;
  /// Which faults may be drawn: empty for all, or names of fault_names().
  std::vector<std::string> faults{};
  /// Verdicts that count, by how they begin ("I6"): empty for all.
  std::vector<std::string> checks{};
  std::string scenario = "swarm";
  /// Numbers of acts (of people and faults) that do not happen; ascending.
  std::vector<std::uint64_t> skipped{};
  /// The world ends after so many acts; 0: only its turns end it.
  std::uint64_t acts_max = 0;
  Bend bend = Bend::none;
  /// Null: no disk, wherever a seed draws one.
  StoreMaker make_store = nullptr;
  /// Told of every step as it was seen, and of the session that sits when a life begins.
  std::function<void(const Stepped&)> on_step{};
};

struct SimReport {
  std::uint64_t seed = 0;
  std::uint64_t turns_opened = 0;
  std::uint64_t turns_committed = 0;
  std::uint64_t turns_aborted = 0;
  std::uint64_t holds = 0;
  std::uint64_t events = 0;
  std::uint64_t lives = 0;
  std::uint64_t acts = 0;
  std::uint64_t faults_injected = 0;
  std::uint64_t digest = 0;             // over every input and output, in order
  ProbeCounts probes;                   // rare paths, and how often each was reached; all of probe_names()
  std::vector<std::string> violations;  // empty: every invariant held
  bool sound() const { return violations.empty(); }
};

/// Runs until `turns` turns were opened, or an invariant is violated.
SimReport simulate(const SimOptions& options);

std::vector<std::string> fault_names();

}  // namespace phalarope::sim
