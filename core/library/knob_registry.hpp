// KnobRegistry: which knobs a library has and which values they take; knob maps of methods and chains are held to it.
//
//   meta/knob_registry.yaml ─▶ read_knob_registry (KREG001-005) ─▶ check_knobs(map) ─▶ K201-K210
//
// A knob whose own entry is invalid stays registered and says K203 wherever it is used; a registry that cannot be read
// knows no knob at all. Values; any thread. Contract: chain-library.md 7, 8.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/library/finding.hpp"
#include "core/library/yaml_value.hpp"

namespace phalarope::library {

enum class KnobType : std::uint8_t { invalid, enumeration, integer, number, boolean, text };

struct Knob {
  KnobType type = KnobType::invalid;
  std::string description;
  std::vector<std::string> allowed_values;  // as texts
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string default_text;  // empty when the entry names none
};

using KnobRegistry = std::map<std::string, Knob, std::less<>>;

/// `text` is null when the file is missing or cannot be read.
KnobRegistry read_knob_registry(const std::string* text, const std::string& file, Findings& findings);

/// Judges the map that stands in `field` of a method or chain; an absent or empty one is fine.
void check_knobs(const YamlValue& owner, std::string_view field, const KnobRegistry& registry, const std::string& file,
                 Findings& findings);

}  // namespace phalarope::library
