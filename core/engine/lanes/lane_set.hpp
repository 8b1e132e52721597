// LaneSet holds what the engine has accepted and not yet looked at, and decides what is looked at next: control before
// data before telemetry, first in first out inside a lane. There is no ageing and no fairness between lanes, because a
// late cancel is worse than a lost metric.
//
//     enqueue ──▶ control   ██████░░░░  ──▶ next(): the head of the first lane that is not empty
//             ──▶ data      ███████████▒──▶
//             ──▶ telemetry ██░░░░░░░░  ──▶
//                     low ▲      ▲ high
//
// Invariants. (1) The depth of a lane never exceeds its limit. (2) The high-watermark pair fires once per saturation,
// only overflow repeats it, and no flow_xon comes without a flow_xoff before. (3) Every item accepted is dispatched
// once or flushed once; every item refused is named once, by drop_notice or shed. (4) Nothing here waits, allocates or
// reads a clock. (5) A refused configuration or item changes nothing.
// Owner: engine thread. Not here: merging (merge.hpp), edges' own bounds (graph), credits (flow_control.hpp).
// Contract: runtime.md 5.1, 5.3, 5.7; I4, I5, I10.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/function_ref.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/lanes/lane.hpp"
#include "core/engine/lanes/pressure_signal.hpp"
#include "core/engine/lanes/watermark.hpp"

namespace phalarope {

/// The four rows of runtime.md 5.3.
enum class EnqueueRow : std::uint8_t {
  telemetry_overflow,  // dropped, drop_notice
  overflow,            // dropped, watermark + flow_xoff + shed, shed outcome
  saturating,          // accepted, watermark + flow_xoff
  plain                // accepted, nothing said
};

/// Which row applies to one more item on a lane of this depth. Pure; tested over every combination.
constexpr EnqueueRow enqueue_row(Lane lane, std::uint32_t depth_items, const LaneBounds& bounds,
                                 bool saturated) noexcept {
  if (depth_items >= bounds.items_max) {
    return lane == Lane::telemetry ? EnqueueRow::telemetry_overflow : EnqueueRow::overflow;
  }
  if (!saturated && depth_items + 1 >= bounds.watermark.high_items) return EnqueueRow::saturating;
  return EnqueueRow::plain;
}

/// At most this many signals from one call; the caller empties the buffer when it has handed them on.
constexpr std::size_t lane_signals_max = 3;
using LaneSignals = FixedVector<PressureSignal, lane_signals_max>;

struct EnqueueOutcome {
  EnqueueRow row = EnqueueRow::plain;
  std::uint32_t depth_items = 0;  // after the call

  constexpr bool accepted() const noexcept { return row == EnqueueRow::plain || row == EnqueueRow::saturating; }
  /// The contract's shed outcome: `shed`, `scheduling_point`, `edge_enqueue`, id `<event_id>-shed`, from admission,
  /// reason `lane_queue_capacity_exceeded`.
  constexpr bool shed() const noexcept { return row == EnqueueRow::overflow; }
};

struct LaneSetConfig {
  SymbolId session{};           // 0 is "not set" and refused
  SymbolId pipeline_version{};  // 0 is "not set" and refused
  LaneLimits limits{};
};

class LaneSet {
 public:
  /// Memory for each lane in lane order; its size bounds every limit that a plan may later ask for.
  explicit LaneSet(std::array<std::span<Event>, lanes_count> storage) noexcept;

  /// Empties the lanes and takes new limits: at a turn's start. Refused: nothing changes.
  Result<void, LaneError> configure(const LaneSetConfig& config) noexcept;

  /// Takes a copy of `item` into the lane it names, or says which row refused it. `out` must be empty.
  Result<EnqueueOutcome, LaneError> enqueue(const Event& item, LaneSignals& out) noexcept;

  /// The next item by strict priority, and flow_xon into `out` when its lane has recovered. `out` must be empty.
  std::optional<Event> next(LaneSignals& out) noexcept;

  /// Removes the items of `lane` for which `leaves` answers true (it sees each item once, oldest first, and may give
  /// payloads back); the others keep their order. Answers how many left. `out` must be empty.
  std::size_t flush(Lane lane, FunctionRef<bool(const Event&)> leaves, LaneSignals& out) noexcept;

  std::uint32_t depth_items(Lane lane) const noexcept { return queue(lane).count; }
  bool saturated(Lane lane) const noexcept { return queue(lane).saturation.saturated(); }
  bool empty() const noexcept;

 private:
  struct Queue {
    std::span<Event> storage;
    std::uint32_t head = 0;
    std::uint32_t count = 0;
    Saturation saturation;
  };

  Queue& queue(Lane lane) noexcept { return queues_[index_of(lane)]; }
  const Queue& queue(Lane lane) const noexcept { return queues_[index_of(lane)]; }
  static Event& slot(Queue& queue, std::uint32_t offset) noexcept;
  static void append(Queue& queue, const Event& item) noexcept;
  void tell_recovery(Lane lane, const Event& cause, LaneSignals& out) noexcept;

  std::array<Queue, lanes_count> queues_;
  LaneLimits limits_{};
};

}  // namespace phalarope
