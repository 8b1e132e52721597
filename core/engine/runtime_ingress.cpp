// How events come in: from the links in rounds, from the host, from the workers; each is checked at its door.
#include <algorithm>
#include <utility>

#include "core/engine/runtime.hpp"

namespace phalarope {

// Takes rounds through the links of one priority until they are dry or the lane is full. In a round each link may give
// its share of the room there was, so that one who floods delays nobody by more than that share.
template <typename RingOf>
void EngineRuntime::ingest_rounds(Lane lane, SessionPriority priority, RingOf ring_of) noexcept {
  const std::uint32_t room_items = lane == Lane::control ? control_room_items_ : data_room_items_;
  const std::size_t links = wiring_.audio.size();
  bool any = true;
  while (any && lanes_.depth_items(lane) < room_items) {
    any = false;
    const std::size_t share = std::max<std::size_t>(1, (room_items - lanes_.depth_items(lane)) / links);
    for (std::size_t i = 0; i < links; ++i) {
      const std::size_t slot = first_link_ + i < links ? first_link_ + i : first_link_ + i - links;
      if (sources_[slot].priority != priority) continue;
      auto& ring = ring_of(wiring_.audio[slot]);
      Event event;
      for (std::size_t taken = 0; taken < share && lanes_.depth_items(lane) < room_items && ring.try_pop(event);
           ++taken) {
        event.session_slot = static_cast<std::uint16_t>(slot);
        if (wiring_.audio[slot].numbers_its_events) note_gap(lane, event);
        accept(event, EventSource::seat);
        any = true;
      }
    }
    first_link_ = first_link_ + 1 < links ? first_link_ + 1 : 0;
  }
}

// The source's own ring was full: what it numbered and could not send is one contiguous range.
void EngineRuntime::note_gap(Lane lane, const Event& event) noexcept {
  Source& source = sources_[event.session_slot];
  std::uint32_t& last = lane == Lane::control ? source.control_sequence : source.data_sequence;
  const std::uint32_t before = std::exchange(last, event.transport_sequence);
  if (event.transport_sequence <= before + 1) return;  // the next one, or a source that begins anew
  Event notice = host_event(EventKind::drop_notice, Emitter::edge_buffer, now_, WallTime{event.wall_ns});
  notice.session_slot = event.session_slot;
  notice.transport_sequence = before + 1;
  notice.target_lane = lane;
  notice.reason = Reason::queue_pressure_drop;
  notice.range_start = before + 1;
  notice.range_end = event.transport_sequence - 1;
  notice.set(EventFlag::has_range);
  counters_.source_drops += event.transport_sequence - before - 1;
  take(notice);
}

void EngineRuntime::ingest_control() noexcept {
  const auto control = [](const AudioLink& link) -> auto& { return link.control; };
  ingest_rounds(Lane::control, SessionPriority::interactive, control);
  if (background_seats_ > 0) ingest_rounds(Lane::control, SessionPriority::background, control);
  Event event;
  while (lanes_.depth_items(Lane::control) < control_room_items_ && wiring_.operator_events.try_pop(event)) {
    accept(event, EventSource::host);
  }
}

void EngineRuntime::ingest_data() noexcept {
  const auto data = [](const AudioLink& link) -> auto& { return link.data; };
  ingest_rounds(Lane::data, SessionPriority::interactive, data);
  while (lanes_.depth_items(Lane::data) < data_room_items_) {
    const std::size_t room = data_room_items_ - lanes_.depth_items(Lane::data);
    const std::size_t count = wiring_.ingress.drain(std::span(batch_).first(std::min(room, batch_.size())));
    for (std::size_t i = 0; i < count; ++i) accept(batch_[i], EventSource::worker);
    if (count == 0) break;
  }
  if (background_seats_ > 0) ingest_rounds(Lane::data, SessionPriority::background, data);
  // The lane rises and falls with every round; the pressure is over when the sources had less than half a lane left.
  if (lanes_.depth_items(Lane::data) < data_room_items_ / 2) press(false);
}

void EngineRuntime::press(bool pressed) noexcept {
  pressure_told_ = pressure_told_ && pressed == pressed_;
  pressed_ = pressed;
}

void EngineRuntime::accept(Event event, EventSource source) noexcept {
  if (event.session_slot >= wiring_.audio.size()) {  // from a worker or host that names nobody
    ++counters_.unknown_slots;
    if (event.payload.present()) static_cast<void>(wiring_.audio.front().payloads.release(event.payload));
    return;
  }
  event.mono_ns = std::clamp<std::int64_t>(event.mono_ns, 0, (now_ + source_clock_lead_max).value);
  if (const auto fault = fault_at_the_door(source, event)) return refuse_at_the_door(event, *fault);
  event.runtime_sequence = ++arrivals_;  // names it in the lane; step gives the sequence that counts
  LaneSignals signals;
  const auto outcome = lanes_.enqueue(event, signals);
  take_all(signals);
  if (outcome && outcome->accepted()) return;
  ++counters_.lane_drops;
  release(event);
}

void EngineRuntime::refuse_at_the_door(const Event& event, IngressFault fault) noexcept {
  ++counters_.refused_at_the_door;
  release(event);
  take(refusal_of(event, fault));
}

void EngineRuntime::note_priority(std::size_t slot, SessionPriority priority) noexcept {
  const SessionPriority before = std::exchange(sources_[slot].priority, priority);
  if (before == SessionPriority::background) --background_seats_;
  if (priority == SessionPriority::background) ++background_seats_;
  pressure_told_ = false;
}

// Says to one background session after the other what the Data lane does. True: a step was taken.
bool EngineRuntime::tell_pressure(Instant now, WallTime wall) noexcept {
  if (pressure_told_ || background_seats_ == 0) return false;
  const std::span<const Session> sessions = wiring_.engine.sessions();
  for (std::size_t slot = 0; slot < sessions.size(); ++slot) {
    const bool asks = sources_[slot].priority == SessionPriority::background &&
                      wiring_.engine.seated(static_cast<std::uint16_t>(slot));
    if (!asks || sessions[slot].under_pressure() == pressed_) continue;
    Event flow = host_event(pressed_ ? EventKind::flow_xoff : EventKind::flow_xon, Emitter::flow_control, now, wall);
    flow.session_slot = static_cast<std::uint16_t>(slot);
    flow.target_lane = Lane::data;
    flow.argument_a = flow_of_the_session;
    if (pressed_) flow.reason = Reason::backpressure_asserted;
    take(flow);
    return true;
  }
  pressure_told_ = true;
  return false;
}

// What the lanes say of themselves is an input like any other: it depends on when things came, so it is recorded.
void EngineRuntime::take_all(const LaneSignals& signals) noexcept {
  for (const PressureSignal& signal : signals) {
    Event event = signal.event;
    event.causal_parent = 0;  // its cause has no sequence yet
    if (event.kind == EventKind::watermark && event.target_lane == Lane::data) press(true);
    take(event);
  }
}

}  // namespace phalarope
