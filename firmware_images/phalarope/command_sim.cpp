// phalarope sim: the engine in simulated, faulted worlds, with every invariant checked after every step. A failure is
// one line that repeats it, the fewest acts that still fail, and a recording that `phalarope timeline` opens.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "tests/sim/disk/disk_store.hpp"
#include "tests/sim/disk/failure_recording.hpp"
#include "tests/sim/minimise.hpp"
#include "tests/sim/swarm.hpp"

namespace phalarope::program {
namespace {

struct SimCommandOptions {
  std::string scenario = "swarm";
  std::uint64_t seed = 1;
  std::uint64_t turns = 100'000;
  std::vector<std::string> faults{"all"};
  std::vector<std::string> checks{"all"};
  std::vector<std::string> skip;
  std::uint64_t acts = 0;
  std::string plant;
  std::string failure_directory;
  unsigned jobs = 0;  // 0: one for each core
  bool canaries = false;
  bool probes = false;
  bool json = false;
};

/// "all" and "none" beside names.
Result<std::vector<std::string>, std::string> names_of(const std::vector<std::string>& given,
                                                       const std::vector<std::string>& known, std::string_view what) {
  if (given == std::vector<std::string>{"all"}) return std::vector<std::string>{};
  if (given == std::vector<std::string>{"none"}) return given;
  for (const std::string& name : given) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return refuse(fmt::format("unknown {} `{}`; use all, none, or some of: {}", what, name, fmt::join(known, ", ")));
  }
  return given;
}

/// "3-5,9" as 3, 4, 5, 9; ascending.
Result<std::vector<std::uint64_t>, std::string> acts_of(const std::vector<std::string>& ranges) {
  constexpr std::uint64_t acts_in_a_range_max = 1'000'000;
  std::vector<std::uint64_t> acts;
  for (const std::string& range : ranges) {
    std::uint64_t first = 0;
    const char* const end = range.data() + range.size();
    auto read = std::from_chars(range.data(), end, first);
    std::uint64_t last = first;
    if (read.ec == std::errc{} && read.ptr != end && *read.ptr == '-') read = std::from_chars(read.ptr + 1, end, last);
    if (read.ec != std::errc{} || read.ptr != end || last < first || last - first > acts_in_a_range_max) {
      return refuse("--skip: `" + range + "` is neither an act's number nor a range of them (3-5)");
    }
    for (std::uint64_t act = first; act <= last; ++act) acts.push_back(act);
  }
  std::sort(acts.begin(), acts.end());
  return acts;
}

const std::vector<std::string>& check_names() {
  static const std::vector<std::string> names{"order", "I1",  "I2", "I3",  "I4",  "I5",  "I6",  "I7",  "I8",
                                              "I10",   "2.7", "D4", "D14", "D19", "Q15", "Q16", "Q17", "Q18"};
  return names;
}

nlohmann::json json_of(const sim::SwarmReport& swarm, double seconds) {
  const sim::SimReport& report = swarm.sum;
  return {{"sound", report.sound()},
          {"seed", report.seed},
          {"worlds", swarm.worlds},
          {"lives", report.lives},
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
}

void print_probes(const sim::ProbeCounts& probes) {
  for (const auto& [name, count] : probes) fmt::print("{:>12} {}{}\n", count, name, count == 0 ? "   NEVER" : "");
}

std::size_t probes_hit(const sim::ProbeCounts& probes) {
  return static_cast<std::size_t>(
      std::count_if(probes.begin(), probes.end(), [](const auto& probe) { return probe.second > 0; }));
}

/// Makes the failure small, writes it down, and says how to see it again.
nlohmann::json tell_failure(const sim::SimOptions& failing, const std::string& directory, bool as_json) {
  if (!as_json) fmt::print("repeat:    {}\n", sim::repeat_line(failing));
  const sim::Minimised small = sim::minimise(failing);
  const int error = sim::record_failure(small.world, directory);
  nlohmann::json told{{"repeat", sim::repeat_line(failing)},
                      {"minimised", sim::repeat_line(small.world)},
                      {"acts", small.acts_before},
                      {"acts_left", small.acts_left},
                      {"recording", error == 0 ? directory : ""}};
  if (as_json) return told;
  fmt::print("minimised: {} of {} acts of people and faults are left\n           {}\n", small.acts_left,
             small.acts_before, sim::repeat_line(small.world));
  if (error == 0) fmt::print("look:      phalarope timeline {}\n", directory);
  return told;
}

int run_worlds(const SimCommandOptions& options, sim::SwarmOptions how) {
  Progress progress("simulating");
  how.progress = [&](std::uint64_t turns) { progress.tell(fmt::format("{} of {} turns", turns, options.turns)); };
  const auto begun = std::chrono::steady_clock::now();
  const sim::SwarmReport swarm = sim::simulate_swarm(how);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const sim::SimReport& report = swarm.sum;
  nlohmann::json answer = json_of(swarm, seconds);
  if (!options.json) {
    for (const std::string& violation : report.violations) fmt::print("VIOLATION  {}\n", violation);
    fmt::print("{} worlds, {} turns ({} committed, {} aborted), {} holds, {} events, {} faults in {:.1f} s\n",
               swarm.worlds, report.turns_opened, report.turns_committed, report.turns_aborted, report.holds,
               report.events, report.faults_injected, seconds);
    fmt::print("{} of {} probes hit; digest {:016x}\n", probes_hit(report.probes), report.probes.size(), report.digest);
    if (options.probes) print_probes(report.probes);
    if (report.sound()) fmt::print("every invariant held\n");
  }
  if (!report.sound()) {
    sim::SimOptions failing = how.world;
    failing.seed = report.seed;
    failing.turns = swarm.turns_of_failure;
    const std::string directory =
        options.failure_directory.empty() ? fmt::format("sim-failure-{}", report.seed) : options.failure_directory;
    answer["failure"] = tell_failure(failing, directory, options.json);
  }
  if (options.json) fmt::print("{}\n", answer.dump(2));
  return report.sound() ? exit_done : exit_no;
}

/// Each planted bug in turn; the command fails when one is not named by its own checker.
int run_canaries(const SimCommandOptions& options, const sim::SwarmOptions& how) {
  std::size_t blind = 0;
  nlohmann::json answer = nlohmann::json::array();
  for (const sim::BendRow& row : sim::bend_rows) {
    sim::SwarmOptions canary = how;
    canary.world.bend = row.bend;
    if (row.on_disk) canary.world.scenario = "disk";
    const sim::SwarmReport swarm = sim::simulate_swarm(canary);
    const std::string wanted = std::string(row.caught_as) + ":";
    const auto& said = swarm.sum.violations;
    const bool named =
        std::any_of(said.begin(), said.end(), [&wanted](const std::string& text) { return text.starts_with(wanted); });
    blind += named ? 0 : 1;
    answer.push_back({{"planted", row.name}, {"caught_as", row.caught_as}, {"caught", named}});
    if (!options.json)
      fmt::print("{} {:<24} {:<6} {}\n", named ? "caught" : "MISSED", row.name, row.caught_as, row.sentence);
  }
  if (options.json) fmt::print("{}\n", answer.dump(2));
  return blind == 0 ? exit_done : exit_no;
}

int run_sim(const SimCommandOptions& options) {
  sim::SwarmOptions how;
  how.world.seed = options.seed;
  how.world.scenario = options.scenario;
  how.world.acts_max = options.acts;
  const auto skipped = acts_of(options.skip);
  if (!skipped) return complain(skipped.error());
  how.world.skipped = *skipped;
  how.world.make_store = sim::make_disk_store;
  how.turns = options.turns;
  how.jobs = options.jobs == 0 ? std::max(1U, std::thread::hardware_concurrency()) : options.jobs;
  if (sim::find_scenario(options.scenario) == nullptr) {
    std::string known;
    for (const sim::Scenario& scenario : sim::scenarios)
      known += fmt::format("\n  {:<8} {}", scenario.name, scenario.sentence);
    return complain("unknown scenario `" + options.scenario + "`; there are:" + known);
  }
  const auto faults = names_of(options.faults, sim::fault_names(), "fault");
  if (!faults) return complain(faults.error());
  how.world.faults = *faults;
  const auto checks = names_of(options.checks, check_names(), "check");
  if (!checks) return complain(checks.error());
  how.world.checks = *checks;
  if (options.canaries) return run_canaries(options, how);
  if (!options.plant.empty()) {
    const sim::BendRow* const row = sim::find_bend(options.plant);
    if (row == nullptr) return complain("unknown planted bug `" + options.plant + "`; `--canaries` lists them");
    how.world.bend = row->bend;
  }
  return run_worlds(options, how);
}

}  // namespace

void add_sim(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<SimCommandOptions>();
  CLI::App* command = app.add_subcommand("sim", "Run the engine in simulated, faulted worlds");
  command->footer(
      "Example: phalarope sim --seed 42 --turns 1000000 --faults all\n"
      "Each world has 500 turns and a seed of its own: SEED, SEED + 1, ... A failure prints the line that repeats it.");
  command->add_option("scenario", options->scenario, "swarm, step, crowd, disk, chatty")->capture_default_str();
  command->add_option("--seed", options->seed, "Decides everything")->capture_default_str();
  command->add_option("--turns", options->turns, "How many turns")->capture_default_str();
  command->add_option("--faults", options->faults, "all, none, or names with commas")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--check", options->checks, "all, or invariants with commas (I6,D14)")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--skip", options->skip, "Acts that do not happen: numbers and ranges (3-5), with commas")
      ->delimiter(',');
  command->add_option("--acts", options->acts, "The world ends after so many acts (0: only its turns end it)");
  command->add_option("--plant", options->plant, "Plant one bug, to see that it is caught");
  command->add_flag("--canaries", options->canaries, "Plant each bug in turn; fails when one is not caught");
  command->add_flag("--probes", options->probes, "Print each rare path and how often it was reached");
  command->add_option("--failure", options->failure_directory, "Where a failure is recorded (sim-failure-SEED)");
  command->add_option("--jobs", options->jobs, "Threads (0: one for each core)")->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object instead of text");
  command->callback([options, &chosen] { chosen = [options] { return run_sim(*options); }; });
}

}  // namespace phalarope::program
