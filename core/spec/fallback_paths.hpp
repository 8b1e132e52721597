// `fallbacks:` of pipeline/v2: which way a turn goes when a node fails.
//
//   fallbacks:
//     - {when_fails: mind, path: [mouth, speaker]}        mind ✗     mouth ──▶ speaker: the apology that is always
//     there
//
// A path is judged as drawn: its nodes exist, follow one another along edges, occur once, and end where the user hears
// it. Then it is held to what the engine can do: when a recogniser or dialogue fails and the plan allows `fallback`,
// the engine speaks its one sentence through the first synthesiser and playback. Any other path is refused by name.
// Contract: runtime.md 6.4, 6.6; decisions.md D15; features F-007.
#pragma once

#include "core/engine/plan/compiled_pipeline.hpp"
#include "core/spec/field_reader.hpp"

namespace phalarope::spec {

/// Judges `fallbacks` against a graph and plan that have been read.
void read_fallbacks(MapReader& file, const CompiledPipeline& pipeline);

}  // namespace phalarope::spec
