// Classification, unknown kinds and the words of a refusal. See abi_ingress.hpp.
#include "core/spec/abi_ingress.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/engine/plan/white_space.hpp"
#include "core/spec/ascii_case.hpp"
#include "core/spec/json_edit.hpp"

namespace phalarope::spec {

namespace {

// 1.10 rule 4, and A-law by decisions.md D5.
constexpr std::array<std::string_view, 7> source_codecs = {"", "pcm16", "opus", "pcmu", "mulaw", "pcma", "alaw"};

bool is_payload_class(std::string_view name) {
  const ObjectRule& envelope = *find_artifact_rule("event_record");
  const auto member = std::find_if(envelope.members.begin(), envelope.members.end(),
                                   [](const MemberRule& one) { return one.name == "payload_class"; });
  const auto& classes = member->rule.choices;
  return std::find(classes.begin(), classes.end(), name) != classes.end();
}

Violation refused(std::string sentence, std::string path) {
  return {.rule = "R 1.10: " + std::move(sentence), .path = std::move(path)};
}

/// Rules 2 and 3.
std::optional<Violation> give_payload_class(JsonValue& record, std::string_view lane, const IngressSettings& settings) {
  if (record.find("payload_class") != nullptr) {
    if (is_payload_class(member_text(record, "payload_class"))) return std::nullopt;
    return refused("the record's payload class is invalid", "payload_class");
  }
  std::string given = "metadata";
  if (lane == "DataLane") {
    given = settings.default_payload_class.empty() ? "text_raw" : settings.default_payload_class;
  }
  if (!is_payload_class(given)) return refused("the configured payload class is invalid", "payload_class");
  set_member(record, json_text("payload_class", std::move(given)));
  return std::nullopt;
}

/// Rule 5. A negative timestamp becomes 0, as the gateway will make it.
void give_media_time(JsonValue& record) {
  const JsonValue* const time = record.find("runtime_timestamp_ms");
  const bool needs_it = member_text(record, "payload_class") == "audio_raw" && record.find("media_time") == nullptr;
  if (!needs_it || time == nullptr || !time->is(JsonValue::Kind::integer)) return;
  set_member(record, json_object("media_time", {json_integer("pts_ms", std::max<std::int64_t>(0, time->integer))}));
}

struct ErrorClassRow {
  std::string_view name;
  std::string_view signal;
  std::string_view emitter;
};
constexpr std::array<ErrorClassRow, 2> error_classes = {
    {{schema_validation_error, "reject", "RK-25"}, {"authority_epoch_mismatch", "stale_epoch_reject", "RK-24"}}};

/// 1.5, "how the engine fills a signal it builds".
JsonValue reject_signal(const ErrorClassRow& row, const IngressMoment& moment) {
  const auto clamped = [](std::int64_t value) { return std::max<std::int64_t>(0, value); };
  return json_object(
      "", {json_text("schema_version", std::string(schema_version_written)), json_text("event_scope", "session"),
           json_text("session_id", moment.session_id), json_text("pipeline_version", moment.pipeline_version),
           json_text("event_id", moment.event_id), json_text("lane", "ControlLane"),
           json_integer("transport_sequence", 0), json_integer("runtime_sequence", clamped(moment.runtime_sequence)),
           json_integer("runtime_timestamp_ms", clamped(moment.runtime_timestamp_ms)),
           json_integer("wall_clock_timestamp_ms", clamped(moment.wall_clock_timestamp_ms)),
           json_text("payload_class", "metadata"), json_integer("authority_epoch", clamped(moment.authority_epoch)),
           json_text("signal", std::string(row.signal)), json_text("emitted_by", std::string(row.emitter)),
           json_text("reason", std::string(row.name)), json_text("scope", "session")});
}

JsonValue error_document(const ErrorClassRow& row, const AbiFault& fault) {
  return json_object("", {json_text("error_class", std::string(row.name)),
                          json_integer("index", static_cast<std::int64_t>(fault.index)),
                          json_text("path", fault.violation.path), json_text("rule", fault.violation.rule)});
}

JsonValue audit_entry(const AbiElement& element, std::size_t index, UnknownEventAction action,
                      const IngressMoment& moment) {
  const std::string name(unknown_event_action_names[static_cast<std::size_t>(action)]);
  return json_object(
      "",
      {json_text("setting", "unknown_event_action"), json_text("action", name), json_text("event_type", element.kind),
       json_integer("index", static_cast<std::int64_t>(index)), json_text("session_id", moment.session_id),
       json_integer("runtime_timestamp_ms", moment.runtime_timestamp_ms)});
}

void refuse(Ingress& ingress, std::size_t index, Violation violation, const IngressMoment& moment) {
  refuse_batch(ingress, IngressErrorClass::schema, {.index = index, .violation = std::move(violation)}, moment);
}

std::optional<Violation> judge_incoming(AbiElement& element, const IngressSettings& settings, SequenceOrder& order) {
  if (element.is_record()) {
    if (auto violation = classify(element.document, settings)) return violation;
  }
  normalise(element);
  if (auto violation = judge_live(element)) return violation;
  return order.follow(element.document);
}

}  // namespace

void refuse_batch(Ingress& ingress, IngressErrorClass error_class, AbiFault fault, const IngressMoment& moment) {
  const ErrorClassRow& row = error_classes[static_cast<std::size_t>(error_class)];
  ingress.accepted.clear();
  ingress.passed_through.clear();
  ingress.lineage.clear();
  ingress.fault = std::move(fault);
  ingress.error = error_document(row, *ingress.fault);
  ingress.reject_signal = reject_signal(row, moment);
}

std::optional<UnknownEventAction> find_unknown_event_action(std::string_view name) {
  const auto at = std::find(unknown_event_action_names.begin(), unknown_event_action_names.end(), name);
  if (at == unknown_event_action_names.end()) return std::nullopt;
  return static_cast<UnknownEventAction>(at - unknown_event_action_names.begin());
}

std::optional<Violation> classify(JsonValue& record, const IngressSettings& settings) {
  if (!record.is(JsonValue::Kind::object))
    return Violation{.rule = "R 1.1: the document must be one JSON object", .path = ""};
  const std::string lane(member_text(record, "lane"));
  if (lane == "ControlLane") return refused("control enters as control signals only", "lane");
  if (lane != "DataLane" && lane != "TelemetryLane") return refused("unknown lane", "lane");
  if (auto violation = give_payload_class(record, lane, settings)) return violation;
  if (lane != "DataLane") return std::nullopt;
  const std::string codec = lower_case(trim_white_space(settings.source_codec));
  if (std::find(source_codecs.begin(), source_codecs.end(), codec) == source_codecs.end()) {
    return refused("unknown source codec \"" + codec + "\"", "source_codec");
  }
  give_media_time(record);
  return std::nullopt;
}

Ingress take_in(std::vector<AbiElement> batch, const IngressSettings& settings, const IngressMoment& moment) {
  Ingress ingress;
  SequenceOrder order;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    AbiElement& element = batch[i];
    if (!element.is_known()) {
      ingress.audit.push_back(audit_entry(element, i, settings.unknown_event_action, moment));
      switch (settings.unknown_event_action) {
        case UnknownEventAction::reject:
          refuse(ingress, i, {.rule = "R 1.11: unknown event type", .path = "kind"}, moment);
          return ingress;
        case UnknownEventAction::drop:
          break;
        case UnknownEventAction::pass_through:
          ingress.passed_through.push_back(std::move(element));
          break;
      }
      continue;
    }
    if (auto violation = judge_incoming(element, settings, order)) {
      refuse(ingress, i, *std::move(violation), moment);
      return ingress;
    }
    ingress.accepted.push_back(std::move(element));
  }
  return ingress;
}

}  // namespace phalarope::spec
