// Recordings compared: one against what the engine gives for it today, or one against another.
//
//   REC ──▶ recorded decisions ─┐        (nodes as recorded, or asked again: relive.hpp)
//        └▶ engine ──▶ today's ─┴▶ range, mode, policy ──▶ ComparisonReport
//   REC_A, REC_B ──────────────┘
//
// Contract: evidence.md 2.1-2.5; decisions.md D7.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "core/replay/comparison_report.hpp"

namespace phalarope::program {

/// As typed; an empty text is an option that was not given.
struct RecordingComparison {
  std::string baseline;
  std::string candidate;  // empty: the engine's answer to the baseline's inputs
  std::string mode;       // empty: replay_decisions, which every recording allows
  std::string policy_file;
  std::vector<std::string> intents;  // of the recorded dialogue, to ask it again
  std::string from;                  // a cursor, an event id, a turn's id or number; `@FILE` holds a cursor
  std::string to;
  std::size_t steps = 0;  // 0: no steps, the whole range
};

/// A cursor that a file holds: as a line of text, as one JSON object, or as `next_cursor` of a report.
std::expected<replay::ReplayCursor, std::string> read_cursor_file(const std::string& path);

/// The report, or a sentence that says what is wrong and what to do.
std::expected<replay::ComparisonReport, std::string> compare_recordings(const RecordingComparison& how);

}  // namespace phalarope::program
