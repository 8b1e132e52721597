// How the program speaks to people: exit codes, errors, progress on stderr, colour only on a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace phalarope::program {

/// Unix habits: 0 done, 1 the answer is no (invalid, different, damaged), 2 the call cannot be carried out.
constexpr int exit_done = 0;
constexpr int exit_no = 1;
constexpr int exit_usage = 2;

/// "phalarope: <what is wrong, where, what to do>" on stderr; answers `code`.
int complain(std::string_view sentence, int code = exit_usage);

/// One line that is rewritten while something long goes on; silent when stderr is no terminal.
class Progress {
 public:
  explicit Progress(std::string label);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void tell(std::string_view state);

 private:
  std::string label_;
  bool shown_ = false;
};

/// Columns as wide as their widest cell; the first row is the heading.
std::string table(const std::vector<std::vector<std::string>>& rows);

bool stdout_is_terminal();
int terminal_columns();

}  // namespace phalarope::program
