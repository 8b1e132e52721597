#include "firmware_images/gates/artifact_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/engine/base/sha256.hpp"

namespace phalarope::gates {
namespace {

namespace fs = std::filesystem;

std::string failure(const fs::path& path, std::string_view deed) {
  return "`" + path.string() + "` cannot be " + std::string(deed) + ": " + std::strerror(errno);
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

fs::path artifact_root() {
  const char* const named = std::getenv("PHALAROPE_ARTIFACT_ROOT");
  return named != nullptr && *named != '\0' ? fs::path(named) : fs::path("phalarope-artifacts");
}

fs::path or_artifact(const std::string& given, std::string_view sub_path) {
  return given.empty() ? artifact_root() / sub_path : fs::path(given);
}

fs::path resolve_input(const fs::path& path) {
  std::error_code none;
  if (path.is_absolute() || fs::exists(path, none)) return path;
  for (fs::path folder = fs::current_path(none); folder.has_relative_path(); folder = folder.parent_path()) {
    if (fs::exists(folder / path, none)) return folder / path;
  }
  return path;
}

std::expected<std::string, std::string> read_file(const fs::path& path) {
  if (path.empty()) return std::unexpected(std::string("a file's path is blank; give the file"));
  std::error_code none;
  if (fs::is_directory(path, none)) return std::unexpected("`" + path.string() + "` is a folder; give a file");
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.is_open()) text << file.rdbuf();
  if (!file.is_open() || file.bad()) return std::unexpected(failure(path, "read"));
  return text.str();
}

std::expected<spec::JsonValue, std::string> read_json(const fs::path& path) {
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  auto document = spec::parse_strict_json(*text);
  if (!document) return std::unexpected("`" + path.string() + "`: " + document.error());
  return document;
}

std::string sha256_text(std::string_view text) {
  const Sha256Hex hex = to_hex(sha256(text));
  return {hex.data(), hex.size()};
}

std::string write_file(const fs::path& path, std::string_view text) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) return "`" + path.parent_path().string() + "` cannot be made: " + error.message();
  fs::path fresh = path;
  fresh += ".new";
  constexpr mode_t readable_by_all = 0644;
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, readable_by_all);
  if (file < 0) return failure(fresh, "written");
  const bool whole = write_all(file, text) && ::fsync(file) == 0;
  const std::string trouble = whole ? std::string() : failure(fresh, "written");
  ::close(file);
  if (!trouble.empty()) {
    fs::remove(fresh, error);
    return trouble;
  }
  fs::rename(fresh, path, error);
  return error ? "`" + path.string() + "` cannot be replaced: " + error.message() : std::string();
}

std::string write_report(const fs::path& path, std::string_view json, std::string_view markdown) {
  const std::string trouble = write_file(path, json);
  if (!trouble.empty()) return trouble;
  return write_file(fs::path(path).replace_extension(".md"), markdown);
}

}  // namespace phalarope::gates
