// phalarope validate KIND FILE: judges one file, or many artifacts with --jsonl (cli-conformance.md 2).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/spec/artifact_rules.hpp"
#include "core/spec/artifact_validator.hpp"
#include "core/spec/board_profile.hpp"
#include "core/spec/pipeline_file.hpp"
#include "firmware_images/phalarope/batch_lines.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "hal/speech/intents.hpp"

namespace phalarope::program {
namespace {

constexpr std::array<std::string_view, 3> file_kinds = {"pipeline", "board", "intents"};

struct ValidateOptions {
  std::string kind;
  std::string file;
  std::string jsonl;
  bool json = false;
};

template <std::size_t n>
bool one_of(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Complaints about a file that a person wrote; empty when it is good.
std::string complaints_about(const ValidateOptions& options) {
  if (options.kind == "pipeline") {
    const auto pipeline = spec::load_pipeline(options.file);
    return pipeline ? std::string() : spec::to_string(pipeline.error());
  }
  if (options.kind == "board") {
    const auto board = spec::load_board_profile(options.file);
    return board ? std::string() : spec::to_string(board.error());
  }
  const auto intents = hal::read_intents({options.file});
  std::string lines;
  if (!intents) {
    for (const hal::IntentsError& error : intents.error()) lines += (lines.empty() ? "" : "\n") + error.text();
  }
  return lines;
}

int validate_written_file(const ValidateOptions& options) {
  const std::string complaints = complaints_about(options);
  if (options.json) {
    fmt::print("{}\n",
               nlohmann::json{{"kind", options.kind}, {"valid", complaints.empty()}, {"message", complaints}}.dump());
  } else {
    fmt::print("{}\n", complaints.empty() ? options.file + ": valid" : complaints);
  }
  return complaints.empty() ? exit_done : exit_no;
}

int validate_artifact_file(const ValidateOptions& options) {
  std::ifstream file(options.file, std::ios::binary);
  file.peek();  // a folder can be opened; only reading tells that it is none of ours
  if (!file.is_open() || file.bad()) return complain("`" + options.file + "` cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  const spec::ArtifactVerdict verdict = spec::validate_artifact(options.kind, text.str());
  if (options.json) {
    fmt::print("{}\n", spec::to_json(options.kind, verdict));
  } else {
    fmt::print("{}\n", verdict.valid
                           ? options.file + ": valid"
                           : options.file + ": " + (verdict.path.empty() ? "" : verdict.path + ": ") + verdict.rule);
  }
  return verdict.valid ? exit_done : exit_no;
}

int run_validate(const ValidateOptions& options) {
  if (!options.jsonl.empty()) {
    if (!options.kind.empty()) return complain("give either KIND FILE or --jsonl FILE");
    return answer_lines(options.jsonl, spec::answer_validate_line);
  }
  if (options.kind.empty() || options.file.empty()) {
    return complain("validate needs KIND FILE, or --jsonl FILE; see phalarope validate --help");
  }
  if (one_of(file_kinds, options.kind)) return validate_written_file(options);
  if (one_of(spec::artifact_kinds, options.kind)) return validate_artifact_file(options);
  return complain(fmt::format("unknown kind `{}`; use {}, {}", options.kind, fmt::join(file_kinds, ", "),
                              fmt::join(spec::artifact_kinds, ", ")));
}

}  // namespace

void add_validate(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command = app.add_subcommand("validate", "Check a file before anything runs on it");
  command->footer(
      "Example: phalarope validate pipeline /etc/phalarope/pipeline.yaml\n"
      "Files people write: pipeline, board, intents.\n"
      "Wire artifacts: event_record, control_signal, decision_outcome, turn_transition, resolved_turn_plan,\n"
      "artifact_bundle.\n"
      "Exit code: 0 valid, 1 not valid, 2 bad call");
  command->add_option("kind", options->kind, "What the file should be");
  command->add_option("file", options->file, "The file");
  command->add_option("--jsonl", options->jsonl, "Many artifacts: one {\"kind\", \"doc\"} a line");
  command->add_flag("--json", options->json, "The verdict as JSON");
  command->callback([options, &chosen] { chosen = [options] { return run_validate(*options); }; });
}

}  // namespace phalarope::program
