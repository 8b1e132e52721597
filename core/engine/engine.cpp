#include "core/engine/engine.hpp"

#include <algorithm>

namespace phalarope {

Result<Engine*, EngineRefusal> Engine::create(Arena& arena, const EngineParts& parts) noexcept {
  const std::size_t seats = parts.seats == 0 ? parts.sessions.size() : parts.seats;
  if (seats == 0 || seats > engine_sessions_max || parts.sessions.size() > seats) {
    return refuse(EngineRefusal::too_many_sessions);
  }
  if (parts.pipelines.empty() || parts.pipelines.size() > engine_pipelines_max) {
    return refuse(EngineRefusal::too_many_pipelines);
  }
  static_cast<void>(arena.begin_item("engine and sessions"));
  Engine* engine = arena.make<Engine>();
  if (engine == nullptr) return refuse(EngineRefusal::arena_too_small);
  engine->pipelines_ = arena.make_array<Pipeline>(parts.pipelines.size());
  engine->sessions_ = arena.make_array<Session>(seats);
  engine->seats_ = arena.make_array<Seat>(seats);
  if (engine->pipelines_.empty() || engine->sessions_.empty() || engine->seats_.empty()) {
    return refuse(EngineRefusal::arena_too_small);
  }
  for (std::size_t i = 0; i < parts.pipelines.size(); ++i) {
    Pipeline& pipeline = engine->pipelines_[i];
    pipeline.compiled = parts.pipelines[i];
    if (!prepare(pipeline.compiled.plan, pipeline.prepared)) return refuse(EngineRefusal::pipeline_refused);
  }
  for (std::size_t i = 0; i < parts.sessions.size(); ++i) {
    if (const auto seated = engine->seat(i, parts.sessions[i]); !seated) return refuse(seated.error());
  }
  return engine;
}

Result<void, EngineRefusal> Engine::seat(std::size_t slot, const SessionStart& start) noexcept {
  if (start.pipeline >= pipelines_.size()) return refuse(EngineRefusal::unknown_pipeline);
  const Pipeline& pipeline = pipelines_[start.pipeline];
  SessionStart seated = start;
  seated.session_slot = static_cast<std::uint16_t>(slot);
  const SessionPlan plan{.pipeline = &pipeline.compiled, .prepared = &pipeline.prepared};
  if (!sessions_[slot].start(seated, plan)) return refuse(EngineRefusal::graph_refused);
  seats_[slot].taken = true;
  note_deadline(slot);
  return {};
}

Result<std::uint16_t, EngineRefusal> Engine::open_session(const SessionStart& start) noexcept {
  for (std::size_t slot = 0; slot < seats_.size(); ++slot) {
    if (seated(static_cast<std::uint16_t>(slot))) continue;
    if (const auto done = seat(slot, start); !done) return refuse(done.error());
    return static_cast<std::uint16_t>(slot);
  }
  return refuse(EngineRefusal::seats_taken);
}

bool Engine::seated(std::uint16_t slot) const noexcept {
  return slot < seats_.size() && seats_[slot].taken && !sessions_[slot].ended();
}

void Engine::note_deadline(std::size_t slot) noexcept {
  const auto deadline = sessions_[slot].next_deadline();
  seats_[slot].deadline_ns = deadline ? deadline->value : no_deadline_ns;
}

std::span<const Event> Engine::step(Event& input) noexcept {
  if (input.kind == EventKind::pipeline_switched) {
    switch_pipeline(input);
    return {};
  }
  input.runtime_sequence = ++sequence_;
  outbox_.begin(input, sequence_);
  finished_evidence_ = nullptr;
  if (input.session_slot < seats_.size() && seats_[input.session_slot].taken) {
    Session& session = sessions_[input.session_slot];
    session.step(input, outbox_);
    finished_evidence_ = session.finished_evidence();
    note_deadline(input.session_slot);
  } else if (input.payload.present()) {
    give_back(input);
  }
  return {outbox_.events().begin(), outbox_.events().size()};
}

// Between two steps: it takes no place in the order, so that what comes behind it has the numbers that it had without
// it. A seat or an index that is not there changes nothing.
void Engine::switch_pipeline(Event& input) noexcept {
  input.runtime_sequence = sequence_;
  finished_evidence_ = nullptr;
  const auto index = static_cast<std::size_t>(input.argument_a);
  if (!seated(input.session_slot) || input.argument_a < 0 || index >= pipelines_.size()) return;
  const Pipeline& pipeline = pipelines_[index];
  sessions_[input.session_slot].adopt({.pipeline = &pipeline.compiled, .prepared = &pipeline.prepared},
                                      static_cast<std::uint32_t>(input.argument_b));
}

// Nobody sits there: what came for them is not kept.
void Engine::give_back(const Event& input) noexcept {
  Event release{};
  release.kind = EventKind::command_release_payload;
  release.payload = input.payload;
  release.lane = Lane::data;
  release.scope = Scope::session;
  release.emitter = Emitter::turn_arbiter;
  outbox_.give(release);
}

std::optional<Instant> Engine::next_deadline() const noexcept {
  std::int64_t earliest_ns = no_deadline_ns;
  for (const Seat& seat : seats_) earliest_ns = std::min(earliest_ns, seat.deadline_ns);
  if (earliest_ns == no_deadline_ns) return std::nullopt;
  return Instant{earliest_ns};
}

std::optional<Event> Engine::due_tick(Instant now, WallTime wall) const noexcept {
  std::size_t due = 0;
  for (std::size_t slot = 1; slot < seats_.size(); ++slot) {
    if (seats_[slot].deadline_ns < seats_[due].deadline_ns) due = slot;
  }
  if (seats_[due].deadline_ns > now.value) return std::nullopt;
  return tick_for(static_cast<std::uint16_t>(due), now, wall);
}

Event Engine::tick_for(std::uint16_t slot, Instant now, WallTime wall) noexcept {
  Event tick{};
  tick.kind = EventKind::tick;
  tick.mono_ns = now.value;
  tick.wall_ns = wall.value;
  tick.session_slot = slot;
  tick.lane = Lane::control;
  tick.scope = Scope::session;
  tick.emitter = Emitter::clock;
  tick.set(EventFlag::internal);
  return tick;
}

}  // namespace phalarope
