// The error log: one row of 13 columns for every miss, old logs of 7 columns read as what they are.
//
//   topic,item,error,stage,confidence,seconds,fix │ mode,chain,support,band,policy,fixed
//   └──────────── the old schema ────────────────┘  unknown,unknown,high,new,v0-legacy,0   for a row that has only
//   seven
//
// Nothing is invented: a cell of what did not happen is empty, a fix that was not made is NONE. Rows are RFC 4180.
// Pure; any thread. Contract: chain-library.md 11.
#pragma once

#include <array>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/library/meta_files.hpp"

namespace phalarope::library {

using ErrorRow = std::array<std::string, error_log_columns.size()>;

enum class ErrorColumn : std::size_t {
  topic_id,
  item_id,
  error_type,
  stage_detected,
  confidence,
  time_to_answer,
  fix_applied,
  assessment_mode,
  chain_id,
  support_level,
  prior_exposure_band,
  selector_policy_version,
  dependency_fix_applied
};
inline std::string& at(ErrorRow& row, ErrorColumn column) { return row[static_cast<std::size_t>(column)]; }
inline const std::string& at(const ErrorRow& row, ErrorColumn column) { return row[static_cast<std::size_t>(column)]; }

/// What is wrong with an error log, with the line it stands on.
struct ErrorLogFault {
  int line = 0;
  std::string what;
};

/// Old and new logs; columns in any order, others ignored.
std::expected<std::vector<ErrorRow>, ErrorLogFault> read_error_log(std::string_view csv);
std::string error_log_header();
std::string error_log_line(const ErrorRow& row);

/// Error types by how often they occur, the most frequent first; ties in the order of the enum. Others do not count.
std::vector<std::string> dominant_errors(const std::vector<ErrorRow>& rows);

}  // namespace phalarope::library
