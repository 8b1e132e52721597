// What the sub-commands of `phalarope chains` share: the library they work on and the contract it is judged by.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "core/library/validate.hpp"
#include "firmware_images/phalarope/commands.hpp"

namespace phalarope::program {

struct ChainsOptions {
  std::string directory;
  int contract = 0;  // 0: what the library states
  bool strict = false;
  bool json = false;
};

/// Adds --library and --contract.
void add_library_options(CLI::App& command, ChainsOptions& options);

/// The files of the library that was named or shipped; exit code 2 with a sentence on stderr when there is none.
std::optional<library::LibraryFiles> open_library(const ChainsOptions& options);
library::Contract contract_of(const ChainsOptions& options, const library::LibraryFiles& files);

void add_chains_select(CLI::App& chains, ChosenCommand& chosen);
void add_chains_export(CLI::App& chains, ChosenCommand& chosen);

}  // namespace phalarope::program
