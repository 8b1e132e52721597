// A small sound pipeline file and helpers to break it, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "core/spec/pipeline_file.hpp"

namespace phalarope::spec::test {

inline std::string repository_file(const std::string& path) { return std::string(PHALAROPE_SOURCE_DIR) + "/" + path; }

inline std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

constexpr std::string_view small_pipeline = R"(spec: pipeline/v1
version: p1
profile: simple/v1
nodes:
  - {id: mic, type: microphone}
  - {id: ears, type: recogniser}
  - {id: mind, type: dialogue}
  - {id: mouth, type: synthesiser}
  - {id: speaker, type: playback}
edges:
  - {from: mic, to: ears}
  - {from: ears, to: mind}
  - {from: mind, to: mouth}
  - {from: mouth, to: speaker}
)";

/// The small pipeline with the first `what` in it replaced.
inline std::string with(std::string_view what, std::string_view replacement) {
  std::string text(small_pipeline);
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), replacement);
}
inline std::string with_added(std::string_view lines) { return std::string(small_pipeline) + std::string(lines); }

constexpr std::string_view all_overrides = R"(overrides:
  budgets: {turn_budget_ms: 5000, node_budget_ms_default: 1500, path_budget_ms_default: 3000,
            edge_budget_ms_default: 500}
  provider_bindings: {stt: s, llm: l, tts: t}
  edge_buffer_policies:
    edge-ears-mind:
      strategy: block
      max_queue_items: 33
      max_queue_ms: 220
      max_queue_bytes: 180000
      max_latency_contribution_ms: 80
      max_block_time_ms: 25
      watermarks: {queue_items: {high: 24, low: 10}}
      lane_handling: {DataLane: block, ControlLane: non_blocking_priority, TelemetryLane: sample}
      sync_drop_policy: {policy: drop_with_discontinuity, scope: plan_wide, group_by: sync_id, sync_domain: av}
  node_execution_policies: {}
  flow_control:
    mode_by_lane: {DataLane: signal, ControlLane: signal, TelemetryLane: signal}
    watermarks: {DataLane: {high: 100, low: 50}, ControlLane: {high: 20, low: 10}, TelemetryLane: {high: 200, low: 100}}
    shedding_strategy_by_lane: {DataLane: drop, ControlLane: none, TelemetryLane: sample}
  recording_policy: {recording_level: L1, allowed_replay_modes: [replay_decisions]}
)";

inline CompiledPipeline compiled(std::string_view text) {
  const auto pipeline = compile_pipeline(text, "test.yaml");
  if (!pipeline) {
    ADD_FAILURE() << to_string(pipeline.error());
    return {};
  }
  return *pipeline;
}

/// The complaints about a text that must not compile, one per line.
inline std::string complaints(std::string_view text) {
  const auto pipeline = compile_pipeline(text, "test.yaml");
  return pipeline ? std::string("(it compiled)") : to_string(pipeline.error());
}

}  // namespace phalarope::spec::test
