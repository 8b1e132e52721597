#include "firmware_images/phalarope/assembly.hpp"

#include "core/spec/pipeline_file.hpp"
#include "core/spec/plan_codec.hpp"
#include "firmware_images/phalarope/resources.hpp"

namespace phalarope::program {
namespace {

std::expected<std::string, std::string> shipped(std::string_view name) {
  if (auto path = find_resource(name)) return *path;
  std::string sentence = "the shipped file " + std::string(name) + " was not found; looked in";
  for (const std::string& place : resource_places()) sentence += " " + place + ",";
  return std::unexpected(sentence + " set PHALAROPE_SHARE to the folder that holds it");
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
  auto pipeline = spec::load_pipeline(pipeline_path);
  if (!pipeline) return std::unexpected(spec::to_string(pipeline.error()));
  spec::set_recording_level(*pipeline, request.level);
  settings.pipeline = *pipeline;
  settings.pipeline_record = spec::encode(*pipeline);

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
  return settings;
}

}  // namespace phalarope::program
