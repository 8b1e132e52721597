// What a machine says about itself in /proc, /sys and /dev, read below a root, so that a folder can stand for a board.
//
// Every answer is a value or nothing: what a kernel does not tell is not a failure. Reads only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::program {

class MachineFiles {
 public:
  /// `root` empty: this machine.
  explicit MachineFiles(std::string root) : root_(std::move(root)) {}

  /// First line, without its end; nothing when the file cannot be read.
  std::optional<std::string> line(std::string_view path) const;
  std::vector<std::string> lines(std::string_view path) const;
  std::optional<std::int64_t> number(std::string_view path, int base = 10) const;
  /// Entries of a folder in the order of their names; full paths below the root, as they are asked for again.
  std::vector<std::string> entries(std::string_view folder) const;
  std::string real_path(std::string_view path) const { return root_ + std::string(path); }
  bool is_this_machine() const noexcept { return root_.empty(); }

 private:
  std::string root_;
};

/// "0-2,5" as cores; what is no list of cores is an empty one.
std::vector<std::int64_t> cores_in(std::string_view list);

}  // namespace phalarope::program
