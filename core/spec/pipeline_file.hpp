// Pipeline files: what a person writes, compiled to what the engine runs.
//
//   pipeline.yaml ──parse──▶ Document ──read strictly──▶ graph, surfaces, voice ... ──check──▶ CompiledPipeline
//                                └──────────── every complaint with file:line:field ─────────────┘
//
// The form is `pipeline/v1`; core/spec/README.md lists its fields, schemas/json/pipeline.schema.json is its schema.
// Invariants. (1) A file compiles, or every complaint about it is told; never both. (2) Unknown fields are refused.
// (3) What compiles passes prepare(): no plan of it can fail for the pipeline's own reasons.
// Allocates; not for the engine thread. Contract: runtime.md 4.2, 4.4, 6.2; decisions.md D1, D2, D4, D12, D15.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/engine/plan/compiled_pipeline.hpp"
#include "core/spec/diagnostics.hpp"

namespace phalarope::spec {

constexpr std::string_view pipeline_spec_name = "pipeline/v1";

/// `file` is used in complaints only.
std::expected<CompiledPipeline, Diagnostics> compile_pipeline(std::string_view text, const std::string& file);
std::expected<CompiledPipeline, Diagnostics> load_pipeline(const std::string& path);

/// Sets the recording level of every turn, as an operator's setting does over the pipeline's own.
void set_recording_level(CompiledPipeline& pipeline, RecordingLevel level);

}  // namespace phalarope::spec
