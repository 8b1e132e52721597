// phalarope bench [FILTER]: the Google Benchmark programs that were built or installed with this one.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;

struct BenchOptions {
  std::string filter;
  bool json = false;
  bool list = false;
};

std::vector<fs::path> bench_programs() {
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  std::vector<fs::path> programs;
  for (const fs::path& place :
       {here / "bench", here.parent_path() / "bench", here.parent_path() / "libexec/phalarope/bench"}) {
    for (const auto& entry : fs::directory_iterator(place, error)) {
      if (entry.is_regular_file() && entry.path().filename().string().starts_with("bench_"))
        programs.push_back(entry.path());
    }
    if (!programs.empty()) break;
  }
  std::sort(programs.begin(), programs.end());
  return programs;
}

int run_program(const fs::path& program, const BenchOptions& options) {
  std::vector<std::string> words{program.string()};
  if (!options.filter.empty()) words.push_back("--benchmark_filter=" + options.filter);
  if (options.json) words.emplace_back("--benchmark_format=json");
  if (options.list) words.emplace_back("--benchmark_list_tests=true");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return exit_usage;
  if (child == 0) {
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : exit_no;
}

int run_bench(const BenchOptions& options) {
  const std::vector<fs::path> programs = bench_programs();
  if (programs.empty()) {
    return complain("no benchmark programs were built with this program; in the source tree run ./dev bench");
  }
  int worst = exit_done;
  for (const fs::path& program : programs) worst = std::max(worst, run_program(program, options));
  return worst;
}

}  // namespace

void add_bench(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "Measure this board");
  command->footer("Example: phalarope bench 'ring/.*'");
  command->add_option("filter", options->filter, "Regular expression over benchmark names");
  command->add_flag("--list", options->list, "Only list the benchmarks");
  command->add_flag("--json", options->json, "Google Benchmark's JSON, one object per program");
  command->callback([options, &chosen] { chosen = [options] { return run_bench(*options); }; });
}

}  // namespace phalarope::program
