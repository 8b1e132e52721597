#include "core/engine/runtime.hpp"

#include <algorithm>
#include <utility>

#include "core/engine/command_kinds.hpp"
#include "core/engine/plan/lane_limits.hpp"

namespace phalarope {
namespace {

std::array<std::span<Event>, lanes_count> lane_storage(std::array<std::array<Event, lane_items_max>, lanes_count>& of) {
  return {std::span<Event>(of[0]), std::span<Event>(of[1]), std::span<Event>(of[2])};
}

/// node_failed.argument_a: the pool had no room for a command of this node.
constexpr std::int64_t pool_refused_code = 2;

/// What is said or derived from it; samples are recorded by the audio tap.
bool carries_text(const Event& input) noexcept {
  if (input.kind == EventKind::audio_frame || input.kind == EventKind::synthesis_frame) return false;
  return input.payload_class != PayloadClass::metadata && input.payload_class != PayloadClass::audio_raw;
}

}  // namespace

EngineRuntime::EngineRuntime(const RuntimeWiring& wiring) noexcept
    : wiring_(wiring), lanes_(lane_storage(lane_items_)) {
  const LaneSetConfig config{
      .session = SymbolId{1}, .pipeline_version = SymbolId{2}, .limits = lane_limits_of(wiring.engine.prepared().plan)};
  // What does not fit into a lane waits in its ring; the lane overflows only by what the engine says to itself.
  control_room_items_ = config.limits[Lane::control].items_max;
  data_room_items_ = config.limits[Lane::data].items_max;
  const auto configured = lanes_.configure(config);
  PHAL_ENFORCE(configured.has_value(), "a prepared plan has lane limits that can be kept");
  PHAL_ENFORCE(wiring.audio.size() == wiring.engine.sessions().size(), "every seat of the engine has its link");
  for (std::size_t slot = 0; slot < wiring.audio.size(); ++slot) {
    if (wiring.engine.seated(static_cast<std::uint16_t>(slot))) {
      note_priority(slot, wiring.engine.sessions()[slot].priority());
    }
  }
  wiring_.engine.attach({.owner = this, .move = [](void* owner, const Event& command_fence) noexcept {
                           static_cast<EngineRuntime*>(owner)->move_fence(command_fence);
                         }});
}

std::size_t EngineRuntime::poll(Instant now, WallTime wall) noexcept {
  now_ = now;
  judge_level(now, wall);
  std::size_t steps = 0;
  while (steps < steps_per_poll_max && take_next(now, wall)) ++steps;
  return steps;
}

Result<std::uint16_t, EngineRefusal> EngineRuntime::open_session(const SessionStart& start) noexcept {
  const auto slot = wiring_.engine.open_session(start);
  if (!slot) return slot;
  note_priority(*slot, start.priority);
  SessionStart seated = start;
  seated.session_slot = *slot;
  static_cast<void>(wiring_.recorder.append_session(std::as_bytes(std::span(&seated, 1))));
  return slot;
}

// One step: whatever control has come by now, else data, else telemetry, else a deadline that has passed.
bool EngineRuntime::take_next(Instant now, WallTime wall) noexcept {
  if (keep_reserve(now, wall)) return true;
  ingest_control();
  if (lanes_.depth_items(Lane::control) == 0 && tell_pressure(now, wall)) return true;
  // Data is fetched only when nothing else is left to look at: the cost of control never depends on how much waits.
  if (lanes_.empty()) ingest_data();
  LaneSignals signals;
  const auto item = lanes_.next(signals);
  take_all(signals);
  if (item) {
    take(*item);
    return true;
  }
  const auto due = wiring_.engine.due_tick(now, wall);
  if (!due) return false;
  const auto before = wiring_.engine.next_deadline();
  take(*due);
  const auto after = wiring_.engine.next_deadline();
  // A deadline that a tick did not serve would be due again at once, for ever: it is counted and left to the next poll.
  if (before && after && *after <= *before) {
    ++counters_.deadlines_not_served;
    return false;
  }
  return true;
}

void EngineRuntime::take(Event event) noexcept {
  event.flags = static_cast<std::uint8_t>(event.flags & ~static_cast<unsigned>(EventFlag::output));
  const std::span<const Event> outputs = wiring_.engine.step(event);
  ++counters_.steps;
  counters_.outputs += outputs.size();
  record(event, outputs);
  if (wiring_.tap.seen != nullptr) wiring_.tap.seen(wiring_.tap.owner, event, outputs);
  for (const Event& output : outputs) hand_out(output);
  // Said after the step it belongs to, and by an event that has no detail of its own: this goes one deep.
  if (const auto told = std::exchange(overflow_, std::nullopt)) take(*told);
}

void EngineRuntime::move_fence(const Event& command_fence) noexcept {
  link_of(command_fence)
      .fence.set(Ticket{command_fence.ticket},
                 {.fade_frames = command_fence.argument_a, .reason = command_fence.reason});
}

void EngineRuntime::record(const Event& input, std::span<const Event> outputs) noexcept {
  Recorder& recorder = wiring_.recorder;
  recorder.append_event(input);
  if (input.payload.present() && carries_text(input)) {
    if (const auto text = link_of(input).payloads.read(input.payload)) {
      note_detail(recorder.append_text(input, {reinterpret_cast<const char*>(text->data()), text->size()}), input);
    }
  }
  if (const TurnEvidence* evidence = wiring_.engine.finished_evidence()) {
    const auto appended = recorder.append_baseline(*evidence);
    PHAL_ENFORCE(appended.has_value(), "a turn that opened holds room for its evidence");
  }
  for (const Event& output : outputs) {
    recorder.append_event(output);
    if (output.kind == EventKind::turn_open) {
      bool& held = reserves_[output.session_slot];
      PHAL_ENFORCE(held, "a turn opens only while room is held for its end");
      held = false;
      reserves_settled_ = false;
    }
    if (output.kind == EventKind::close) recorder.release_turn();
  }
}

// The first detail of a turn that found no room is said once (evidence.md 1.9, "Detail overflow").
void EngineRuntime::note_detail(DetailOutcome outcome, const Event& detail) noexcept {
  if (outcome != DetailOutcome::dropped_first_of_turn) return;
  Event told = host_event(EventKind::recording_level_downgraded, Emitter::timeline_recorder, detail.at(),
                          WallTime{detail.wall_ns});
  told.session_slot = detail.session_slot;
  told.turn_number = detail.turn_number;
  told.ticket = detail.ticket;
  told.authority_epoch = detail.authority_epoch;
  told.transport_sequence = detail.transport_sequence;
  told.causal_parent = static_cast<std::uint32_t>(detail.runtime_sequence);
  told.scope = detail.turn_number != 0 ? Scope::turn : Scope::session;
  told.argument_a = static_cast<std::int64_t>(wiring_.recorder.level());
  told.argument_b = told.argument_a;  // what was lost is told; the level is judged by the pressure
  told.reason = Reason::stage_a_detail_overflow;
  overflow_ = told;
}

void EngineRuntime::record_audio(const AudioRecordHeader& header, std::span<const std::byte> samples, Instant now,
                                 WallTime wall, std::uint16_t slot) noexcept {
  Event detail = host_event(EventKind::audio_frame, Emitter::device, now, wall);
  detail.session_slot = slot;
  detail.turn_number = wiring_.engine.sessions()[slot].turn_number();
  note_detail(wiring_.recorder.append_audio(detail, header, samples), detail);
  if (const auto told = std::exchange(overflow_, std::nullopt)) take(*told);
}

void EngineRuntime::hand_out(const Event& output) noexcept {
  if (wants_the_audio_thread(output.kind)) return to_audio(output);
  if (wants_a_node(output.kind)) return to_node(output);
  if (output.kind == EventKind::command_node_cancel) return pool_->cancel(NodeIndex{output.node}, output);
  if (output.kind == EventKind::command_release_payload) release(output);
}

void EngineRuntime::to_audio(const Event& command) noexcept {
  if (link_of(command).commands.try_push(command)) return;
  ++counters_.audio_commands_refused;
  release(command);
}

void EngineRuntime::to_node(const Event& command) noexcept {
  if (pool_->try_submit(NodeIndex{command.node}, command)) return;
  ++counters_.node_commands_refused;
  release(command);
  // The node cannot take its work: for the turn that is the node's failure, said before anything else happens.
  Event failed = host_event(EventKind::node_failed, Emitter::worker, command.at(), WallTime{command.wall_ns});
  failed.session_slot = command.session_slot;
  failed.turn_number = command.turn_number;
  failed.ticket = command.ticket;
  failed.authority_epoch = command.authority_epoch;
  failed.node = command.node;
  failed.argument_a = pool_refused_code;
  failed.reason = Reason::execution_pool_saturated;
  failed.scope = Scope::node;
  accept(failed, EventSource::engine);
}

void EngineRuntime::release(const Event& event) noexcept {
  if (!event.payload.present()) return;
  if (!link_of(event).payloads.release(event.payload)) ++counters_.stale_payloads;
}

// Holds room for each session's next turn's end, and tells a session when that cannot be or can be again. What a
// session believes is asked of the session itself: a seat that was taken again believes there is room. True: a step was
// taken.
bool EngineRuntime::keep_reserve(Instant now, WallTime wall) noexcept {
  if (reserves_settled_) return false;
  const std::span<const Session> sessions = wiring_.engine.sessions();
  bool all_held = true;
  for (std::size_t slot = 0; slot < sessions.size(); ++slot) {
    bool& held = reserves_[slot];
    if (!held) held = wiring_.recorder.reserve_turn();
    all_held = all_held && held;
    const bool believed = sessions[slot].evidence_room() == EvidenceRoom::next_turn;
    if (held == believed || !wiring_.engine.seated(static_cast<std::uint16_t>(slot))) continue;
    Event state = host_event(EventKind::evidence_state, Emitter::timeline_recorder, now, wall);
    state.session_slot = static_cast<std::uint16_t>(slot);
    state.argument_a = static_cast<std::int64_t>(held ? EvidenceRoom::next_turn : EvidenceRoom::running_only);
    take(state);
    return true;
  }
  reserves_settled_ = all_held;
  return false;
}

void EngineRuntime::judge_level(Instant now, WallTime wall) noexcept {
  const auto change = wiring_.recorder.observe(now, export_lag_);
  if (!change) return;
  Event told = host_event(EventKind::recording_level_downgraded, Emitter::timeline_recorder, now, wall);
  told.argument_a = static_cast<std::int64_t>(change->old_level);
  told.argument_b = static_cast<std::int64_t>(change->new_level);
  told.reason = Reason::stage_a_detail_overflow;
  take(told);
}

Event EngineRuntime::host_event(EventKind kind, Emitter emitter, Instant now, WallTime wall) const noexcept {
  Event event{};
  event.kind = kind;
  event.mono_ns = now.value;
  event.wall_ns = wall.value;
  event.lane = Lane::control;
  event.scope = Scope::session;
  event.emitter = emitter;
  if (!is_contract_signal(kind)) event.set(EventFlag::internal);
  return event;
}

}  // namespace phalarope
