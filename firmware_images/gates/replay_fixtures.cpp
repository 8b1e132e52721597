#include "firmware_images/gates/replay_fixtures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/engine/plan/plan_names.hpp"
#include "core/engine/plan/white_space.hpp"
#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/json_reader.hpp"
#include "firmware_images/gates/replay_artifact_json.hpp"

namespace phalarope::gates {
namespace {

using spec::JsonValue;

constexpr std::array<std::string_view, 3> gate_names = {"quick", "full", "both"};

OptionalMs at_least_zero(OptionalMs value) {
  if (value) value = std::max<std::int64_t>(*value, 0);
  return value;
}

FixtureMetadata read_metadata(const JsonValue& json, Problem& problem) {
  FixtureMetadata metadata;
  metadata.id = json.name;
  JsonReader read(json, "fixtures." + json.name, problem);
  std::string gate;
  read.text_or_absent("gate", gate);
  if (const auto named = fixture_gate_named(gate)) {
    metadata.gate = *named;
  } else if (!gate.empty()) {
    read.refuse("gate", "use one of: quick, full, both");
  }
  OptionalMs tolerance;
  read.integer_or_absent("timing_tolerance_ms", tolerance);
  metadata.policy.timing_tolerance_ms = at_least_zero(tolerance).value_or(replay::default_timing_tolerance_ms);
  read.integer_or_absent("final_attempt_latency_threshold_ms", metadata.final_attempt_threshold_ms);
  read.integer_or_absent("total_invocation_latency_threshold_ms", metadata.total_invocation_threshold_ms);
  metadata.final_attempt_threshold_ms = at_least_zero(metadata.final_attempt_threshold_ms);
  metadata.total_invocation_threshold_ms = at_least_zero(metadata.total_invocation_threshold_ms);
  std::vector<std::string> scopes;
  read.texts("invocation_latency_scopes", 0, scopes);
  std::set<std::string> unique;
  for (const std::string& scope : scopes) unique.emplace(trim_white_space(scope));
  metadata.invocation_latency_scopes.assign(unique.begin(), unique.end());
  read.each("expected_divergences", 0, [&](const JsonValue& item, const std::string& path) {
    replay::Expectation expected;
    JsonReader one(item, path, problem);
    one.text("class", expected.class_name);
    one.text("scope", expected.scope);
    one.flag_or_absent("approved", expected.approved);
    one.finish();
    metadata.policy.expected.push_back(std::move(expected));
  });
  read.finish();
  return metadata;
}

/// `turn:turn-<a>-<b>` of a fixture id that begins `<a>-<digits>`; empty for another id.
std::string scope_from_id(std::string_view id) {
  const std::size_t first = id.find('-');
  if (first == std::string_view::npos) return {};
  const std::string_view rest = id.substr(first + 1);
  const std::string_view number = rest.substr(0, rest.find('-'));
  const bool all_digits = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  return all_digits ? fmt::format("turn:turn-{}-{}", id.substr(0, first), number) : std::string();
}

struct WorstLatency {
  std::int64_t final_ms = 0;
  std::int64_t total_ms = 0;
};

std::map<std::string, WorstLatency> worst_by_scope(const std::vector<BaselineRecord>& records) {
  std::map<std::string, WorstLatency> worst;
  for (const BaselineRecord& record : records) {
    for (const InvocationOutcome& one : record.invocation_outcomes) {
      WorstLatency& of_turn = worst["turn:" + record.turn_id];
      of_turn.final_ms = std::max(of_turn.final_ms, one.final_attempt_latency_ms);
      of_turn.total_ms = std::max(of_turn.total_ms, one.total_invocation_latency_ms);
    }
  }
  return worst;
}

replay::Divergence timing(std::string scope, std::string message, OptionalMs diff_ms) {
  return {.message_class = replay::MessageClass::appended,
          .class_name = std::string(name_of(replay::DivergenceClass::timing)),
          .scope = std::move(scope),
          .message = std::move(message),
          .diff_ms = diff_ms};
}

std::string run_id_of(const FixtureResult& result, std::string_view baseline_ref, std::string_view candidate_ref) {
  const std::string cursor = result.request_cursor ? replay::to_text(*result.request_cursor) : "none";
  return fmt::format("run:{}|{}|{}|cursor:{}", wire_name(result.mode), baseline_ref, candidate_ref, cursor);
}

}  // namespace

std::optional<FixtureGate> fixture_gate_named(std::string_view name) {
  const auto at = std::ranges::find(gate_names, name);
  if (at == gate_names.end()) return std::nullopt;
  return static_cast<FixtureGate>(at - gate_names.begin());
}

std::string_view name_of(FixtureGate gate) { return gate_names[static_cast<std::size_t>(gate)]; }

std::expected<std::vector<FixtureMetadata>, std::string> read_fixture_metadata(const JsonValue& json) {
  std::vector<FixtureMetadata> all;
  Problem problem;
  JsonReader read(json, "", problem, Unknown::passed_over);
  if (const JsonValue* const fixtures = read.object("fixtures")) {
    for (const JsonValue& one : fixtures->members) all.push_back(read_metadata(one, problem));
    if (fixtures->members.empty()) read.refuse("fixtures", "needs at least 1 entry");
  }
  if (problem.stands()) return std::unexpected(problem.text());
  return all;
}

std::expected<std::vector<FixtureMetadata>, std::string> select_fixtures(std::vector<FixtureMetadata> all,
                                                                         FixtureGate gate) {
  std::erase_if(all, [&](const FixtureMetadata& one) { return one.gate != gate && one.gate != FixtureGate::both; });
  std::ranges::sort(all, {}, &FixtureMetadata::id);
  if (all.empty()) return std::unexpected(fmt::format("no fixture is of the gate {}", name_of(gate)));
  return all;
}

std::vector<replay::Divergence> latency_divergences(const FixtureMetadata& metadata,
                                                    const std::vector<BaselineRecord>* baseline) {
  struct Limit {
    std::string_view name;
    OptionalMs threshold_ms;
    std::int64_t WorstLatency::* observed_ms;
  };
  const Limit limits[] = {{"final", metadata.final_attempt_threshold_ms, &WorstLatency::final_ms},
                          {"total", metadata.total_invocation_threshold_ms, &WorstLatency::total_ms}};
  std::vector<std::string> scopes = metadata.invocation_latency_scopes;
  if (scopes.empty()) {
    if (std::string derived = scope_from_id(metadata.id); !derived.empty()) scopes.push_back(std::move(derived));
  }
  const bool judgeable = baseline != nullptr && !scopes.empty();
  if (!judgeable) scopes = {"fixture:" + metadata.id};
  const auto worst = judgeable ? worst_by_scope(*baseline) : std::map<std::string, WorstLatency>();
  std::vector<replay::Divergence> found;
  for (const std::string& scope : scopes) {
    const auto sample = worst.find(scope);
    for (const Limit& limit : limits) {
      if (!limit.threshold_ms) continue;
      const std::string where = fmt::format("invocation_latency_{}:{}", limit.name, scope);
      if (sample == worst.end()) {
        found.push_back(timing(where, "the runtime baseline has no invocation of it", std::nullopt));
      } else if (const std::int64_t excess = sample->second.*limit.observed_ms - *limit.threshold_ms; excess > 0) {
        found.push_back(timing(where, fmt::format("is over the threshold of {} ms", *limit.threshold_ms), excess));
      }
    }
  }
  return found;
}

std::expected<FixtureResult, std::string> run_fixture(const std::filesystem::path& folder,
                                                      const FixtureMetadata& metadata,
                                                      const std::vector<BaselineRecord>* baseline) {
  const std::filesystem::path path = folder / (metadata.id + ".json");
  const auto fixture = read_json(path);
  if (!fixture) return std::unexpected("fixture " + metadata.id + " has no story: " + fixture.error());
  const auto mode = replay::replay_mode_named(text_in(*fixture, "mode"));
  const JsonValue* const recorded = fixture->find("recorded");
  if (!mode || recorded == nullptr) return std::unexpected("`" + path.string() + "`: needs `mode` and `recorded`");
  auto candidate = tell_story(*fixture);
  if (!candidate) return std::unexpected("`" + path.string() + "`: " + candidate.error());

  FixtureResult result;
  result.metadata = metadata;
  result.mode = *mode;
  result.request_cursor = read_cursor(fixture->find("cursor"));
  result.run_id = run_id_of(result, "fixture:" + metadata.id + "/recorded", "fixture:" + metadata.id + "/told");
  auto compared = replay::compare(
      read_artifact(*recorded), std::move(*candidate),
      {.mode = *mode, .cursor = result.request_cursor, .tolerance_ms = metadata.policy.timing_tolerance_ms});
  if (!compared) return std::unexpected(fmt::format("`{}`: {}", path.string(), replay::name_of(compared.error())));
  result.divergences = std::move(compared->divergences);
  result.result_cursor = std::move(compared->cursor);
  const auto breaches = latency_divergences(metadata, baseline);
  result.latency_breaches = static_cast<std::int64_t>(breaches.size());
  result.divergences.insert(result.divergences.end(), breaches.begin(), breaches.end());
  result.verdict = replay::judge(result.divergences, metadata.policy);
  return result;
}

}  // namespace phalarope::gates
