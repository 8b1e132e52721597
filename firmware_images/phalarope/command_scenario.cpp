// phalarope scenario: scripts of events, each run in a fresh engine (cli-conformance.md 4).
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "core/spec/scenario/scenario_lines.hpp"
#include "firmware_images/phalarope/batch_lines.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "hal/host/clock.hpp"

namespace phalarope::program {
namespace {

struct ScenarioOptions {
  std::string jsonl;
  bool json = false;
};

int run_scenarios(const ScenarioOptions& options) {
  const WallTime now = hal::wall_now();
  const spec::ScenarioTime time{
      .now_ms = now.value / ns_per_ms,
      .generated_at_utc = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now.value / ns_per_second))};
  return answer_lines(options.jsonl, [&time](std::string_view line, std::size_t index) {
    return spec::answer_scenario_line(line, index, time);
  });
}

}  // namespace

void add_scenario(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<ScenarioOptions>();
  CLI::App* command = app.add_subcommand("scenario", "Run scripts of events, each in a fresh engine");
  command->footer(
      "Example: phalarope scenario --jsonl scenarios.jsonl --json\n"
      "A line: {\"session\": {...}, \"events\": [{\"kind\": \"connected\"}, {\"kind\": \"turn_open_proposed\"}]}");
  command->add_option("--jsonl", options->jsonl, "Scenarios, one JSON object a line")->required();
  command->add_flag("--json", options->json, "Answers are JSON lines in any case");
  command->callback([options, &chosen] { chosen = [options] { return run_scenarios(*options); }; });
}

}  // namespace phalarope::program
