// phalarope sim: the engine in a simulated, faulted world, with every invariant checked after every step.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "tests/sim/simulator.hpp"

namespace phalarope::program {
namespace {

struct SimCommandOptions {
  std::uint64_t seed = 1;
  std::uint64_t turns = 100'000;
  std::string faults = "all";
  bool json = false;
};

std::vector<std::string> split_names(const std::string& list) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    if (comma > begin) names.push_back(list.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return names;
}

int run_sim(const SimCommandOptions& options) {
  sim::SimOptions how{.seed = options.seed, .turns = options.turns, .faults = {}};
  if (options.faults == "none") {
    how.faults = {"none"};
  } else if (options.faults != "all") {
    how.faults = split_names(options.faults);
    const auto known = sim::fault_names();
    for (const std::string& name : how.faults) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      return complain("unknown fault `" + name +
                      "`; use all, none, or some of: " + fmt::format("{}", fmt::join(known, ", ")));
    }
  }
  Progress progress("simulating");
  const auto begun = std::chrono::steady_clock::now();
  const sim::SimReport report = sim::simulate(
      how, [&](std::uint64_t turns) { progress.tell(fmt::format("{} of {} turns", turns, options.turns)); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (options.json) {
    const nlohmann::json answer = {{"sound", report.sound()},
                                   {"seed", report.seed},
                                   {"turns", report.turns_opened},
                                   {"committed", report.turns_committed},
                                   {"aborted", report.turns_aborted},
                                   {"holds", report.holds},
                                   {"events", report.events},
                                   {"faults", report.faults_injected},
                                   {"digest", fmt::format("{:016x}", report.digest)},
                                   {"probes", report.probes},
                                   {"violations", report.violations},
                                   {"seconds", seconds}};
    fmt::print("{}\n", answer.dump(2));
  } else {
    for (const std::string& violation : report.violations) fmt::print("VIOLATION {}\n", violation);
    fmt::print("{} turns ({} committed, {} aborted), {} holds, {} events, {} faults in {:.1f} s; digest {:016x}\n",
               report.turns_opened, report.turns_committed, report.turns_aborted, report.holds, report.events,
               report.faults_injected, seconds, report.digest);
    fmt::print("{}\n", report.sound() ? "every invariant held"
                                      : fmt::format("replay: phalarope sim --seed {} --turns {} --faults {}",
                                                    options.seed, options.turns, options.faults));
  }
  return report.sound() ? exit_done : exit_no;
}

}  // namespace

void add_sim(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<SimCommandOptions>();
  CLI::App* command = app.add_subcommand("sim", "Run the engine in a simulated, faulted world");
  command->footer("Example: phalarope sim --seed 42 --turns 1000000 --faults all");
  command->add_option("--seed", options->seed, "Decides everything")->capture_default_str();
  command->add_option("--turns", options->turns, "How many turns")->capture_default_str();
  command->add_option("--faults", options->faults, "all, none, or names with commas")->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object instead of text");
  command->callback([options, &chosen] { chosen = [options] { return run_sim(*options); }; });
}

}  // namespace phalarope::program
