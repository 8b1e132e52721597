// Plan templates of the contract's vectors (runtime.md Appendix D), for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "core/engine/plan/materialize.hpp"

namespace phalarope::test {

template <std::size_t bytes_max>
FixedString<bytes_max> text(std::string_view value) {
  FixedString<bytes_max> fixed;
  EXPECT_TRUE(fixed.assign(value));
  return fixed;
}
inline Name name(std::string_view value) { return text<name_bytes_max>(value); }

inline void set_actions(PlanTemplate& plan, std::initializer_list<AdaptiveAction> actions) {
  plan.allowed_adaptive_actions.clear();
  for (const AdaptiveAction action : actions) EXPECT_TRUE(plan.allowed_adaptive_actions.push_back(action));
}

/// V1: profile `simple`, no actions, defaults.
inline PlanTemplate vector_template() {
  PlanTemplate plan = default_plan_template();
  set_actions(plan, {});
  return plan;
}

inline void supply_all(PlanTemplate& plan, const PlanSurfaces& surfaces) {
  plan.overrides = surfaces;
  plan.supplied = {.node_execution_policies = true, .flow_control = true, .recording_policy = true};
}

/// V5: a complete override set with one fully written edge.
inline PlanTemplate override_template() {
  PlanTemplate plan = default_plan_template();
  set_actions(plan, {AdaptiveAction::retry});
  PlanSurfaces surfaces = simple_v1_surfaces();
  // Declared out of key order: the hash text must sort.
  EXPECT_TRUE(surfaces.node_execution_policies.push_back({name("provider-stt"), 1, name("provider-heavy")}));
  EXPECT_TRUE(surfaces.node_execution_policies.push_back({name("provider-llm"), 0, {}}));
  EdgePolicy edge;
  edge.edge = name("edge-stt->llm");
  edge.strategy = EdgeStrategy::block;
  edge.max_queue_items = 33;
  edge.max_queue_ms = 220;
  edge.max_queue_bytes = 180000;
  edge.max_latency_contribution_ms = 80;
  edge.max_block_time_ms = 25;
  edge.watermarks = {.queue_items = {24, 10}, .queue_ms = {200, 50}};
  edge.lane_handling = {EdgeStrategy::block, ControlHandling::non_blocking_priority, TelemetryHandling::sample};
  edge.fairness_key = name("tenant");
  edge.defaulting_source = DefaultingSource::explicit_edge_config;
  edge.sync_drop_policy = {SyncPolicy::drop_with_discontinuity, SyncScope::plan_wide, SyncGroupBy::sync_id,
                           name("av-sync")};
  surfaces.edge_buffer_policies.clear();
  EXPECT_TRUE(surfaces.edge_buffer_policies.push_back(edge));
  supply_all(plan, surfaces);
  return plan;
}

}  // namespace phalarope::test
