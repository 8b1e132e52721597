// `when:` on an edge or a gate: ranges over what a recogniser's result bears.
//
//   when: {confidence_permille: {at_least: 600}}                       0 ... 599 | 600 ... 1000
//   when: {words.confidence_permille: {below: 600}, utterance: words}  with the port in front of the field
//
// Every field is an integer with known bounds, so each of these is decided here and not at run time: can it hold at
// all, does it always hold, can two of them hold for one result. Contract: decisions.md D15; features F-018.
#pragma once

#include <string>
#include <string_view>

#include "core/engine/plan/graph_definition.hpp"
#include "core/spec/field_reader.hpp"

namespace phalarope::spec {

/// Reads `key` of the map. `port` is what may stand before a field's name; empty: nothing may.
EdgeCondition read_condition(MapReader& map, std::string_view key, std::string_view port);

/// Holds where both hold.
EdgeCondition both(const EdgeCondition& left, const EdgeCondition& right);

/// `confidence 600..1000, utterance words`; empty when it always holds.
std::string to_text(const EdgeCondition& condition);

}  // namespace phalarope::spec
