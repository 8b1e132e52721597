#include "firmware_images/phalarope/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace phalarope::program {
namespace {
constexpr int terminal_columns_default = 100;

/// Columns of a UTF-8 text, taking each code point as one.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}
}  // namespace

int complain(std::string_view sentence, int code) {
  std::fprintf(stderr, "phalarope: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  return code;
}

Progress::Progress(std::string label) : label_(std::move(label)) {}

Progress::~Progress() {
  if (shown_) std::fprintf(stderr, "\r\033[K");
}

void Progress::tell(std::string_view state) {
  if (::isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r\033[K%s %.*s", label_.c_str(), static_cast<int>(state.size()), state.data());
  std::fflush(stderr);
  shown_ = true;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    text += line + "\n";
  }
  return text;
}

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) != 0; }

int terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return terminal_columns_default;
}

}  // namespace phalarope::program
