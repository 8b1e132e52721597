#include "tests/sim/swarm.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "core/engine/base/digest.hpp"

namespace phalarope::sim {
namespace {

/// What the threads write together.
struct Shared {
  std::mutex mutex;
  SwarmReport report;
  std::map<std::uint64_t, std::uint64_t> digests;  // by seed
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> failed{UINT64_MAX};  // index of the first world that is not sound
};

void add(SimReport& sum, const SimReport& one) {
  sum.turns_opened += one.turns_opened;
  sum.turns_committed += one.turns_committed;
  sum.turns_aborted += one.turns_aborted;
  sum.holds += one.holds;
  sum.events += one.events;
  sum.lives += one.lives;
  sum.acts += one.acts;
  sum.faults_injected += one.faults_injected;
  for (const auto& [name, count] : one.probes) sum.probes[name] += count;
}

void run_worlds(const SwarmOptions& options, std::uint64_t worlds, Shared& shared) {
  for (;;) {
    const std::uint64_t index = shared.next.fetch_add(1);
    if (index >= worlds || index > shared.failed.load()) return;
    SimOptions world = options.world;
    world.seed = options.world.seed + index;
    world.turns = std::min(turns_per_world, options.turns - index * turns_per_world);
    const SimReport one = simulate(world);
    const std::lock_guard lock(shared.mutex);
    add(shared.report.sum, one);
    shared.digests[one.seed] = one.digest;
    if (options.on_world) options.on_world(one.seed, one.digest);
    if (options.progress) options.progress(shared.report.sum.turns_opened);
    if (one.sound() || index > shared.failed.load()) continue;
    shared.failed = index;
    shared.report.sum.seed = one.seed;
    shared.report.sum.violations = one.violations;
    shared.report.turns_of_failure = world.turns;
  }
}

/// 3,4,5,9 as "3-5" and "9".
std::vector<std::string> ranges_of(const std::vector<std::uint64_t>& numbers) {
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    ranges.push_back(std::to_string(numbers[i]) + (last > i ? "-" + std::to_string(numbers[last]) : ""));
    i = last + 1;
  }
  return ranges;
}

}  // namespace

SwarmReport simulate_swarm(const SwarmOptions& options) {
  const std::uint64_t worlds = (options.turns + turns_per_world - 1) / turns_per_world;
  Shared shared;
  shared.report.sum.seed = options.world.seed;
  shared.report.worlds = worlds;
  std::vector<std::thread> threads;
  const unsigned jobs = std::max(1U, options.jobs);
  for (unsigned i = 1; i < jobs; ++i) threads.emplace_back([&] { run_worlds(options, worlds, shared); });
  run_worlds(options, worlds, shared);
  for (std::thread& thread : threads) thread.join();
  RunningDigest digest;
  for (const auto& [seed, value] : shared.digests) digest.add(value);
  shared.report.sum.digest = shared.digests.size() == 1 ? shared.digests.begin()->second : digest.value();
  return std::move(shared.report);
}

std::string repeat_line(const SimOptions& world) {
  std::string line = "phalarope sim " + world.scenario + " --seed " + std::to_string(world.seed) + " --turns " +
                     std::to_string(world.turns);
  const auto list = [&line](const char* option, const auto& items, const auto& text) {
    if (items.empty()) return;
    line += std::string(" ") + option + " ";
    for (std::size_t i = 0; i < items.size(); ++i) line += (i > 0 ? "," : "") + text(items[i]);
  };
  list("--faults", world.faults, [](const std::string& name) { return name; });
  if (world.acts_max != 0) line += " --acts " + std::to_string(world.acts_max);
  list("--skip", ranges_of(world.skipped), [](const std::string& range) { return range; });
  if (world.bend != Bend::none)
    line += " --plant " + std::string(bend_rows[static_cast<std::size_t>(world.bend) - 1].name);
  return line;
}

}  // namespace phalarope::sim
