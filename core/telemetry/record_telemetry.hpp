// RecordTelemetry: the evidence stream folded into telemetry. The engine says nothing for telemetry's sake.
//
//   records in recorded order ──┬─ event      lanes, shedding, fence, refused proposals: told at once
//                               ├─ baseline   an accepted turn: told whole (turn_telemetry.hpp)
//                               └─ pipeline, session, symbol: the words behind the numbers
//
// The same fold serves the live run (a copy of the ring's records) and a recording from the disk, so both say the same.
// A baseline comes as the FlatBuffers table TurnEvidence, as a reader gives it.
//
// Invariants. (1) Bounded: what is kept of a session is of fixed size but its sentences, of which at most
// sentences_waiting_max are. (2) Every event it gives is in the catalogue (catalogue.hpp). (3) No text and no sound of
// a user is in what it gives: ids, enums and numbers only.
// One thread. Contract: evidence.md 3.3; UB-O01, UB-O02.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/engine/base/event.hpp"
#include "core/engine/session/session_start.hpp"
#include "core/replay/record_source.hpp"
#include "core/replay/recording_names.hpp"
#include "core/telemetry/event_writer.hpp"
#include "core/telemetry/pipeline_facts.hpp"
#include "core/telemetry/turn_telemetry.hpp"

namespace phalarope::telemetry {

constexpr std::size_t sentences_waiting_max = 64;

class RecordTelemetry {
 public:
  explicit RecordTelemetry(PipelineReader read_pipeline = {}) : read_pipeline_(std::move(read_pipeline)) {}

  /// Folds one record in; `sink` is called for what follows from it.
  void take(const replay::Record& record, TelemetrySink sink);
  /// Samples that the correlation resolver refused.
  std::uint64_t skipped() const noexcept { return skipped_; }
  /// Baselines whose bytes are no TurnEvidence.
  std::uint64_t unreadable() const noexcept { return unreadable_; }

 private:
  struct SessionState {
    SessionStart start;
    std::array<std::int64_t, modality_count> asked_ns{never, never, never};     // in this turn
    std::array<std::int64_t, modality_count> answered_ns{never, never, never};  // the last answer in this turn
    std::int64_t finalise_ns = never;                // the recogniser was asked for the utterance's words
    std::optional<std::int64_t> words_final_ns;      // of the utterance that was recognised last
    std::map<std::int64_t, std::int64_t> sentences;  // given, not yet asked for: index, time
    std::uint64_t fenced_ticket = 0;                 // 0: no cancel waits for the audio thread
    std::int64_t fenced_ns = 0;
    bool data_lane_is_high = false;
  };

  void take_session(const replay::Record& record);
  void take_baseline(const replay::Record& record, EventWriter& out);
  void take_event(const Event& event, EventWriter& out);
  void take_output(const Event& event, SessionState& session, EventWriter& out);
  void take_command(const Event& event, SessionState& session, EventWriter& out);
  void tell_dispatch(const Event& event, Modality modality, EventWriter& out);
  void tell_handoff(const Event& event, std::string_view edge, std::int64_t since_ns, const SessionState& session,
                    EventWriter& out);
  void tell_pressure(const Event& event, SessionState& session, EventWriter& out);
  void tell_shed(const Event& event, EventWriter& out);
  void tell_drop(const Event& event, std::string_view strategy, double count, EventWriter& out);
  void tell_depth(const Event& event, std::string_view status, std::int64_t items, EventWriter& out);
  void tell_fence_decision(const Event& event, EventWriter& out);
  void tell_silence(const Event& event, SessionState& session, EventWriter& out);
  void tell_refused_proposal(const Event& event, EventWriter& out);

  SessionState& session_of(const Event& event) { return sessions_[event.session_slot]; }
  Correlation about(const Event& event) const;
  std::string edge_of(const Event& event) const;
  std::string node_of(const Event& event) const;

  PipelineReader read_pipeline_;
  replay::RecordingNames names_;
  PipelineFacts facts_;
  std::map<std::uint16_t, SessionState> sessions_;  // bounded by the slots of the engine
  std::int64_t wall_offset_ns_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t unreadable_ = 0;
};

}  // namespace phalarope::telemetry
