// The limits that a frozen plan gives the lanes: its lane edge and its lane watermarks, never beyond the lanes' memory.
// Pure. Contract: runtime.md 5.3.
#pragma once

#include <algorithm>

#include "core/engine/lanes/lane.hpp"
#include "core/engine/plan/lane_edge_policy.hpp"

namespace phalarope {

/// Memory of each lane; a plan's limit beyond it is lowered to it.
constexpr std::size_t lane_items_max = 1024;

namespace detail {
constexpr std::uint32_t lane_items(std::int64_t count) noexcept {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 1, lane_items_max));
}
constexpr Watermark lane_watermark(const Threshold& threshold) noexcept {
  return {.high_items = lane_items(threshold.high),
          .low_items = static_cast<std::uint32_t>(std::max<std::int64_t>(0, threshold.low))};
}
}  // namespace detail

constexpr LaneLimits lane_limits_of(const ResolvedTurnPlan& plan) noexcept {
  PerLane<Watermark> marks;
  marks[Lane::control] = detail::lane_watermark(plan.flow_control.control_watermarks);
  marks[Lane::data] = detail::lane_watermark(plan.flow_control.data_watermarks);
  marks[Lane::telemetry] = detail::lane_watermark(plan.flow_control.telemetry_watermarks);
  return limits_of_plan(detail::lane_items(lane_edge_policy(plan.edge_buffer_policies).max_queue_items), marks);
}

}  // namespace phalarope
