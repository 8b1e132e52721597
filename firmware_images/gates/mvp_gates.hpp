// The promotion gate: the SLO gates, a live run end to end, and the decisions that were fixed for the first release.
//
//   baseline_report   as slo_gates.hpp
//   live_end_to_end   latencies of passing combinations; may be waived by three measured attempts
//   fixed_decisions   seven booleans
//
// A waiver clears live violations and says so in `warnings`. With `strict_waiver` only files that say something else
// count as attempts, and only latency limits are waived (release images use it).
// Pure. Contract: evidence.md 4.6, 7 (2), (24).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware_images/gates/live_chain.hpp"
#include "firmware_images/gates/slo_gates.hpp"

namespace phalarope::gates {

constexpr std::size_t waiver_attempts_min = 3;

struct LiveEndToEnd {
  std::int64_t sample_count = 0;
  OptionalMs end_to_end_p50_ms;
  OptionalMs end_to_end_p95_ms;
  bool waived = false;
  std::string waiver_reason;
  std::vector<std::string> attempt_files;
  std::vector<std::string> violations;
};

/// A file beside the chain report that counts as an attempt, with its bytes' hash.
struct AttemptFile {
  std::string path;
  std::string sha256;
};

struct FixedDecisions {
  bool simple_mode_only = false;
  bool provider_policy_compliant = false;
  bool livekit_path_ready = false;
  bool streaming_evidence = false;
  bool non_streaming_evidence = false;
  bool parity_markers_present = false;
  bool parity_comparison_valid = false;
  std::vector<std::string> violations;
};

struct MvpInput {
  LiveChainReport chain;
  std::optional<LiveChainReport> streaming;  // the given report's mode, or the default file
  std::optional<LiveChainReport> non_streaming;
  std::optional<std::string> livekit_status;  // probe.status; absent: the file could not be read
  std::vector<AttemptFile> attempts;
  bool strict_waiver = false;
};

LiveEndToEnd judge_live(const MvpInput& input, const SloThresholds& limits);
FixedDecisions judge_fixed_decisions(const MvpInput& input);

struct MvpDocument {
  std::string generated_at_utc;
  std::string baseline_artifact_path;
  std::string live_provider_chain_path;
  std::string livekit_smoke_report_path;
  SloThresholds thresholds;
  SloReport baseline_report;
  LiveEndToEnd live_end_to_end;
  FixedDecisions fixed_decisions;

  std::vector<std::string> warnings() const;
  std::vector<std::string> violations() const;
};
std::string to_json(const MvpDocument& document);
std::string to_markdown(const MvpDocument& document);

}  // namespace phalarope::gates
