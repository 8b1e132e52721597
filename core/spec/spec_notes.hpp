// What pipeline/v2 lets people write for each other: a comment and named remarks. Nothing of it reaches the plan.
//
//   comment: why this node is here
//   metadata: {owner: kitchen team, ticket: "417"}
//
// Contract: decisions.md D15.
#pragma once

#include <cstddef>

#include "core/spec/field_reader.hpp"

namespace phalarope::spec {

constexpr std::size_t metadata_entries_max = 32;
constexpr std::size_t note_bytes_max = 1024;

/// Judges `comment` and `metadata` of a map.
void read_notes(MapReader& map);

}  // namespace phalarope::spec
