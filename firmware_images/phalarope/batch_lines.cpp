#include "firmware_images/phalarope/batch_lines.hpp"

#include <cstdio>
#include <fstream>

#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {

int answer_lines(const std::string& path, const std::function<std::string(std::string_view, std::size_t)>& answer) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return complain("`" + path + "` cannot be read; give a file with one JSON object per line");
  std::size_t index = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    const std::string text = answer(line, index++);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
  }
  if (file.bad()) return complain("`" + path + "` could not be read to its end");
  return exit_done;
}

}  // namespace phalarope::program
