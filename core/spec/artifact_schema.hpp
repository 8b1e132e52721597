// The artifacts' rules as JSON Schema (draft 7), written from the same tables that judge them.
//
//   ObjectRule ─ members    ─▶ properties, required, additionalProperties: false
//              └ conditions ─▶ allOf: what schema_conditions.cpp says for each condition's text
//
// What JSON Schema cannot say stands by name in each schema's $comment, and nowhere else do schema and judge differ
// (contract test over the judge's corpus and random documents). schemas/json/<kind>.schema.json are these texts; a test
// compares them byte for byte, so that a changed table shows in the diff. Allocates; any thread.
// Contract: runtime.md 1.1-1.8.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

/// The published text for one kind of artifact_kinds, with its final newline; empty for an unknown kind.
std::string artifact_schema(std::string_view kind);

/// A condition as schemas that must all hold; nothing for one that JSON Schema cannot say.
std::optional<std::vector<JsonValue>> schema_of_condition(std::string_view condition);

/// The rules that a schema cannot say, each as one sentence.
std::span<const std::string_view> rules_beyond_schema();

}  // namespace phalarope::spec
