// Publish readiness and the release manifest: three fresh, passing reports, or nothing goes out.
//
//   contracts_report  replay_regression_report  slo_gates_report      each: readable, strict, right schema, passing,
//          └────────────────────┼────────────────────┘                not over 24 h old, not over 5 min ahead
//                               ▼
//   rollout config ─▶ readiness ─ all pass ─▶ manifest (release id, hashes of what it stands on)
//                               └ any fails ▶ no manifest
//
// All three checks are always made, in this order. Fails closed. Pure but for what it is given to read.
// Contract: evidence.md 4.10, 7 (3).
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::gates {

constexpr std::int64_t artifact_age_ms_max = 86'400'000;  // 24 h
constexpr std::int64_t artifact_ahead_ms_max = 300'000;   // a clock may be 5 min off

struct RolloutConfig {
  std::string pipeline_version;
  std::string strategy;
  std::string rollback_mode;
  std::string rollback_trigger;
};
/// Strict; texts are kept as written, only the comparison trims and lowers them.
std::expected<RolloutConfig, std::string> read_rollout_config(std::string_view json);

enum class ReadinessReport : std::uint8_t { contracts, replay_regression, slo_gates };
inline constexpr std::array<std::string_view, 3> readiness_names = {"contracts_report", "replay_regression_report",
                                                                    "slo_gates_report"};

/// A report as it was read: its bytes, or why there are none.
struct ReportFile {
  std::string path;
  std::expected<std::string, std::string> text;
};

struct ReadinessCheck {
  std::string name;
  std::string path;
  bool passed = false;
  std::string reason;  // why not
  std::string generated_at_utc;
  std::optional<std::int64_t> age_ms;
  std::string sha256;  // of a passing report's bytes
};
struct Readiness {
  std::array<ReadinessCheck, readiness_names.size()> checks;

  bool passed() const;
  std::vector<std::string> violations() const;
};
Readiness judge_readiness(const std::array<ReportFile, readiness_names.size()>& reports, std::int64_t now_utc_ms);

/// `rel-<UTC YYYYMMDDhhmmss>-<first 10 hex of SHA-256 of "spec_ref|pipeline_version|strategy|mode|trigger">`
std::string release_id(std::string_view spec_ref, const RolloutConfig& config, std::int64_t now_utc_ms);

struct ReleaseRequest {
  std::string spec_ref;
  std::string rollout_path;
  std::string rollout_text;
  RolloutConfig rollout;
  Readiness readiness;
  std::int64_t now_utc_ms = 0;
};
std::string manifest_json(const ReleaseRequest& request);
std::string manifest_markdown(const ReleaseRequest& request);

}  // namespace phalarope::gates
