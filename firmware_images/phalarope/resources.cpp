#include "firmware_images/phalarope/resources.hpp"

#include <cstdlib>
#include <filesystem>

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;

constexpr int parents_max = 6;
constexpr std::string_view speech_clip_directory = "/usr/share/pocketsphinx/test/data";

fs::path program_directory() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path(".") : program.parent_path();
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// In a source tree `conf/` stands in firmware_images/, the boards at the top.
std::optional<fs::path> in_source_tree(const fs::path& top, std::string_view name) {
  const fs::path path = name.starts_with("conf/") ? top / "firmware_images" / name : top / name;
  if (is_there(top / "firmware_images" / "conf") && is_there(path)) return path;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_resource(std::string_view name) {
  if (const char* share = std::getenv("PHALAROPE_SHARE"); share != nullptr) {
    if (const fs::path path = fs::path(share) / name; is_there(path)) return path.string();
  }
  const fs::path program = program_directory();
  if (const fs::path path = program.parent_path() / "share" / "phalarope" / name; is_there(path)) return path.string();
  fs::path parent = program;
  for (int i = 0; i < parents_max && parent.has_relative_path(); ++i, parent = parent.parent_path()) {
    if (const auto path = in_source_tree(parent, name)) return path->string();
  }
  return std::nullopt;
}

std::vector<std::string> resource_places() {
  std::vector<std::string> places;
  if (const char* share = std::getenv("PHALAROPE_SHARE"); share != nullptr) places.emplace_back(share);
  places.push_back((program_directory().parent_path() / "share" / "phalarope").string());
  places.push_back("the source tree around " + program_directory().string());
  return places;
}

std::optional<std::string> find_node_program(std::string_view name) {
  const fs::path above = program_directory().parent_path();
  for (const fs::path& directory : {above / "lib" / "phalarope" / "nodes", above / "nodes"}) {
    if (const fs::path path = directory / name; is_there(path)) return path.string();
  }
  return std::nullopt;
}

std::optional<std::string> find_speech_clip(std::string_view name) {
  const char* chosen = std::getenv("PHALAROPE_SPEECH_CLIPS");
  const fs::path path = fs::path(chosen != nullptr ? chosen : speech_clip_directory) / name;
  if (is_there(path)) return path.string();
  return std::nullopt;
}

}  // namespace phalarope::program
