#include "firmware_images/phalarope/compare_lines.hpp"

#include <optional>
#include <vector>

#include "core/engine/plan/plan_names.hpp"
#include "core/replay/comparison_report.hpp"
#include "core/spec/artifact_rules.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::program {
namespace {

using spec::JsonValue;

// What follows reads lines that compare_line_rule accepts: a required member is there, and each has its shape.

std::string text_in(const JsonValue& object, std::string_view name) {
  const JsonValue* const value = object.find(name);
  return value == nullptr ? std::string() : value->text;
}

std::optional<std::int64_t> integer_in(const JsonValue& object, std::string_view name) {
  const JsonValue* const value = object.find(name);
  if (value == nullptr) return std::nullopt;
  return value->integer;
}

bool flag_in(const JsonValue& object, std::string_view name) {
  const JsonValue* const value = object.find(name);
  return value != nullptr && value->boolean;
}

template <typename Read>
auto list_in(const JsonValue& object, std::string_view name, Read read) {
  std::vector<decltype(read(object))> list;
  const JsonValue* const value = object.find(name);
  if (value == nullptr) return list;
  list.reserve(value->items.size());
  for (const JsonValue& item : value->items) list.push_back(read(item));
  return list;
}

replay::Decision read_decision(const JsonValue& json) {
  return {.outcome_kind = text_in(json, "outcome_kind"),
          .phase = text_in(json, "phase"),
          .scope = text_in(json, "scope"),
          .session_id = text_in(json, "session_id"),
          .turn_id = text_in(json, "turn_id"),
          .event_id = text_in(json, "event_id"),
          .runtime_timestamp_ms = integer_in(json, "runtime_timestamp_ms").value_or(0),
          .wall_clock_timestamp_ms = integer_in(json, "wall_clock_timestamp_ms").value_or(0),
          .emitted_by = text_in(json, "emitted_by"),
          .reason = text_in(json, "reason"),
          .authority_epoch = integer_in(json, "authority_epoch")};
}

replay::TraceEntry read_trace_entry(const JsonValue& json) {
  return {.plan_hash = text_in(json, "plan_hash"),
          .snapshot_provenance_ref = text_in(json, "snapshot_provenance_ref"),
          .decision = read_decision(*json.find("decision")),
          .lane = from_wire_name<Lane>(text_in(json, "lane")),
          .runtime_sequence = integer_in(json, "runtime_sequence").value_or(-1),
          .provider_id = text_in(json, "provider_id"),
          .provider_model = text_in(json, "provider_model"),
          .ordering_marker = text_in(json, "ordering_marker"),
          .authority_epoch = integer_in(json, "authority_epoch").value_or(0),
          .runtime_timestamp_ms = integer_in(json, "runtime_timestamp_ms").value_or(0)};
}

replay::LineageEntry read_lineage_entry(const JsonValue& json) {
  return {.event_id = text_in(json, "event_id"),
          .merge_group_id = text_in(json, "merge_group_id"),
          .dropped = flag_in(json, "dropped")};
}

replay::ReplayArtifact read_artifact(const JsonValue& json) {
  return {.trace = list_in(json, "trace", read_trace_entry),
          .decisions = list_in(json, "decision_outcomes", read_decision),
          .lineage = list_in(json, "lineage", read_lineage_entry)};
}

std::optional<replay::ReplayCursor> read_cursor(const JsonValue* json) {
  if (json == nullptr) return std::nullopt;
  return replay::ReplayCursor{.session_id = text_in(*json, "session_id"),
                              .turn_id = text_in(*json, "turn_id"),
                              .lane = from_wire_name<Lane>(text_in(*json, "lane")).value_or(Lane::data),
                              .runtime_sequence = integer_in(*json, "runtime_sequence").value_or(0),
                              .event_id = text_in(*json, "event_id")};
}

replay::Divergence read_appended(const JsonValue& json) {
  return {.message_class = replay::MessageClass::appended,
          .class_name = text_in(json, "class"),
          .scope = text_in(json, "scope"),
          .message = text_in(json, "message"),
          .diff_ms = integer_in(json, "diff_ms")};
}

replay::Expectation read_expectation(const JsonValue& json) {
  return {.class_name = text_in(json, "class"), .scope = text_in(json, "scope"), .approved = flag_in(json, "approved")};
}

replay::DivergencePolicy read_policy(const JsonValue& json) {
  return {.timing_tolerance_ms = *integer_in(json, "timing_tolerance_ms"),
          .expected = list_in(json, "expected", read_expectation)};
}

std::string refusal(std::size_t index, replay::ComparisonError error, std::string_view message) {
  std::string out = "{\"index\":" + std::to_string(index) + ",\"ok\":false,\"error\":";
  spec::append_json_string(out, name_of(error));
  out += ",\"message\":";
  spec::append_json_string(out, message);
  return out + "}";
}

}  // namespace

std::string answer_compare_line(std::string_view line, std::size_t index) {
  using replay::ComparisonError;
  const auto json = spec::parse_strict_json(line);
  if (!json) return refusal(index, ComparisonError::invalid_request, json.error());
  if (const auto violation = spec::judge(*json, spec::compare_line_rule)) {
    const std::string where = violation->path.empty() ? "" : violation->path + ": ";
    return refusal(index, ComparisonError::invalid_request, where + violation->rule);
  }
  const auto mode = replay::replay_mode_named(text_in(*json, "mode"));
  if (!mode) {
    return refusal(index, ComparisonError::invalid_request,
                   "mode: E 2.1: unknown value \"" + text_in(*json, "mode") + "\"");
  }
  auto result = replay::compare(read_artifact(*json->find("baseline")), read_artifact(*json->find("candidate")),
                                {.mode = *mode,
                                 .cursor = read_cursor(json->find("cursor")),
                                 .tolerance_ms = *integer_in(*json, "compare_tolerance_ms")});
  if (!result) return refusal(index, result.error(), "cursor: E 2.3: the baseline has no such entry");

  for (replay::Divergence& appended : list_in(*json, "appended_divergences", read_appended)) {
    result->divergences.push_back(std::move(appended));
  }
  const replay::PolicyVerdict verdict = replay::judge(result->divergences, read_policy(*json->find("policy")));
  const std::string found = replay::comparison_json(*result, verdict);
  return "{\"index\":" + std::to_string(index) + ",\"ok\":true," + found.substr(1);
}

}  // namespace phalarope::program
