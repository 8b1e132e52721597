// phalarope validate-spec FILE [MODE]: every problem of a pipeline file, each with its place and cure.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/spec/exchange_documents.hpp"
#include "core/spec/pipeline_file.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

struct SpecOptions {
  std::string file;
  std::string mode = "strict";
  bool json = false;
};

nlohmann::json to_json(const spec::Diagnostics& diagnostics) {
  nlohmann::json list = nlohmann::json::array();
  for (const spec::Diagnostic& one : diagnostics) {
    list.push_back({{"file", one.file},
                    {"line", one.line},
                    {"column", one.column},
                    {"field", one.field},
                    {"what", one.what},
                    {"what_to_do", one.what_to_do}});
  }
  return list;
}

struct Verdict {
  spec::Diagnostics problems;
  spec::Diagnostics warnings;  // relaxed lets fields of a later form pass, and says so
};

/// A pipeline that people write, or the spec of the artifact set: the file itself says which it is.
Verdict judge(const std::string& file, spec::ValidationMode mode) {
  Verdict verdict;
  const std::string text = spec::read_text_file(file, verdict.problems);
  if (!verdict.problems.empty()) return verdict;
  if (spec::is_exchange_document(text)) {
    verdict.problems = spec::judge_spec_artifact(text, file, mode);
    return verdict;
  }
  const auto pipeline = spec::load_pipeline(file);
  for (const spec::Diagnostic& one : pipeline ? spec::Diagnostics{} : pipeline.error()) {
    const bool passes = mode == spec::ValidationMode::relaxed && one.what == "unknown field";
    (passes ? verdict.warnings : verdict.problems).push_back(one);
  }
  return verdict;
}

int validate_spec(const SpecOptions& options) {
  const auto mode = spec::validation_mode_named(options.mode);
  if (!mode) return complain("the mode is strict or relaxed, not `" + options.mode + "`");
  const auto [problems, warnings] = judge(options.file, *mode);
  if (options.json) {
    const nlohmann::json answer = {{"file", options.file},
                                   {"mode", *mode == spec::ValidationMode::strict ? "strict" : "relaxed"},
                                   {"valid", problems.empty()},
                                   {"problems", to_json(problems)},
                                   {"warnings", to_json(warnings)}};
    fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", spec::to_string(problems));
    for (const spec::Diagnostic& one : warnings) fmt::print("{} (passed over: relaxed)\n", spec::to_string(one));
    if (problems.empty()) {
      fmt::print("{}: valid, {} warnings\n", options.file, warnings.size());
    } else {
      fmt::print("{}: {} problems\n", options.file, problems.size());
    }
  }
  return problems.empty() ? exit_done : exit_no;
}

}  // namespace

void add_validate_spec(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<SpecOptions>();
  CLI::App* command = app.add_subcommand("validate-spec", "Tell every problem of a pipeline file");
  command->footer(
      "Example: phalarope validate-spec /etc/phalarope/pipeline.yaml\n"
      "Exit code: 0 valid, 1 not valid, 2 bad call");
  command
      ->add_option("file", options->file, "A pipeline file, pipeline/v1 or pipeline/v2, or a spec of the artifact set")
      ->required();
  command->add_option("mode", options->mode, "strict, or relaxed: unknown fields are warnings")->capture_default_str();
  command->add_flag("--json", options->json, "The verdict as JSON");
  command->callback([options, &chosen] { chosen = [options] { return validate_spec(*options); }; });
}

}  // namespace phalarope::program
