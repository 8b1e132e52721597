// What is kept of an action's output: its first line, bounded.
#pragma once

#include <algorithm>
#include <string>

#include "hal/speech/action_runner.hpp"

namespace phalarope::hal::detail {

inline std::string first_line(std::string text) {
  const std::size_t end = text.find_first_of("\r\n");
  if (end != std::string::npos) text.resize(end);
  return text;
}

inline void append_bounded(std::string& output, const char* bytes, std::size_t count) {
  output.append(bytes, std::min(count, action_output_bytes_max - std::min(output.size(), action_output_bytes_max)));
}

}  // namespace phalarope::hal::detail
