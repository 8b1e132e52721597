#include "firmware_images/gates/live_chain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "firmware_images/gates/json_reader.hpp"

namespace phalarope::gates {
namespace {

using spec::JsonValue;

const JsonValue* list_in(const JsonValue& object, std::string_view name) {
  const JsonValue* const list = object.find(name);
  return list != nullptr && list->is(JsonValue::Kind::list) ? list : nullptr;
}

bool is_set(const JsonValue& object, std::string_view name) {
  const JsonValue* const flag = object.find(name);
  return flag != nullptr && flag->is(JsonValue::Kind::boolean) && flag->boolean;
}

/// Whether an attempt of any step streamed.
bool used_streaming(const JsonValue& combination) {
  const JsonValue* const steps = list_in(combination, "steps");
  if (steps == nullptr) return false;
  for (const JsonValue& step : steps->items) {
    const JsonValue* const output = step.find("output");
    const JsonValue* const attempts = output == nullptr ? nullptr : list_in(*output, "attempts");
    if (attempts == nullptr) continue;
    const auto streams = [](const JsonValue& attempt) { return is_set(attempt, "streaming_used"); };
    if (std::ranges::any_of(attempts->items, streams)) return true;
  }
  return false;
}

ChainCombination read_combination(const JsonValue& json, const std::string& path, Problem& problem) {
  ChainCombination one;
  JsonReader read(json, path, problem, Unknown::passed_over);
  read.text_or_absent("stt_provider_id", one.stt);
  read.text_or_absent("llm_provider_id", one.llm);
  read.text_or_absent("tts_provider_id", one.tts);
  read.text_or_absent("status", one.status);
  if (const JsonValue* const latency = read.object("latency", false)) {
    JsonReader times(*latency, read.path_of("latency"), problem, Unknown::passed_over);
    std::optional<std::int64_t> first;
    std::optional<std::int64_t> completion;
    times.integer_or_absent("first_assistant_audio_e2e_latency_ms", first);
    times.integer_or_absent("turn_completion_e2e_latency_ms", completion);
    one.first_assistant_audio_e2e_latency_ms = first.value_or(0);
    one.turn_completion_e2e_latency_ms = completion.value_or(0);
  }
  const JsonValue* const handoffs = list_in(json, "handoffs");
  one.has_handoff = handoffs != nullptr && !handoffs->items.empty();
  one.used_streaming = used_streaming(json);
  return one;
}

std::optional<bool> marker(const JsonValue& json, std::string_view name) {
  const JsonValue* const flag = json.find(name);
  if (flag == nullptr || !flag->is(JsonValue::Kind::boolean)) return std::nullopt;
  return flag->boolean;
}

/// Ids that a combination leaves out are those selected at the same place.
void complete_ids(LiveChainReport& report) {
  for (std::size_t i = 0; i < std::min(report.combinations.size(), report.selected.size()); ++i) {
    ChainCombination& one = report.combinations[i];
    const ChainCombination& selected = report.selected[i];
    if (one.stt.empty()) one.stt = selected.stt;
    if (one.llm.empty()) one.llm = selected.llm;
    if (one.tts.empty()) one.tts = selected.tts;
  }
}

}  // namespace

ChainMode chain_mode_named(std::string_view name) {
  if (name == "streaming") return ChainMode::streaming;
  const bool other = name == "non_streaming" || name == "non-streaming" || name == "nonstreaming";
  return other ? ChainMode::non_streaming : ChainMode::unknown;
}

std::string ChainCombination::key() const {
  return stt.empty() || llm.empty() || tts.empty() ? std::string() : stt + "|" + llm + "|" + tts;
}

std::expected<LiveChainReport, std::string> read_live_chain(const JsonValue& json, std::string path) {
  LiveChainReport report;
  report.path = std::move(path);
  Problem problem;
  JsonReader read(json, "", problem, Unknown::passed_over);
  read.text("status", report.status);
  read.text_or_absent("execution_mode", report.execution_mode);
  read.text_or_absent("comparison_identity", report.comparison_identity);
  report.semantic_parity = marker(json, "semantic_parity");
  report.parity_comparison_valid = marker(json, "parity_comparison_valid");
  read.text_or_absent("parity_invalid_reason", report.parity_invalid_reason);
  if (const JsonValue* const enabled = read.object("enabled_providers", false)) {
    JsonReader lists(*enabled, "enabled_providers", problem, Unknown::passed_over);
    lists.texts("stt", 0, report.stt_providers);
    lists.texts("llm", 0, report.llm_providers);
    lists.texts("tts", 0, report.tts_providers);
  }
  read.each("selected_combinations", 0, [&](const JsonValue& item, const std::string& at) {
    report.selected.push_back(read_combination(item, at, problem));
  });
  read.each("combinations", 0, [&](const JsonValue& item, const std::string& at) {
    report.combinations.push_back(read_combination(item, at, problem));
  });
  if (problem.stands()) return std::unexpected("`" + report.path + "`: " + problem.text());
  complete_ids(report);
  return report;
}

std::vector<std::string> mode_evidence_violations(const LiveChainReport& report) {
  std::vector<std::string> violations;
  const ChainMode mode = report.mode();
  if (mode == ChainMode::unknown) {
    violations.push_back(
        fmt::format("execution mode `{}` is neither streaming nor non_streaming", report.execution_mode));
    return violations;
  }
  for (const ChainCombination& one : report.combinations) {
    if (!one.passed()) continue;
    if (mode == ChainMode::streaming && !one.has_handoff && one.first_assistant_audio_e2e_latency_ms <= 0) {
      violations.push_back(fmt::format("{} shows neither a hand-off nor a first audio", one.key()));
    }
    if (mode == ChainMode::non_streaming && one.used_streaming) {
      violations.push_back(fmt::format("{} streamed in a non-streaming run", one.key()));
    }
  }
  return violations;
}

}  // namespace phalarope::gates
