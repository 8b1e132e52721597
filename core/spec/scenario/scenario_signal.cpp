#include "core/spec/scenario/scenario_signal.hpp"

#include <algorithm>
#include <vector>

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "core/spec/artifact_rules.hpp"
#include "core/spec/scenario/scenario_reader.hpp"

namespace phalarope::spec {
namespace {

/// The members that records and signals have in common, in the order of runtime.md 1.2.
struct Envelope {
  bool in_turn;     // event_scope
  bool names_turn;  // turn_id
  std::string event_id;
  Lane lane;
  std::int64_t transport_further;
  std::int64_t runtime_further;
  std::int64_t ms_further;
  std::int64_t authority_epoch;
  std::string payload_class;
};

std::vector<JsonValue> members_of(Envelope envelope, const ScenarioEvent& event) {
  std::vector<JsonValue> members{json_text("schema_version", "v1.0"),
                                 json_text("event_scope", envelope.in_turn ? "turn" : "session"),
                                 json_text("session_id", event.session_id)};
  if (envelope.names_turn) members.push_back(json_text("turn_id", event.turn_id));
  for (JsonValue& member : std::vector{
           json_text("pipeline_version", event.pipeline_version), json_text("event_id", std::move(envelope.event_id)),
           json_text("lane", std::string(wire_name(envelope.lane))),
           json_integer("transport_sequence", saturating_add(event.transport_sequence, envelope.transport_further)),
           json_integer("runtime_sequence", saturating_add(event.runtime_sequence, envelope.runtime_further)),
           json_integer("authority_epoch", envelope.authority_epoch),
           json_integer("runtime_timestamp_ms", saturating_add(event.runtime_timestamp_ms, envelope.ms_further)),
           json_integer("wall_clock_timestamp_ms", saturating_add(event.wall_clock_timestamp_ms, envelope.ms_further)),
           json_text("payload_class", std::move(envelope.payload_class))}) {
    members.push_back(std::move(member));
  }
  return members;
}

std::string_view text_of(Scope scope) noexcept {
  switch (scope) {
    case Scope::session:
      return "session";
    case Scope::turn:
      return "turn";
    case Scope::node:
      return "node";
    case Scope::provider_invocation:
      return "provider_invocation";
    case Scope::none:
      return "";
  }
  return "";
}

JsonValue signal_json(const Event& signal, const ScenarioEvent& event, std::string event_id, std::string_view reason) {
  Envelope envelope{.in_turn = event_scope_of(signal) == Scope::turn,
                    .names_turn = signal.turn_number != 0,
                    .event_id = std::move(event_id),
                    .lane = signal.lane,
                    .transport_further = signal.transport_sequence,
                    .runtime_further = static_cast<std::int64_t>(signal.runtime_sequence),
                    .ms_further = signal.mono_ns / ns_per_ms,
                    .authority_epoch = static_cast<std::int64_t>(signal.authority_epoch),
                    .payload_class = "metadata"};
  std::vector<JsonValue> members = members_of(std::move(envelope), event);
  members.push_back(json_text("signal", name_of(signal.kind)));
  members.push_back(json_text("emitted_by", emitter_code(signal.emitter)));
  const std::string_view said = reason.empty() ? name_of(signal.reason) : reason;
  if (!said.empty()) members.push_back(json_text("reason", std::string(said)));
  if (signal.scope != Scope::none) members.push_back(json_text("scope", std::string(text_of(signal.scope))));
  return json_object({}, std::move(members));
}

}  // namespace

StepPoint point_of(const ScenarioEvent& event) noexcept {
  StepPoint point;
  point.epoch = Epoch{static_cast<std::uint64_t>(std::max<std::int64_t>(event.authority_epoch, 0))};
  return point;
}

std::string emitter_code(Emitter emitter) {
  const auto number = static_cast<unsigned>(emitter);
  constexpr unsigned last = static_cast<unsigned>(Emitter::admission);
  PHAL_ENFORCE(number > 0 && number <= last, "a scenario is answered by the runtime's own roles");
  return std::string("RK-") + (number < 10 ? "0" : "") + std::to_string(number);
}

JsonValue step_signal_json(const Event& signal, const ScenarioEvent& event) {
  return signal_json(signal, event, event.event_id + std::string(event_id_suffix_of(signal.kind)), {});
}

JsonValue answer_signal_json(const Event& signal, const ScenarioEvent& event, std::string_view reason) {
  return signal_json(signal, event, event.event_id, reason);
}

std::expected<JsonValue, std::string> ingress_record(const ScenarioEvent& event, std::string_view default_class) {
  const bool telemetry = event.kind->lane == Lane::telemetry;
  std::string payload_class = event.payload_class;
  if (payload_class.empty()) payload_class = telemetry ? "metadata" : std::string(default_class);
  // 1.10 rule 5; what a scenario calls audio has a media time whatever its class.
  const bool has_media_time = !telemetry && (payload_class == "audio_raw" || event.kind->name == "ingress_audio");
  std::vector<JsonValue> members = members_of({.in_turn = true,
                                               .names_turn = true,
                                               .event_id = event.event_id,
                                               .lane = event.kind->lane,
                                               .transport_further = 0,
                                               .runtime_further = 0,
                                               .ms_further = 0,
                                               .authority_epoch = std::max<std::int64_t>(event.authority_epoch, 0),
                                               .payload_class = std::move(payload_class)},
                                              event);
  if (has_media_time) {
    members.push_back(json_object("media_time", {json_integer("pts_ms", event.runtime_timestamp_ms)}));
  }
  JsonValue record = json_object({}, std::move(members));
  if (const auto violation = judge(record, *find_artifact_rule("event_record"))) {
    return std::unexpected(violation->path + ": " + violation->rule);
  }
  return record;
}

}  // namespace phalarope::spec
