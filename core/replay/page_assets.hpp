// The page's files as text inside the program: page/timeline*, embedded by page/embed.cmake.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace phalarope::replay::page {

/// A text in pieces, each as long as every compiler takes a literal.
using Pieces = std::span<const std::string_view>;
inline std::string joined(Pieces pieces) {
  std::string text;
  for (const std::string_view piece : pieces) text += piece;
  return text;
}

extern const Pieces frame;
extern const Pieces style;
extern const Pieces script;

}  // namespace phalarope::replay::page
