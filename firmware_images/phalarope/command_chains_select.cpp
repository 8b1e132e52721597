// phalarope chains select: which chain a session would run, for one input or for many (cli-learning.md 1).
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/library/selector.hpp"
#include "firmware_images/phalarope/chains_command.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

using library::SelectorCatalogue;
using library::SelectorError;
using library::SelectorInput;
using nlohmann::ordered_json;

struct SelectOptions {
  ChainsOptions library;
  std::string policy = "v1.0";
  std::string mode;
  std::string stage;
  std::string energy;
  std::string time;
  std::string class_type;
  std::string band = "new";
  std::optional<double> rsr;
  std::optional<double> gap;
  std::vector<std::string> errors;
  bool batch = false;
};

ordered_json error_json(SelectorError error, const SelectorInput* input = nullptr) {
  ordered_json said = {{"code", row_of(error).code}, {"message", row_of(error).sentence}};
  if (error == SelectorError::no_candidate && input != nullptr) {
    said["stage"] = input->stage;
    said["mode"] = input->assessment_mode;
  }
  return {{"error", std::move(said)}};
}

ordered_json selection_json(const library::Selection& selection, const std::string& digest) {
  ordered_json answer = {{"chain_id", selection.chain_id},
                         {"chain_name", selection.chain_name},
                         {"selected_blocks", selection.selected_blocks},
                         {"dependency_fix_applied", selection.dependency_fix_applied}};
  std::visit([&](const auto& score) { answer["score_tuple"] = score; }, selection.score);
  answer["selector_policy_version"] = library::policy_name(selection.policy);
  if (selection.policy == library::Policy::router_v2) {
    answer["knob_overrides"] = ordered_json::object();
    for (const auto& [knob, value] : selection.knob_overrides) answer["knob_overrides"][knob] = value;
  }
  answer["run_blocks"] = selection.run_blocks;
  answer["library_digest"] = digest;
  return answer;
}

std::string dumped(const ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Reads one member as text; false when a policy that cannot do without it finds none.
bool read_text(const ordered_json& line, const char* name, bool required, std::string& target) {
  const auto member = line.find(name);
  if (member == line.end() || member->is_null()) return !required;
  if (!member->is_string()) {
    target = dumped(*member);
    return !required;
  }
  target = member->get<std::string>();
  return true;
}

std::optional<double> number_of(const ordered_json& line, const char* name) {
  const auto member = line.find(name);
  return member != line.end() && member->is_number() ? std::optional(member->get<double>()) : std::nullopt;
}

/// Minutes as JSON wrote them: an integer of 64 bits, and nothing that only equals one.
bool read_minutes(const ordered_json& line, bool required, std::int64_t& target) {
  const auto member = line.find("time_available");
  if (member == line.end() || member->is_null()) return !required;
  if (!member->is_number_integer()) return false;
  const bool too_large = member->is_number_unsigned() && member->get<std::uint64_t>() > INT64_MAX;
  target = too_large ? INT64_MAX : member->get<std::int64_t>();
  return true;
}

/// The router has a value for everything that is left out; the scored policy wants four of them.
std::optional<SelectorInput> input_of(std::string_view text, library::Policy policy) {
  const ordered_json line = ordered_json::parse(text, nullptr, false);
  if (!line.is_object()) return std::nullopt;
  const bool scored = policy == library::Policy::scored_v1;
  SelectorInput input;
  const bool read = read_minutes(line, scored, input.time_available) &&
                    read_text(line, "assessment_mode", scored, input.assessment_mode) &&
                    read_text(line, "stage", scored, input.stage) && read_text(line, "energy", scored, input.energy) &&
                    read_text(line, "class_type", false, input.class_type) &&
                    read_text(line, "prior_exposure_band", false, input.prior_exposure_band);
  if (!read) return std::nullopt;
  input.prior_rsr = number_of(line, "prior_rsr");
  input.prior_calibration_gap = number_of(line, "prior_calibration_gap");
  const auto errors = line.find("recent_errors");
  if (errors != line.end() && errors->is_array()) {
    for (const auto& error : *errors) input.recent_errors.push_back(error.is_string() ? error.get<std::string>() : "");
  }
  return input;
}

/// Every word outside its list is let through and told.
void warn_about(const SelectorInput& input) {
  const auto warn = [](library::Words words, std::string_view value, std::string_view what) {
    if (library::holds(words, value)) return;
    fmt::print(stderr, "phalarope: warning: {} `{}` is none of the known ones\n", what, value);
  };
  warn(library::assessment_modes, input.assessment_mode, "mode");
  warn(library::context_stages, input.stage, "stage");
  warn(library::energies, input.energy, "energy");
  if (!input.class_type.empty()) warn(library::class_types, input.class_type, "class");
}

int select_lines(const std::expected<SelectorCatalogue, SelectorError>& catalogue, library::Policy policy,
                 const std::string& digest) {
  std::optional<SelectorError> general;
  if (!catalogue) general = catalogue.error();
  if (catalogue && catalogue->is_empty(policy)) general = SelectorError::empty_catalog;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r\n\v\f") == std::string::npos) continue;
    const auto input = general ? std::nullopt : input_of(line, policy);
    if (input) warn_about(*input);
    if (general) {
      fmt::print("{}\n", dumped(error_json(*general)));
    } else if (!input) {
      fmt::print("{}\n", dumped(error_json(SelectorError::bad_input)));
    } else if (const auto selection = catalogue->select(policy, *input)) {
      fmt::print("{}\n", dumped(selection_json(*selection, digest)));
    } else {
      fmt::print("{}\n", dumped(error_json(selection.error(), &*input)));
    }
  }
  return general ? row_of(*general).exit_code : exit_done;
}

void print_selection(const library::Selection& selection) {
  std::string score;
  std::visit([&](const auto& values) { score = fmt::format("{}", fmt::join(values, " ")); }, selection.score);
  std::vector<std::vector<std::string>> rows = {{"chain", selection.chain_id + "  " + selection.chain_name},
                                                {"blocks", fmt::format("{}", fmt::join(selection.run_blocks, " "))},
                                                {"score", score},
                                                {"policy", std::string(library::policy_name(selection.policy))}};
  if (selection.dependency_fix_applied) rows.push_back({"repaired", "reference targets were put before the recall"});
  for (const auto& [knob, value] : selection.knob_overrides) rows.push_back({knob, value});
  fmt::print("{}", table(rows));
}

int refuse(SelectorError error, const SelectOptions& options, const SelectorInput* input) {
  if (options.library.json) fmt::print("{}\n", dumped(error_json(error, input)));
  complain(fmt::format("{}: {}", row_of(error).code, row_of(error).sentence));
  return row_of(error).exit_code;
}

int select_one(const std::expected<SelectorCatalogue, SelectorError>& catalogue, library::Policy policy,
               const SelectOptions& options, const std::string& digest) {
  SelectorInput input;
  const bool scored = policy == library::Policy::scored_v1;
  const auto take = [&](const std::string& said, std::string& target, std::string_view option) {
    if (!said.empty()) target = said;
    return !said.empty() || !scored || (complain(fmt::format("v1.0 needs {}", option)), false);
  };
  const bool complete = take(options.mode, input.assessment_mode, "--mode") &&
                        take(options.stage, input.stage, "--stage") && take(options.energy, input.energy, "--energy");
  if (!complete) return exit_usage;
  if (!options.time.empty() || scored) {
    const ordered_json minutes = ordered_json::parse("{\"time_available\":" + options.time + "}", nullptr, false);
    if (!minutes.is_object() || !read_minutes(minutes, true, input.time_available)) {
      return refuse(SelectorError::bad_input, options, &input);
    }
  }
  input.class_type = options.class_type;
  input.prior_exposure_band = options.band;
  input.prior_rsr = options.rsr;
  input.prior_calibration_gap = options.gap;
  input.recent_errors = options.errors;
  if (!catalogue) return refuse(catalogue.error(), options, &input);
  warn_about(input);
  const auto selection = catalogue->select(policy, input);
  if (!selection) return refuse(selection.error(), options, &input);
  if (options.library.json) {
    fmt::print("{}\n", dumped(selection_json(*selection, digest)));
  } else {
    print_selection(*selection);
  }
  return exit_done;
}

int run_select(const SelectOptions& options) {
  const auto files = open_library(options.library);
  if (!files) return exit_usage;
  const auto policy = options.policy == "v1.0" ? library::Policy::scored_v1 : library::Policy::router_v2;
  const auto catalogue = SelectorCatalogue::read(*files);
  const std::string digest = library_digest(*files);
  return options.batch ? select_lines(catalogue, policy, digest) : select_one(catalogue, policy, options, digest);
}

}  // namespace

void add_chains_select(CLI::App& chains, ChosenCommand& chosen) {
  auto options = std::make_shared<SelectOptions>();
  CLI::App* command = chains.add_subcommand("select", "Which chain a session would run");
  command->footer(
      "Example: phalarope chains select --mode spatial --stage first_exposure --energy high --time 40\n"
      "         phalarope chains select --policy v2.0 --batch < inputs.jsonl\n"
      "Exit code: 0 chosen, 2 bad input, 3 no candidate, 4 the library cannot serve");
  add_library_options(*command, options->library);
  command->add_option("--policy", options->policy, "v1.0 (scored) or v2.0 (router)")
      ->check(CLI::IsMember({"v1.0", "v2.0"}))
      ->capture_default_str();
  command->add_option("--mode", options->mode, "Question mode, e.g. mechanism");
  command->add_option("--stage", options->stage, "first_exposure, review, exam_prep or consolidation");
  command->add_option("--energy", options->energy, "low, medium or high");
  command->add_option("--time", options->time, "Minutes, a whole number");
  command->add_option("--class", options->class_type, "Class of the subject");
  command->add_option("--band", options->band, "How well the subject is known")->capture_default_str();
  command->add_option("--rsr", options->rsr, "Retrieval success rate of the session before");
  command->add_option("--gap", options->gap, "Calibration gap of the session before");
  command->add_option("--error", options->errors, "A recent error type; the first is the dominant one")
      ->allow_extra_args(false);
  command->add_flag("--batch", options->batch, "One JSON input a line on stdin, one answer a line on stdout");
  command->add_flag("--json", options->library.json, "One JSON object");
  command->callback([options, &chosen] { chosen = [options] { return run_select(*options); }; });
}

}  // namespace phalarope::program
