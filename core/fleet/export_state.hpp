// ExportState: what the exporter knows across a restart, and what `doctor` and `metrics` tell of it: one small JSON
// file beside the recording.
//
//   {"schema_version":"phalarope.export_state.v1","recording_id":...,"segment_number":...,"sequence":...,
//    "unacknowledged":...,"behind":...,"sink":...,"updated_at_ms":...,"stats":{...},"lag_ms":...,"last_error":...}
//
// Only the point is believed at the next start, and only for the recording it names; a file that cannot be read means:
// from the beginning, which costs re-sending under the same ids and loses nothing. The rest is for people.
// Pure. Contract: evidence.md 1.8, 8 ("moves a local watermark").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/fleet/export_queue.hpp"

namespace phalarope::fleet {

inline constexpr std::string_view export_state_schema = "phalarope.export_state.v1";
inline constexpr std::string_view export_state_file = "export-state.json";

/// What happened beyond the contract's stats.
struct CatchUpStats {
  std::uint64_t caught_up = 0;   // records sent from the local store
  std::uint64_t duplicates = 0;  // arrived already, said the other side
  std::uint64_t evicted = 0;     // gone from the local store before they arrived
  std::uint64_t passes = 0;      // over the local store

  bool operator==(const CatchUpStats&) const = default;
};

struct ExportState {
  std::string recording_id;
  StorePlace point;
  std::uint64_t unacknowledged = 0;
  bool behind = false;
  std::string sink;                // as people may see it
  std::int64_t updated_at_ms = 0;  // wall time
  ExportStats stats;
  CatchUpStats catch_up;
  std::int64_t lag_ms = 0;  // of the last record that arrived
  std::string last_error;

  bool operator==(const ExportState&) const = default;
};

std::string to_json(const ExportState& state);
/// Nothing when the text is no such file.
std::optional<ExportState> read_export_state(std::string_view json);

}  // namespace phalarope::fleet
