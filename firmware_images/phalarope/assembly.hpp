// From what a person configured to what a conversation is built of.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "hal/host/conversation.hpp"

namespace phalarope::program {

/// Layers are settled by then (decisions.md D21): what is empty here takes the shipped file.
struct AssemblyRequest {
  std::string pipeline_path;
  std::vector<std::string> intents_paths;
  std::string recording_directory;
  std::string keys_directory;  // of the board's keys, made when there are none; empty: the recording is not signed
  RecordingLevel level = RecordingLevel::L0;
  std::string session_id = "local";
  std::uint64_t seed = 1;
  const hal::Clock* clock = nullptr;  // for {time} in answers
};

/// Everything wrong with the files is in the answer, one line each.
std::expected<hal::ConversationSettings, std::string> assemble(const AssemblyRequest& request);

}  // namespace phalarope::program
