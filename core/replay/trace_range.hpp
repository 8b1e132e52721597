// A range of two traces, by cursors: from one entry to another, or some steps.
//
//   baseline   e0 e1 [e2 e3 e4] e5        --from e2 --to e4          both ends are included
//              e0 e1 [e2] e3              --from e2 --step           and the next cursor is e3
//              e0 e1 [e2 e3] e4           --from e2 --step 2         and the next cursor is e4
//
// People name an entry by its cursor, by its event, or by its turn (cursor_named).
//
// The front is left to the comparison (it knows what a boundary that the candidate lacks means); this cuts the back. A
// step goes on over entries that no cursor can name (those without a turn), so that none is skipped.
// Pure; any thread. Contract: evidence.md 2.1, 2.3.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/replay/artifact_comparison.hpp"

namespace phalarope::replay {

struct TraceRange {
  std::optional<ReplayCursor> from{};
  std::optional<ReplayCursor> to{};
  std::size_t steps = 0;  // 0: up to `to`; else that many, from `from` or the first entry, and `to` is left alone
};

/// Cuts what lies behind the range off both (normalising them first) and answers the cursor to go on from: absent at
/// the end of the baseline. An error when the baseline lacks a cursor, or `to` stands before `from`.
std::expected<std::optional<ReplayCursor>, ComparisonError> cut_behind(const TraceRange& range,
                                                                       ReplayArtifact& baseline,
                                                                       ReplayArtifact& candidate);

/// Which entry a turn's name means: where a range begins, its first; where one ends, its last.
enum class EntryOfTurn : std::uint8_t { first, last };

/// The one entry that `name` means: `session|turn|lane|sequence|event`, an event id, a turn id, or a turn's number. An
/// error is a sentence that says what is wrong and what to do.
std::expected<ReplayCursor, std::string> cursor_named(std::string_view name, std::vector<TraceEntry> trace,
                                                      EntryOfTurn meant = EntryOfTurn::first);

}  // namespace phalarope::replay
