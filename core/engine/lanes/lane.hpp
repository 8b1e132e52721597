// Lanes: the three priorities of the house, how deep each may get, and how a plan or its absence decides that.
//
//     Control    lifecycle, cancel, flow, authority      never dropped silently
//     Data       frames, text                            by the edge's strategy only
//     Telemetry  metrics, debug                          dropped first, delays nothing
//
// Pure. Contract: runtime.md 5.1, 5.3; I4, I10.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/result.hpp"

namespace phalarope {

constexpr std::size_t lanes_count = 3;
/// Strict: a lane is looked at only when all before it are empty.
constexpr std::array<Lane, lanes_count> lane_order{Lane::control, Lane::data, Lane::telemetry};

constexpr std::size_t index_of(Lane lane) noexcept { return static_cast<std::size_t>(lane); }
constexpr bool valid(Lane lane) noexcept { return index_of(lane) < lanes_count; }

/// One number for each lane, read by its name.
template <typename T>
struct PerLane {
  std::array<T, lanes_count> of{};
  constexpr T& operator[](Lane lane) noexcept { return of[index_of(lane)]; }
  constexpr const T& operator[](Lane lane) const noexcept { return of[index_of(lane)]; }
  constexpr bool operator==(const PerLane&) const noexcept = default;
};

/// Depths at which a lane saturates (at or above `high_items`) and recovers (at or below `low_items`).
struct Watermark {
  std::uint32_t high_items = 0;  // 0: not given
  std::uint32_t low_items = 0;
  constexpr bool operator==(const Watermark&) const noexcept = default;
};

struct LaneBounds {
  std::uint32_t items_max = 0;
  Watermark watermark{};
  constexpr bool operator==(const LaneBounds&) const noexcept = default;
};
using LaneLimits = PerLane<LaneBounds>;

enum class LaneError : std::uint8_t {
  session_missing,
  pipeline_version_missing,
  bounds_invalid,     // not 1 <= high <= limit and low < high
  storage_too_small,  // a limit beyond the memory given at start
  lane_unknown,
  event_id_missing
};

struct LaneErrorText {
  LaneError error;
  const char* id;
  const char* sentence;
  const char* who;
};
constexpr std::array lane_error_texts{
    LaneErrorText{LaneError::session_missing, "session_missing", "a lane set belongs to a session", "the caller"},
    LaneErrorText{LaneError::pipeline_version_missing, "pipeline_version_missing",
                  "a lane set needs its pipeline version", "the caller"},
    LaneErrorText{LaneError::bounds_invalid, "lane_bounds_invalid", "each lane needs 1 <= high <= limit and low < high",
                  "author of the plan"},
    LaneErrorText{LaneError::storage_too_small, "lane_storage_too_small",
                  "a lane limit is beyond the memory of the board profile", "owner of the board profile"},
    LaneErrorText{LaneError::lane_unknown, "lane_unknown", "the lane is not control, data or telemetry", "the sender"},
    LaneErrorText{LaneError::event_id_missing, "event_id_missing", "an item needs its event id", "the sender"},
};
constexpr const LaneErrorText& describe(LaneError error) noexcept {
  return lane_error_texts[static_cast<std::size_t>(error)];
}
static_assert(
    [] {
      for (std::size_t i = 0; i < lane_error_texts.size(); ++i) {
        if (static_cast<std::size_t>(lane_error_texts[i].error) != i) return false;
      }
      return lane_error_texts.size() == static_cast<std::size_t>(LaneError::event_id_missing) + 1;
    }(),
    "one row for each code, in the order of the enum");

/// What 5.3 says of a lane without a plan.
constexpr PerLane<std::uint32_t> items_max_without_plan{{32, 128, 128}};

/// A missing watermark is half and a quarter of the limit.
constexpr Watermark default_watermark(std::uint32_t items_max) noexcept {
  return Watermark{.high_items = std::max<std::uint32_t>(1, items_max / 2), .low_items = items_max / 4};
}

/// The limits of a turn without a plan; a given watermark (high not 0) is kept.
constexpr LaneLimits limits_without_plan(const PerLane<Watermark>& watermarks = {}) noexcept {
  LaneLimits limits;
  for (const Lane lane : lane_order) {
    const std::uint32_t items_max = items_max_without_plan[lane];
    const bool given = watermarks[lane].high_items != 0;
    limits[lane] = {.items_max = items_max, .watermark = given ? watermarks[lane] : default_watermark(items_max)};
  }
  return limits;
}

/// The limits of a plan: the effective edge's `max_queue_items`, but never below the lane's own high watermark.
constexpr LaneLimits limits_of_plan(std::uint32_t edge_items_max, const PerLane<Watermark>& watermarks) noexcept {
  LaneLimits limits;
  for (const Lane lane : lane_order) {
    limits[lane] = {.items_max = std::max(edge_items_max, watermarks[lane].high_items), .watermark = watermarks[lane]};
  }
  return limits;
}

/// The wire name of a lane's edge: `plan/<first 12 of plan_hash>/<lane>`, or `lane-dispatch/<lane>` without a plan.
constexpr FixedString<32> lane_edge_id(std::string_view plan_hash, Lane lane) noexcept {
  constexpr std::size_t hash_digits_shown = 12;
  constexpr std::array<std::string_view, lanes_count> names{"/control", "/data", "/telemetry"};
  FixedString<32> id;
  const std::string_view prefix = plan_hash.empty() ? "lane-dispatch" : "plan/";
  const bool fits = id.assign_all(prefix, plan_hash.substr(0, hash_digits_shown), names[index_of(lane)]);
  PHAL_ENFORCE(fits, "the longest lane edge id has 27 bytes");
  return id;
}
static_assert(lane_edge_id("0123456789abcdef", Lane::telemetry).view() == "plan/0123456789ab/telemetry");

constexpr bool valid(const LaneBounds& bounds) noexcept {
  const Watermark& mark = bounds.watermark;
  return mark.high_items >= 1 && mark.high_items <= bounds.items_max && mark.low_items < mark.high_items;
}

}  // namespace phalarope
