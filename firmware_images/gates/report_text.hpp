// What every report of this room ends with, and how its JSON is laid out (evidence.md 4.1).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace phalarope::gates {

/// Two spaces a level; bytes that are no UTF-8 become replacement characters.
inline std::string as_document(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// `Status: PASS`, or `Status: FAIL` and the violations.
inline std::string status_lines(const std::vector<std::string>& violations) {
  std::string text = violations.empty() ? "\nStatus: PASS\n" : "\nStatus: FAIL\n\n";
  for (const std::string& violation : violations) text += "- " + violation + "\n";
  return text;
}

}  // namespace phalarope::gates
