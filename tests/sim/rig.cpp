#include "tests/sim/rig.hpp"

#include <string>

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/materialize.hpp"
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

/// One of a few sizes: the smallest included, because bounds are where bugs live.
template <std::size_t count>
std::int64_t one_of(Chance& chance, const std::int64_t (&sizes)[count]) {
  return sizes[chance.between(0, count - 1)];
}

EdgePolicy draw_edge(Chance& chance, std::string_view edge) {
  EdgePolicy policy;
  PHAL_ENFORCE(policy.edge.assign(edge), "an edge's name fits");
  policy.strategy = static_cast<EdgeStrategy>(chance.between(0, 4));
  policy.defaulting_source = DefaultingSource::explicit_edge_config;
  policy.lane_handling.data_lane = policy.strategy;
  policy.max_queue_items = one_of(chance, {1, 1, 2, 3, 8, 1000});
  policy.max_queue_ms = one_of(chance, {10, 300, 10'000, 60'000});
  policy.max_queue_bytes = one_of(chance, {300, 2000, 262'144, 262'144, 262'144, 262'144, 262'144, 262'144});
  policy.max_latency_contribution_ms = one_of(chance, {5, 120, 60'000});
  policy.max_block_time_ms = one_of(chance, {1, 25, 400});
  policy.watermarks.queue_items = {.high = policy.max_queue_items,
                                   .low = chance.between(0, policy.max_queue_items - 1)};
  if (chance.happens(300)) policy.watermarks.queue_ms = {.high = 200, .low = 20};
  policy.sync_drop_policy.policy = static_cast<SyncPolicy>(chance.between(0, 3));
  if (policy.sync_drop_policy.policy == SyncPolicy::none) return policy;
  policy.sync_drop_policy.scope = static_cast<SyncScope>(chance.between(0, 1));
  policy.sync_drop_policy.group_by = static_cast<SyncGroupBy>(chance.between(1, 3));
  PHAL_ENFORCE(policy.sync_drop_policy.sync_domain.assign("lips"), "a domain's name fits");
  return policy;
}

/// Buffers, shedding and flow control as a plan may have them.
void draw_edges(Chance& chance, CompiledPipeline& pipeline) {
  PlanTemplate& plan = pipeline.plan;
  if (plan.overrides.edge_buffer_policies.empty()) plan.overrides = simple_v1_surfaces();
  plan.supplied = {.node_execution_policies = true, .flow_control = true, .recording_policy = true};
  for (const std::string_view edge :
       {"edge-microphone-recogniser", "edge-dialogue-synthesiser", "edge-synthesiser-playback"}) {
    const bool drawn = chance.happens(700);
    if (!drawn) continue;
    PHAL_ENFORCE(plan.overrides.edge_buffer_policies.push_back(draw_edge(chance, edge)), "three edges fit");
  }
  // Whole stretches of the loudspeaker's own positions, so that a voice with credit never starves.
  pipeline.voice.playback_ahead_frames_max = one_of(chance, {1600, 3200, 9600});
  plan.overrides.flow_control.data_mode = static_cast<FlowMode>(chance.between(0, 2));
  plan.overrides.flow_control.data_shedding = static_cast<DataShedding>(chance.between(0, 4));
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
  const std::int64_t pipelines = chance.between(1, 2);
  rig.through_runtime = chance.happens(scenario.runtime_permille);
  rig.on_disk = chance.happens(scenario.disk_permille) && rig.through_runtime;
  if (rig.on_disk) rig.sessions = 1;  // a recording that is started again belongs to one session
  for (std::int64_t i = 0; i < (rig.on_disk ? 1 : pipelines); ++i) {
    rig.pipelines.push_back(simulated_pipelines()[static_cast<std::size_t>(i)]);
    if (chance.happens(600)) draw_edges(chance, rig.pipelines.back());
  }
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
        .pause_max_ms = 600, .speech_max_ms = 900, .answer_frames_max = 25, .sentences_max = 3, .delay_max_ms = 150};
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
