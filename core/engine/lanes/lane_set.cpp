// LaneSet: one function for each row of runtime.md 5.3. See lane_set.hpp.
#include "core/engine/lanes/lane_set.hpp"

#include <algorithm>

#include "core/engine/base/enforce.hpp"

namespace phalarope {
namespace {

void tell(LaneSignals& out, const PressureSignal& signal) noexcept {
  PHAL_ENFORCE(out.push_back(signal), "a lane says at most three signals in one call");
}

void tell_saturation(const Event& item, LaneSignals& out) noexcept {
  tell(out, pressure_signal(item, EventKind::watermark, Emitter::watermark, Reason::lane_queue_high_watermark,
                            item.lane, IdSuffix::watermark));
  tell(out, pressure_signal(item, EventKind::flow_xoff, Emitter::flow_control, Reason::backpressure_asserted, item.lane,
                            IdSuffix::flow));
}

void tell_shed(const Event& item, LaneSignals& out) noexcept {
  tell(out, pressure_signal(item, EventKind::shed, Emitter::admission, Reason::lane_queue_capacity_exceeded, item.lane,
                            IdSuffix::shed));
}

void tell_telemetry_drop(const Event& item, LaneSignals& out) noexcept {
  PressureSignal notice = pressure_signal(item, EventKind::drop_notice, Emitter::edge_buffer,
                                          Reason::telemetry_best_effort_drop, item.lane, IdSuffix::drop);
  set_range(notice, item.transport_sequence, item.transport_sequence);
  tell(out, notice);
}

/// Numbers of an item are clamped: negative becomes 0.
Event clamped(const Event& item) noexcept {
  Event copy = item;
  copy.mono_ns = std::max<std::int64_t>(copy.mono_ns, 0);
  copy.wall_ns = std::max<std::int64_t>(copy.wall_ns, 0);
  return copy;
}

}  // namespace

LaneSet::LaneSet(std::array<std::span<Event>, lanes_count> storage) noexcept {
  for (std::size_t i = 0; i < lanes_count; ++i) queues_[i].storage = storage[i];
}

Result<void, LaneError> LaneSet::configure(const LaneSetConfig& config) noexcept {
  if (config.session.value == 0) return refuse(LaneError::session_missing);
  if (config.pipeline_version.value == 0) return refuse(LaneError::pipeline_version_missing);
  for (const Lane lane : lane_order) {
    if (!valid(config.limits[lane])) return refuse(LaneError::bounds_invalid);
    if (config.limits[lane].items_max > queue(lane).storage.size()) return refuse(LaneError::storage_too_small);
  }
  limits_ = config.limits;
  for (Queue& each : queues_) each = Queue{.storage = each.storage, .saturation = {}};
  return {};
}

Result<EnqueueOutcome, LaneError> LaneSet::enqueue(const Event& item, LaneSignals& out) noexcept {
  PHAL_ASSERT(out.empty(), "the signals of the call before were not handed on");
  if (!valid(item.lane)) return refuse(LaneError::lane_unknown);
  if (item.runtime_sequence == 0) return refuse(LaneError::event_id_missing);

  Queue& lane = queue(item.lane);
  const LaneBounds& bounds = limits_[item.lane];
  const EnqueueRow row = enqueue_row(item.lane, lane.count, bounds, lane.saturation.saturated());
  switch (row) {
    case EnqueueRow::telemetry_overflow:
      tell_telemetry_drop(item, out);
      break;
    case EnqueueRow::overflow:
      tell_saturation(item, out);
      tell_shed(item, out);
      break;
    case EnqueueRow::saturating: {
      append(lane, item);
      const bool rose = lane.saturation.rose(lane.count, bounds.watermark);
      PHAL_ASSERT(rose, "the row and the saturation disagree");
      static_cast<void>(rose);
      tell_saturation(item, out);
      break;
    }
    case EnqueueRow::plain:
      append(lane, item);
      break;
  }
  PHAL_ENFORCE(lane.count <= bounds.items_max, "a lane grew beyond its limit");
  // High is at most the limit, so a lane saturates on its way to an overflow and recovers only far below.
  PHAL_ASSERT(lane.saturation.saturated() || lane.count < bounds.items_max, "a full lane is saturated");
  return EnqueueOutcome{.row = row, .depth_items = lane.count};
}

std::optional<Event> LaneSet::next(LaneSignals& out) noexcept {
  PHAL_ASSERT(out.empty(), "the signals of the call before were not handed on");
  for (const Lane lane : lane_order) {
    Queue& from = queue(lane);
    if (from.count == 0) continue;
    const Event item = slot(from, 0);
    from.head = from.head + 1 == from.storage.size() ? 0 : from.head + 1;
    --from.count;
    tell_recovery(lane, item, out);
    return item;
  }
  return std::nullopt;
}

std::size_t LaneSet::flush(Lane lane, FunctionRef<bool(const Event&)> leaves, LaneSignals& out) noexcept {
  PHAL_ASSERT(out.empty(), "the signals of the call before were not handed on");
  Queue& from = queue(lane);
  const std::uint32_t count_before = from.count;
  std::uint32_t kept = 0;
  Event last_left{};
  for (std::uint32_t i = 0; i < count_before; ++i) {
    const Event item = slot(from, i);
    if (leaves(item)) {
      last_left = item;
    } else {
      slot(from, kept++) = item;
    }
  }
  from.count = kept;
  if (kept != count_before) tell_recovery(lane, last_left, out);
  return count_before - kept;
}

bool LaneSet::empty() const noexcept {
  for (const Queue& each : queues_) {
    if (each.count != 0) return false;
  }
  return true;
}

Event& LaneSet::slot(Queue& queue, std::uint32_t offset) noexcept {
  const std::size_t index = std::size_t{queue.head} + offset;
  return queue.storage[index < queue.storage.size() ? index : index - queue.storage.size()];
}

void LaneSet::append(Queue& queue, const Event& item) noexcept {
  PHAL_ENFORCE(queue.count < queue.storage.size(), "a lane's memory holds its limit");
  slot(queue, queue.count) = clamped(item);
  ++queue.count;
}

void LaneSet::tell_recovery(Lane lane, const Event& cause, LaneSignals& out) noexcept {
  Queue& recovered = queue(lane);
  if (!recovered.saturation.fell(recovered.count, limits_[lane].watermark)) return;
  tell(out,
       pressure_signal(cause, EventKind::flow_xon, Emitter::flow_control, Reason::none, lane, IdSuffix::flow_recovery));
}

}  // namespace phalarope
