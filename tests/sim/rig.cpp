#include "tests/sim/rig.hpp"

#include <string>

#include "core/engine/base/enforce.hpp"
#include "core/spec/pipeline_file.hpp"

namespace phalarope::sim {
namespace {

constexpr std::string_view common_text = R"(
nodes:
  - {id: microphone, type: microphone}
  - {id: recogniser, type: recogniser}
  - {id: dialogue, type: dialogue}
  - {id: synthesiser, type: synthesiser}
  - {id: playback, type: playback}
edges:
  - {from: microphone, to: recogniser}
  - {from: recogniser, to: dialogue}
  - {from: dialogue, to: synthesiser}
  - {from: synthesiser, to: playback}
)";
constexpr std::string_view strict_text = R"(spec: pipeline/v1
version: strict
profile: simple/v1
adaptive_actions: [retry, provider_switch, fallback]
)";
constexpr std::string_view patient_text = R"(spec: pipeline/v1
version: patient
profile: edge/v1
adaptive_actions: [retry, provider_switch, degrade, fallback]
interruption:
  hold_max_ms: 400
  verdict_wait_ms: 100
  fade_ms: 10
  thinking: {enough_speech_ms: 200, word_confirms: false}
  speaking: {enough_speech_ms: 300, word_confirms: true}
voice: {sample_rate_hz: 16000, frame_ms: 20, playback_ahead_ms: 200, sentences_ahead_max: 1}
recording: {level: L1}
)";

CompiledPipeline compiled(std::string_view head) {
  const auto pipeline = spec::compile_pipeline(std::string(head) + std::string(common_text), "simulated.yaml");
  PHAL_ENFORCE(pipeline.has_value(), "the simulated house's pipelines compile");
  return *pipeline;
}

}  // namespace

const Scenario* find_scenario(std::string_view name) {
  for (const Scenario& scenario : scenarios) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

Rig draw_rig(Chance& chance, const Scenario& scenario) {
  Rig rig;
  const bool alone = chance.happens(400);
  const std::int64_t company = chance.between(1, scenario.sessions_max);
  rig.sessions = alone ? 1 : static_cast<std::size_t>(company);
  rig.pipelines = static_cast<std::size_t>(chance.between(1, 2));
  rig.through_runtime = chance.happens(scenario.runtime_permille);
  rig.on_disk = chance.happens(scenario.disk_permille) && rig.through_runtime;
  if (rig.on_disk) rig.sessions = rig.pipelines = 1;  // a recording that is started again belongs to one session
  // A ring that holds a few dozen turns, and one that holds hardly more than its reserves.
  constexpr std::size_t rings[] = {1 << 20, 1 << 18, 1 << 17};
  rig.evidence_ring_bytes = rings[chance.between(0, 2)];
  rig.level = static_cast<RecordingLevel>(chance.between(0, 2));
  constexpr std::uint32_t slabs[] = {2048, 256, 48};
  rig.slabs = slabs[chance.between(0, 2)];
  const std::int64_t late_ms = chance.between(1, 100);
  rig.late_max = milliseconds(late_ms);
  if (chance.happens(scenario.terse_permille)) {
    rig.manner = {
        .pause_max_ms = 600, .speech_max_ms = 900, .answer_frames_max = 25, .sentences_max = 2, .delay_max_ms = 150};
  }
  const bool often = chance.happens(700);
  const std::int64_t every = chance.between(2, 200);
  rig.flush_every = often ? 1 : every;
  return rig;
}

const std::vector<CompiledPipeline>& simulated_pipelines() {
  static const std::vector<CompiledPipeline> pipelines{compiled(strict_text), compiled(patient_text)};
  return pipelines;
}

}  // namespace phalarope::sim
