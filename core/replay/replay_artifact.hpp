// ReplayArtifact: what a replay is judged by, whatever it came from (a line of JSON, a recording, a fixture).
//
//   trace     ─ one entry for each decision, with the plan, provider, epoch and order it was taken under
//   decisions ─ the decisions alone, for an artifact that has no trace
//   lineage   ─ what became of each event: merged into which group, dropped or not
//
// A trace keeps the order it is stored in; nothing here sorts (the loader does, by the replay manifest's keys). Plain
// values, no owner. Not here: where the artifact comes from. Contract: evidence.md 1.4, 2.1, 2.2 (2), 2.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/engine/plan/turn_plan.hpp"

namespace phalarope::replay {

/// A decision outcome by its wire names (runtime.md 1.6). An empty turn id is an absent one.
struct Decision {
  std::string outcome_kind;
  std::string phase;
  std::string scope;
  std::string session_id;
  std::string turn_id;
  std::string event_id;
  std::int64_t runtime_timestamp_ms = 0;
  std::int64_t wall_clock_timestamp_ms = 0;
  std::string emitted_by;
  std::string reason;
  std::optional<std::int64_t> authority_epoch{};

  /// timestamp_ms mirrors the runtime timestamp and is no part of a decision's identity (evidence.md 2.4).
  bool operator==(const Decision&) const = default;
};

struct TraceEntry {
  std::string plan_hash;
  std::string snapshot_provenance_ref;
  Decision decision;
  std::optional<Lane> lane{};          // absent: unknown
  std::int64_t runtime_sequence = -1;  // negative: unknown
  std::string provider_id;
  std::string provider_model;
  std::string ordering_marker;
  std::int64_t authority_epoch = 0;
  std::int64_t runtime_timestamp_ms = 0;
};

struct LineageEntry {
  std::string event_id;
  std::string merge_group_id;
  bool dropped = false;
};

struct ReplayArtifact {
  std::vector<TraceEntry> trace;
  std::vector<Decision> decisions;
  std::vector<LineageEntry> lineage;
};

/// Names one entry of a trace: all five fields match, or it is another entry.
struct ReplayCursor {
  std::string session_id;
  std::string turn_id;
  Lane lane = Lane::data;
  std::int64_t runtime_sequence = 0;
  std::string event_id;

  bool operator==(const ReplayCursor&) const = default;
};

/// Three ids, and a sequence that is known (evidence.md 2.1).
bool is_valid(const ReplayCursor& cursor);

/// `<session>|<turn>|<lane>|<sequence>|<event>`, as run ids write it (evidence.md 2.2, rule 7).
std::string to_text(const ReplayCursor& cursor);
/// The reverse; nothing when the text is no valid cursor.
std::optional<ReplayCursor> cursor_from_text(std::string_view text);

/// A mode by its name, or by one of its two old ones: `audit`, `regression` (decisions.md D7).
std::optional<ReplayMode> replay_mode_named(std::string_view name);

/// Fills what an entry leaves unknown: lane, sequence, marker (evidence.md 2.2, rule 2). Idempotent.
void normalise(std::vector<TraceEntry>& trace);

/// The cursor that names a normalised entry; not valid when the decision has no turn.
ReplayCursor cursor_of(const TraceEntry& entry);

/// `turn:<turn_id>` when the decision has a turn, else `session:<session_id>`.
std::string scope_of(const Decision& decision);

}  // namespace phalarope::replay
