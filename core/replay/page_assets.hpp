// The page's files as text inside the program: page/timeline*, embedded by page/embed.cmake.
#pragma once

#include <string_view>

namespace phalarope::replay::page {

extern const std::string_view frame;
extern const std::string_view style;
extern const std::string_view script;

}  // namespace phalarope::replay::page
