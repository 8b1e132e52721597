#include "firmware_images/gates/replay_artifact_json.hpp"

#include <nlohmann/json.hpp>

#include "core/engine/plan/plan_names.hpp"
#include "firmware_images/gates/baseline_json.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;
using spec::JsonValue;

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

Json to_json(const replay::TraceEntry& entry) {
  return {{"plan_hash", entry.plan_hash},
          {"snapshot_provenance_ref", entry.snapshot_provenance_ref},
          {"decision", Json::parse(decision_json(entry.decision))},
          {"lane", entry.lane ? wire_name(*entry.lane) : std::string_view()},
          {"runtime_sequence", entry.runtime_sequence},
          {"provider_id", entry.provider_id},
          {"provider_model", entry.provider_model},
          {"ordering_marker", entry.ordering_marker},
          {"authority_epoch", entry.authority_epoch},
          {"runtime_timestamp_ms", entry.runtime_timestamp_ms}};
}

Json to_json(const replay::LineageEntry& entry) {
  return {{"event_id", entry.event_id}, {"merge_group_id", entry.merge_group_id}, {"dropped", entry.dropped}};
}

}  // namespace

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

std::string to_json(const replay::ReplayArtifact& artifact) {
  Json json = {{"trace", Json::array()}, {"decision_outcomes", Json::array()}, {"lineage", Json::array()}};
  for (const replay::TraceEntry& entry : artifact.trace) json["trace"].push_back(to_json(entry));
  for (const replay::Decision& one : artifact.decisions) {
    json["decision_outcomes"].push_back(Json::parse(decision_json(one)));
  }
  for (const replay::LineageEntry& entry : artifact.lineage) json["lineage"].push_back(to_json(entry));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace phalarope::gates
