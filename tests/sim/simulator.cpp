#include "tests/sim/simulator.hpp"

#include <algorithm>
#include <memory>

#include "core/engine/base/digest.hpp"
#include "tests/sim/last_words.hpp"
#include "tests/sim/life.hpp"
#include "tests/sim/swarm.hpp"

namespace phalarope::sim {
namespace {

std::array<bool, fault_count> allowed_faults(const std::vector<std::string>& names) {
  std::array<bool, fault_count> allowed{};
  for (std::size_t i = 0; i < fault_count; ++i) {
    allowed[i] = names.empty() || std::find(names.begin(), names.end(), fault_rows[i].name) != names.end();
  }
  return allowed;
}

bool counts(const std::vector<std::string>& checks, const std::string& verdict) {
  return checks.empty() || std::any_of(checks.begin(), checks.end(), [&verdict](const std::string& check) {
           return verdict.starts_with(check + ":");
         });
}

void count_sizes(const Rig& rig, Probes& probes) {
  if (rig.sessions > 1) probes.count("many_sessions");
  if (rig.pipelines.size() > 1) probes.count("two_pipelines");
  if (rig.through_runtime && rig.evidence_ring_bytes == 1 << 17) probes.count("smallest_ring");
  if (rig.slabs == 48) probes.count("smallest_slabs");
}

}  // namespace

SimReport simulate(const SimOptions& options) {
  const Scenario* const scenario = find_scenario(options.scenario);
  PHAL_ENFORCE(scenario != nullptr, "a scenario is one of the table's");
  const LastWords last_words(repeat_line(options));
  Chance chance(options.seed);
  FaultMix faults(chance, allowed_faults(options.faults), options.skipped);
  Rig rig = draw_rig(chance, *scenario);
  std::unique_ptr<Store> store;
  Bender bender(options.bend);
  if (rig.on_disk && options.make_store != nullptr) store = options.make_store(chance.next(), faults, bender);
  Probes probes;
  count_sizes(rig, probes);
  Verdicts verdicts;
  RunningDigest digest;
  SimReport report;
  report.seed = options.seed;
  Destiny destiny{.options = options,
                  .rig = rig,
                  .chance = chance,
                  .faults = faults,
                  .store = store.get(),
                  .probes = probes,
                  .bender = bender,
                  .verdicts = verdicts,
                  .digest = digest,
                  .report = report};
  do {
    ++report.lives;
    Life(destiny).run();
    if (store == nullptr) continue;
    for (const std::string& what : store->violations()) verdicts.say(what);
    if (options.acts_max != 0 && faults.acts() >= options.acts_max) break;
  } while (report.turns_opened < options.turns && verdicts.said().empty());

  report.digest = digest.value();
  report.acts = faults.acts();
  for (const std::string& verdict : verdicts.said()) {
    if (counts(options.checks, verdict)) report.violations.push_back(verdict);
  }
  if (store != nullptr) {
    store->count_probes([&probes](std::string_view name, std::uint64_t times) { probes.count(name, times); });
  }
  for (const FaultRow& row : fault_rows) {
    report.faults_injected += faults.struck(row.fault);
    probes.count("fault_" + std::string(row.name), faults.struck(row.fault));
  }
  report.probes = probes.counts();
  return report;
}

std::vector<std::string> fault_names() {
  std::vector<std::string> names;
  for (const FaultRow& row : fault_rows) names.emplace_back(row.name);
  return names;
}

}  // namespace phalarope::sim
