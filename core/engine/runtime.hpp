// EngineRuntime: the loop around step, without a thread of its own: what the engine thread calls, and the simulator.
//
//   audio control rings ┐                         ┌─▶ fence (one store, before anything else)
//   host events ────────┼─▶ lanes ─▶ step ─▶ outputs ─▶ recorder (the same bytes, in order)
//   workers' ingress ───┤   control first         ├─▶ audio commands, nodes, payload releases
//   audio data rings ───┘                         └─▶ evidence of a turn that ended
//
// One link for each seat of the engine, in the order of the seats. Whoever says much waits in their own rings: a round
// takes from each link its share of the room in the lane, and each round begins with another link (D24). Data of
// background sessions is taken when interactive ones have none left, and their turns wait while the Data lane is
// saturated. What a source could not send leaves a gap in its numbers: one notice for each contiguous range (I5).
//
// Invariants. (1) Before every single step the control sources are looked at again, so data never delays control (I4).
// (2) The order in which events are taken is the recorded order. (3) The fence moves while the step that moves
// it is still at work, before any word about it is published (7.5). (4) A turn opens only while the recorder holds
// room for its end (2.7), each session's room held apart. (5) No call waits, allocates, or reads a clock. (6) Whatever
// comes from outside is checked at its door (event_source.hpp): it may be refused, it never ends the process.
// Owner: the engine thread. Contract: runtime.md 2.7, 5.3, 7.5; design.md "Threads".
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/engine/audio_link.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/evidence/recorder.hpp"
#include "core/engine/graph/execution_pool.hpp"
#include "core/engine/lanes/event_source.hpp"
#include "core/engine/lanes/ingress.hpp"
#include "core/engine/lanes/lane_set.hpp"
#include "core/engine/plan/lane_limits.hpp"

namespace phalarope {

constexpr std::size_t operator_events_max = 64;
/// Steps of one poll; bounds how long the caller waits for the loop to come round.
constexpr std::size_t steps_per_poll_max = 256;
constexpr std::size_t ingress_batch_events = 32;
/// A source's clock may be this far ahead of the poll's; a time further in the future is brought back to the poll's.
constexpr Duration source_clock_lead_max = milliseconds(1'000);

/// Whoever wants to see each step as it was taken, whatever the recorder has room for. Engine thread; must not wait.
struct StepTap {
  void* owner = nullptr;
  void (*seen)(void* owner, const Event& input, std::span<const Event> outputs) noexcept = nullptr;
};

struct RuntimeWiring {
  Engine& engine;
  std::span<const AudioLink> audio;  // link i is seat i's; outlives the runtime
  Ingress& ingress;
  SpscRing<Event, operator_events_max>& operator_events;
  Recorder& recorder;
  StepTap tap{};
};

struct RuntimeCounters {
  std::uint64_t steps = 0;
  std::uint64_t outputs = 0;
  std::uint64_t lane_drops = 0;
  std::uint64_t node_commands_refused = 0;
  std::uint64_t audio_commands_refused = 0;
  std::uint64_t stale_payloads = 0;
  std::uint64_t unknown_slots = 0;         // events for a seat that does not exist
  std::uint64_t source_drops = 0;          // events that a source could not send; each range has its notice
  std::uint64_t refused_at_the_door = 0;   // each stands in the record as reject (schema_validation_error)
  std::uint64_t deadlines_not_served = 0;  // a tick that left its deadline where it was: a bug, made visible
};

class EngineRuntime {
 public:
  explicit EngineRuntime(const RuntimeWiring& wiring) noexcept;
  EngineRuntime(const EngineRuntime&) = delete;  // the engine knows where it is
  EngineRuntime& operator=(const EngineRuntime&) = delete;

  /// The pool that runs the nodes; before the first poll.
  void set_pool(ExecutionPool& pool) noexcept { pool_ = &pool; }

  /// Takes what has come, steps through it, hands out what it gives. Answers the number of steps; 0: nothing to do.
  std::size_t poll(Instant now, WallTime wall) noexcept;

  /// Seats a session that comes while others talk, and records it where it happens. Between polls.
  Result<std::uint16_t, EngineRefusal> open_session(const SessionStart& start) noexcept;

  /// A block of the tapped audio (L2) of session `slot`, as detail of the turn that runs. Between polls.
  void record_audio(const AudioRecordHeader& header, std::span<const std::byte> samples, Instant now, WallTime wall,
                    std::uint16_t slot = 0) noexcept;
  /// How far the flusher is behind; looked at when the recording level is judged (evidence.md 1.9).
  void note_export_lag(Duration lag) noexcept { export_lag_ = lag; }
  const RuntimeCounters& counters() const noexcept { return counters_; }

 private:
  bool take_next(Instant now, WallTime wall) noexcept;
  void ingest_control() noexcept;
  void ingest_data() noexcept;
  template <typename RingOf>
  void ingest_rounds(Lane lane, SessionPriority priority, RingOf ring_of) noexcept;
  void note_priority(std::size_t slot, SessionPriority priority) noexcept;
  void note_gap(Lane lane, const Event& event) noexcept;
  void press(bool pressed) noexcept;
  bool tell_pressure(Instant now, WallTime wall) noexcept;
  const AudioLink& link_of(const Event& event) const noexcept { return wiring_.audio[event.session_slot]; }
  void accept(Event event, EventSource source) noexcept;
  void refuse_at_the_door(const Event& event, IngressFault fault) noexcept;
  void take_all(const LaneSignals& signals) noexcept;
  void take(Event event) noexcept;
  void move_fence(const Event& command_fence) noexcept;
  void record(const Event& input, std::span<const Event> outputs) noexcept;
  void note_detail(DetailOutcome outcome, const Event& detail) noexcept;
  void hand_out(const Event& output) noexcept;
  void to_audio(const Event& command) noexcept;
  void to_node(const Event& command) noexcept;
  void release(const Event& event) noexcept;
  bool keep_reserve(Instant now, WallTime wall) noexcept;
  void judge_level(Instant now, WallTime wall) noexcept;
  Event host_event(EventKind kind, Emitter emitter, Instant now, WallTime wall) const noexcept;

  RuntimeWiring wiring_;
  ExecutionPool* pool_ = nullptr;
  std::array<std::array<Event, lane_items_max>, lanes_count> lane_items_{};
  LaneSet lanes_;
  std::uint32_t control_room_items_ = 0;
  std::uint32_t data_room_items_ = 0;
  std::array<Event, ingress_batch_events> batch_{};
  std::uint64_t arrivals_ = 0;
  Duration export_lag_{};
  std::optional<Event> overflow_;                     // a turn's first lost detail, still to be said
  std::array<bool, engine_sessions_max> reserves_{};  // whether room for the session's next turn's end is held
  bool reserves_settled_ = false;                     // every session's room is held, and every session knows it
  Instant now_{};                                     // of the running poll
  /// Of each seat: what its rings said last, and how much it matters.
  struct Source {
    std::uint32_t control_sequence = 0;
    std::uint32_t data_sequence = 0;
    SessionPriority priority = SessionPriority::interactive;
  };
  std::array<Source, engine_sessions_max> sources_{};
  std::size_t background_seats_ = 0;
  bool pressed_ = false;        // the Data lane is saturated
  bool pressure_told_ = true;   // every background session knows
  std::size_t first_link_ = 0;  // where the next round begins
  RuntimeCounters counters_{};
};

}  // namespace phalarope
