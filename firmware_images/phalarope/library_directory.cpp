#include "firmware_images/phalarope/library_directory.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/spec/document.hpp"
#include "firmware_images/phalarope/resources.hpp"

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;

constexpr const char* folders[] = {"methods", "chains", "meta", "templates"};

std::optional<std::string> text_at(const fs::path& path) {
  spec::Diagnostics trouble;
  std::string text = spec::read_text_file(path.string(), trouble);
  if (!trouble.empty()) return std::nullopt;
  return text;
}

}  // namespace

library::LibraryFiles read_library_directory(const std::string& directory) {
  library::LibraryFiles library;
  std::error_code error;
  library.has_methods = fs::is_directory(fs::path(directory) / "methods", error);
  library.has_chains = fs::is_directory(fs::path(directory) / "chains", error);
  for (const char* folder : folders) {
    for (const auto& entry : fs::directory_iterator(fs::path(directory) / folder, error)) {
      const std::string name = std::string(folder) + "/" + entry.path().filename().string();
      library.files.emplace(name, text_at(entry.path()));
    }
  }
  return library;
}

std::expected<std::string, std::string> library_path(const std::string& named) {
  if (!named.empty()) return named;
  if (auto shipped = find_resource("conf/library")) return *shipped;
  return std::unexpected("the shipped library conf/library was not found; give --library DIR or set PHALAROPE_SHARE");
}

std::expected<void, std::string> write_text_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.flush();
    if (!file) return std::unexpected("`" + path + "` cannot be written; check the folder and the space on the disk");
  }
  std::error_code error;
  fs::rename(fresh, path, error);
  if (error) return std::unexpected("`" + path + "` cannot be replaced (" + error.message() + ")");
  return {};
}

}  // namespace phalarope::program
