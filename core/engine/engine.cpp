#include "core/engine/engine.hpp"

namespace phalarope {

Result<Engine*, EngineRefusal> Engine::create(Arena& arena, const CompiledPipeline& pipeline,
                                              std::span<const SessionStart> sessions) noexcept {
  if (sessions.empty() || sessions.size() > engine_sessions_max) return refuse(EngineRefusal::too_many_sessions);
  static_cast<void>(arena.begin_item("engine and sessions"));
  Engine* engine = arena.make<Engine>();
  if (engine == nullptr) return refuse(EngineRefusal::arena_too_small);
  engine->sessions_ = arena.make_array<Session>(sessions.size());
  if (engine->sessions_.empty()) return refuse(EngineRefusal::arena_too_small);
  engine->pipeline_ = pipeline;
  if (!prepare(engine->pipeline_.plan, engine->prepared_)) return refuse(EngineRefusal::pipeline_refused);
  const SessionPlan plan{.pipeline = &engine->pipeline_, .prepared = &engine->prepared_};
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (!engine->sessions_[i].start(sessions[i], plan)) return refuse(EngineRefusal::graph_refused);
  }
  return engine;
}

std::span<const Event> Engine::step(Event& input) noexcept {
  input.runtime_sequence = ++sequence_;
  outbox_.begin(input, sequence_);
  finished_evidence_ = nullptr;
  if (input.session_slot < sessions_.size()) {
    Session& session = sessions_[input.session_slot];
    session.step(input, outbox_);
    finished_evidence_ = session.finished_evidence();
  }
  return {outbox_.events().begin(), outbox_.events().size()};
}

std::optional<Instant> Engine::next_deadline() const noexcept {
  std::optional<Instant> earliest;
  for (const Session& session : sessions_) {
    const auto deadline = session.next_deadline();
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  }
  return earliest;
}

std::optional<Event> Engine::due_tick(Instant now, WallTime wall) const noexcept {
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    const auto deadline = sessions_[i].next_deadline();
    if (!deadline || *deadline > now) continue;
    Event tick{};
    tick.kind = EventKind::tick;
    tick.mono_ns = now.value;
    tick.wall_ns = wall.value;
    tick.session_slot = static_cast<std::uint16_t>(i);
    tick.lane = Lane::control;
    tick.scope = Scope::session;
    tick.emitter = Emitter::clock;
    tick.set(EventFlag::internal);
    return tick;
  }
  return std::nullopt;
}

}  // namespace phalarope
