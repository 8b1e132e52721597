// Method: one method block, the smallest step a session is built of, as its file declares it.
// Read by read_method(), which says M100 for every field that is missing, of the wrong type or outside its enum.
// Values; any thread. Contract: chain-library.md 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/library/finding.hpp"
#include "core/library/yaml_value.hpp"

namespace phalarope::library {

constexpr std::int64_t method_minutes_default = 5;

struct Method {
  std::string id;
  std::string name;
  std::string description;
  std::string category;
  std::string control_stage;
  std::string old_stage;  // `stage`; empty when absent
  std::int64_t duration_min = method_minutes_default;
  std::string energy_cost = "medium";
  std::string best_stage;
  std::string status = "draft";
  std::string alias_of;
  std::vector<std::string> logging_fields;
  std::vector<std::string> stop_criteria;
  std::vector<std::string> actions;  // what each step says
  std::string facilitation_prompt;
  bool has_evidence = false;
  bool produces_reference_targets = false;
  std::string file;
  YamlValue source;  // the whole file: inventories read keys of which nothing else here knows
};

/// Nothing when the schema is not met; the findings say why.
std::optional<Method> read_method(const YamlValue& root, const std::string& file, Findings& findings);

/// `M-` and the letters and digits the contract asks for.
bool is_method_id(Contract contract, std::string_view id);

/// Some item of `outputs`, stripped to a-z0-9, holds `onepageanchor` or `questionbankseed`.
bool produces_reference_targets(const YamlValue* outputs);

}  // namespace phalarope::library
