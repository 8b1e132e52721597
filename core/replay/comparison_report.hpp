// What a comparison found, three times: for tools (JSON), for a terminal, and as one self-contained page.
//
//   comparison_json   one line: divergences, failing, unexplained, missing_expected, pass, cursor
//   report_json       the same, with what was compared and how, counts by class, and what cannot be trusted
//   report_text       the verdict first, then what fails, then what differs and may
//   report_html       the same as a table; loads nothing, sends nothing
//
// Equal reports give equal bytes; no member is null. Text of a recording steers no terminal and becomes no markup.
// Pure; any thread. Contract: cli-conformance.md 5; evidence.md 2.9.
#pragma once

#include <string>
#include <vector>

#include "core/replay/artifact_comparison.hpp"
#include "core/replay/divergence_policy.hpp"

namespace phalarope::replay {

std::string comparison_json(const ComparisonResult& result, const PolicyVerdict& verdict);

struct ComparisonReport {
  std::string baseline_ref;
  std::string candidate_ref;
  ComparisonRequest request;
  DivergencePolicy policy;
  std::size_t entries_baseline = 0;
  std::size_t entries_candidate = 0;
  ComparisonResult result;
  PolicyVerdict verdict;
  std::vector<std::string> stepped;           // of a step: the decisions it went over
  std::optional<ReplayCursor> next_cursor{};  // of a step: where to go on
  std::vector<std::string> nodes;             // of a replay that ran nodes again: each one, and why not otherwise
  std::vector<std::string> doubts;            // damage and losses: why even a pass is no proof

  bool passes() const { return verdict.passes() && doubts.empty(); }
};

/// One line: the cursor's five fields, as a request takes them.
std::string cursor_json(const ReplayCursor& cursor);

std::string report_json(const ComparisonReport& report);
std::string report_text(const ComparisonReport& report);
std::string report_html(const ComparisonReport& report);

}  // namespace phalarope::replay
