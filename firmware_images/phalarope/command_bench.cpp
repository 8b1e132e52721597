// phalarope bench [FILTER]: the Google Benchmark programs that were built or installed with this one.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "firmware_images/phalarope/assembly.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/process_memory.hpp"
#include "hal/audio/audio_engine.hpp"
#include "hal/audio/loopback_device.hpp"
#include "hal/host/clock.hpp"

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

/// A fresh process of this program brought to listening; it says when it got there and how much memory it holds.
struct ProbeAnswer {
  double listening_ms = 0;
  double resident_mib = 0;
};

constexpr int probe_runs = 5;
constexpr std::string_view probe_engine = "probe-engine";
constexpr std::string_view probe_speech = "probe-speech";

/// The child: everything a board does until its first period has been heard.
int run_probe(bool with_speech) {
  static const hal::HostClock clock;
  const fs::path directory = fs::temp_directory_path() / ("phalarope-probe-" + std::to_string(::getpid()));
  AssemblyRequest request;
  request.recording_directory = directory.string();
  auto settings = assemble(request);
  if (!settings) return complain(settings.error());
  settings->with_nodes = with_speech;
  auto conversation = hal::Conversation::create(std::move(*settings), clock);
  if (!conversation) return complain(conversation.error());
  hal::LoopbackDevice device({});
  hal::AudioEngine audio(device, (*conversation)->audio_link(), (*conversation)->settings().audio);
  if (!audio.start()) return complain("the loopback device does not open");
  audio.run_period();
  fmt::print("{} {:.1f}\n", clock.now().value, resident_kib() / 1024.0);
  audio.stop();
  std::error_code error;
  fs::remove_all(directory, error);
  return exit_done;
}

std::optional<ProbeAnswer> probe(std::string_view kind) {
  const std::string command = "/proc/" + std::to_string(::getpid()) + "/exe bench " + std::string(kind);
  const std::int64_t begun_ns = hal::monotonic_now().value;
  FILE* child = ::popen(command.c_str(), "r");
  if (child == nullptr) return std::nullopt;
  char said[128] = {};
  const bool spoke = std::fgets(said, sizeof said, child) != nullptr;
  if (::pclose(child) != 0 || !spoke) return std::nullopt;
  std::int64_t listening_ns = 0;
  ProbeAnswer answer;
  if (!(std::istringstream(said) >> listening_ns >> answer.resident_mib)) return std::nullopt;
  answer.listening_ms = static_cast<double>(listening_ns - begun_ns) / static_cast<double>(ns_per_ms);
  return answer;
}

/// The median run by time; memory of the same run.
std::optional<ProbeAnswer> probe_median(std::string_view kind) {
  std::vector<ProbeAnswer> answers;
  for (int i = 0; i < probe_runs; ++i) {
    const auto answer = probe(kind);
    if (!answer) return std::nullopt;
    answers.push_back(*answer);
  }
  std::sort(answers.begin(), answers.end(),
            [](const ProbeAnswer& a, const ProbeAnswer& b) { return a.listening_ms < b.listening_ms; });
  return answers[answers.size() / 2];
}

/// P11 and P12: what a start costs, without and with the speech models, in processes of their own.
int run_process_bench(const BenchOptions& options) {
  const auto engine = probe_median(probe_engine);
  const auto speech = probe_median(probe_speech);
  if (!engine || !speech) return complain("a probe of this program did not start; is it installed with its conf/?");
  if (options.json) {
    fmt::print("{}\n", nlohmann::json{{"engine_resident_mib", engine->resident_mib},
                                      {"speech_resident_mib", speech->resident_mib},
                                      {"without_models_ms", engine->listening_ms},
                                      {"with_models_ms", speech->listening_ms}}
                           .dump());
  } else {
    fmt::print("{}", table({{"", "to listening", "resident"},
                            {"engine alone", fmt::format("{:.0f} ms", engine->listening_ms),
                             fmt::format("{:.1f} MiB", engine->resident_mib)},
                            {"with speech", fmt::format("{:.0f} ms", speech->listening_ms),
                             fmt::format("{:.1f} MiB", speech->resident_mib)}}));
  }
  return exit_done;
}

int run_bench(const BenchOptions& options) {
  if (options.filter == "memory" || options.filter == "start") return run_process_bench(options);
  if (options.filter == probe_engine || options.filter == probe_speech)
    return run_probe(options.filter == probe_speech);
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
  command->footer(
      "Example: phalarope bench 'ring/.*'\n         phalarope bench memory --json     (a start: time and memory, "
      "without and with speech)");
  command->add_option("filter", options->filter, "Regular expression over benchmark names; or memory, start");
  command->add_flag("--list", options->list, "Only list the benchmarks");
  command->add_flag("--json", options->json, "Google Benchmark's JSON, one object per program");
  command->callback([options, &chosen] { chosen = [options] { return run_bench(*options); }; });
}

}  // namespace phalarope::program
