// CompiledPipeline: everything a session's turns are run by, compiled from what a person wrote and frozen.
//
// spec/ makes it from YAML; schemas/plan.fbs is its stored form (the first record of every recording, so that a
// replay starts from the same plan); the engine reads it. Trivially copyable, fixed bounds.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/engine/plan/graph_definition.hpp"
#include "core/engine/plan/provider_deadlines.hpp"
#include "core/engine/plan/turn_plan.hpp"
#include "core/engine/turn/interruption_policy.hpp"

namespace phalarope {

/// Bounds of the voice path that the engine keeps (the audio thread's own settings are the board's).
struct VoicePolicy {
  std::int64_t sample_rate_hz = 16000;
  std::int64_t frame_frames = 320;                // synthesis frame: 20 ms
  std::int64_t playback_ahead_frames_max = 9600;  // synthesised ahead of the loudspeaker: 600 ms
  std::int64_t sentences_ahead_max = 1;           // sentences synthesised ahead of the one being played
};

struct CompiledPipeline {
  Name pipeline_version;
  PlanTemplate plan;  // what every turn's ResolvedTurnPlan is materialised from
  GraphDefinition graph;
  InterruptionPolicy interruption;
  VoicePolicy voice;
  ProviderDeadlines deadlines;
};
static_assert(std::is_trivially_copyable_v<CompiledPipeline>);

}  // namespace phalarope
