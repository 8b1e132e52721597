// Session: one conversation. It joins what the rooms below each know a part of: whose turn it is (turn/), what the
// frozen plan says (plan/), which stage works (graph/), what is to be proven (evidence/).
//
//   speech ─▶ Utterance ─▶ recogniser ─▶ dialogue ─▶ [Answer] ─▶ synthesiser ─▶ playback
//      │                                                             ▲
//      └─ while a turn runs: Interruption (hold, then confirm or dismiss) ── fence first, words after
//
// Invariants. (1) A function of its state and the input: no clock, no randomness but the plan's seed, no port.
// (2) At most one turn is active; each accepted turn ends once (I2), by the arbiter's table and nothing else.
// (3) Every payload handle that comes in goes out once: in a command, or in command_release_payload. (4) While a turn
// is active there is a deadline, so that no silence is for ever (D14). (5) Nothing of an old ticket is played (I6).
// (6) Nothing said under an older epoch than the session's is accepted (I7).
//
// Seven files, one topic each: session_listening.cpp (the user's speech), session_interruption.cpp (doubt and verdict),
// session_speaking.cpp (the answer), session_edges.cpp (what waits between two nodes), session_turns.cpp (opening and
// ending turns, evidence), session_cancel.cpp (the user's cancel, whatever its scope), session_authority.cpp (epochs,
// leases, migration). Owner: the engine thread. Contract: runtime.md 2, 3, 6, 7; decisions.md D4, D14, D16, D17, D22.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/engine/graph/edge_queue.hpp"
#include "core/engine/graph/executor.hpp"
#include "core/engine/lanes/flow_control.hpp"
#include "core/engine/plan/compiled_pipeline.hpp"
#include "core/engine/plan/materialize.hpp"
#include "core/engine/session/answer.hpp"
#include "core/engine/session/outbox.hpp"
#include "core/engine/session/session_input.hpp"
#include "core/engine/session/session_start.hpp"
#include "core/engine/session/turn_book.hpp"
#include "core/engine/session/utterance.hpp"
#include "core/engine/turn/arbiter.hpp"
#include "core/engine/turn/connection_table.hpp"
#include "core/engine/turn/interruption.hpp"
#include "core/engine/turn/output_fence.hpp"
#include "core/engine/turn/session_table.hpp"

namespace phalarope {

/// Plan and prepared plan of the pipeline the session runs; both outlive it and never change.
struct SessionPlan {
  const CompiledPipeline* pipeline = nullptr;
  const PreparedPlan* prepared = nullptr;
};

struct SessionCounters {
  std::uint64_t turns_opened = 0;
  std::uint64_t turns_committed = 0;
  std::uint64_t turns_aborted = 0;
  std::uint64_t holds = 0;
  std::uint64_t holds_confirmed = 0;
  std::uint64_t holds_dismissed = 0;
  std::uint64_t late_outputs_refused = 0;
  std::uint64_t frames_lost_at_close = 0;
  std::uint64_t foreign_epochs_refused = 0;
};

class Session {
 public:
  /// Begins anew, also after an earlier session on the same seat has ended; its tickets are not used again.
  Result<void, GraphProblem> start(const SessionStart& start, const SessionPlan& plan) noexcept;

  /// Another pipeline, from the next turn on: a running turn keeps its frozen plan. Between two steps.
  void adopt(const SessionPlan& plan, std::uint32_t first_symbol) noexcept;

  /// One step. Outputs go to `out`; finished_evidence() names the record of a turn that ended in it.
  void step(const Event& input, Outbox& out) noexcept;

  /// The earliest instant at which a tick is wanted; none while nothing is waited for.
  std::optional<Instant> next_deadline() const noexcept;
  /// Evidence of the turn that ended in the last step; null when none did.
  const TurnEvidence* finished_evidence() const noexcept { return evidence_finished_ ? &book_.closed_page() : nullptr; }

  bool turn_active() const noexcept { return turn_number_ != 0; }
  std::uint32_t turn_number() const noexcept { return turn_number_; }
  bool held() const noexcept { return interruption_.open(); }
  /// What the session was last told of the recorder; a fresh session believes that there is room.
  EvidenceRoom evidence_room() const noexcept { return evidence_room_; }
  bool under_pressure() const noexcept { return under_pressure_; }
  SessionPriority priority() const noexcept { return start_.priority; }
  bool ended() const noexcept { return life_ == SessionState::ended; }
  ConversationPhase phase() const noexcept;
  /// What the next placement of this session is started with (10.1, 10.5): its numbers go on, what is hot stays behind.
  SessionStart carried_on() const noexcept;
  const SessionCounters& counters() const noexcept { return counters_; }

 private:
  void take(const Event& input, Outbox& out) noexcept;
  void take_result(const Event& input, Outbox& out) noexcept;
  void note_room(const Event& input) noexcept;
  void drain(SessionTrigger why) noexcept;

  // ---- the user's speech ---------------------------------------------------------------------------------
  void on_speech_started(const Event& input, Outbox& out) noexcept;
  void on_speech_continues(const Event& input, Outbox& out) noexcept;
  void on_speech_ended(const Event& input, Outbox& out) noexcept;
  void on_end_of_utterance(const Event& input, Outbox& out) noexcept;
  void on_audio_frame(const Event& input, Outbox& out) noexcept;
  void on_recognition_partial(const Event& input, Outbox& out) noexcept;
  void on_recognition_final(const Event& input, Outbox& out) noexcept;
  Event& to_recogniser(EventKind kind, Outbox& out) noexcept;
  void ask_for_verdict(Outbox& out) noexcept;
  void deliver_words(const Event& input, Outbox& out) noexcept;

  // ---- doubt and verdict ---------------------------------------------------------------------------------
  void suspect(InterruptionInput what, std::int64_t speech_ms, Outbox& out) noexcept;
  void hold(Reason reason, Outbox& out) noexcept;
  void confirm(Reason reason, Outbox& out) noexcept;
  void dismiss(Reason reason, Outbox& out) noexcept;
  bool dissolve_hold(Outbox& out) noexcept;
  void on_duck_applied(const Event& input) noexcept;
  void on_fence_applied(const Event& input, Outbox& out) noexcept;

  // ---- the answer ----------------------------------------------------------------------------------------
  void on_dialogue_sentence(const Event& input, Outbox& out) noexcept;
  void on_dialogue_done(const Event& input, Outbox& out) noexcept;
  void on_tool(const Event& input, Outbox& out) noexcept;
  void on_synthesis_frame(const Event& input, Outbox& out) noexcept;
  void on_synthesis_word(const Event& input, Outbox& out) noexcept;
  void on_synthesis_done(const Event& input, Outbox& out) noexcept;
  void on_playback_started(const Event& input, Outbox& out) noexcept;
  void on_playback_position(const Event& input, Outbox& out) noexcept;
  void on_playback_completed(const Event& input, Outbox& out) noexcept;
  void voice_next_sentence(Outbox& out) noexcept;
  Event voicing_of(const PayloadHandle& text, std::int64_t index) const noexcept;
  void voice_sentence(const Event& synthesise, Outbox& out) noexcept;
  void grant_credit(Outbox& out) noexcept;
  void mind_the_credit(const Event& input) noexcept;
  void announce_end(Outbox& out) noexcept;
  void apologise(Outbox& out) noexcept;
  bool of_this_turn(const Event& input) const noexcept;
  void refuse_late(const Event& input, Outbox& out) noexcept;
  void drop_by_name(const Event& input, Outbox& out, std::uint8_t edge = no_edge.value) noexcept;
  void say_dropped(const Event& input, std::uint8_t edge, Outbox& out) noexcept;

  // ---- edges ---------------------------------------------------------------------------------------------
  /// One edge whose items may have to wait.
  struct EdgeLine {
    std::uint8_t edge = no_edge.value;
    EdgeQueue queue{};
  };
  enum class FlowTurn : std::uint8_t { high, recovered };
  void lay(EdgeLine& line, std::uint8_t edge) noexcept;
  void lay_edges() noexcept;
  bool fits_edge(std::uint8_t edge, const PayloadHandle& payload) const noexcept;
  void offer_sentence(const Event& input, std::uint8_t edge, Outbox& out) noexcept;
  void voice_from_the_edge(Outbox& out) noexcept;
  bool playback_takes() const noexcept;
  void offer_frame(const Event& input, Outbox& out) noexcept;
  void play_waiting_frames(Outbox& out) noexcept;
  void play(std::span<const EdgeItem> run, Outbox& out) noexcept;
  void offer(EdgeLine& line, const EdgeItem& item, Outbox& out) noexcept;
  void take_from(EdgeLine& line, RunSink give, Outbox& out) noexcept;
  void end_waits(Outbox& out) noexcept;
  void drop_sentences(Outbox& out) noexcept;
  void flush_edges(Outbox& out) noexcept;
  std::optional<Instant> next_edge_deadline() const noexcept;
  void tell_pressure(EdgeLine& line, bool high_watermark, Outbox& out) noexcept;
  Lane lane_of(const EdgeLine& line) const noexcept;
  void tell_flow(const EdgeLine& line, FlowTurn turn, Outbox& out) noexcept;
  void tell_drop(const EdgeLine& line, const SequenceRange& range, bool last, Outbox& out) noexcept;
  void repeat_on_its_domain(const PressureSignal& marker, const EdgeRule& rule, Outbox& out) noexcept;
  void take_branch(const EdgeLine& line, DataShedding branch, Outbox& out) noexcept;

  // ---- turns ---------------------------------------------------------------------------------------------
  void propose(Reason reason, Outbox& out) noexcept;
  void open(Outbox& out) noexcept;
  void finish(PendingEnds ends, Reason cause, Outbox& out) noexcept;
  GateVerdict walk_the_gates() noexcept;
  bool plan_turn(std::uint32_t number, Epoch epoch) noexcept;
  void plan_ahead() noexcept;
  void take_adopted_plan() noexcept;
  static Result<void, GraphProblem> configured(const SessionPlan& plan, GraphExecutor& graph) noexcept;
  const ResolvedTurnPlan& turn_plan() const noexcept { return plans_[plan_in_force_]; }
  Answer& answer() noexcept { return answers_[answer_in_use_]; }
  const Answer& answer() const noexcept { return answers_[answer_in_use_]; }
  const Answer& interrupted_answer() const noexcept { return answers_[1 - answer_in_use_]; }
  Event about_the_turn(const Event& input) const noexcept;
  void clear_turn(bool interrupted, Outbox& out) noexcept;
  bool close_evidence(const TerminalMark& mark, const Event& input) noexcept;
  void publish(const TurnDecision& decision, Outbox& out) noexcept;
  void on_connection(EventKind signal, Outbox& out) noexcept;
  void on_line(EventKind what, Outbox& out) noexcept;
  void on_shutdown(Outbox& out) noexcept;
  void on_user_cancel(const Event& input, Outbox& out) noexcept;
  NodeIndex provider_of(const Event& cancel) const noexcept;
  void cancel_node(NodeIndex node, const Event& input, Outbox& out) noexcept;
  void do_without(Modality modality, Outbox& out) noexcept;
  void on_user_turn_requested(const Event& input, Outbox& out) noexcept;
  void on_node_failed(const Event& input, Outbox& out) noexcept;
  void tell_shed(const Event& refused, Outbox& out) noexcept;
  void on_tick(const Event& input, Outbox& out) noexcept;
  void on_xrun(const Event& input, Outbox& out) noexcept;
  void after_failure(const ShapedFailure& failure, NodeIndex node, wire::OutcomeClass outcome, Outbox& out) noexcept;

  // ---- epochs, leases, migration -------------------------------------------------------------------------
  bool refuse_foreign_epoch(const Event& input, Outbox& out) noexcept;
  void refuse_epoch(EpochCheck check, const Event& input, Outbox& out) noexcept;
  void on_control_snapshot(const Event& input, Outbox& out) noexcept;
  void on_lease_rotated(const Event& input, Outbox& out) noexcept;
  void rise_to(Epoch request, Epoch lease) noexcept;
  void lose_lease(SessionTrigger why, Outbox& out) noexcept;

  /// What everything said now carries (10.2): the newer of the request's and the lease's epoch.
  Epoch epoch() const noexcept { return control_epoch_ < lease_epoch_ ? lease_epoch_ : control_epoch_; }

  // ---- giving --------------------------------------------------------------------------------------------
  Event& signal(EventKind kind, Emitter emitter, Reason reason, Outbox& out) noexcept;
  Event& command(EventKind kind, NodeIndex node, Outbox& out) noexcept;
  void hand_out(const Event& node_command, Outbox& out) noexcept;
  void release(const PayloadHandle& payload, Outbox& out) noexcept;
  void note_progress(const Event& input) noexcept { last_progress_ns_ = input.mono_ns; }

  SessionStart start_{};
  SessionPlan plan_{};
  SessionPlan adopted_plan_{};  // waits for the running turn's end; no pipeline: none does
  std::uint32_t adopted_first_symbol_ = 0;
  SessionState life_ = SessionState::connecting;
  ConnectionRecord connection_{};

  // What the control plane last said (session_input.hpp), and whether a turn's evidence would find room.
  std::int64_t control_bits_ = control_all_granted;
  Epoch control_epoch_{};
  Epoch lease_epoch_{};
  std::int64_t lease_expires_ns_ = 0;  // 0: never
  EvidenceRoom evidence_room_ = EvidenceRoom::next_turn;
  bool under_pressure_ = false;  // what the lanes last said; of no concern to an interactive session

  // The active turn; number 0: none.
  TurnRecord turn_{};
  TurnBook book_{};
  std::uint32_t turn_number_ = 0;
  std::uint32_t turns_proposed_ = 0;
  std::uint64_t ticket_ = 0;
  std::uint64_t tickets_given_ = 0;
  std::uint32_t turn_utterance_ = 0;
  bool words_delivered_ = false;
  std::uint32_t tools_running_ = 0;
  bool apologised_ = false;
  bool barge_in_ = false;  // the end being arbitrated is a barge-in
  std::int64_t last_progress_ns_ = 0;
  // Two plans: the running turn's, and the next one's, frozen ahead so that opening a turn hashes nothing.
  std::array<ResolvedTurnPlan, 2> plans_{};
  std::size_t plan_in_force_ = 0;
  std::uint32_t planned_turn_ = 0;  // whose plan the other slot holds; 0: nobody's
  GraphExecutor graph_{};
  // Two answers: the running turn's, and the one that was cut short, until it is known how much of it was heard.
  std::array<Answer, 2> answers_{};
  std::size_t answer_in_use_ = 0;
  bool evidence_finished_ = false;

  // What waits between two nodes, by the plan's edge policies.
  EdgeLine sentence_line_{};
  EdgeLine frame_line_{};
  std::uint8_t heard_edge_ = no_edge.value;
  std::array<std::uint64_t, graph_edges_max> edge_bytes_max_{};

  // The user's speech, and the doubt about it.
  Utterance utterance_{};
  InterruptionState interruption_{};
  std::int64_t held_at_frame_ = -1;

  std::uint64_t interrupted_ticket_ = 0;
  std::uint32_t interrupted_turn_ = 0;
  std::uint64_t late_told_ticket_ = 0;

  SessionCounters counters_{};
};

}  // namespace phalarope
