// Engine: a pure function of an ordered event log.
//
//   step(event) ─▶ outputs            same log, same outputs, on every processor and compiler (decisions.md D23)
//
//     seats     | 0: session a | 1: session b | 2: free | ...        the seat is the event's session_slot
//     deadlines |  12.30 s     |   none       |  none   | ...        one glance instead of a walk through sessions
//
// It owns the sessions and the one order of everything they take and give (runtime_sequence). No clock, no file, no
// socket, no allocation, no lock: time and seed come with the events. Who drives it: EngineRuntime on a board, the
// simulator, a replay; all three the same object.
//
// Sessions share nothing but the order: what one gives depends on its own inputs alone. Each runs one of the engine's
// pipelines, several versions side by side, and may be switched to another of them (pipeline_switched): the turn that
// runs keeps its plan, the next one opens from the other. A seat whose session has ended can be taken again; the
// tickets of its fence go on counting, so that nothing late from the old session is ever heard in the new one. Owner:
// one thread. Contract: runtime.md I8, I10; design.md "One idea".
#pragma once

#include <limits>
#include <optional>
#include <span>

#include "core/engine/memory/arena.hpp"
#include "core/engine/session/session.hpp"

namespace phalarope {

constexpr std::size_t engine_sessions_max = 256;
constexpr std::size_t engine_pipelines_max = 8;

enum class EngineRefusal : std::uint8_t {
  arena_too_small,
  too_many_sessions,
  too_many_pipelines,
  unknown_pipeline,
  pipeline_refused,
  graph_refused,
  seats_taken
};
constexpr std::string_view describe(EngineRefusal refusal) noexcept {
  switch (refusal) {
    case EngineRefusal::arena_too_small:
      return "arena_too_small: the engine's arena cannot hold its sessions; raise memory.arena_mib in the board "
             "profile";
    case EngineRefusal::too_many_sessions:
      return "too_many_sessions: more sessions than engine_sessions_max were asked for";
    case EngineRefusal::too_many_pipelines:
      return "too_many_pipelines: none, or more pipelines than engine_pipelines_max were given";
    case EngineRefusal::unknown_pipeline:
      return "unknown_pipeline: the session names a pipeline that the engine was not made with";
    case EngineRefusal::seats_taken:
      return "admission_capacity_reject: every seat of the engine is taken; end a session first, or raise the "
             "profile's "
             "limit of sessions";
    case EngineRefusal::pipeline_refused:
      return "pipeline_refused: the pipeline's plan cannot be prepared; run `phalarope validate` on it";
    case EngineRefusal::graph_refused:
      return "graph_refused: the pipeline's graph cannot be executed; run `phalarope validate` on it";
  }
  return "";
}

/// What an engine is made of: pipelines, the sessions that sit from the start, and seats for those that come later.
struct EngineParts {
  std::span<const CompiledPipeline> pipelines{};
  std::span<const SessionStart> sessions{};
  std::size_t seats = 0;  // at least as many as sessions; 0: exactly as many
};

class Engine {
 public:
  /// Takes all memory it will ever use from the arena. Pipelines are copied.
  static Result<Engine*, EngineRefusal> create(Arena& arena, const EngineParts& parts) noexcept;
  static Result<Engine*, EngineRefusal> create(Arena& arena, const CompiledPipeline& pipeline,
                                               std::span<const SessionStart> sessions) noexcept {
    return create(arena, {.pipelines = {&pipeline, 1}, .sessions = sessions});
  }

  /// Seats a session where none sits or one has ended, and answers its slot. Between two steps; a host records it
  /// where it happens (RecordType::session), so that a replay seats it there too.
  Result<std::uint16_t, EngineRefusal> open_session(const SessionStart& start) noexcept;
  /// Whether the seat is taken by a session that has not ended.
  bool seated(std::uint16_t slot) const noexcept;

  /// Who moves the fence, from now on; its owner outlives the engine's last step.
  void attach(const FencePort& port) noexcept { outbox_.attach(port); }

  /// One step. Stamps the input's runtime_sequence; what it gives is in the answer until the next step.
  std::span<const Event> step(Event& input) noexcept;

  /// The earliest deadline of any session: when a tick is due. None while nothing is waited for.
  std::optional<Instant> next_deadline() const noexcept;
  /// A tick for the session that is due at `now`; none when nobody is.
  std::optional<Event> due_tick(Instant now, WallTime wall) const noexcept;
  /// What due_tick() gives when `slot` is the one that is due.
  static Event tick_for(std::uint16_t slot, Instant now, WallTime wall) noexcept;
  /// The record of the turn that ended in the last step; null when none did.
  const TurnEvidence* finished_evidence() const noexcept { return finished_evidence_; }

  std::uint64_t sequence() const noexcept { return sequence_; }
  std::span<const Session> sessions() const noexcept { return sessions_; }
  /// Pipelines in the order they were given; the first always exists.
  const CompiledPipeline& pipeline(std::size_t index = 0) const noexcept { return pipelines_[index].compiled; }
  const PreparedPlan& prepared(std::size_t index = 0) const noexcept { return pipelines_[index].prepared; }
  std::size_t pipeline_count() const noexcept { return pipelines_.size(); }

 private:
  friend class Arena;
  Engine() noexcept = default;

  struct Pipeline {
    CompiledPipeline compiled{};
    PreparedPlan prepared{};
  };
  struct Seat {
    std::int64_t deadline_ns = no_deadline_ns;
    bool taken = false;
  };
  static constexpr std::int64_t no_deadline_ns = std::numeric_limits<std::int64_t>::max();

  Result<void, EngineRefusal> seat(std::size_t slot, const SessionStart& start) noexcept;
  void note_deadline(std::size_t slot) noexcept;
  void give_back(const Event& input) noexcept;
  void switch_pipeline(Event& input) noexcept;

  std::span<Pipeline> pipelines_;
  std::span<Session> sessions_;
  std::span<Seat> seats_;
  std::uint64_t sequence_ = 0;
  Outbox outbox_{};
  const TurnEvidence* finished_evidence_ = nullptr;
};

}  // namespace phalarope
