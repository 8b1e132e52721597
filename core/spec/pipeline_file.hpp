// Pipeline files: what a person writes, compiled to what the engine runs.
//
//   pipeline.yaml ──parse──▶ Document ──v2: lower──▶ Document ──read strictly──▶ graph, surfaces ... ──▶
//   CompiledPipeline
//                                └──────────── every complaint with file:line:field ─────────────┘
//
// The forms are `pipeline/v1` and `pipeline/v2`: v2 is v1 with optional members more (D15), drawn away or judged in
// graph_drawing.hpp, spec_modules.hpp and fallback_paths.hpp, so that one reader compiles both. core/spec/README.md
// lists the fields, schemas/json/ holds a schema of each form.
// Invariants. (1) A file compiles, or every complaint about it is told; never both. (2) Unknown fields are refused.
// (3) What compiles passes prepare(): no plan of it can fail for the pipeline's own reasons. (4) A v1 file compiles to
// the same bytes as it did before there was v2, and so does a v2 file that uses nothing new.
// Allocates; not for the engine thread. Contract: runtime.md 4.2, 4.4, 6.2; decisions.md D1, D2, D4, D12, D15.
#pragma once

#include <array>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/plan/compiled_pipeline.hpp"
#include "core/spec/diagnostics.hpp"
#include "core/spec/document.hpp"
#include "core/spec/external_program.hpp"

namespace phalarope::spec {

constexpr std::array<std::string_view, 2> pipeline_spec_names = {"pipeline/v1", "pipeline/v2"};

/// Phases of a conversation, as `interruption:` names them.
constexpr std::array<std::string_view, conversation_phase_count> conversation_phase_names = {
    "listening", "thinking", "tool_running", "speaking"};

/// What a file says: what the engine runs, and which of its nodes are programs of their own.
struct LoadedPipeline {
  CompiledPipeline pipeline;
  std::vector<ExternalProgram> programs;
};

/// `file` is used in complaints only.
std::expected<CompiledPipeline, Diagnostics> compile_pipeline(std::string_view text, const std::string& file);
/// A document that was parsed or layered before; what was said about it then comes along.
std::expected<CompiledPipeline, Diagnostics> compile_document(const Document& document, Diagnostics so_far = {});
std::expected<CompiledPipeline, Diagnostics> load_pipeline(const std::string& path);

/// The same with the nodes' programs.
std::expected<LoadedPipeline, Diagnostics> compile_with_programs(const Document& document, Diagnostics so_far = {});
std::expected<LoadedPipeline, Diagnostics> load_with_programs(const std::string& path);

/// Sets the recording level of every turn, as an operator's setting does over the pipeline's own.
void set_recording_level(CompiledPipeline& pipeline, RecordingLevel level);

}  // namespace phalarope::spec
