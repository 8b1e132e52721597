// phalarope validate-spec FILE [MODE]: every problem of a pipeline file, each with its place and cure.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

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

int validate_spec(const SpecOptions& options) {
  std::string mode = options.mode;
  std::transform(mode.begin(), mode.end(), mode.begin(), [](unsigned char c) { return std::tolower(c); });
  if (mode != "strict" && mode != "relaxed") return complain("the mode is strict or relaxed, not `" + mode + "`");
  const auto pipeline = spec::load_pipeline(options.file);
  spec::Diagnostics problems;
  spec::Diagnostics warnings;  // relaxed lets fields of a later form pass, and says so
  for (const spec::Diagnostic& one : pipeline ? spec::Diagnostics{} : pipeline.error()) {
    (mode == "relaxed" && one.what == "unknown field" ? warnings : problems).push_back(one);
  }
  if (options.json) {
    const nlohmann::json answer = {{"file", options.file},
                                   {"mode", mode},
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
  command->add_option("file", options->file, "The pipeline file, pipeline/v1 or pipeline/v2")->required();
  command->add_option("mode", options->mode, "strict, or relaxed: unknown fields are warnings")->capture_default_str();
  command->add_flag("--json", options->json, "The verdict as JSON");
  command->callback([options, &chosen] { chosen = [options] { return validate_spec(*options); }; });
}

}  // namespace phalarope::program
