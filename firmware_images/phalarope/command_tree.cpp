#include "firmware_images/phalarope/command_tree.hpp"

namespace phalarope::program {
namespace {

// NOLINTNEXTLINE(misc-no-recursion): as deep as the command line, which is two levels
void walk_below(const std::string& path, const CLI::App& command, const VisitCommand& visit) {
  visit(path, command);
  for (const CLI::App* const inner : shown_commands(command)) {
    walk_below(path.empty() ? inner->get_name() : path + " " + inner->get_name(), *inner, visit);
  }
}

}  // namespace

void walk_commands(const CLI::App& program, const VisitCommand& visit) { walk_below("", program, visit); }

std::vector<const CLI::App*> shown_commands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* inner) { return !inner->get_group().empty(); });
}

std::vector<const CLI::Option*> shown_options(const CLI::App& command) {
  std::vector<const CLI::Option*> options;
  for (const bool positional : {true, false}) {
    for (const CLI::Option* const option : command.get_options()) {
      if (option->get_positional() == positional && !option->get_group().empty()) options.push_back(option);
    }
  }
  return options;
}

}  // namespace phalarope::program
