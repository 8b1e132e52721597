// phalarope completion bash|zsh|fish: words for the shell, made from the command line itself, so they are never stale.
//
//   phalarope replay compare --po<TAB>      at = "replay compare"      offered = its commands and options
//
// The shell walks the words before the cursor; each that leads on to an inner command moves `at`, all others are
// arguments. Then it offers the words of where it stands, and files.
#include <fmt/format.h>

#include <algorithm>

#include "firmware_images/phalarope/command_tree.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

std::string words_of(const CLI::App& command) {
  std::vector<std::string> words;
  for (const CLI::App* const inner : shown_commands(command)) words.push_back(inner->get_name());
  for (const CLI::Option* const option : shown_options(command)) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return fmt::format("{}", fmt::join(words, " "));
}

/// The two `case` bodies that bash and zsh share.
struct ShellCases {
  std::string paths;  // every path of an inner command, as one pattern
  std::string words;  // path) offered="..." ;;
};

ShellCases cases_of(const CLI::App& app) {
  ShellCases cases;
  walk_commands(app, [&cases](const std::string& path, const CLI::App& command) {
    if (!path.empty()) cases.paths += fmt::format("{}\" {}\"", cases.paths.empty() ? "" : "|", path);
    cases.words += fmt::format("    \"{}\") offered=\"{}\" ;;\n", path.empty() ? "" : " " + path, words_of(command));
  });
  return cases;
}

std::string bash_script(const CLI::App& app) {
  const ShellCases cases = cases_of(app);
  return fmt::format(R"(# bash completion of phalarope; made by `phalarope completion bash`
_phalarope() {{
  local at="" offered="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${{COMP_WORDS[i]}}" in
      {}) at="$at ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$at" in
{}  esac
  COMPREPLY=($(compgen -W "$offered" -- "${{COMP_WORDS[COMP_CWORD]}}"))
  case "${{COMP_WORDS[COMP_CWORD]}}" in
    -*) ;;
    *) [ -z "$at" ] || COMPREPLY+=($(compgen -f -- "${{COMP_WORDS[COMP_CWORD]}}")) ;;
  esac
}}
complete -o filenames -F _phalarope phalarope
)",
                     cases.paths, cases.words);
}

std::string zsh_script(const CLI::App& app) {
  const ShellCases cases = cases_of(app);
  return fmt::format(R"(#compdef phalarope
# zsh completion of phalarope; made by `phalarope completion zsh`
_phalarope() {{
  local at="" offered="" i
  for ((i = 2; i < CURRENT; i++)); do
    case "$at ${{words[i]}}" in
      {}) at="$at ${{words[i]}}" ;;
    esac
  done
  case "$at" in
{}  esac
  compadd -- ${{(s: :)offered}}
  if [[ -n "$at" && "${{words[CURRENT]}}" != -* ]]; then _files; fi
}}
if [[ "$funcstack[1]" == "_phalarope" ]]; then _phalarope "$@"; else compdef _phalarope phalarope; fi
)",
                     cases.paths, cases.words);
}

/// In single quotes, as fish reads them.
std::string fish_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string fish_script(const CLI::App& app) {
  std::string lines = "# fish completion of phalarope; made by `phalarope completion fish`\n";
  walk_commands(app, [&lines](const std::string& path, const CLI::App& command) {
    std::string where = path.empty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + path;
    if (path.find(' ') != std::string::npos) {  // an inner command: all of its words were seen
      where = "__fish_seen_subcommand_from " + path.substr(0, path.find(' ')) + "; and __fish_seen_subcommand_from " +
              path.substr(path.find(' ') + 1);
    }
    for (const CLI::App* const inner : shown_commands(command)) {
      lines += fmt::format("complete -c phalarope -n {} -a {} -d {}\n", fish_quoted(where), inner->get_name(),
                           fish_quoted(inner->get_description()));
    }
    for (const CLI::Option* const option : shown_options(command)) {
      for (const std::string& name : option->get_lnames()) {
        lines += fmt::format("complete -c phalarope -n {} -l {} -d {}\n", fish_quoted(where), name,
                             fish_quoted(option->get_description()));
      }
    }
  });
  return lines;
}

int print_completion(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") {
    fmt::print("{}", bash_script(app));
  } else if (shell == "zsh") {
    fmt::print("{}", zsh_script(app));
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
  command->footer("Example: source <(phalarope completion bash)");
  command->add_option("shell", *shell, "bash, zsh or fish")->capture_default_str();
  command->callback([shell, &app, &chosen] { chosen = [shell, &app] { return print_completion(app, *shell); }; });
}

}  // namespace phalarope::program
