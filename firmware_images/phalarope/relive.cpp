#include "firmware_images/phalarope/relive.hpp"

#include <algorithm>

#include "core/replay/fork.hpp"
#include "core/replay/session_book.hpp"
#include "core/spec/plan_codec.hpp"
#include "firmware_images/phalarope/fork_nodes.hpp"
#include "firmware_images/phalarope/recording_access.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "firmware_images/phalarope/tape_track.hpp"
#include "hal/host/engine_step_function.hpp"
#include "hal/host/fork_world.hpp"

namespace phalarope::program {
namespace {

using replay::NodeAnswers;

/// Who can be asked anew, by node; and a line for each that says so.
class Casting {
 public:
  Casting(const CompiledPipeline& pipeline, const hal::ForkNodes& nodes, bool words, bool sound)
      : pipeline_(pipeline), nodes_(nodes), words_(words), sound_(sound) {}

  std::vector<NodeAnswers> cast(std::vector<std::string>& told) const {
    std::vector<NodeAnswers> answers(pipeline_.graph.nodes.size(), NodeAnswers::recorded_only);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const NodeDefinition& node = pipeline_.graph.nodes[i];
      if (node.modality == Modality::none) continue;
      const std::string why_not = obstacle(node);
      if (why_not.empty()) answers[i] = NodeAnswers::really;
      told.push_back(std::string(node.id.view()) + ": " + (why_not.empty() ? "run again" : "as recorded, " + why_not));
    }
    return answers;
  }

 private:
  std::string obstacle(const NodeDefinition& node) const {
    if (std::ranges::find(nodes_.external, std::string(node.id.view())) != nodes_.external.end()) {
      return "because it is a program of its own";
    }
    if (!words_) return "because the recording holds no words (recording: {level: L1})";
    if (node.type == NodeType::synthesiser) return {};
    if (!nodes_.intents) return "because the recording does not hold its intents (--intents FILE)";
    if (node.type == NodeType::recogniser && !sound_) return "because the recording holds no sound (level: L2)";
    return {};
  }

  const CompiledPipeline& pipeline_;
  const hal::ForkNodes& nodes_;
  bool words_;
  bool sound_;
};

struct Stage {
  replay::Tape tape;
  CompiledPipeline pipeline;
  replay::ForkPoint point;
};

std::expected<Stage, std::string> set_stage(const std::string& recording) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, recording, reader_options(recording));
  auto tapes = replay::read_tapes(reader);
  if (!tapes) return std::unexpected(recording + ": " + tapes.error());
  if (tapes->size() != 1 || tapes->front().first_sessions.size() != 1 || !tapes->front().seats.empty()) {
    return std::unexpected(recording + ": it holds several runs or sessions, and one is lived again at a time; use " +
                           "replay_decisions, or phalarope fork at a turn of one of them");
  }
  Stage stage{.tape = std::move(tapes->front()), .pipeline = {}, .point = {}};
  const auto session = replay::session_start_of(stage.tape.first_sessions.front());
  const auto pipeline = spec::decode_pipeline(stage.tape.pipelines.front());
  if (!session || !pipeline) return std::unexpected(recording + ": its pipeline cannot be read");
  stage.pipeline = *pipeline;
  stage.point.slot = session->session_slot;
  return stage;
}

bool holds_words(const replay::Tape& tape) { return tape.texts.size() > 1; }

bool holds_sound(const replay::Tape& tape) {
  return std::ranges::any_of(tape.sound,
                             [](const replay::TapeSound& sound) { return sound.header.track == AudioTrack::cleaned; });
}

}  // namespace

std::expected<Relived, std::string> relive(const std::string& recording, ReplayMode mode,
                                           const std::vector<std::string>& intents) {
  auto stage = set_stage(recording);
  if (!stage) return std::unexpected(stage.error());
  const auto nodes = choose_fork_nodes({.recorded = stage->pipeline,
                                        .forked = stage->pipeline,
                                        .external = {},
                                        .providers = {},
                                        .intents = {},
                                        .recorded_intents = intents});
  if (!nodes) return std::unexpected(nodes.error());
  Relived relived{.outputs = read_decisions(recording), .nodes = {}, .stopped = {}};
  replay::ForkSettings settings;
  settings.point = stage->point;
  settings.live_at_once = true;
  settings.nodes.assign(stage->pipeline.graph.nodes.size(), NodeAnswers::recorded_only);
  if (mode == ReplayMode::re_simulate_nodes) {
    settings.nodes = Casting(stage->pipeline, nodes->recorded, holds_words(stage->tape), holds_sound(stage->tape))
                         .cast(relived.nodes);
  }
  hal::EngineStep engine;
  hal::LocalForkWorld world({.recorded = nodes->recorded, .forked = nodes->recorded, .microphone = [&stage] {
                               TapeTrack heard = track_of(stage->tape, AudioTrack::cleaned);
                               return hal::Microphone{heard.first_sample, std::move(heard.samples)};
                             }});
  replay::ForkSink sink;
  sink.on_step = [&relived](const Event&, std::string_view, std::span<const Event> outputs) {
    for (const Event& output : outputs) {
      if (replay::is_trace_entry(output)) relived.outputs.replayed.push_back({output, 0});
    }
  };
  const auto outcome = replay::fork(stage->tape, settings, engine, world, sink);
  if (!outcome) return std::unexpected(recording + ": " + outcome.error());
  relived.stopped = outcome->stopped;
  return relived;
}

}  // namespace phalarope::program
