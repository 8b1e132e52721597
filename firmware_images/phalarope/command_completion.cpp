// phalarope completion bash|zsh|fish: words for the shell, made from the command line itself, so they are never stale.
#include <fmt/format.h>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* command : app.get_subcommands({})) words += command->get_name() + " ";
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  return words;
}

std::string bash_script(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* command : app.get_subcommands({})) {
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(), words_of(*command));
  }
  return fmt::format(R"(_phalarope() {{
  local words="{}"
  case "${{COMP_WORDS[1]}}" in
{}  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="{}"; fi
  COMPREPLY=($(compgen -W "$words" -f -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o filenames -F _phalarope phalarope
)",
                     words_of(app), cases, words_of(app));
}

std::string fish_script(const CLI::App& app) {
  std::string lines;
  for (const CLI::App* command : app.get_subcommands({})) {
    lines += fmt::format("complete -c phalarope -n __fish_use_subcommand -a {} -d '{}'\n", command->get_name(),
                         command->get_description());
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        lines += fmt::format("complete -c phalarope -n '__fish_seen_subcommand_from {}' -l {} -d '{}'\n",
                             command->get_name(), name, option->get_description());
      }
    }
  }
  return lines;
}

int print_completion(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") {
    fmt::print("{}", bash_script(app));
  } else if (shell == "zsh") {
    fmt::print("autoload -U +X bashcompinit && bashcompinit\n{}", bash_script(app));
  } else if (shell == "fish") {
    fmt::print("{}", fish_script(app));
  } else {
    return complain("completion knows bash, zsh and fish, not `" + shell + "`");
  }
  return exit_done;
}

}  // namespace

void add_completion(CLI::App& app, ChosenCommand& chosen) {
  auto shell = std::make_shared<std::string>("bash");
  CLI::App* command = app.add_subcommand("completion", "Print shell completion");
  command->footer("Example: phalarope completion bash > /etc/bash_completion.d/phalarope");
  command->add_option("shell", *shell, "bash, zsh or fish")->capture_default_str();
  command->callback([shell, &app, &chosen] { chosen = [shell, &app] { return print_completion(app, *shell); }; });
}

}  // namespace phalarope::program
