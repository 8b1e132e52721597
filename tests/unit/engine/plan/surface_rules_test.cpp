// The six surfaces against runtime.md 1.8: one wound per test row, each from a sound starting point.
#include "core/engine/plan/surface_rules.hpp"

#include <gtest/gtest.h>

#include <functional>

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
      {"sync without group", [&](auto& s) { edge(s).sync_drop_policy.group_by = SyncGroupBy::none; }},
      {"discontinuity without domain", [&](auto& s) { edge(s).sync_drop_policy.sync_domain.clear(); }},
      {"a node without name", [](auto& s) { s.node_execution_policies[0].node.clear(); }},
      {"a negative limit", [](auto& s) { s.node_execution_policies[0].concurrency_limit = -1; }},
      {"a blank fairness key", [](auto& s) { s.node_execution_policies[0].fairness_key = test::name(" \t"); }},
      {"a node named twice", [](auto& s) { s.node_execution_policies[1].node = s.node_execution_policies[0].node; }},
      {"a lane without high mark", [](auto& s) { s.flow_control.control_watermarks.high = 0; }},
      {"a lane with a negative low mark", [](auto& s) { s.flow_control.telemetry_watermarks.low = -1; }},
      {"an unknown mode", [](auto& s) { s.flow_control.data_mode = static_cast<FlowMode>(3); }},
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

}  // namespace
}  // namespace phalarope
