#include "firmware_images/gates/mvp_gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "core/engine/plan/white_space.hpp"
#include "core/spec/ascii_case.hpp"
#include "core/spec/plan_resolve.hpp"
#include "firmware_images/gates/percentile.hpp"

namespace phalarope::gates {
namespace {

constexpr std::array<std::string_view, 2> stt_allowed = {"stt-deepgram", "stt-assemblyai"};
constexpr std::array<std::string_view, 2> llm_allowed = {"llm-anthropic", "llm-cohere"};
constexpr std::array<std::string_view, 1> tts_allowed = {"tts-elevenlabs"};
constexpr std::size_t providers_max = 5;

bool is_allowed(std::span<const std::string_view> allowed, const std::string& provider) {
  return std::ranges::find(allowed, provider) != allowed.end();
}

bool are_allowed(std::span<const std::string_view> allowed, const std::vector<std::string>& providers) {
  return !providers.empty() && providers.size() <= providers_max &&
         std::ranges::all_of(providers, [&](const std::string& one) { return is_allowed(allowed, one); });
}

bool complies(const LiveChainReport& chain) {
  const auto combination_complies = [](const ChainCombination& one) {
    return is_allowed(stt_allowed, one.stt) && is_allowed(llm_allowed, one.llm) && is_allowed(tts_allowed, one.tts);
  };
  return are_allowed(stt_allowed, chain.stt_providers) && are_allowed(llm_allowed, chain.llm_providers) &&
         are_allowed(tts_allowed, chain.tts_providers) && std::ranges::all_of(chain.selected, combination_complies);
}

/// The resolver itself is asked: what it makes of no profile, of a blank one, of `advanced`.
bool only_simple_is_supported() {
  const auto resolves = [](std::string_view profile) {
    spec::JsonValue request = spec::default_plan_request("turn-gate", "pipeline-v1", 0);
    for (spec::JsonValue& member : request.members) {
      if (member.name == "execution_profile") member.text = profile;
    }
    return spec::resolve_plan(request).has_value();
  };
  const auto untouched = spec::resolve_plan(spec::default_plan_request("turn-gate", "pipeline-v1", 0));
  const bool defaults_to_simple = untouched && untouched->artifact.find("\"simple\"") != std::string::npos;
  return defaults_to_simple && resolves("simple") && !resolves("advanced");
}

bool has_clean_evidence(const std::optional<LiveChainReport>& report, ChainMode mode) {
  return report && report->mode() == mode && mode_evidence_violations(*report).empty();
}

std::size_t distinct(const std::vector<AttemptFile>& attempts) {
  std::set<std::string_view> hashes;
  for (const AttemptFile& attempt : attempts) hashes.insert(attempt.sha256);
  return hashes.size();
}

void waive(const MvpInput& input, const std::vector<std::string>& not_waivable, LiveEndToEnd& live) {
  const std::size_t attempts = input.strict_waiver ? distinct(input.attempts) : input.attempts.size();
  if (live.violations.empty() || attempts < waiver_attempts_min) return;
  if (input.strict_waiver && !not_waivable.empty()) return;
  live.waived = true;
  live.waiver_reason = fmt::format("{} after {} measured attempts", fmt::join(live.violations, "; "), attempts);
  for (const AttemptFile& attempt : input.attempts) live.attempt_files.push_back(attempt.path);
  live.violations.clear();
}

}  // namespace

LiveEndToEnd judge_live(const MvpInput& input, const SloThresholds& limits) {
  LiveEndToEnd live;
  std::vector<std::int64_t> latencies;
  for (const ChainCombination& one : input.chain.combinations) {
    if (one.passed() && one.turn_completion_e2e_latency_ms > 0) latencies.push_back(one.turn_completion_e2e_latency_ms);
  }
  live.sample_count = static_cast<std::int64_t>(latencies.size());
  live.end_to_end_p50_ms = percentile(latencies, 50);
  live.end_to_end_p95_ms = percentile(latencies, 95);
  if (latencies.empty()) live.violations.emplace_back("no passing combination has an end-to-end time");
  if (input.chain.status != "pass")
    live.violations.push_back(fmt::format("the chain's status is {}", input.chain.status));
  const std::vector<std::string> not_waivable = live.violations;
  const auto limit = [&](std::string_view name, const OptionalMs& measured, std::int64_t limit_ms) {
    if (measured && *measured > limit_ms) {
      live.violations.push_back(fmt::format("{} {} ms, the limit is {} ms", name, *measured, limit_ms));
    }
  };
  limit("p50", live.end_to_end_p50_ms, limits.end_to_end_p50_ms);
  limit("p95", live.end_to_end_p95_ms, limits.end_to_end_p95_ms);
  waive(input, not_waivable, live);
  return live;
}

FixedDecisions judge_fixed_decisions(const MvpInput& input) {
  const LiveChainReport& chain = input.chain;
  const bool parity_known = chain.semantic_parity && chain.parity_comparison_valid;
  FixedDecisions found;
  found.simple_mode_only = only_simple_is_supported();
  found.provider_policy_compliant = complies(chain);
  found.livekit_path_ready =
      input.livekit_status && spec::lower_case(trim_white_space(*input.livekit_status)) == "passed";
  found.streaming_evidence = has_clean_evidence(input.streaming, ChainMode::streaming);
  found.non_streaming_evidence = has_clean_evidence(input.non_streaming, ChainMode::non_streaming);
  found.parity_markers_present = parity_known;
  found.parity_comparison_valid = parity_known && *chain.semantic_parity && *chain.parity_comparison_valid;
  const auto require = [&](bool holds, std::string_view what) {
    if (!holds) found.violations.emplace_back(what);
  };
  require(found.simple_mode_only, "profiles beside `simple` are not refused");
  require(found.provider_policy_compliant, "a provider is outside the fixed list, or a modality has none or over five");
  require(found.livekit_path_ready, "the LiveKit probe did not pass");
  require(found.streaming_evidence, "no clean evidence of a streaming run");
  require(found.non_streaming_evidence, "no clean evidence of a non-streaming run");
  require(found.parity_markers_present, "the chain report lacks its parity markers");
  if (found.parity_markers_present && !found.parity_comparison_valid) {
    found.violations.push_back(fmt::format("the parity comparison is not valid: {}", chain.parity_invalid_reason));
  }
  return found;
}

std::vector<std::string> MvpDocument::warnings() const {
  if (!live_end_to_end.waived) return {};
  return {live_end_to_end.waiver_reason};
}

std::vector<std::string> MvpDocument::violations() const {
  std::vector<std::string> all;
  for (const std::string& one : baseline_report.violations) all.push_back("baseline: " + one);
  for (const std::string& one : live_end_to_end.violations) all.push_back("live_end_to_end: " + one);
  for (const std::string& one : fixed_decisions.violations) all.push_back("fixed_decisions: " + one);
  return all;
}

}  // namespace phalarope::gates
