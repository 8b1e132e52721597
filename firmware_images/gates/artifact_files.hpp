// Where the gates' documents live, how they are found and how they are written.
//
//   $ART = PHALAROPE_ARTIFACT_ROOT, else "phalarope-artifacts": everything generated lies below it, nothing is tracked
//   input   a relative path is looked for in the working directory, then in each parent of it
//   output  written whole or not at all (a new file, synced, then renamed), its Markdown sibling likewise
//
// Contract: evidence.md 0 (artifact root), 4.1.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/spec/strict_json.hpp"

namespace phalarope::gates {

/// Sub-paths below the artifact root (evidence.md 4.1).
namespace artifact {
inline constexpr std::string_view contracts_report = "ops/contracts-report.json";
inline constexpr std::string_view slo_report = "ops/slo-gates-report.json";
inline constexpr std::string_view mvp_report = "ops/slo-gates-mvp-report.json";
inline constexpr std::string_view governance_report = "ops/conformance-governance-report.json";
inline constexpr std::string_view replay_smoke = "replay/smoke-report.json";
inline constexpr std::string_view replay_regression = "replay/regression-report.json";
inline constexpr std::string_view runtime_baseline = "replay/runtime-baseline.json";
inline constexpr std::string_view live_chain = "providers/live-provider-chain-report.json";
inline constexpr std::string_view live_chain_streaming = "providers/live-provider-chain-report.streaming.json";
inline constexpr std::string_view live_chain_nonstreaming = "providers/live-provider-chain-report.nonstreaming.json";
inline constexpr std::string_view latency_compare = "providers/live-latency-compare.json";
inline constexpr std::string_view livekit_smoke = "providers/livekit-smoke-report.json";
inline constexpr std::string_view release_manifest = "release/release-manifest.json";
}  // namespace artifact

std::filesystem::path artifact_root();
/// The given path, or the artifact of this sub-path when none was given.
std::filesystem::path or_artifact(const std::string& given, std::string_view sub_path);

/// The file as it is found from here upwards; the path itself when it is nowhere.
std::filesystem::path resolve_input(const std::filesystem::path& path);

std::expected<std::string, std::string> read_file(const std::filesystem::path& path);
/// Strict JSON, or a sentence with the file's name.
std::expected<spec::JsonValue, std::string> read_json(const std::filesystem::path& path);

/// Of the text's bytes, 64 lower-case digits: how documents name each other.
std::string sha256_text(std::string_view text);

/// Empty, or why the file could not be written.
std::string write_file(const std::filesystem::path& path, std::string_view text);
/// The report and its `.md` sibling.
std::string write_report(const std::filesystem::path& path, std::string_view json, std::string_view markdown);

}  // namespace phalarope::gates
