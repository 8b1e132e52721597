#include "firmware_images/phalarope/assembly.hpp"

#include <filesystem>

#include "core/spec/pipeline_file.hpp"
#include "firmware_images/phalarope/resources.hpp"
#include "hal/external/program_settings.hpp"

namespace phalarope::program {
namespace {

std::expected<std::string, std::string> shipped(std::string_view name) {
  if (auto path = find_resource(name)) return *path;
  std::string sentence = "the shipped file " + std::string(name) + " was not found; looked in";
  for (const std::string& place : resource_places()) sentence += " " + place + ",";
  return std::unexpected(sentence + " set PHALAROPE_SHARE to the folder that holds it");
}

std::expected<void, std::string> find_program(spec::ExternalProgram& program) {
  std::string& word = program.command.front();
  if (word.find('/') != std::string::npos) {
    word = std::filesystem::absolute(word).string();
    return {};
  }
  const auto found = find_node_program(word);
  if (!found) {
    return std::unexpected(std::string(program.node.view()) + ": no node called `" + word +
                           "` is installed; give the path of its program, with a slash");
  }
  word = *found;
  return {};
}

}  // namespace

std::expected<hal::ConversationSettings, std::string> assemble(const AssemblyRequest& request) {
  hal::ConversationSettings settings;
  std::string pipeline_path = request.pipeline_path;
  if (pipeline_path.empty()) {
    auto path = shipped("conf/pipeline.yaml");
    if (!path) return std::unexpected(path.error());
    pipeline_path = *path;
  }
  auto loaded = spec::load_with_programs(pipeline_path);
  if (!loaded) return std::unexpected(spec::to_string(loaded.error()));
  spec::set_recording_level(loaded->pipeline, request.level);
  settings.pipeline = loaded->pipeline;
  for (spec::ExternalProgram& program : loaded->programs) {
    if (auto found = find_program(program); !found) return std::unexpected(found.error());
    settings.external.push_back(hal::settings_of(program));
  }

  std::vector<std::string> intents_paths = request.intents_paths;
  if (intents_paths.empty()) {
    auto path = shipped("conf/intents/home.yaml");
    if (!path) return std::unexpected(path.error());
    intents_paths.push_back(*path);
  }
  auto intents = hal::read_intents(intents_paths);
  if (!intents) {
    std::string lines;
    for (const hal::IntentsError& error : intents.error()) lines += (lines.empty() ? "" : "\n") + error.text();
    return std::unexpected(lines);
  }
  settings.intents = *intents;
  settings.level = request.level;
  settings.session_id = request.session_id;
  settings.seed = request.seed;
  settings.dialogue.clock = request.clock;
  settings.flusher.recording.directory = request.recording_directory;
  if (!request.keys_directory.empty()) {
    auto keys = hal::read_or_make_board_keys(request.keys_directory);
    if (!keys) return std::unexpected(keys.error());
    settings.flusher.recording.keys = *keys;
  }
  return settings;
}

}  // namespace phalarope::program
