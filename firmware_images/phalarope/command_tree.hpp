// The command line as a tree, walked: what completion and the manual are made from, so that neither is ever stale.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace phalarope::program {

/// `path` is what stands behind the program's name: empty for the program itself, `replay compare` for the inner one.
using VisitCommand = std::function<void(const std::string& path, const CLI::App& command)>;

/// Every command a person may type, outer before inner. What CLI11 hides from its help (an empty group) is left out.
void walk_commands(const CLI::App& program, const VisitCommand& visit);

/// The commands right below this one, in the order of its help.
std::vector<const CLI::App*> shown_commands(const CLI::App& command);
/// The options of this command by its help: positional ones first.
std::vector<const CLI::Option*> shown_options(const CLI::App& command);

}  // namespace phalarope::program
