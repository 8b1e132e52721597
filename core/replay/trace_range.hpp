// A range of two traces, by cursors: from one entry to another, or one step.
//
//   baseline   e0 e1 [e2 e3 e4] e5        --from e2 --to e4          both ends are included
//              e0 e1 [e2] e3              --from e2 --step           and the next cursor is e3
//
// The front is left to the comparison (it knows what a boundary that the candidate lacks means); this cuts the back. A
// step goes on over entries that no cursor can name (those without a turn), so that none is skipped.
// Pure; any thread. Contract: evidence.md 2.1, 2.3.
#pragma once

#include <expected>
#include <optional>

#include "core/replay/artifact_comparison.hpp"

namespace phalarope::replay {

struct TraceRange {
  std::optional<ReplayCursor> from{};
  std::optional<ReplayCursor> to{};
  bool one_step = false;  // from `from`, or from the first entry; `to` is then left alone
};

/// Cuts what lies behind the range off both (normalising them first) and answers the cursor to go on from: absent at
/// the end of the baseline. An error when the baseline lacks a cursor, or `to` stands before `from`.
std::expected<std::optional<ReplayCursor>, ComparisonError> cut_behind(const TraceRange& range,
                                                                       ReplayArtifact& baseline,
                                                                       ReplayArtifact& candidate);

}  // namespace phalarope::replay
