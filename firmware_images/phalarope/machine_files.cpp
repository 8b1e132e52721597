#include "firmware_images/phalarope/machine_files.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace phalarope::program {
namespace {

constexpr std::size_t lines_max = 4096;
constexpr std::int64_t core_max = 4095;

std::optional<std::int64_t> number_in(std::string_view text, int base) {
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc{} || read.ptr == text.data()) return std::nullopt;
  return number;
}

}  // namespace

std::vector<std::string> MachineFiles::lines(std::string_view path) const {
  std::vector<std::string> lines;
  std::ifstream file(real_path(path));
  for (std::string line; lines.size() < lines_max && std::getline(file, line);) lines.push_back(std::move(line));
  return lines;
}

std::optional<std::string> MachineFiles::line(std::string_view path) const {
  std::ifstream file(real_path(path));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::optional<std::int64_t> MachineFiles::number(std::string_view path, int base) const {
  const auto text = line(path);
  return text ? number_in(*text, base) : std::nullopt;
}

std::vector<std::string> MachineFiles::entries(std::string_view folder) const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(real_path(folder), error)) {
    names.push_back(std::string(folder) + "/" + entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::int64_t> cores_in(std::string_view list) {
  std::vector<std::int64_t> cores;
  while (!list.empty()) {
    const std::string_view range = list.substr(0, list.find(','));
    const auto first = number_in(range, 10);
    const auto dash = range.find('-');
    const auto last = dash == std::string_view::npos ? first : number_in(range.substr(dash + 1), 10);
    if (!first || !last || *first < 0 || *last > core_max) return {};
    for (std::int64_t core = *first; core <= *last; ++core) cores.push_back(core);
    list.remove_prefix(std::min(range.size() + 1, list.size()));
  }
  return cores;
}

}  // namespace phalarope::program
