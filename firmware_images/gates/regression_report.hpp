// The replay regression and smoke reports, written for people and tools.
//
// `by_class` always lists all six classes; class lists are sorted and unique. Contract: evidence.md 2.9.
#pragma once

#include <string>
#include <vector>

#include "firmware_images/gates/replay_fixtures.hpp"

namespace phalarope::gates {

struct RegressionReport {
  std::string generated_at_utc;
  std::string metadata_path;
  FixtureGate gate = FixtureGate::full;
  std::vector<FixtureResult> fixtures;

  /// `fixture: class scope: message` of whatever fails.
  std::vector<std::string> violations() const;
};

/// `phalarope.tooling.replay-regression-report.v1`.
std::string regression_json(const RegressionReport& report);
std::string regression_markdown(const RegressionReport& report);

/// One fixture's own file: the entry of the regression report with its time, its metadata and its status.
std::string fixture_json(const FixtureResult& result, const RegressionReport& report);
std::string fixture_markdown(const FixtureResult& result, const RegressionReport& report);
/// The id as a file name: `/`, `\`, `:` and space become `_`, a blank id is `fixture`.
std::string fixture_file_name(std::string_view id);

/// The smoke report: one fixture, all of its divergences.
std::string smoke_json(const FixtureResult& result, const RegressionReport& report);

}  // namespace phalarope::gates
