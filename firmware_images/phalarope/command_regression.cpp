// phalarope generate-runtime-baseline, replay-smoke-report, replay-regression-report (evidence.md 2.6-2.9).
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/regression_report.hpp"
#include "firmware_images/gates/replay_artifact_json.hpp"
#include "firmware_images/gates/runtime_baseline.hpp"
#include "firmware_images/gates/utc_time.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/gate_command.hpp"

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;
using namespace phalarope::gates;

constexpr std::string_view smoke_fixture = "rd-001-smoke";

struct RegressionOptions {
  std::string out;
  std::string metadata = "tests/contract/replay_fixtures/metadata.json";
  std::string gate = "full";
  std::string tell;
};

int generate_runtime_baseline(const std::string& out) {
  const auto records = run_baseline_scenarios();
  if (!records) return refuse_to_judge(records.error());
  const fs::path path = or_artifact(out, artifact::runtime_baseline);
  const BaselineArtifact written{.generated_at_utc = utc_text(utc_now_ms()), .entries = *records};
  if (const std::string trouble = write_file(path, to_json(written)); !trouble.empty()) return refuse_to_judge(trouble);
  fmt::print("{}: {} turns\n", path.string(), records->size());
  return exit_done;
}

/// Prints what the engine tells of a fixture's story today: the `recorded` member of a new fixture.
int tell_fixture(const fs::path& file) {
  const auto fixture = read_json(file);
  if (!fixture) return refuse_to_judge(fixture.error());
  const auto told = tell_story(*fixture);
  if (!told) return refuse_to_judge(told.error());
  fmt::print("{}", to_json(*told));
  return exit_done;
}

std::expected<RegressionReport, std::string> run_fixtures(const RegressionOptions& options, FixtureGate gate,
                                                          std::string_view only) {
  const fs::path metadata_path = resolve_input(options.metadata);
  const auto json = read_json(metadata_path);
  if (!json) return std::unexpected(json.error());
  auto all = read_fixture_metadata(*json);
  if (!all) return std::unexpected("`" + metadata_path.string() + "`: " + all.error());
  auto selected = select_fixtures(std::move(*all), gate);
  if (!selected) return std::unexpected(selected.error());
  if (!only.empty()) std::erase_if(*selected, [&](const FixtureMetadata& one) { return one.id != only; });
  if (selected->empty()) return std::unexpected(fmt::format("the metadata has no fixture {}", only));
  const auto baseline = run_baseline_scenarios();
  RegressionReport report{
      .generated_at_utc = utc_text(utc_now_ms()), .metadata_path = options.metadata, .gate = gate, .fixtures = {}};
  for (const FixtureMetadata& metadata : *selected) {
    auto result = run_fixture(metadata_path.parent_path(), metadata, baseline ? &*baseline : nullptr);
    if (!result) return std::unexpected(result.error());
    report.fixtures.push_back(std::move(*result));
  }
  return report;
}

/// The gate may stand alone: `replay-regression-report full`.
RegressionOptions with_lone_gate(RegressionOptions options) {
  if (fixture_gate_named(options.out)) options.gate = std::exchange(options.out, {});
  return options;
}

int replay_regression_report(const RegressionOptions& given) {
  const RegressionOptions options = with_lone_gate(given);
  if (!options.tell.empty()) return tell_fixture(options.tell);
  const auto gate = fixture_gate_named(options.gate);
  if (!gate || *gate == FixtureGate::both) return complain("the gate is quick or full, not `" + options.gate + "`");
  const auto report = run_fixtures(options, *gate, {});
  if (!report) return refuse_to_judge(report.error());
  const fs::path path = or_artifact(options.out, artifact::replay_regression);
  for (const FixtureResult& result : report->fixtures) {
    const fs::path own = path.parent_path() / "fixtures" / (fixture_file_name(result.metadata.id) + ".json");
    const std::string trouble = write_report(own, fixture_json(result, *report), fixture_markdown(result, *report));
    if (!trouble.empty()) return refuse_to_judge(trouble);
  }
  return deliver_report(path, regression_json(*report), regression_markdown(*report), report->violations());
}

int replay_smoke_report(const RegressionOptions& options) {
  const auto report = run_fixtures(options, FixtureGate::quick, smoke_fixture);
  if (!report) return refuse_to_judge(report.error());
  return deliver_report(or_artifact(options.out, artifact::replay_smoke), smoke_json(report->fixtures.front(), *report),
                        regression_markdown(*report), report->violations());
}

}  // namespace

void add_regression(CLI::App& app, ChosenCommand& chosen) {
  auto out = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("generate-runtime-baseline", "Run nine turns and write their evidence");
  command->footer(
      "Example: phalarope generate-runtime-baseline baseline.json\nExit code: 0 written, 1 not, 2 bad call");
  command->add_option("out", *out, "Where the baseline goes");
  command->callback([out, &chosen] { chosen = [out] { return generate_runtime_baseline(*out); }; });

  auto smoke = std::make_shared<RegressionOptions>();
  command = app.add_subcommand("replay-smoke-report", "Replay the smoke fixture");
  command->footer("Example: phalarope replay-smoke-report smoke.json\nExit code: 0 passed, 1 not passed, 2 bad call");
  command->add_option("out", smoke->out, "Where the report goes");
  command->add_option("metadata", smoke->metadata, "The fixtures' metadata")->capture_default_str();
  command->callback([smoke, &chosen] { chosen = [smoke] { return replay_smoke_report(*smoke); }; });

  auto full = std::make_shared<RegressionOptions>();
  command = app.add_subcommand("replay-regression-report", "Replay the fixtures of a gate and judge what differs");
  command->footer(
      "Example: phalarope replay-regression-report regression.json metadata.json quick\n"
      "Exit code: 0 passed, 1 not passed, 2 bad call");
  command->add_option("out", full->out, "Where the report goes");
  command->add_option("metadata", full->metadata, "The fixtures' metadata")->capture_default_str();
  command->add_option("gate", full->gate, "quick or full")->capture_default_str();
  command->add_option("--tell", full->tell, "Only print what the engine tells of this fixture today");
  command->callback([full, &chosen] { chosen = [full] { return replay_regression_report(*full); }; });
}

}  // namespace phalarope::program
