// A recording as a ReplayArtifact, so that recordings are compared by the same rules as everything else.
//
//   records ──▶ control signals given (output flag) ──▶ one trace entry each, in recorded order
//           ├─▶ pipeline record ──▶ plan hash (SHA-256 of its bytes)
//           ├─▶ session record, symbols ──▶ session id, six snapshot refs, providers
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
#include "core/replay/step_function.hpp"

namespace phalarope::replay {

enum class EntryTimes : std::uint8_t { of_the_engine, from_the_start };

/// What every entry of one recording shares.
struct RecordingContext {
  RecordingNames names;
  std::vector<std::byte> pipeline_record;  // as it stands in the recording; empty when there is none
  std::string plan_hash;
  std::string snapshot_provenance_ref;
  std::string provider_id;  // "pocketsphinx/intents/flite"
  std::optional<std::int64_t> first_mono_ns;
};

struct RecordedOutputs {
  RecordingContext context;
  std::vector<Event> recorded;
  std::vector<Event> replayed;  // empty unless it was re-run
  ReplayReport replay;          // byte for byte; damage and gaps are filled in any case
};

/// Reads the outputs of a recording.
RecordedOutputs read_outputs(RecordSource& recording);
/// Reads them, and what the engine gives for the same inputs today.
RecordedOutputs rerun_outputs(RecordSource& recording, StepFunction& engine);

ReplayArtifact artifact_of(const RecordingContext& context, std::span<const Event> outputs, EntryTimes times);

}  // namespace phalarope::replay
