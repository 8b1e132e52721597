#include "firmware_images/gates/contract_fixtures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/spec/artifact_validator.hpp"
#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/json_schema.hpp"
#include "firmware_images/gates/report_text.hpp"

namespace phalarope::gates {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct FixtureKind {
  std::string_view folder;
  std::string_view artifact;
  std::size_t valid_min;
  std::size_t invalid_min;
};
constexpr std::array<FixtureKind, 5> kinds = {{{"event", "event_record", 2, 1},
                                               {"control_signal", "control_signal", 12, 12},
                                               {"turn_transition", "turn_transition", 1, 1},
                                               {"resolved_turn_plan", "resolved_turn_plan", 2, 3},
                                               {"decision_outcome", "decision_outcome", 4, 3}}};

std::expected<std::vector<fs::path>, std::string> files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(folder, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    if (at->path().extension() == ".json") files.push_back(at->path());
  }
  if (error) return std::unexpected("`" + folder.string() + "` cannot be read: " + error.message());
  std::ranges::sort(files);
  return files;
}

class FixtureJudge {
 public:
  FixtureJudge(const FixtureKind& kind, const JsonSchema& schema, ContractsReport& report)
      : kind_(kind), schema_(schema), report_(report) {}

  std::string judge_folder(const fs::path& root, bool valid) {
    const std::string_view side = valid ? "valid" : "invalid";
    const auto files = files_in(root / kind_.folder / side);
    if (!files) return files.error();
    const std::size_t floor = valid ? kind_.valid_min : kind_.invalid_min;
    if (files->size() < floor) {
      report_.failures.push_back(
          fmt::format("{}/{}: {} fixtures, at least {} are wanted", kind_.folder, side, files->size(), floor));
    }
    for (const fs::path& file : *files) {
      const auto text = read_file(file);
      if (!text) return text.error();
      judge(fmt::format("{}/{}/{}", kind_.folder, side, file.filename().string()), *text, valid);
    }
    return {};
  }

 private:
  void judge(const std::string& name, const std::string& text, bool valid) {
    ++report_.total;
    const spec::ArtifactVerdict typed = spec::validate_artifact(kind_.artifact, text);
    const std::string by_schema = schema_.complaint_about(text);
    const auto fail = [&](std::string_view judge, std::string_view why) {
      report_.failures.push_back(fmt::format("{}: the {} {}", name, judge, why));
    };
    if (valid && !typed.valid) fail("validator", "refuses it: " + typed.path + ": " + typed.rule);
    if (valid && !by_schema.empty()) fail("schema", "refuses it: " + by_schema);
    if (!valid && typed.valid) fail("validator", "accepts it");
    if (!valid && by_schema.empty()) fail("schema", "accepts it");
  }

  const FixtureKind& kind_;
  const JsonSchema& schema_;
  ContractsReport& report_;
};

}  // namespace

std::expected<ContractsReport, std::string> judge_contract_fixtures(const fs::path& fixtures, const fs::path& schemas) {
  ContractsReport report;
  report.fixture_root = fixtures.string();
  for (const FixtureKind& kind : kinds) {
    const auto text = read_file(schemas / fmt::format("{}.schema.json", kind.artifact));
    if (!text) return std::unexpected(text.error());
    const auto schema = JsonSchema::parse(*text);
    if (!schema) return std::unexpected(fmt::format("schema of {}: {}", kind.artifact, schema.error()));
    FixtureJudge judge(kind, *schema, report);
    for (const bool valid : {true, false}) {
      if (std::string trouble = judge.judge_folder(fixtures, valid); !trouble.empty()) return std::unexpected(trouble);
    }
  }
  return report;
}

std::string to_json(const ContractsReport& report, const std::string& generated_at_utc) {
  const Json json = {
      {"schema_version", "phalarope.tooling.contracts-report.v1"},
      {"generated_at_utc", generated_at_utc},
      {"fixture_root", report.fixture_root},
      {"summary", {{"total", report.total}, {"failed", report.failures.size()}, {"failures", report.failures}}},
      {"passed", report.passed()}};
  return as_document(json);
}

std::string to_markdown(const ContractsReport& report, const std::string& generated_at_utc) {
  return fmt::format("# Contract fixtures\n\n{}: {} fixtures in {}, {} failures\n", generated_at_utc, report.total,
                     report.fixture_root, report.failures.size()) +
         status_lines(report.failures);
}

}  // namespace phalarope::gates
