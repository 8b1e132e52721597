// The board a command runs on: its profile, chosen by name, by file, or by what the machine says it is.
#pragma once

#include <expected>
#include <string>

#include "core/spec/board_profile.hpp"
#include "hal/host/conversation.hpp"
#include "hal/host/realtime_runner.hpp"

namespace phalarope::program {

/// `wanted` empty or `auto`: the profile that fits this machine's device-tree model, else `host`.
std::expected<spec::BoardProfile, std::string> choose_board(const std::string& wanted);

/// What the profile says about audio, memory and evidence, put into the settings.
void apply_board(const spec::BoardProfile& board, hal::ConversationSettings& settings);
hal::RealtimeSettings realtime_settings(const spec::BoardProfile& board);

}  // namespace phalarope::program
