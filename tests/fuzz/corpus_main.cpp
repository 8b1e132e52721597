// The main of a fuzz target where libFuzzer is not: runs the target once over each file of its committed corpus.
//
//   <target> DIRECTORY|FILE... [-options of libFuzzer, ignored]
//
// So every input that ever found something stays a plain test under every compiler. A missing or empty corpus is a
// failure: it would test nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Path = std::filesystem::path;

std::vector<Path> inputs_below(const Path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<Path> inputs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());  // the same order on every file system
  return inputs;
}

void run(const Path& path) {
  std::fprintf(stderr, "%s\n", path.c_str());  // the last name printed is the one that crashed
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::size_t inputs_run = 0;
  for (int index = 1; index < argument_count; ++index) {
    const std::string argument = arguments[index];
    if (argument.starts_with("-")) continue;
    for (const Path& input : inputs_below(argument)) {
      run(input);
      ++inputs_run;
    }
  }
  std::fprintf(stderr, "%zu inputs\n", inputs_run);
  return inputs_run == 0 ? 1 : 0;
}
