// The two documents a release is resolved from, judged: the pipeline spec and the policy bundle of the artifact set.
//
//   schema_version phalarope.pipeline.spec.v1   spec_id, pipeline_version, graph_definition_ref, nodes[], edges[]
//   schema_version phalarope.policy.bundle.v1   snapshot, allowed_adaptive_actions, provider_bindings, recording_policy
//
// `strict` wants the exact schema id and refuses unknown fields at any depth; `relaxed` takes any id with the right
// prefix and passes unknown fields over. A pipeline people write for a board (`spec: pipeline/v1`) is another document:
// pipeline_file.hpp. Diagnostics stand in the order of the rules. Allocates; any thread. Contract:
// evidence.md 4.2, 5.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/spec/diagnostics.hpp"

namespace phalarope::spec {

enum class ValidationMode : std::uint8_t { strict, relaxed };
/// Any case; blank is strict; nothing for another word.
std::optional<ValidationMode> validation_mode_named(std::string_view name);

/// Whether the text is a document of the artifact set, whatever is wrong with it: it says `schema_version`.
bool is_exchange_document(std::string_view text);

/// Empty when the document is sound.
Diagnostics judge_spec_artifact(std::string_view text, const std::string& file, ValidationMode mode);
Diagnostics judge_policy_bundle(std::string_view text, const std::string& file, ValidationMode mode);

}  // namespace phalarope::spec
