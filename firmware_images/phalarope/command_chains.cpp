// phalarope chains: the chain library as its author works on it. Here: validate; the others stand beside it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/library/meta_files.hpp"
#include "firmware_images/phalarope/chains_command.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/library_directory.hpp"
#include "firmware_images/phalarope/tutor_talk.hpp"

namespace phalarope::program {
namespace {

nlohmann::ordered_json findings_json(const std::vector<library::Finding>& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const library::Finding& finding : findings) {
    list.push_back({{"code", finding.code},
                    {"file", finding.file},
                    {"line", finding.line},
                    {"field", finding.field},
                    {"message", finding.message},
                    {"fix", finding.fix}});
  }
  return list;
}

void print_json(const library::Validation& verdict) {
  const nlohmann::ordered_json answer = {{"status", verdict.passes() ? "pass" : "fail"},
                                         {"errors", findings_json(verdict.errors)},
                                         {"warnings", findings_json(verdict.warnings)},
                                         {"notes", findings_json(verdict.notes)},
                                         {"error_count", verdict.errors.size()},
                                         {"warning_count", verdict.warnings.size()},
                                         {"note_count", verdict.notes.size()}};
  fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print_findings(std::string_view word, const std::vector<library::Finding>& findings) {
  for (const library::Finding& finding : findings) {
    const std::string field = finding.field.empty() ? "" : finding.field + ": ";
    fmt::print("{}: {}:{}: {}{} {}. {}.\n", word, finding.file, finding.line, field, finding.code, finding.message,
               finding.fix);
  }
}

int run_validate(const ChainsOptions& options) {
  const auto files = open_library(options);
  if (!files) return exit_usage;
  const library::Validation verdict = library::validate(*files, contract_of(options, *files), options.strict);
  if (options.json) {
    print_json(verdict);
  } else {
    print_findings("NOTE", verdict.notes);
    print_findings("WARN", verdict.warnings);
    print_findings("ERROR", verdict.errors);
    if (verdict.passes()) {
      fmt::print("{} methods, {} chains: valid\n", verdict.catalogue.methods.size(), verdict.catalogue.chains.size());
    } else {
      fmt::print("{} errors, {} warnings\n", verdict.errors.size(), verdict.warnings.size());
    }
  }
  return verdict.passes() ? exit_done : exit_no;
}

void add_validate_library(CLI::App& chains, ChosenCommand& chosen) {
  auto options = std::make_shared<ChainsOptions>();
  CLI::App* command = chains.add_subcommand("validate", "Everything that is wrong with a library");
  command->footer(
      "Example: phalarope chains validate --library my-library --strict\n"
      "Exit code: 0 it is valid, 1 it is not");
  add_library_options(*command, *options);
  command->add_flag("--strict", options->strict, "A warning is an error");
  command->add_flag("--json", options->json, "One JSON object");
  command->callback([options, &chosen] { chosen = [options] { return run_validate(*options); }; });
}

void add_run_again(CLI::App& chains, ChosenCommand& chosen) {
  struct RunOptions {
    std::string session;
    TutorChoice choice;
    bool json = false;
  };
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = chains.add_subcommand("run", "Run a tutor's session again from its evidence, and compare");
  command->footer(
      "Example: phalarope chains run phalarope-tutor/sessions/0001\n"
      "Exit code: 0 the same sentences, rows and engine outputs, 1 they differ");
  command->add_option("session", options->session, "Folder of the session")->required();
  command->add_option("--library", options->choice.library, "The library it was held with");
  command->add_option("--topics", options->choice.topics, "The topics it was held with");
  command->add_flag("--json", options->json, "One JSON object");
  command->callback([options, &chosen] {
    chosen = [options] { return run_session_again(options->session, options->choice, options->json); };
  });
}

}  // namespace

void add_library_options(CLI::App& command, ChainsOptions& options) {
  command.add_option("--library", options.directory, "The library's directory; the shipped one when left out");
  command.add_option("--contract", options.contract, "1 or 2; what meta/version.yaml states when left out")
      ->check(CLI::Range(1, 2));
}

std::optional<library::LibraryFiles> open_library(const ChainsOptions& options) {
  const auto path = library_path(options.directory);
  if (!path) {
    complain(path.error());
    return std::nullopt;
  }
  return read_library_directory(*path);
}

library::Contract contract_of(const ChainsOptions& options, const library::LibraryFiles& files) {
  if (options.contract == 0) return library::stated_contract(files);
  return options.contract == 1 ? library::Contract::one : library::Contract::two;
}

void add_chains(CLI::App& app, ChosenCommand& chosen) {
  CLI::App* command = app.add_subcommand("chains", "Work with a chain library: what a tutor's sessions are built of");
  command->require_subcommand(1);
  add_validate_library(*command, chosen);
  add_chains_select(*command, chosen);
  add_chains_export(*command, chosen);
  add_run_again(*command, chosen);
}

}  // namespace phalarope::program
