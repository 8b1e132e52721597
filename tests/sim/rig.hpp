// Rig: the sizes one seed draws, beside its faults (swarm testing: rare mixes of sizes meet rare mixes of faults).
//
//   scenario ──bounds──▶ seed ──draws──▶ Rig { sessions, pipelines, edge buffers, rings, slabs, lateness, manners, disk
//   }
//
// Sizes are drawn from what a board profile allows, the smallest included, because bounds are where bugs live.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/engine/evidence/recording_level.hpp"
#include "core/engine/plan/compiled_pipeline.hpp"
#include "tests/sim/world/world.hpp"

namespace phalarope::sim {

/// Bounds that a seed draws within.
struct Scenario {
  std::string_view name;
  std::string_view sentence;
  std::int64_t sessions_max = 1;
  std::int64_t runtime_permille = 500;  // through EngineRuntime, else step itself
  std::int64_t disk_permille = 200;     // of those: onto a simulated disk
  std::int64_t terse_permille = 700;
};
constexpr Scenario scenarios[] = {
    {"swarm", "everything, drawn anew by each seed", 6, 500, 200, 700},
    {"step", "the engine alone: step, without rings, lanes and recorder", 4, 0, 0, 700},
    {"crowd", "many sessions through one runtime", 16, 1000, 0, 700},
    {"disk", "one session, recorded onto a disk that is slow, full, refuses, and loses power", 1, 1000, 1000, 700},
    {"chatty", "long answers, long speeches", 2, 500, 200, 0},
};
const Scenario* find_scenario(std::string_view name);

struct Rig {
  std::size_t sessions = 1;
  std::vector<CompiledPipeline> pipelines;  // side by side; some with buffers of the seed's own
  bool through_runtime = false;
  bool on_disk = false;
  std::size_t evidence_ring_bytes = 1 << 20;
  RecordingLevel level = RecordingLevel::L0;
  std::uint32_t slabs = 1024;  // of each pool
  Duration late_max{};         // of the engine thread
  Manner manner;
  /// One in so many reads of the ring by the flusher; 1: as often as it can.
  std::int64_t flush_every = 1;
};

Rig draw_rig(Chance& chance, const Scenario& scenario);

/// The pipelines of the simulated house, compiled from what a person would write.
const std::vector<CompiledPipeline>& simulated_pipelines();

}  // namespace phalarope::sim
