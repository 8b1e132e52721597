// Short form and long form of a fault test: the same code, more rounds. `./dev test fault NAME` sets the variable.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace phalarope::testing {

/// PHALAROPE_FAULT_COUNT when it is set, `in_the_long_form` with PHALAROPE_FAULT_LONG, else `in_the_short_form`.
inline std::uint64_t rounds(std::uint64_t in_the_short_form, std::uint64_t in_the_long_form) {
  if (const char* const count = std::getenv("PHALAROPE_FAULT_COUNT"); count != nullptr) {
    return std::strtoull(count, nullptr, 10);
  }
  return std::getenv("PHALAROPE_FAULT_LONG") != nullptr ? in_the_long_form : in_the_short_form;
}

}  // namespace phalarope::testing
