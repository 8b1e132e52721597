#include "firmware_images/gates/latency_compare.hpp"

#include <fmt/format.h>

#include <map>

#include "firmware_images/gates/percentile.hpp"
#include "firmware_images/gates/report_text.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;

std::string refusal(const LiveChainReport& report, ChainMode wanted, std::string_view name) {
  if (report.mode() != wanted) {
    return fmt::format("`{}` is a `{}` report; the {} one is wanted", report.path, report.execution_mode, name);
  }
  if (report.comparison_identity.empty()) return fmt::format("`{}` has no comparison_identity", report.path);
  const auto violations = mode_evidence_violations(report);
  return violations.empty() ? std::string() : fmt::format("`{}`: {}", report.path, violations.front());
}

std::map<std::string, ChainCombination> by_key(const LiveChainReport& report) {
  std::map<std::string, ChainCombination> found;
  for (const ChainCombination& one : report.combinations) {
    if (const std::string key = one.key(); !key.empty()) found.emplace(key, one);
  }
  return found;
}

PairedTimes pair(const ChainCombination& streaming, const ChainCombination& non_streaming,
                 std::int64_t ChainCombination::* time, LatencyAggregate& aggregate) {
  PairedTimes times{.streaming_ms = streaming.*time, .non_streaming_ms = non_streaming.*time, .delta_ms = {}};
  const bool one = streaming.passed() && times.streaming_ms > 0;
  const bool other = non_streaming.passed() && times.non_streaming_ms > 0;
  if (one) aggregate.streaming_ms.push_back(times.streaming_ms);
  if (other) aggregate.non_streaming_ms.push_back(times.non_streaming_ms);
  if (one && other) {
    times.delta_ms = times.streaming_ms - times.non_streaming_ms;
    aggregate.deltas_ms.push_back(*times.delta_ms);
  }
  return times;
}

void set(Json& json, const std::string& name, std::optional<std::int64_t> value) {
  if (value) json[name] = *value;
}

Json aggregate_json(const LatencyAggregate& aggregate) {
  Json json = {{"streaming_sample_count", aggregate.streaming_ms.size()},
               {"non_streaming_sample_count", aggregate.non_streaming_ms.size()},
               {"paired_sample_count", aggregate.deltas_ms.size()}};
  for (const std::size_t percent : {50U, 95U}) {
    set(json, fmt::format("streaming_p{}_ms", percent), percentile(aggregate.streaming_ms, percent));
    set(json, fmt::format("non_streaming_p{}_ms", percent), percentile(aggregate.non_streaming_ms, percent));
    set(json, fmt::format("delta_p{}_ms", percent), percentile(aggregate.deltas_ms, percent));
  }
  json["winner"] = winner_of(percentile(aggregate.deltas_ms, 50));
  return json;
}

Json combo_json(const ComparedCombination& combo) {
  Json json = {{"combo_key", combo.key},
               {"stt_provider_id", combo.streaming.stt},
               {"llm_provider_id", combo.streaming.llm},
               {"tts_provider_id", combo.streaming.tts},
               {"streaming_status", combo.streaming.status},
               {"non_streaming_status", combo.non_streaming.status},
               {"streaming_first_assistant_audio_e2e_latency_ms", combo.first_audio.streaming_ms},
               {"non_streaming_first_assistant_audio_e2e_latency_ms", combo.first_audio.non_streaming_ms}};
  set(json, "first_assistant_audio_delta_ms", combo.first_audio.delta_ms);
  json["streaming_turn_completion_e2e_latency_ms"] = combo.completion.streaming_ms;
  json["non_streaming_turn_completion_e2e_latency_ms"] = combo.completion.non_streaming_ms;
  set(json, "turn_completion_delta_ms", combo.completion.delta_ms);
  json["first_audio_winner"] = winner_of(combo.first_audio.delta_ms);
  json["completion_winner"] = winner_of(combo.completion.delta_ms);
  return json;
}

std::vector<std::string> conclusions_of(const LatencyComparison& comparison) {
  const auto sentence = [](std::string_view what, const LatencyAggregate& aggregate) {
    const auto delta = percentile(aggregate.deltas_ms, 50);
    return fmt::format("{}: {}{}", what, winner_of(delta), delta ? fmt::format(" (p50 delta {} ms)", *delta) : "");
  };
  return {sentence("first audio", comparison.first_audio), sentence("completion", comparison.completion)};
}

}  // namespace

std::string winner_of(std::optional<std::int64_t> delta_ms) {
  if (!delta_ms) return "insufficient_data";
  if (*delta_ms == 0) return "tie";
  return *delta_ms < 0 ? "streaming" : "non_streaming";
}

std::expected<LatencyComparison, std::string> compare_latency(const LiveChainReport& streaming,
                                                              const LiveChainReport& non_streaming) {
  for (std::string trouble : {refusal(streaming, ChainMode::streaming, "streaming"),
                              refusal(non_streaming, ChainMode::non_streaming, "non-streaming")}) {
    if (!trouble.empty()) return std::unexpected(std::move(trouble));
  }
  if (streaming.comparison_identity != non_streaming.comparison_identity) {
    return std::unexpected(
        std::string("the reports have different comparison identities; they ran other combinations"));
  }
  LatencyComparison found;
  found.streaming_path = streaming.path;
  found.non_streaming_path = non_streaming.path;
  found.comparison_identity = streaming.comparison_identity;
  const auto others = by_key(non_streaming);
  for (const auto& [key, one] : by_key(streaming)) {
    const auto other = others.find(key);
    if (other == others.end()) continue;
    ComparedCombination combo{
        .key = key, .streaming = one, .non_streaming = other->second, .first_audio = {}, .completion = {}};
    combo.first_audio =
        pair(one, other->second, &ChainCombination::first_assistant_audio_e2e_latency_ms, found.first_audio);
    combo.completion = pair(one, other->second, &ChainCombination::turn_completion_e2e_latency_ms, found.completion);
    found.combos.push_back(std::move(combo));
  }
  if (found.combos.empty()) return std::unexpected(std::string("the reports share no combination"));
  return found;
}

std::string to_json(const LatencyComparison& comparison, const std::string& generated_at_utc) {
  Json combos = Json::array();
  for (const ComparedCombination& combo : comparison.combos) combos.push_back(combo_json(combo));
  const Json json = {{"generated_at_utc", generated_at_utc},
                     {"streaming_report_path", comparison.streaming_path},
                     {"non_streaming_report_path", comparison.non_streaming_path},
                     {"comparison_identity", comparison.comparison_identity},
                     {"pair_count", comparison.combos.size()},
                     {"combos", std::move(combos)},
                     {"aggregate",
                      {{"first_audio", aggregate_json(comparison.first_audio)},
                       {"completion", aggregate_json(comparison.completion)}}},
                     {"conclusions", conclusions_of(comparison)}};
  return as_document(json);
}

std::string to_markdown(const LatencyComparison& comparison, const std::string& generated_at_utc) {
  std::string text = fmt::format(
      "# Streaming against non-streaming\n\n{}, {} combinations\n\n| combination | first audio | completion |\n"
      "|---|---|---|\n",
      generated_at_utc, comparison.combos.size());
  for (const ComparedCombination& combo : comparison.combos) {
    text += fmt::format("| {} | {} | {} |\n", combo.key, winner_of(combo.first_audio.delta_ms),
                        winner_of(combo.completion.delta_ms));
  }
  for (const std::string& conclusion : conclusions_of(comparison)) text += "\n" + conclusion + "\n";
  return text + status_lines({});
}

}  // namespace phalarope::gates
