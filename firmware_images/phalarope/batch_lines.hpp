// Batch form of a command: one JSON object a line in, one a line out (cli-conformance.md 1).
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace phalarope::program {

/// Reads `path`, gives each non-blank line with its index to `answer`, prints the answers. Exit code 0, or 2 when the
/// file cannot be read.
int answer_lines(const std::string& path, const std::function<std::string(std::string_view, std::size_t)>& answer);

}  // namespace phalarope::program
