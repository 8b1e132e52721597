// Engine: a pure function of an ordered event log.
//
//   step(event) ─▶ outputs            same log, same outputs, on every processor and compiler (decisions.md D23)
//
// It owns the sessions and the one order of everything they take and give (runtime_sequence). No clock, no file, no
// socket, no allocation, no lock: time and seed come with the events. Who drives it: EngineRuntime on a board, the
// simulator, a replay; all three the same object.
// Owner: one thread. Contract: runtime.md I8, I10; design.md "One idea".
#pragma once

#include <optional>
#include <span>

#include "core/engine/memory/arena.hpp"
#include "core/engine/session/session.hpp"

namespace phalarope {

constexpr std::size_t engine_sessions_max = 64;

enum class EngineRefusal : std::uint8_t { arena_too_small, too_many_sessions, pipeline_refused, graph_refused };
constexpr std::string_view describe(EngineRefusal refusal) noexcept {
  switch (refusal) {
    case EngineRefusal::arena_too_small:
      return "arena_too_small: the engine's arena cannot hold its sessions; raise memory.arena_mib in the board "
             "profile";
    case EngineRefusal::too_many_sessions:
      return "too_many_sessions: more sessions than engine_sessions_max were asked for";
    case EngineRefusal::pipeline_refused:
      return "pipeline_refused: the pipeline's plan cannot be prepared; run `phalarope validate` on it";
    case EngineRefusal::graph_refused:
      return "graph_refused: the pipeline's graph cannot be executed; run `phalarope validate` on it";
  }
  return "";
}

class Engine {
 public:
  /// Takes all memory it will ever use from the arena. `pipeline` is copied.
  static Result<Engine*, EngineRefusal> create(Arena& arena, const CompiledPipeline& pipeline,
                                               std::span<const SessionStart> sessions) noexcept;

  /// Who moves the fence, from now on; outlives the engine's last step.
  void attach(FencePort& port) noexcept { outbox_.attach(&port); }

  /// One step. Stamps the input's runtime_sequence; what it gives is in the answer until the next step.
  std::span<const Event> step(Event& input) noexcept;

  /// The earliest deadline of any session: when a tick is due. None while nothing is waited for.
  std::optional<Instant> next_deadline() const noexcept;
  /// A tick for the session that is due at `now`; none when nobody is.
  std::optional<Event> due_tick(Instant now, WallTime wall) const noexcept;
  /// The record of the turn that ended in the last step; null when none did.
  const TurnEvidence* finished_evidence() const noexcept { return finished_evidence_; }

  std::uint64_t sequence() const noexcept { return sequence_; }
  std::span<const Session> sessions() const noexcept { return sessions_; }
  const CompiledPipeline& pipeline() const noexcept { return pipeline_; }
  const PreparedPlan& prepared() const noexcept { return prepared_; }

 private:
  friend class Arena;
  Engine() noexcept = default;

  CompiledPipeline pipeline_{};
  PreparedPlan prepared_{};
  std::span<Session> sessions_;
  std::uint64_t sequence_ = 0;
  Outbox outbox_{};
  const TurnEvidence* finished_evidence_ = nullptr;
};

}  // namespace phalarope
