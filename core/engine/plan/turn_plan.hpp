// The frozen turn plan as data: PlanTemplate (what a pipeline fixes) and ResolvedTurnPlan (what one turn runs by).
//
//   PlanTemplate ──materialize(turn_id, epoch)──▶ ResolvedTurnPlan     (materialize.hpp; inside step, at turn open)
//    versions, snapshots, actions,                 the same, plus turn_id, authority_epoch,
//    overrides + which of them are supplied        plan_hash and the determinism context; never changes again
//
// Invariants. (1) Everything is trivially copyable and of fixed size: a plan is copied, hashed and thrown away
// without a heap. (2) Names are the wire names of runtime.md 1.8. (3) An absent optional is its empty value
// (0, empty text, `none`), as the hash material has it (4.3). (4) Map-like lists keep keys unique, in any order;
// the hash text sorts them.
// Owned by whoever holds the copy. Contract: runtime.md 1.8, 4.2-4.5, 9.1; I1, I10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/strong.hpp"
#include "core/engine/lanes/flow_mode.hpp"
#include "core/engine/plan/graph_definition.hpp"
#include "core/engine/sync/sync_policy.hpp"

namespace phalarope {

constexpr std::size_t turn_id_bytes_max = 127;
constexpr std::size_t plan_reference_bytes_max = 95;
constexpr std::size_t plan_hash_bytes = 64;  // SHA-256 in lower-case hex digits
constexpr std::size_t provider_bindings_max = 8;
constexpr std::size_t edge_policies_max = graph_edges_max + 1;  // every edge its own, and `default`
constexpr std::size_t node_policies_max = graph_nodes_max;
constexpr std::size_t adaptive_actions_max = 4;
constexpr std::size_t replay_modes_max = 4;
constexpr std::size_t ordering_markers_max = 4;
constexpr std::size_t nondeterministic_inputs_max = 4;
constexpr std::size_t lane_count = 3;

using TurnId = FixedString<turn_id_bytes_max>;
using PlanReference = FixedString<plan_reference_bytes_max>;
using PlanHash = FixedString<plan_hash_bytes>;

enum class AdaptiveAction : std::uint8_t { retry, provider_switch, degrade, fallback };
enum class EdgeStrategy : std::uint8_t { block, drop, merge, sample, latest_only };
enum class ControlHandling : std::uint8_t { non_blocking_priority };
enum class TelemetryHandling : std::uint8_t { drop, sample, best_effort_drop };
enum class DefaultingSource : std::uint8_t { explicit_edge_config, execution_profile_default };
enum class SyncScope : std::uint8_t { edge_local, plan_wide };
enum class DataShedding : std::uint8_t { drop, merge, latest_only, degrade, fallback };
enum class ControlShedding : std::uint8_t { none };
enum class TelemetryShedding : std::uint8_t { drop, sample };
enum class RecordingLevel : std::uint8_t { L0, L1, L2 };
enum class ReplayMode : std::uint8_t {
  re_simulate_nodes,
  playback_recorded_provider_outputs,
  replay_decisions,
  recompute_decisions
};
enum class NondeterminismSource : std::uint8_t { external_call, system_time, random, operator_override, other };

struct Budgets {
  std::int64_t turn_budget_ms = 0;
  std::int64_t node_budget_ms_default = 0;
  std::int64_t path_budget_ms_default = 0;
  std::int64_t edge_budget_ms_default = 0;
  constexpr bool operator==(const Budgets&) const noexcept = default;
};

struct ProviderBinding {
  Name modality;
  Name provider;
};

/// Two levels of one queue; absent when both are 0 (`high` is at least 1 wherever a threshold is present).
struct Threshold {
  std::int64_t high = 0;
  std::int64_t low = 0;
  constexpr bool operator==(const Threshold&) const noexcept = default;
  constexpr bool present() const noexcept { return high != 0 || low != 0; }
};

struct EdgeWatermarks {
  Threshold queue_items;  // at least one of the two is present
  Threshold queue_ms;
};

struct LaneHandling {
  EdgeStrategy data_lane = EdgeStrategy::drop;
  ControlHandling control_lane = ControlHandling::non_blocking_priority;
  TelemetryHandling telemetry_lane = TelemetryHandling::best_effort_drop;
};

struct SyncDropPolicy {
  SyncPolicy policy = SyncPolicy::none;  // none: the edge has no sync drop policy
  SyncScope scope = SyncScope::edge_local;
  SyncGroupBy group_by = SyncGroupBy::none;
  Name sync_domain;
};

struct EdgePolicy {
  Name edge;  // the key: an edge id or `default`
  EdgeStrategy strategy = EdgeStrategy::drop;
  DefaultingSource defaulting_source = DefaultingSource::execution_profile_default;
  LaneHandling lane_handling;
  std::int64_t max_queue_items = 0;
  std::int64_t max_queue_ms = 0;
  std::int64_t max_queue_bytes = 0;
  std::int64_t max_latency_contribution_ms = 0;
  std::int64_t max_block_time_ms = 0;  // 0: absent; needed by `block`
  EdgeWatermarks watermarks;
  Name fairness_key;
  SyncDropPolicy sync_drop_policy;
};

struct NodeExecutionPolicy {
  Name node;  // the key
  std::int64_t concurrency_limit = 0;
  Name fairness_key;
};

/// Lane order of every three-member member below: DataLane, ControlLane, TelemetryLane (the order it is hashed in).
struct FlowControl {
  FlowMode data_mode = FlowMode::signal;
  FlowMode control_mode = FlowMode::signal;
  FlowMode telemetry_mode = FlowMode::signal;
  Threshold data_watermarks;
  Threshold control_watermarks;
  Threshold telemetry_watermarks;
  DataShedding data_shedding = DataShedding::drop;
  ControlShedding control_shedding = ControlShedding::none;
  TelemetryShedding telemetry_shedding = TelemetryShedding::drop;
};

struct RecordingPolicy {
  RecordingLevel recording_level = RecordingLevel::L0;
  FixedVector<ReplayMode, replay_modes_max> allowed_replay_modes;
};

struct SnapshotProvenance {
  PlanReference routing_view_snapshot;
  PlanReference admission_policy_snapshot;
  PlanReference abi_compatibility_snapshot;
  PlanReference version_resolution_snapshot;
  PlanReference policy_resolution_snapshot;
  PlanReference provider_health_snapshot;
};

/// The six policy surfaces of 4.2 rule 2: all of them or none.
struct PlanSurfaces {
  Budgets budgets;
  FixedVector<ProviderBinding, provider_bindings_max> provider_bindings;
  FixedVector<EdgePolicy, edge_policies_max> edge_buffer_policies;
  FixedVector<NodeExecutionPolicy, node_policies_max> node_execution_policies;
  FlowControl flow_control;
  RecordingPolicy recording_policy;
};

/// Which surfaces somebody supplied whose emptiness alone does not tell (an empty node policy map counts).
struct SuppliedSurfaces {
  bool node_execution_policies = false;
  bool flow_control = false;
  bool recording_policy = false;
};

struct PlanTemplate {
  Name pipeline_version;
  PlanReference graph_definition_ref;
  Name execution_profile;
  SnapshotProvenance snapshot_provenance;
  bool adaptive_actions_present = false;
  FixedVector<AdaptiveAction, adaptive_actions_max> allowed_adaptive_actions;
  SuppliedSurfaces supplied;
  PlanSurfaces overrides;  // all zero and empty: the profile's defaults (4.4)
};

struct NondeterministicInput {
  Name input_key;
  NondeterminismSource source = NondeterminismSource::other;
  PlanReference evidence_ref;
};

struct Determinism {
  std::int64_t seed = 0;
  FixedVector<Name, ordering_markers_max> ordering_markers;
  Name merge_rule_id;
  Name merge_rule_version;
  FixedVector<NondeterministicInput, nondeterministic_inputs_max> nondeterministic_inputs;
};

struct ResolvedTurnPlan {
  TurnId turn_id;
  Name pipeline_version;
  PlanReference graph_definition_ref;
  Name execution_profile;  // trimmed, otherwise as given
  PlanHash plan_hash;
  Epoch authority_epoch{};
  Budgets budgets;
  FixedVector<ProviderBinding, provider_bindings_max> provider_bindings;
  FixedVector<EdgePolicy, edge_policies_max> edge_buffer_policies;
  FixedVector<NodeExecutionPolicy, node_policies_max> node_execution_policies;
  FlowControl flow_control;
  FixedVector<AdaptiveAction, adaptive_actions_max> allowed_adaptive_actions;
  SnapshotProvenance snapshot_provenance;
  RecordingPolicy recording_policy;
  Determinism determinism;
};

static_assert(std::is_trivially_copyable_v<PlanTemplate> && std::is_trivially_copyable_v<ResolvedTurnPlan>);
constexpr std::size_t resolved_turn_plan_bytes_max = 20 * 1024;
static_assert(sizeof(ResolvedTurnPlan) <= resolved_turn_plan_bytes_max, "a plan is copied at every turn open");

}  // namespace phalarope
