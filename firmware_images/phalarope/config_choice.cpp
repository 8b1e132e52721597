#include "firmware_images/phalarope/config_choice.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "firmware_images/phalarope/board_choice.hpp"

namespace phalarope::program {
namespace {

constexpr std::string_view default_config_path = "/etc/phalarope/phalarope.yaml";
// Variables of the program itself; everything else that begins with PHALAROPE_ is a setting.
constexpr std::array<std::string_view, 4> own_variables = {"PHALAROPE_SHARE", "PHALAROPE_SPEECH_CLIPS",
                                                           "PHALAROPE_HEAP_MIB", "PHALAROPE_MODELS"};
// What other commands and rooms read themselves, under a prefix of its own.
constexpr std::array<std::string_view, 4> own_prefixes = {"PHALAROPE_CP_", "PHALAROPE_PROVIDER_IO_CAPTURE_",
                                                          "PHALAROPE_REPLAY_AUDIT_", "PHALAROPE_REPLAY_ACCESS_"};

bool is_own(std::string_view variable) {
  return std::find(own_variables.begin(), own_variables.end(), variable) != own_variables.end() ||
         std::any_of(own_prefixes.begin(), own_prefixes.end(),
                     [variable](std::string_view prefix) { return variable.starts_with(prefix); });
}

}  // namespace

spec::ConfigSources config_sources(const std::string& file) {
  spec::ConfigSources sources;
  sources.file = file;
  if (sources.file.empty() && std::filesystem::exists(default_config_path)) sources.file = default_config_path;
  sources.environment = spec::select_environment(::environ);
  std::erase_if(sources.environment, [](const auto& entry) { return is_own(entry.first); });
  return sources;
}

std::expected<spec::BoardProfile, std::string> configured_board(const std::string& board, const std::string& file) {
  if (!board.empty()) return choose_board(board);
  const auto resolved = spec::resolve_config(config_sources(file));
  if (!resolved) return std::unexpected(spec::to_string(resolved.error()));
  return choose_board(resolved->config.board);
}

}  // namespace phalarope::program
