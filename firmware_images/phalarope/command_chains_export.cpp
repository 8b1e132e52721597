// phalarope chains export, drift, order, coverage, fix, errorlog upgrade: what is made from a library, and kept in
// step.
#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "core/library/error_log.hpp"
#include "core/library/inventory.hpp"
#include "core/library/retrieval_safety.hpp"
#include "core/library/stage_order.hpp"
#include "core/spec/document.hpp"
#include "firmware_images/phalarope/chains_command.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/library_directory.hpp"

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  ChainsOptions library;
  std::string root = ".";
  std::string out = "inventory";
  bool write = false;
};

library::Exports exports_of(const ExportOptions& options, const library::LibraryFiles& files) {
  const fs::path root = fs::absolute(options.root).lexically_normal();
  const fs::path library = fs::absolute(*library_path(options.library.directory)).lexically_normal();
  return library::make_exports(files, contract_of(options.library, files), [&](const std::string& name) {
    return (library / name).lexically_relative(root).generic_string();
  });
}

int run_export(const ExportOptions& options) {
  const auto files = open_library(options.library);
  if (!files) return exit_usage;
  std::error_code error;
  fs::create_directories(options.out, error);
  if (error) return complain("`" + options.out + "` cannot be created (" + error.message() + ")");
  for (const auto& [name, text] : exports_of(options, *files)) {
    const std::string path = (fs::path(options.out) / name).string();
    if (auto written = write_text_file(path, text); !written) return complain(written.error());
    fmt::print("{}\n", path);
  }
  return exit_done;
}

int run_drift(const ExportOptions& options) {
  const auto files = open_library(options.library);
  if (!files) return exit_usage;
  std::map<std::string, std::optional<std::string>> on_disk;
  for (const std::string_view name : library::drift_files) {
    spec::Diagnostics trouble;
    std::string text = spec::read_text_file((fs::path(options.out) / name).string(), trouble);
    on_disk[std::string(name)] = trouble.empty() ? std::optional(std::move(text)) : std::nullopt;
  }
  const std::string drift = library::find_drift(exports_of(options, *files), on_disk);
  if (drift.empty()) {
    fmt::print("no drift\n");
    return exit_done;
  }
  fmt::print("{}", drift);
  fmt::print(stderr, "phalarope: the inventories differ from the library; run: phalarope chains export\n");
  return exit_no;
}

int run_order(const ChainsOptions& options) {
  const auto files = open_library(options);
  if (!files) return exit_usage;
  const library::Catalogue catalogue = library::validate(*files, contract_of(options, *files), false).catalogue;
  std::size_t valid = 0;
  for (const library::Chain& chain : catalogue.chains) {
    const library::StageOrder order = library::judge_order(chain, catalogue);
    valid += order.valid() ? 1 : 0;
    fmt::print("{}  {}  {}\n", chain.id, order.valid() ? "valid" : "INVALID", fmt::join(order.sequence, " > "));
    for (const std::string& flag : order.exception_flags) fmt::print("  exception: {}\n", flag);
    for (const std::string& fault : order.violations) fmt::print("  violation: {}\n", fault);
    for (const std::string& warning : order.warnings) fmt::print("  warning: {}\n", warning);
    for (const std::string& fault : library::launch_faults(chain, catalogue)) fmt::print("  launch: {}\n", fault);
  }
  fmt::print("{} of {} chains are in order\n", valid, catalogue.chains.size());
  return valid == catalogue.chains.size() && valid != 0 ? exit_done : exit_no;
}

int run_coverage(const ChainsOptions& options) {
  const auto files = open_library(options);
  if (!files) return exit_usage;
  const library::Catalogue catalogue = library::validate(*files, contract_of(options, *files), false).catalogue;
  const auto faults = library::coverage_faults(catalogue);
  for (const std::string& fault : faults) fmt::print("{}\n", fault);
  if (faults.empty()) fmt::print("8 of 8 modes have their chain at first exposure\n");
  return faults.empty() ? exit_done : exit_no;
}

/// The file with its list of blocks written anew; everything else stays as its author wrote it.
std::optional<std::string> with_blocks(const std::string& text, const std::vector<std::string>& blocks) {
  const std::size_t at = text.starts_with("blocks:") ? 0 : text.find("\nblocks:");
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = at == 0 ? 0 : at + 1;
  std::size_t end = text.find('\n', begin);
  // The list goes on over every line that is indented, an item, blank or a comment.
  while (end != std::string::npos && end + 1 < text.size() &&
         std::string_view(" -\n\r#]").find(text[end + 1]) != std::string_view::npos) {
    end = text.find('\n', end + 1);
  }
  std::string list = "blocks:\n";
  for (const std::string& block : blocks) list += "  - " + block + "\n";
  return text.substr(0, begin) + list + (end == std::string::npos ? "" : text.substr(end + 1));
}

int run_fix(const ExportOptions& options) {
  const auto files = open_library(options.library);
  if (!files) return exit_usage;
  const library::Catalogue catalogue = library::validate(*files, contract_of(options.library, *files), false).catalogue;
  std::size_t changed = 0;
  for (const library::Chain& chain : catalogue.chains) {
    const library::FixedBlocks fixed = library::fix_blocks(library::method_ids(chain.blocks));
    if (!chain.requires_reference_targets.value_or(false) || !fixed.changed) continue;
    ++changed;
    fmt::print("{}: {}\n", chain.file, fmt::join(fixed.blocks, " "));
    if (!options.write) continue;
    const auto text = with_blocks(**files->find(chain.file), fixed.blocks);
    const bool only_ids = chain.blocks.size() == chain.source.find("blocks")->items.size();
    if (!text || !only_ids) return complain(chain.file + ": its blocks are not a plain list; change them by hand");
    const std::string path = (fs::path(*library_path(options.library.directory)) / chain.file).string();
    if (auto written = write_text_file(path, *text); !written) return complain(written.error());
  }
  if (changed == 0) fmt::print("nothing to change\n");
  return changed == 0 || options.write ? exit_done : exit_no;
}

int run_upgrade(const std::string& path) {
  spec::Diagnostics trouble;
  const std::string text = spec::read_text_file(path, trouble);
  if (!trouble.empty()) return complain(spec::to_string(trouble));
  const auto rows = library::read_error_log(text);
  if (!rows) return complain(fmt::format("{}:{}: {}; mend the file", path, rows.error().line, rows.error().what));
  std::string upgraded = library::error_log_header();
  for (const library::ErrorRow& row : *rows) upgraded += library::error_log_line(row);
  if (auto written = write_text_file(path, upgraded); !written) return complain(written.error());
  fmt::print("{}: {} rows of {} columns\n", path, rows->size(), library::error_log_columns.size());
  return exit_done;
}

CLI::App* add_plain(CLI::App& chains, const char* name, const char* what, int (*run)(const ChainsOptions&),
                    ChosenCommand& chosen) {
  auto options = std::make_shared<ChainsOptions>();
  CLI::App* command = chains.add_subcommand(name, what);
  add_library_options(*command, *options);
  command->callback([options, run, &chosen] { chosen = [options, run] { return run(*options); }; });
  return command;
}

CLI::App* add_with_files(CLI::App& chains, const char* name, const char* what, int (*run)(const ExportOptions&),
                         ChosenCommand& chosen, const std::shared_ptr<ExportOptions>& options) {
  CLI::App* command = chains.add_subcommand(name, what);
  add_library_options(*command, options->library);
  command->callback([options, run, &chosen] { chosen = [options, run] { return run(*options); }; });
  return command;
}

}  // namespace

void add_chains_export(CLI::App& chains, ChosenCommand& chosen) {
  struct Row {
    const char* name;
    const char* what;
    int (*run)(const ExportOptions&);
  };
  constexpr std::array<Row, 2> rows = {
      {{"export", "Write the inventories and the research packet", run_export},
       {"drift", "Whether the inventories still say what the library says", run_drift}}};
  for (const auto& [name, what, run] : rows) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = add_with_files(chains, name, what, run, chosen, options);
    command->add_option("--root", options->root, "Paths are written from here")->capture_default_str();
    command->add_option("--out", options->out, "Folder of the inventories")->capture_default_str();
    command->footer("Example: phalarope chains " + std::string(name) + " --library my-library --out inventory\n" +
                    "Exit code: 0 done, 1 there is drift, 2 bad call");
  }
  auto fix = std::make_shared<ExportOptions>();
  CLI::App* command =
      add_with_files(chains, "fix", "Put reference targets before the recall that needs them", run_fix, chosen, fix);
  command->add_flag("--write", fix->write, "Change the files");
  command->footer("Example: phalarope chains fix --library my-library --write\nExit code: 0 in order, 1 it is not");
  add_plain(chains, "order", "Whether each chain goes through its stages in order", run_order, chosen)
      ->footer("Example: phalarope chains order --library my-library");
  add_plain(chains, "coverage", "Whether every question mode has its chain at first exposure", run_coverage, chosen)
      ->footer("Example: phalarope chains coverage --library my-library");
  CLI::App* log = chains.add_subcommand("errorlog", "Work with an error log");
  log->require_subcommand(1);
  auto path = std::make_shared<std::string>();
  CLI::App* upgrade = log->add_subcommand("upgrade", "Write a log of 7 columns as one of 13");
  upgrade->add_option("file", *path, "The log")->required();
  upgrade->footer("Example: phalarope chains errorlog upgrade ErrorLog.csv");
  upgrade->callback([path, &chosen] { chosen = [path] { return run_upgrade(*path); }; });
}

}  // namespace phalarope::program
