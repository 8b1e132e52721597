// Contract fixtures: documents that both judges, the typed validator and the published schema, must agree about.
//
//   <root>/<kind>/valid/*.json     accepted by both
//   <root>/<kind>/invalid/*.json   refused by both
//
// Kinds: event, control_signal, turn_transition, resolved_turn_plan, decision_outcome; files in order of their names.
// A missing folder or schema is an error, and so are fewer fixtures than the floor. Contract: evidence.md 4.3.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace phalarope::gates {

struct ContractsReport {
  std::string fixture_root;
  std::int64_t total = 0;
  std::vector<std::string> failures;

  bool passed() const { return failures.empty(); }
};

std::expected<ContractsReport, std::string> judge_contract_fixtures(const std::filesystem::path& fixtures,
                                                                    const std::filesystem::path& schemas);
/// `phalarope.tooling.contracts-report.v1`.
std::string to_json(const ContractsReport& report, const std::string& generated_at_utc);
std::string to_markdown(const ContractsReport& report, const std::string& generated_at_utc);

}  // namespace phalarope::gates
