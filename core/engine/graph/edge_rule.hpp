// What a frozen plan says of one edge's buffer, resolved once: bounds, strategy, marks, and who falls together.
//
//   edge_buffer_policies ──own entry, else `default`, else smallest key──▶ EdgePolicy ──▶ EdgeRule
//   flow_control ──the lane's shedding and mode────────────────────────────────────────────┘
//
// Pure values; freely copied. Contract: runtime.md 5.2 (effective policy, bounds), 5.4, 8.3.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/engine/plan/lane_edge_policy.hpp"
#include "core/engine/plan/turn_plan.hpp"

namespace phalarope {

/// An edge's buffer has room for so many items, whatever its plan says.
constexpr std::size_t edge_queue_items_max = 128;

struct EdgeRule {
  EdgeStrategy strategy = EdgeStrategy::drop;
  DataShedding shedding = DataShedding::drop;  // what happens to an item whose producer has waited long enough
  FlowMode mode = FlowMode::signal;
  std::uint64_t items_max = 1;
  std::uint64_t bytes_max = 1;
  Duration age_max{};
  Duration latency_max{};
  Duration block_max{};
  Threshold items;
  Threshold ms;
  SyncPolicy sync = SyncPolicy::none;
  SyncScope sync_scope = SyncScope::edge_local;
  SyncGroupBy group_by = SyncGroupBy::none;
  std::uint8_t policy = 0;  // index of its EdgePolicy in the plan: names the sync domain
  bool own_entry = false;   // a person wrote it for this very edge

  constexpr bool fits_alone(std::uint64_t bytes) const noexcept { return bytes <= bytes_max; }
};

constexpr EdgeStrategy edge_strategy(const EdgePolicy& policy, Lane lane) noexcept {
  switch (lane) {
    case Lane::data:
      return policy.strategy;
    // Control is never dropped by strategy; its queue is sized so that overflow does not occur, and if it does the
    // refusal of the incoming item is explicit.
    case Lane::control:
      return EdgeStrategy::drop;
    case Lane::telemetry:
      return policy.lane_handling.telemetry_lane == TelemetryHandling::sample ? EdgeStrategy::sample
                                                                              : EdgeStrategy::drop;
  }
  return EdgeStrategy::drop;
}

constexpr EdgeRule edge_rule(const EdgePolicy& policy, Lane lane, DataShedding shedding) noexcept {
  const auto positive = [](std::int64_t bound) {
    PHAL_ENFORCE(bound >= 1, "a frozen plan's edge bounds are at least 1");
    return static_cast<std::uint64_t>(bound);
  };
  return {.strategy = edge_strategy(policy, lane),
          .shedding = shedding,
          .items_max = std::min<std::uint64_t>(positive(policy.max_queue_items), edge_queue_items_max),
          .bytes_max = positive(policy.max_queue_bytes),
          .age_max = milliseconds(policy.max_queue_ms),
          .latency_max = milliseconds(policy.max_latency_contribution_ms),
          .block_max = milliseconds(policy.max_block_time_ms),
          .items = policy.watermarks.queue_items,
          .ms = policy.watermarks.queue_ms,
          .sync = policy.sync_drop_policy.policy,
          .sync_scope = policy.sync_drop_policy.scope,
          .group_by = policy.sync_drop_policy.group_by};
}

/// Stands for the sync domain that an edge policy names: symbols from here on are numbers of policies, whose words
/// stand in the recorded plan.
constexpr SymbolId sync_domain_symbol(std::size_t policy) noexcept {
  return SymbolId{0x8000'0000U + static_cast<std::uint32_t>(policy)};
}

/// An edge's name, as its policy names it: its id, else edge-<from>-<to>.
using EdgeName = FixedString<2 * name_bytes_max + 8>;
constexpr EdgeName edge_name(const GraphDefinition& graph, const EdgeDefinition& edge) noexcept {
  EdgeName name;
  const bool fits = edge.id.view().empty() ? name.assign_all("edge-", graph.nodes[edge.from.value].id.view(), "-",
                                                             graph.nodes[edge.to.value].id.view())
                                           : name.assign(edge.id.view());
  PHAL_ENFORCE(fits, "an edge's name is bounded by its parts");
  return name;
}

/// The rule that `plan` (anything with edge_buffer_policies and flow_control) has for `edge`.
template <typename Plan>
constexpr EdgeRule edge_rule_of(const Plan& plan, const GraphDefinition& graph, const EdgeDefinition& edge) noexcept {
  const EdgeName name = edge_name(graph, edge);
  const EdgePolicy* effective = nullptr;
  for (const EdgePolicy& policy : plan.edge_buffer_policies) {
    if (policy.edge.view() == name.view()) effective = &policy;
  }
  const bool own_entry = effective != nullptr;
  if (!own_entry) effective = &lane_edge_policy(plan.edge_buffer_policies);
  EdgeRule rule = edge_rule(*effective, edge.lane, plan.flow_control.data_shedding);
  rule.own_entry = own_entry;
  rule.policy = static_cast<std::uint8_t>(effective - plan.edge_buffer_policies.begin());
  rule.mode = edge.lane == Lane::control     ? plan.flow_control.control_mode
              : edge.lane == Lane::telemetry ? plan.flow_control.telemetry_mode
                                             : plan.flow_control.data_mode;
  return rule;
}

}  // namespace phalarope
