// The baseline artifact as JSON, both ways (evidence.md 1.1, 1.11).
#include "firmware_images/gates/baseline_json.hpp"

#include <nlohmann/json.hpp>

#include "firmware_images/gates/baseline_record.hpp"
#include "firmware_images/gates/json_reader.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;
using spec::JsonValue;

constexpr std::string_view artifact_version = "v1";

struct TimeMember {
  std::string_view name;
  OptionalMs BaselineRecord::* value;
};
constexpr TimeMember time_members[] = {
    {"turn_open_proposed_at_ms", &BaselineRecord::turn_open_proposed_at_ms},
    {"turn_open_at_ms", &BaselineRecord::turn_open_at_ms},
    {"turn_terminal_at_ms", &BaselineRecord::turn_terminal_at_ms},
    {"first_output_at_ms", &BaselineRecord::first_output_at_ms},
    {"cancel_accepted_at_ms", &BaselineRecord::cancel_accepted_at_ms},
    {"cancel_fence_applied_at_ms", &BaselineRecord::cancel_fence_applied_at_ms},
    {"cancel_sent_at_ms", &BaselineRecord::cancel_sent_at_ms},
    {"cancel_ack_at_ms", &BaselineRecord::cancel_ack_at_ms},
    {"audio_input_ingress_at_ms", &BaselineRecord::audio_input_ingress_at_ms},
    {"assistant_audio_playback_started_at_ms", &BaselineRecord::assistant_audio_playback_started_at_ms},
};

struct TextMember {
  std::string_view name;
  std::string BaselineRecord::* value;
};
// A text that is missing is told by the completeness check, so here each may be absent.
constexpr TextMember text_members[] = {
    {"session_id", &BaselineRecord::session_id},
    {"turn_id", &BaselineRecord::turn_id},
    {"pipeline_version", &BaselineRecord::pipeline_version},
    {"event_id", &BaselineRecord::event_id},
    {"envelope_snapshot", &BaselineRecord::envelope_snapshot},
    {"plan_hash", &BaselineRecord::plan_hash},
    {"merge_rule_id", &BaselineRecord::merge_rule_id},
    {"merge_rule_version", &BaselineRecord::merge_rule_version},
    {"terminal_outcome", &BaselineRecord::terminal_outcome},
    {"terminal_reason", &BaselineRecord::terminal_reason},
};

// ---- writing ---------------------------------------------------------------------------------------------

Json to_json(const replay::Decision& one) {
  Json json = {
      {"outcome_kind", one.outcome_kind}, {"phase", one.phase}, {"scope", one.scope}, {"session_id", one.session_id}};
  if (!one.turn_id.empty()) json["turn_id"] = one.turn_id;
  json["event_id"] = one.event_id;
  json["runtime_timestamp_ms"] = one.runtime_timestamp_ms;
  json["wall_clock_timestamp_ms"] = one.wall_clock_timestamp_ms;
  json["emitted_by"] = one.emitted_by;
  if (one.authority_epoch) json["authority_epoch"] = *one.authority_epoch;
  json["reason"] = one.reason;
  return json;
}

Json to_json(const InvocationOutcome& one) {
  return {{"provider_invocation_id", one.provider_invocation_id},
          {"modality", one.modality},
          {"provider_id", one.provider_id},
          {"outcome_class", one.outcome_class},
          {"retryable", one.retryable},
          {"retry_decision", one.retry_decision},
          {"attempt_count", one.attempt_count},
          {"final_attempt_latency_ms", one.final_attempt_latency_ms},
          {"total_invocation_latency_ms", one.total_invocation_latency_ms}};
}

Json to_json(const RedactionDecision& one) { return {{"payload_class", one.payload_class}, {"action", one.action}}; }

template <typename Items>
Json list_of(const Items& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(to_json(item));
  return list;
}

Json to_json(const BaselineRecord& record) {
  Json json = Json::object();
  for (const TextMember& member : text_members) {
    if (!(record.*member.value).empty()) json[std::string(member.name)] = record.*member.value;
  }
  json["payload_tags"] = record.payload_tags;
  json["redaction_decisions"] = list_of(record.redaction_decisions);
  for (std::size_t i = 0; i < provenance_ref_count; ++i) {
    json["snapshot_provenance"][std::string(provenance_names[i])] = record.snapshot_provenance[i];
  }
  json["decision_outcomes"] = list_of(record.decision_outcomes);
  json["invocation_outcomes"] = list_of(record.invocation_outcomes);
  if (record.determinism_seed) json["determinism_seed"] = *record.determinism_seed;
  json["ordering_markers"] = record.ordering_markers;
  json["authority_epoch"] = record.authority_epoch;
  json["migration_markers"] = record.migration_markers;
  json["close_emitted"] = record.close_emitted;
  json["accepted_stale_epoch_output"] = record.accepted_stale_epoch_output;
  for (const TimeMember& member : time_members) {
    if (record.*member.value) json[std::string(member.name)] = *(record.*member.value);
  }
  return json;
}

// ---- reading ---------------------------------------------------------------------------------------------

replay::Decision read_decision(const JsonValue& json, const std::string& path, Problem& problem) {
  replay::Decision one;
  JsonReader read(json, path, problem);
  read.text_or_absent("outcome_kind", one.outcome_kind);
  read.text_or_absent("phase", one.phase);
  read.text_or_absent("scope", one.scope);
  read.text_or_absent("session_id", one.session_id);
  read.text_or_absent("turn_id", one.turn_id);
  read.text_or_absent("event_id", one.event_id);
  read.integer("runtime_timestamp_ms", one.runtime_timestamp_ms);
  read.integer("wall_clock_timestamp_ms", one.wall_clock_timestamp_ms);
  OptionalMs mirrored;
  read.integer_or_absent("timestamp_ms", mirrored);
  read.text_or_absent("emitted_by", one.emitted_by);
  read.integer_or_absent("authority_epoch", one.authority_epoch);
  read.text_or_absent("reason", one.reason);
  read.finish();
  return one;
}

InvocationOutcome read_invocation(const JsonValue& json, const std::string& path, Problem& problem) {
  InvocationOutcome one;
  JsonReader read(json, path, problem);
  read.text_or_absent("provider_invocation_id", one.provider_invocation_id);
  read.text_or_absent("modality", one.modality);
  read.text_or_absent("provider_id", one.provider_id);
  read.text_or_absent("outcome_class", one.outcome_class);
  read.flag_or_absent("retryable", one.retryable);
  read.text_or_absent("retry_decision", one.retry_decision);
  read.integer("attempt_count", one.attempt_count);
  read.integer("final_attempt_latency_ms", one.final_attempt_latency_ms);
  read.integer("total_invocation_latency_ms", one.total_invocation_latency_ms);
  read.finish();
  return one;
}

void read_lists(JsonReader& read, BaselineRecord& record, Problem& problem) {
  read.texts("payload_tags", 0, record.payload_tags);
  read.each("redaction_decisions", 0, [&](const JsonValue& item, const std::string& path) {
    RedactionDecision one;
    JsonReader member(item, path, problem);
    member.text("payload_class", one.payload_class);
    member.text("action", one.action);
    member.finish();
    record.redaction_decisions.push_back(std::move(one));
  });
  read.each("decision_outcomes", 0, [&](const JsonValue& item, const std::string& path) {
    record.decision_outcomes.push_back(read_decision(item, path, problem));
  });
  read.each("invocation_outcomes", 0, [&](const JsonValue& item, const std::string& path) {
    record.invocation_outcomes.push_back(read_invocation(item, path, problem));
  });
  read.each("ordering_markers", 0, [&](const JsonValue& item, const std::string& path) {
    if (!item.is(JsonValue::Kind::text)) problem = {path, "must be a text"};
    record.ordering_markers.push_back(item.text);  // a blank one is the completeness check's to tell
  });
  read.texts("migration_markers", 0, record.migration_markers);
}

BaselineRecord read_record(const JsonValue& json, const std::string& path, Problem& problem) {
  BaselineRecord record;
  JsonReader read(json, path, problem);
  for (const TextMember& member : text_members) read.text_or_absent(member.name, record.*member.value);
  read_lists(read, record, problem);
  if (const JsonValue* const refs = read.object("snapshot_provenance", false)) {
    JsonReader provenance(*refs, read.path_of("snapshot_provenance"), problem);
    for (std::size_t i = 0; i < provenance_ref_count; ++i) {
      provenance.text_or_absent(provenance_names[i], record.snapshot_provenance[i]);
    }
    provenance.finish();
  }
  read.integer_or_absent("determinism_seed", record.determinism_seed);
  OptionalMs epoch;
  read.integer_or_absent("authority_epoch", epoch);
  record.authority_epoch = epoch.value_or(0);
  read.flag_or_absent("close_emitted", record.close_emitted);
  read.flag_or_absent("accepted_stale_epoch_output", record.accepted_stale_epoch_output);
  for (const TimeMember& member : time_members) read.integer_or_absent(member.name, record.*member.value);
  read.finish();
  return record;
}

}  // namespace

std::string decision_json(const replay::Decision& decision) { return to_json(decision).dump(); }

std::string baseline_json(const BaselineRecord& record) {
  return to_json(record).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_json(const BaselineArtifact& artifact) {
  Json json = {{"schema_version", artifact_version}, {"generated_at_utc", artifact.generated_at_utc}};
  json["entries"] = Json::array();
  for (const BaselineRecord& record : artifact.entries) json["entries"].push_back(to_json(record));
  return json.dump(2) + "\n";
}

std::expected<BaselineArtifact, std::string> read_baseline_artifact(std::string_view text) {
  const auto document = spec::parse_strict_json(text);
  if (!document) return std::unexpected(document.error());
  BaselineArtifact artifact;
  std::string version;
  Problem problem;
  JsonReader read(*document, "", problem);
  read.text("schema_version", version);
  if (version != artifact_version) read.refuse("schema_version", "must be `v1`");
  read.text("generated_at_utc", artifact.generated_at_utc);
  read.each("entries", 1, [&](const JsonValue& item, const std::string& path) {
    artifact.entries.push_back(read_record(item, path, problem));
  });
  read.finish();
  if (problem.stands()) return std::unexpected(problem.text());
  return artifact;
}

}  // namespace phalarope::gates
