// The settings a command starts from: the file that was named or the installed one, and the environment.
#pragma once

#include <expected>
#include <string>

#include "core/spec/board_profile.hpp"
#include "core/spec/program_config.hpp"

namespace phalarope::program {

/// `file` empty: /etc/phalarope/phalarope.yaml where it exists. The command line's layer is left to the caller.
spec::ConfigSources config_sources(const std::string& file);

/// The profile of `board`; empty: the one that the settings name, which may be `auto`.
std::expected<spec::BoardProfile, std::string> configured_board(const std::string& board, const std::string& file);

}  // namespace phalarope::program
