// The six surfaces against runtime.md 1.8: one wound per test row, each from a sound starting point.
#include "core/engine/plan/surface_rules.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "core/engine/plan/lane_edge_policy.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "tests/unit/engine/plan/plan_samples.hpp"

namespace phalarope {
namespace {

struct Wound {
  const char* what;
  std::function<void(PlanSurfaces&)> inflict;
};

// contract: 1.8
TEST(SurfaceRules, RefuseEachWound) {
  const auto edge = [](PlanSurfaces& surfaces) -> EdgePolicy& { return surfaces.edge_buffer_policies[0]; };
  const Wound wounds[] = {
      {"a budget of zero", [](auto& s) { s.budgets.node_budget_ms_default = 0; }},
      {"no turn budget", [](auto& s) { s.budgets.turn_budget_ms = 0; }},
      {"no path budget", [](auto& s) { s.budgets.path_budget_ms_default = 0; }},
      {"no edge budget", [](auto& s) { s.budgets.edge_budget_ms_default = 0; }},
      {"no binding", [](auto& s) { s.provider_bindings.clear(); }},
      {"an empty modality", [](auto& s) { s.provider_bindings[0].modality.clear(); }},
      {"an empty provider", [](auto& s) { s.provider_bindings[0].provider.clear(); }},
      {"a modality bound twice", [](auto& s) { s.provider_bindings[1].modality = s.provider_bindings[0].modality; }},
      {"no edge policy", [](auto& s) { s.edge_buffer_policies.clear(); }},
      {"an edge without name", [&](auto& s) { edge(s).edge.clear(); }},
      {"a queue of no items", [&](auto& s) { edge(s).max_queue_items = 0; }},
      {"a queue of no time", [&](auto& s) { edge(s).max_queue_ms = 0; }},
      {"a queue of no bytes", [&](auto& s) { edge(s).max_queue_bytes = 0; }},
      {"no latency contribution", [&](auto& s) { edge(s).max_latency_contribution_ms = 0; }},
      {"block without its time", [&](auto& s) { edge(s).max_block_time_ms = 0; }},
      {"a negative block time", [&](auto& s) { edge(s).max_block_time_ms = -1; }},
      {"no watermark", [&](auto& s) { edge(s).watermarks = {}; }},
      {"a high mark of zero", [&](auto& s) { edge(s).watermarks.queue_ms = {.high = 0, .low = 1}; }},
      {"a negative low mark", [&](auto& s) { edge(s).watermarks.queue_items.low = -1; }},
      {"an unknown strategy", [&](auto& s) { edge(s).strategy = static_cast<EdgeStrategy>(9); }},
      {"an unknown source of defaults", [&](auto& s) { edge(s).defaulting_source = static_cast<DefaultingSource>(9); }},
      {"an unknown handling of data", [&](auto& s) { edge(s).lane_handling.data_lane = static_cast<EdgeStrategy>(9); }},
      {"an unknown handling of control",
       [&](auto& s) { edge(s).lane_handling.control_lane = static_cast<ControlHandling>(9); }},
      {"an unknown handling of telemetry",
       [&](auto& s) { edge(s).lane_handling.telemetry_lane = static_cast<TelemetryHandling>(9); }},
      {"an edge named twice", [&](auto& s) { EXPECT_TRUE(s.edge_buffer_policies.push_back(edge(s))); }},
      {"an unknown sync policy", [&](auto& s) { edge(s).sync_drop_policy.policy = static_cast<SyncPolicy>(9); }},
      {"an unknown sync scope", [&](auto& s) { edge(s).sync_drop_policy.scope = static_cast<SyncScope>(9); }},
      {"an unknown sync group", [&](auto& s) { edge(s).sync_drop_policy.group_by = static_cast<SyncGroupBy>(9); }},
      {"sync without group", [&](auto& s) { edge(s).sync_drop_policy.group_by = SyncGroupBy::none; }},
      {"discontinuity without domain", [&](auto& s) { edge(s).sync_drop_policy.sync_domain.clear(); }},
      {"a node without name", [](auto& s) { s.node_execution_policies[0].node.clear(); }},
      {"a negative limit", [](auto& s) { s.node_execution_policies[0].concurrency_limit = -1; }},
      {"a blank fairness key", [](auto& s) { s.node_execution_policies[0].fairness_key = test::name(" \t"); }},
      {"a node named twice", [](auto& s) { s.node_execution_policies[1].node = s.node_execution_policies[0].node; }},
      {"a lane without high mark", [](auto& s) { s.flow_control.control_watermarks.high = 0; }},
      {"a lane with a negative low mark", [](auto& s) { s.flow_control.telemetry_watermarks.low = -1; }},
      {"an unknown mode", [](auto& s) { s.flow_control.data_mode = static_cast<FlowMode>(3); }},
      {"an unknown mode of control", [](auto& s) { s.flow_control.control_mode = static_cast<FlowMode>(3); }},
      {"an unknown mode of telemetry", [](auto& s) { s.flow_control.telemetry_mode = static_cast<FlowMode>(3); }},
      {"an unknown shedding of data", [](auto& s) { s.flow_control.data_shedding = static_cast<DataShedding>(9); }},
      {"an unknown shedding of control",
       [](auto& s) { s.flow_control.control_shedding = static_cast<ControlShedding>(9); }},
      {"an unknown shedding of telemetry",
       [](auto& s) { s.flow_control.telemetry_shedding = static_cast<TelemetryShedding>(9); }},
      {"data without high mark", [](auto& s) { s.flow_control.data_watermarks.high = 0; }},
      {"an unknown recording level",
       [](auto& s) { s.recording_policy.recording_level = static_cast<RecordingLevel>(9); }},
      {"an unknown replay mode",
       [](auto& s) { s.recording_policy.allowed_replay_modes[0] = static_cast<ReplayMode>(9); }},
      {"no replay mode", [](auto& s) { s.recording_policy.allowed_replay_modes.clear(); }},
      {"a replay mode twice",
       [](auto& s) { EXPECT_TRUE(s.recording_policy.allowed_replay_modes.push_back(ReplayMode::replay_decisions)); }},
  };
  ASSERT_TRUE(is_valid(test::override_template().overrides));
  for (const Wound& wound : wounds) {
    PlanSurfaces surfaces = test::override_template().overrides;
    wound.inflict(surfaces);
    EXPECT_FALSE(is_valid(surfaces)) << wound.what;
  }
}

// contract: 1.8
TEST(SurfaceRules, AcceptWhatIsOptional) {
  PlanSurfaces surfaces = test::override_template().overrides;
  EdgePolicy& edge = surfaces.edge_buffer_policies[0];
  edge.strategy = EdgeStrategy::merge;
  edge.max_block_time_ms = 0;
  edge.watermarks.queue_items = {};
  edge.fairness_key.clear();
  edge.sync_drop_policy = {SyncPolicy::no_sync, SyncScope::edge_local, SyncGroupBy::none, {}};
  surfaces.node_execution_policies.clear();
  EXPECT_TRUE(is_valid(surfaces));
  EXPECT_TRUE(is_valid(simple_v1_surfaces()));
}

// contract: 1.8
TEST(SurfaceRules, ThresholdsNeedNoOrderAmongThemselves) {
  PlanSurfaces surfaces = test::override_template().overrides;
  surfaces.flow_control.data_watermarks = {.high = 1, .low = 50};
  EXPECT_TRUE(is_valid(surfaces)) << "the lane scheduler relates high and low, not the artifact";
}

// contract: 1.8
TEST(SurfaceRules, ActionsAreKnownAndNamedOnce) {
  FixedVector<AdaptiveAction, adaptive_actions_max> actions;
  EXPECT_TRUE(is_valid(actions));
  ASSERT_TRUE(actions.push_back(AdaptiveAction::retry));
  EXPECT_TRUE(is_valid(actions));
  ASSERT_TRUE(actions.push_back(AdaptiveAction::retry));
  EXPECT_FALSE(is_valid(actions));
  actions[1] = static_cast<AdaptiveAction>(9);
  EXPECT_FALSE(is_valid(actions));
  EXPECT_TRUE(wire_name(static_cast<AdaptiveAction>(9)).empty()) << "an unknown member has no name to write";
}

// contract: F-018
TEST(EdgeCondition, ARangeThatIsEmptyAdmitsNothingAndBothMustHold) {
  EdgeCondition when;
  EXPECT_FALSE(when.never());
  when.confidence_permille = {.min = 700, .max = 600};
  EXPECT_TRUE(when.never());
  when.confidence_permille = {.min = 600, .max = 700};
  when.utterance_class = {.min = 3, .max = 2};
  EXPECT_TRUE(when.never());
  when.utterance_class = {.min = 1, .max = 2};
  EXPECT_FALSE(when.never());
  Event result{};
  const auto admitted = [&](EventKind kind, std::int64_t utterance_class, std::int64_t confidence) {
    result.kind = kind;
    result.argument_a = utterance_class;
    result.argument_b = confidence;
    return when.admits(result);
  };
  using enum EventKind;
  EXPECT_TRUE(admitted(recognition_final, 1, 600));
  EXPECT_TRUE(admitted(recognition_partial, 2, 700));
  EXPECT_FALSE(admitted(recognition_partial, 2, 701));
  EXPECT_FALSE(admitted(recognition_final, 2, 599));
  EXPECT_FALSE(admitted(recognition_final, 3, 650));
  EXPECT_FALSE(admitted(recognition_final, 0, 650));
  EXPECT_TRUE(admitted(dialogue_sentence, 9, 9)) << "it bears neither value";
}

// contract: 5.2, 5.3
TEST(LaneEdgePolicy, IsTheDefaultElseTheOneWithTheSmallestKeyInWhateverOrder) {
  FixedVector<EdgePolicy, edge_policies_max> policies;
  const auto add = [&](const char* key, std::int64_t items) {
    EdgePolicy policy;
    policy.edge = test::name(key);
    policy.max_queue_items = items;
    EXPECT_TRUE(policies.push_back(policy));
  };
  add("llm->tts", 1);
  EXPECT_EQ(lane_edge_policy(policies).max_queue_items, 1);
  add("stt->llm", 2);
  EXPECT_EQ(lane_edge_policy(policies).max_queue_items, 1);
  add("a->b", 3);
  EXPECT_EQ(lane_edge_policy(policies).max_queue_items, 3);
  add("default", 4);
  EXPECT_EQ(lane_edge_policy(policies).max_queue_items, 4);
}

}  // namespace
}  // namespace phalarope
