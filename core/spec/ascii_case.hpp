// Letters of ASCII in lower case, whatever the locale: how the contract compares names "in any case".
// Pure; any thread. Contract: runtime.md 1.10 (source codecs); evidence.md 4.2, 4.10.
#pragma once

#include <string>
#include <string_view>

namespace phalarope::spec {

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace phalarope::spec
