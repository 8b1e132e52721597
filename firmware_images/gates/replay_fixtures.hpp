// Replay fixtures: recorded stories that today's engine must tell again.
//
//   <folder>/<id>.json   mode, cursor?, story, recorded ── the story is run by the engine as it is now ─▶ candidate
//   metadata.json        gate, tolerance, thresholds, expected divergences
//
//   candidate against recorded ─▶ divergences ─▶ + latency thresholds over the runtime baseline ─▶ policy ─▶ pass?
//
// A story is a scenario of the turn engine (runtime.md Appendix C), or items offered to one of the graph's edges.
// Ids are worked on in sorted order; one without metadata is not run, one without a story is an error.
// Contract: evidence.md 2.6, 2.7, 2.9.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/replay/artifact_comparison.hpp"
#include "core/replay/divergence_policy.hpp"
#include "core/spec/strict_json.hpp"
#include "firmware_images/gates/baseline_record.hpp"

namespace phalarope::gates {

enum class FixtureGate : std::uint8_t { quick, full, both };
std::optional<FixtureGate> fixture_gate_named(std::string_view name);
std::string_view name_of(FixtureGate gate);

struct FixtureMetadata {
  std::string id;
  FixtureGate gate = FixtureGate::full;
  replay::DivergencePolicy policy;
  OptionalMs final_attempt_threshold_ms;
  OptionalMs total_invocation_threshold_ms;
  std::vector<std::string> invocation_latency_scopes;  // trimmed, unique, sorted
};
std::expected<std::vector<FixtureMetadata>, std::string> read_fixture_metadata(const spec::JsonValue& json);
/// Those of the gate, by id; none is an error.
std::expected<std::vector<FixtureMetadata>, std::string> select_fixtures(std::vector<FixtureMetadata> all,
                                                                         FixtureGate gate);

struct FixtureResult {
  FixtureMetadata metadata;
  ReplayMode mode = ReplayMode::replay_decisions;
  std::string run_id;
  std::optional<replay::ReplayCursor> request_cursor;
  std::optional<replay::ReplayCursor> result_cursor;
  std::vector<replay::Divergence> divergences;
  std::int64_t latency_breaches = 0;
  replay::PolicyVerdict verdict;
};

/// Runs one fixture. `baseline`: the runtime baseline's records, or nothing when it could not be made.
std::expected<FixtureResult, std::string> run_fixture(const std::filesystem::path& folder,
                                                      const FixtureMetadata& metadata,
                                                      const std::vector<BaselineRecord>* baseline);

/// What the engine tells of the fixture's story today.
std::expected<replay::ReplayArtifact, std::string> tell_story(const spec::JsonValue& fixture);

/// evidence.md 2.6: TIMING divergences of the thresholds, in their fixed order.
std::vector<replay::Divergence> latency_divergences(const FixtureMetadata& metadata,
                                                    const std::vector<BaselineRecord>* baseline);

}  // namespace phalarope::gates
