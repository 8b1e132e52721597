// The `overrides:` part of a pipeline file: the six policy surfaces in their wire names (runtime.md 1.8).
//
// All six or none (4.2 rule 2); a value that breaks 1.8 is a diagnostic at its own line. Map keys of
// `edge_buffer_policies` must be edges of the graph, or `default`.
#pragma once

#include <span>
#include <string_view>

#include "core/engine/plan/turn_plan.hpp"
#include "core/spec/field_reader.hpp"

namespace phalarope::spec {

/// Reads and finishes `overrides`. `edge_names`: what an edge policy may be for.
void read_override_surfaces(MapReader& overrides, std::span<const std::string_view> edge_names, PlanSurfaces& surfaces);

/// A non-empty list of distinct replay modes; replaces what `recording` holds when the field is there.
void read_replay_modes(MapReader& map, std::string_view key, RecordingPolicy& recording, Presence presence);

}  // namespace phalarope::spec
