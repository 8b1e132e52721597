// Surface rules of runtime.md 1.8. See surface_rules.hpp.
#include "core/engine/plan/surface_rules.hpp"

#include "core/engine/plan/plan_names.hpp"
#include "core/engine/plan/white_space.hpp"

namespace phalarope {

namespace {

bool is_valid(const Threshold& threshold) noexcept { return threshold.high >= 1 && threshold.low >= 0; }

bool is_valid(const EdgeWatermarks& marks) noexcept {
  if (!marks.queue_items.present() && !marks.queue_ms.present()) return false;
  if (marks.queue_items.present() && !is_valid(marks.queue_items)) return false;
  return !marks.queue_ms.present() || is_valid(marks.queue_ms);
}

bool is_valid(const SyncDropPolicy& sync) noexcept {
  if (sync.policy == SyncPolicy::none) return true;
  if (!is_known(sync.policy) || !is_known(sync.scope) || !is_known(sync.group_by)) return false;
  if (sync.policy != SyncPolicy::no_sync && sync.group_by == SyncGroupBy::none) return false;
  return sync.policy != SyncPolicy::drop_with_discontinuity || !sync.sync_domain.empty();
}

bool is_valid(const NodeExecutionPolicy& policy) noexcept {
  const bool key_is_fine = policy.fairness_key.empty() || !is_blank(policy.fairness_key.view());
  return !policy.node.empty() && policy.concurrency_limit >= 0 && key_is_fine;
}

template <typename Items, typename KeyOf>
bool keys_are_unique(const Items& items, KeyOf key_of) noexcept {
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t k = i + 1; k < items.size(); ++k) {
      if (key_of(items[i]) == key_of(items[k])) return false;
    }
  }
  return true;
}

template <typename Items>
bool known_and_unique(const Items& items) noexcept {
  for (const auto& item : items) {
    if (!is_known(item)) return false;
  }
  return keys_are_unique(items, [](const auto& item) { return item; });
}

bool bindings_are_valid(const PlanSurfaces& surfaces) noexcept {
  for (const ProviderBinding& binding : surfaces.provider_bindings) {
    if (binding.modality.empty() || binding.provider.empty()) return false;
  }
  return !surfaces.provider_bindings.empty() &&
         keys_are_unique(surfaces.provider_bindings, [](const auto& binding) { return binding.modality.view(); });
}

bool edges_are_valid(const PlanSurfaces& surfaces) noexcept {
  for (const EdgePolicy& policy : surfaces.edge_buffer_policies) {
    if (!is_valid(policy)) return false;
  }
  return !surfaces.edge_buffer_policies.empty() &&
         keys_are_unique(surfaces.edge_buffer_policies, [](const auto& policy) { return policy.edge.view(); });
}

bool nodes_are_valid(const PlanSurfaces& surfaces) noexcept {
  for (const NodeExecutionPolicy& policy : surfaces.node_execution_policies) {
    if (!is_valid(policy)) return false;
  }
  return keys_are_unique(surfaces.node_execution_policies, [](const auto& policy) { return policy.node.view(); });
}

}  // namespace

bool is_valid(const Budgets& budgets) noexcept {
  return budgets.turn_budget_ms >= 1 && budgets.node_budget_ms_default >= 1 && budgets.path_budget_ms_default >= 1 &&
         budgets.edge_budget_ms_default >= 1;
}

bool is_valid(const EdgePolicy& policy) noexcept {
  if (policy.edge.empty() || !is_known(policy.strategy) || !is_known(policy.defaulting_source)) return false;
  const LaneHandling& lanes = policy.lane_handling;
  if (!is_known(lanes.data_lane) || !is_known(lanes.control_lane) || !is_known(lanes.telemetry_lane)) return false;
  if (policy.max_queue_items < 1 || policy.max_queue_ms < 1 || policy.max_queue_bytes < 1) return false;
  if (policy.max_latency_contribution_ms < 1 || policy.max_block_time_ms < 0) return false;
  if (policy.strategy == EdgeStrategy::block && policy.max_block_time_ms == 0) return false;
  return is_valid(policy.watermarks) && is_valid(policy.sync_drop_policy);
}

bool is_valid(const FlowControl& flow) noexcept {
  return is_known(flow.data_mode) && is_known(flow.control_mode) && is_known(flow.telemetry_mode) &&
         is_known(flow.data_shedding) && is_known(flow.control_shedding) && is_known(flow.telemetry_shedding) &&
         is_valid(flow.data_watermarks) && is_valid(flow.control_watermarks) && is_valid(flow.telemetry_watermarks);
}

bool is_valid(const RecordingPolicy& recording) noexcept {
  return is_known(recording.recording_level) && !recording.allowed_replay_modes.empty() &&
         known_and_unique(recording.allowed_replay_modes);
}

bool is_valid(const PlanSurfaces& surfaces) noexcept {
  return is_valid(surfaces.budgets) && bindings_are_valid(surfaces) && edges_are_valid(surfaces) &&
         nodes_are_valid(surfaces) && is_valid(surfaces.flow_control) && is_valid(surfaces.recording_policy);
}

bool is_valid(const FixedVector<AdaptiveAction, adaptive_actions_max>& actions) noexcept {
  return known_and_unique(actions);
}

}  // namespace phalarope
