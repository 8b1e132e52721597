#include "firmware_images/gates/regression_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/engine/plan/plan_names.hpp"
#include "core/engine/plan/white_space.hpp"
#include "firmware_images/gates/report_text.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;
using Divergences = std::vector<replay::Divergence>;

Json json_of(const replay::Divergence& one) {
  Json json = {{"class", one.class_name}, {"scope", one.scope}, {"message", one.message}};
  if (one.diff_ms) json["diff_ms"] = *one.diff_ms;
  json["expected"] = one.expected;
  return json;
}

Json list_of(const Divergences& divergences) {
  Json list = Json::array();
  for (const replay::Divergence& one : divergences) list.push_back(json_of(one));
  return list;
}

Json json_of(const replay::ReplayCursor& cursor) {
  return {{"session_id", cursor.session_id},
          {"turn_id", cursor.turn_id},
          {"lane", wire_name(cursor.lane)},
          {"runtime_sequence", cursor.runtime_sequence},
          {"event_id", cursor.event_id}};
}

/// All six classes, also those that did not occur.
Json by_class(const std::vector<const Divergences*>& lists) {
  Json counts = Json::object();
  for (const std::string_view name : replay::divergence_class_names) {
    std::ptrdiff_t count = 0;
    for (const Divergences* list : lists) count += std::ranges::count(*list, name, &replay::Divergence::class_name);
    counts[std::string(name)] = count;
  }
  return counts;
}

void set_cursors(Json& json, const FixtureResult& result) {
  if (result.request_cursor) json["request_cursor"] = json_of(*result.request_cursor);
  if (result.result_cursor) json["result_cursor"] = json_of(*result.result_cursor);
}

Json entry_of(const FixtureResult& result) {
  std::set<std::string> failing_classes;
  for (const replay::Divergence& one : result.verdict.failing) failing_classes.insert(one.class_name);
  const FixtureMetadata& metadata = result.metadata;
  Json json = {{"fixture_id", metadata.id},
               {"gate", name_of(metadata.gate)},
               {"mode", wire_name(result.mode)},
               {"replay_run_id", result.run_id}};
  set_cursors(json, result);
  json["timing_tolerance_ms"] = metadata.policy.timing_tolerance_ms;
  if (metadata.final_attempt_threshold_ms) {
    json["final_attempt_latency_threshold_ms"] = *metadata.final_attempt_threshold_ms;
  }
  if (metadata.total_invocation_threshold_ms) {
    json["total_invocation_latency_threshold_ms"] = *metadata.total_invocation_threshold_ms;
  }
  json["invocation_latency_breaches"] = result.latency_breaches;
  json["total_divergences"] = result.divergences.size();
  json["failing_count"] = result.verdict.failing.size();
  json["unexplained_count"] = result.verdict.unexplained.size();
  json["missing_expected"] = result.verdict.missing_expected.size();
  json["expected_configured"] = metadata.policy.expected.size();
  json["by_class"] = by_class({&result.divergences});
  json["failing_classes"] = failing_classes;
  return json;
}

std::string_view status_of(const FixtureResult& result) { return result.verdict.passes() ? "PASS" : "FAIL"; }

std::vector<std::string> violations_of(const FixtureResult& result) {
  std::vector<std::string> all;
  for (const replay::Divergence& one : result.verdict.failing) {
    all.push_back(fmt::format("{}: {} {}: {}", result.metadata.id, one.class_name, one.scope, one.message));
  }
  return all;
}

}  // namespace

std::vector<std::string> RegressionReport::violations() const {
  std::vector<std::string> all;
  for (const FixtureResult& result : fixtures) {
    const auto of_one = violations_of(result);
    all.insert(all.end(), of_one.begin(), of_one.end());
  }
  return all;
}

std::string regression_json(const RegressionReport& report) {
  std::size_t total = 0;
  std::size_t unexplained = 0;
  std::size_t missing = 0;
  Divergences failing;
  std::vector<const Divergences*> lists;
  Json fixtures = Json::array();
  for (const FixtureResult& result : report.fixtures) {
    total += result.divergences.size();
    unexplained += result.verdict.unexplained.size();
    missing += result.verdict.missing_expected.size();
    failing.insert(failing.end(), result.verdict.failing.begin(), result.verdict.failing.end());
    lists.push_back(&result.divergences);
    fixtures.push_back(entry_of(result));
  }
  const Json json = {{"schema_version", "phalarope.tooling.replay-regression-report.v1"},
                     {"generated_at_utc", report.generated_at_utc},
                     {"gate", name_of(report.gate)},
                     {"metadata_path", report.metadata_path},
                     {"fixture_count", report.fixtures.size()},
                     {"total_divergences", total},
                     {"failing_count", failing.size()},
                     {"unexplained_count", unexplained},
                     {"missing_expected", missing},
                     {"by_class", by_class(lists)},
                     {"failing_divergences", list_of(failing)},
                     {"fixtures", std::move(fixtures)}};
  return as_document(json);
}

std::string regression_markdown(const RegressionReport& report) {
  std::string text = fmt::format(
      "# Replay regression ({})\n\n{}\n\n| fixture | divergences | expected | verdict |\n"
      "|---|---|---|---|\n",
      name_of(report.gate), report.generated_at_utc);
  for (const FixtureResult& result : report.fixtures) {
    text += fmt::format("| {} | {} | {} | {} |\n", result.metadata.id, result.divergences.size(),
                        result.metadata.policy.expected.size(), status_of(result));
  }
  return text + status_lines(report.violations());
}

std::string fixture_json(const FixtureResult& result, const RegressionReport& report) {
  Json json = entry_of(result);
  json["generated_at_utc"] = report.generated_at_utc;
  json["metadata_path"] = report.metadata_path;
  json["status"] = status_of(result);
  return as_document(json);
}

std::string fixture_markdown(const FixtureResult& result, const RegressionReport& report) {
  return fmt::format("# {}\n\n{}, {}, {} divergences\n", result.metadata.id, report.generated_at_utc,
                     wire_name(result.mode), result.divergences.size()) +
         status_lines(violations_of(result));
}

std::string fixture_file_name(std::string_view id) {
  if (is_blank(id)) return "fixture";
  std::string name(id);
  std::ranges::replace_if(name, [](char c) { return c == '/' || c == '\\' || c == ':' || c == ' '; }, '_');
  return name;
}

std::string smoke_json(const FixtureResult& result, const RegressionReport& report) {
  Json json = {{"generated_at_utc", report.generated_at_utc},
               {"fixture_id", result.metadata.id},
               {"metadata_path", report.metadata_path},
               {"mode", wire_name(result.mode)},
               {"replay_run_id", result.run_id}};
  set_cursors(json, result);
  json["timing_tolerance_ms"] = result.metadata.policy.timing_tolerance_ms;
  json["total_divergences"] = result.divergences.size();
  json["by_class"] = by_class({&result.divergences});
  json["divergences"] = list_of(result.divergences);
  json["failing_count"] = result.verdict.failing.size();
  json["unexplained_count"] = result.verdict.unexplained.size();
  json["missing_expected"] = result.verdict.missing_expected.size();
  json["expected_configured"] = result.metadata.policy.expected.size();
  json["failing_divergences"] = list_of(result.verdict.failing);
  return as_document(json);
}

}  // namespace phalarope::gates
