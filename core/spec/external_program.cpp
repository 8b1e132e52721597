#include "core/spec/external_program.hpp"

#include <array>
#include <filesystem>

#include "core/spec/node_types.hpp"

namespace phalarope::spec {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr IntegerRange wait_ms{.min = 1, .max = hour_ms};
/// A call must end before its worker counts as stuck (15 s), so that the node and not the worker is replaced.
constexpr IntegerRange call_ms{.min = 1, .max = 14'000};
constexpr IntegerRange grace_ms{.min = 1, .max = cancel_grace_ms_max};

/// One number of `external:`, for the reader and for the view alike.
struct ExternalField {
  const char* section;
  const char* name;
  std::int64_t ExternalProgram::* member;
  IntegerRange range;
};
constexpr std::array external_fields = {
    ExternalField{"timeouts", "progress_ms", &ExternalProgram::progress_ms, call_ms},
    ExternalField{"timeouts", "call_max_ms", &ExternalProgram::call_max_ms, call_ms},
    ExternalField{"timeouts", "cancel_grace_ms", &ExternalProgram::cancel_grace_ms, grace_ms},
    ExternalField{"timeouts", "hook_ms", &ExternalProgram::hook_ms, wait_ms},
    ExternalField{"timeouts", "start_ms", &ExternalProgram::start_ms, wait_ms},
    ExternalField{"limits", "memory_mib", &ExternalProgram::memory_mib, {.min = 8, .max = 1 << 20}},
    ExternalField{"limits", "cpu_units", &ExternalProgram::cpu_units, {.min = 1, .max = 1024}},
    ExternalField{"limits", "cpu_seconds", &ExternalProgram::cpu_seconds, {.min = 0, .max = 1 << 30}},
    ExternalField{"limits", "files", &ExternalProgram::files, {.min = 16, .max = 1 << 16}},
    ExternalField{"limits", "processes", &ExternalProgram::processes, {.min = 1, .max = 1 << 16}},
    ExternalField{"restarts", "in_a_row_max", &ExternalProgram::restarts_in_a_row_max, {.min = 0, .max = 1'000}},
    ExternalField{"restarts", "regain_ms", &ExternalProgram::restart_regain_ms, wait_ms},
};
constexpr std::array<const char*, 3> external_sections = {"timeouts", "limits", "restarts"};

/// A name without a slash is looked up among the installed nodes later; a path means: beside this file.
std::string program_path(const std::string& said, const Document& where) {
  if (said.starts_with('/') || said.find('/') == std::string::npos || !where.origin) return said;
  return (std::filesystem::path(*where.origin).parent_path() / said).lexically_normal().string();
}

void read_command(MapReader& map, ExternalProgram& program) {
  map.each_item(
      "command",
      [&](const Document& item, const std::string& path) {
        const auto word = scalar_of(item, path, map.diagnostics());
        if (!word) return;
        if (word->empty() && program.command.empty()) {
          map.complain("command", "begins with an empty name", "Begin it with the node's program");
        } else if (word->find('\0') != std::string::npos) {
          map.diagnostics().push_back(diagnostic_at(item, path, "holds a NUL character", "Remove it"));
        } else if (program.command.size() == command_words_max) {
          map.diagnostics().push_back(
              diagnostic_at(item, path, "is one word too many", "Use at most " + std::to_string(command_words_max)));
        } else {
          program.command.push_back(program.command.empty() ? program_path(*word, item) : *word);
        }
      },
      Presence::required);
  if (map.has("command") && program.command.empty()) {
    map.complain("command", "names no program", "Write a list: [PROGRAM, ARGUMENT...]");
  }
}

void read_environment(MapReader& map, ExternalProgram& program) {
  map.each_entry("environment", [&](const std::string& name, const Document& value, const std::string& path) {
    const auto text = scalar_of(value, path, map.diagnostics());
    if (!text) return;
    if (name.empty() || name.find('=') != std::string::npos || (name + *text).find('\0') != std::string::npos) {
      map.diagnostics().push_back(
          diagnostic_at(value, path, "is no variable that a program could be given", "Use NAME: value"));
    } else if (program.environment.size() == environment_entries_max) {
      map.diagnostics().push_back(diagnostic_at(value, path, "is one variable too many",
                                                "Use at most " + std::to_string(environment_entries_max)));
    } else {
      program.environment.push_back(name + "=" + *text);
    }
  });
}

}  // namespace

void read_external(MapReader& node_map, const NodeDefinition& node, std::vector<ExternalProgram>& programs) {
  auto map = node_map.map("external");
  if (!map) return;
  ExternalProgram program;
  program.node = node.id;
  program.type = node.type;
  if (node.type != NodeType::none && row_of(node.type).modality == Modality::none) {
    node_map.complain("external", "belongs to a recogniser, dialogue or synthesiser", "Leave it out");
  }
  read_command(*map, program);
  read_environment(*map, program);
  for (const char* section : external_sections) {
    auto numbers = map->map(section);
    if (!numbers) continue;
    for (const ExternalField& field : external_fields) {
      if (std::string_view(field.section) == section) numbers->integer(field.name, program.*field.member, field.range);
    }
    numbers->finish();
  }
  if (program.progress_ms > program.call_max_ms) {
    map->complain("timeouts", "let a call make no progress for longer than it may take",
                  "Make progress_ms at most call_max_ms");
  }
  map->finish();
  programs.push_back(std::move(program));
}

std::vector<std::pair<std::string, std::string>> list_settings(const ExternalProgram& program) {
  std::vector<std::pair<std::string, std::string>> settings;
  const std::string node(program.node.view());
  std::string command;
  for (const std::string& word : program.command) command += (command.empty() ? "" : " ") + word;
  settings.emplace_back(node + ".command", std::move(command));
  for (const std::string& entry : program.environment) {
    const std::size_t sign = entry.find('=');
    settings.emplace_back(node + ".environment." + entry.substr(0, sign), entry.substr(sign + 1));
  }
  for (const ExternalField& field : external_fields) {
    settings.emplace_back(node + "." + field.section + "." + field.name, std::to_string(program.*field.member));
  }
  return settings;
}

}  // namespace phalarope::spec
