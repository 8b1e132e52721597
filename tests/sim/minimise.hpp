// Minimise: the fewest acts of people and faults with which a world still fails in the same way.
//
//   acts 0 1 2 3 4 5 6 7   fails        halves, quarters, eighths ... are left out, and stay out when it still fails
//        . . 2 . . 5 . .   still fails  ──▶ phalarope sim ... --skip 0,1,3,4,6,7
//
// Delta debugging (Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002), by seed and skip
// set: what an act draws is drawn whether it happens or not in the same world, but a world in which less has happened
// goes another way, so that a minimum is a minimum only of what was tried.
// One thread. Not here: writing the recording (disk/failure_recording.hpp).
#pragma once

#include "tests/sim/simulator.hpp"

namespace phalarope::sim {

/// Runs tried at most; a world of turns_per_world takes some 50 ms.
constexpr int minimise_runs_max = 150;

struct Minimised {
  SimOptions world;  // fails like the one that was given
  SimReport report;
  std::uint64_t acts_before = 0;
  std::uint64_t acts_left = 0;
};

/// `failing` violates something.
Minimised minimise(const SimOptions& failing, int runs_max = minimise_runs_max);

}  // namespace phalarope::sim
