// A recording as a ReplayArtifact, so that recordings are compared by the same rules as everything else.
//
//   records ──▶ control signals given (output flag) ──▶ one trace entry each, in recorded order
//           ├─▶ session records ──▶ session id, and which pipeline record: plan hash (SHA-256 of its bytes)
//           ├─▶ symbols ──▶ each session's six snapshot refs, providers
//           └─▶ drop notices ──▶ lineage
//
// What two recordings of their own can never share is told apart by EntryTimes: within one recording (recorded against
// replayed) entries carry the engine's own times and sequence numbers; between two, times run from each recording's
// first event, markers count within the turn, and a decision's own times are left out, so that the timing row with its
// tolerance judges time and nothing else does.
//
// Invariants. (1) Recorded order is kept. (2) Equal events give equal entries. (3) What a recording does not say is
// empty, not guessed. One thread. Contract: evidence.md 2.1, 2.2; 1.11 (drops).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/replay/record_source.hpp"
#include "core/replay/recording_names.hpp"
#include "core/replay/replay_artifact.hpp"
#include "core/replay/replayer.hpp"
#include "core/replay/session_book.hpp"
#include "core/replay/step_function.hpp"

namespace phalarope::replay {

enum class EntryTimes : std::uint8_t { of_the_engine, from_the_start };

/// What every entry of one session shares.
struct SessionContext {
  SessionStart start;
  std::string session_id = "session";
  std::vector<std::byte> pipeline_record;  // as it stands in the recording; empty when there is none
  std::string plan_hash;
  std::string snapshot_provenance_ref;
  std::string provider_id;  // "pocketsphinx/intents/flite"
};

/// What every entry of one recording shares, and its sessions in the order of their records.
struct RecordingContext {
  RecordingNames names;
  std::vector<SessionContext> sessions;  // at least one
  std::optional<std::int64_t> first_mono_ns;
};

/// An output and whose it was when it was given: a seat has more than one session in its life.
struct SessionOutput {
  Event event;
  std::size_t session = 0;  // in RecordingContext::sessions
  bool operator==(const SessionOutput&) const = default;
};

struct RecordedOutputs {
  RecordingContext context;
  std::vector<SessionOutput> recorded;
  std::vector<SessionOutput> replayed;  // empty unless it was re-run
  ReplayReport replay;                  // byte for byte; damage and gaps are filled in any case
};

/// Whether an event is one of those that become a trace entry: a decision that the engine gave.
bool is_trace_entry(const Event& event);

/// Reads the outputs of a recording.
RecordedOutputs read_outputs(RecordSource& recording);
/// Reads them, and what the engine gives for the same inputs today.
RecordedOutputs rerun_outputs(RecordSource& recording, StepFunction& engine);

ReplayArtifact artifact_of(const RecordingContext& context, std::span<const SessionOutput> outputs, EntryTimes times);

}  // namespace phalarope::replay
