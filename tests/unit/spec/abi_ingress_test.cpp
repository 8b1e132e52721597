// Ingress: rules 1-5 of 1.10 as tables, unknown kinds, and refusals that are never silent.
#include "core/spec/abi_ingress.hpp"

#include <gtest/gtest.h>

#include "core/spec/artifact_validator.hpp"
#include "tests/unit/spec/artifact_generator.hpp"
#include "tests/unit/spec/artifact_samples.hpp"

namespace phalarope::spec {
namespace {

using test::Json;

AbiElement element(std::string kind, const Json& json) { return {std::move(kind), *parse_strict_json(json.dump())}; }
Json json_of(const JsonValue& document) { return Json::parse(test::to_text(document)); }

const IngressMoment moment = {.session_id = "s",
                              .pipeline_version = "p",
                              .event_id = "evt/s/session/000009",
                              .runtime_sequence = 9,
                              .runtime_timestamp_ms = 90,
                              .wall_clock_timestamp_ms = 900,
                              .authority_epoch = 3};

Json record(const char* lane) {
  Json json = test::event_record();
  json["lane"] = lane;
  json.erase("payload_class");
  return json;
}

/// "CLASS" or "path: rule" of a classified record.
std::string class_of(const Json& json, const IngressSettings& settings) {
  JsonValue document = *parse_strict_json(json.dump());
  const auto violation = classify(document, settings);
  if (violation) return violation->path + ": " + violation->rule;
  return json_of(document)["payload_class"];
}

// contract: 1.10 rules 1-3
TEST(Ingress, ClassifiesByLaneAndSetting) {
  Json telling = record("DataLane");
  telling["payload_class"] = "PHI";
  Json lying = record("DataLane");
  lying["payload_class"] = "audio";
  Json null_class = record("TelemetryLane");
  null_class["payload_class"] = nullptr;
  struct Row {
    Json record;
    const char* configured;
    const char* expected;
  };
  const Row rows[] = {
      {record("TelemetryLane"), "", "metadata"},
      {record("TelemetryLane"), "audio_raw", "metadata"},
      {record("DataLane"), "", "text_raw"},
      {record("DataLane"), "audio_raw", "audio_raw"},
      {record("DataLane"), "PII", "PII"},
      {telling, "audio_raw", "PHI"},
      {record("DataLane"), "audio", "payload_class: R 1.10: the configured payload class is invalid"},
      {lying, "", "payload_class: R 1.10: the record's payload class is invalid"},
      {null_class, "", "payload_class: R 1.10: the record's payload class is invalid"},
      {record("ControlLane"), "", "lane: R 1.10: control enters as control signals only"},
      {record("SideLane"), "", "lane: R 1.10: unknown lane"},
      {record(""), "", "lane: R 1.10: unknown lane"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(class_of(row.record, {.default_payload_class = row.configured}), row.expected) << row.record;
  }
  EXPECT_EQ(session_payload_class, "audio_raw");
}

// contract: 1.10 rule 4, D5
TEST(Ingress, KnowsTheSourceCodecsOfDataLane) {
  for (const char* codec : {"", "  ", "pcm16", "PCM16", " opus\t", "PCMU", "mulaw", "MuLaw", "pcma", "alaw"}) {
    EXPECT_EQ(class_of(record("DataLane"), {.source_codec = codec}), "text_raw") << codec;
  }
  for (const char* codec : {"mp3", "pcm", "opus/48000", "pcm 16", "g722"}) {
    EXPECT_EQ(class_of(record("DataLane"), {.source_codec = codec}),
              std::string("source_codec: R 1.10: unknown source codec \"") + codec + "\"");
    EXPECT_EQ(class_of(record("TelemetryLane"), {.source_codec = codec}), "metadata") << "DataLane only";
  }
}

// contract: 1.10 rule 5
TEST(Ingress, GivesRawAudioItsMediaTime) {
  const auto media_time = [](Json json, const char* configured) {
    JsonValue document = *parse_strict_json(json.dump());
    EXPECT_FALSE(classify(document, {.default_payload_class = configured}));
    const Json after = json_of(document);
    return after.contains("media_time") ? after["media_time"] : Json();
  };
  Json json = record("DataLane");
  json["runtime_timestamp_ms"] = 1234;
  EXPECT_EQ(media_time(json, "audio_raw"), Json({{"pts_ms", 1234}}));
  EXPECT_EQ(media_time(json, ""), Json()) << "text has no media time";
  json["runtime_timestamp_ms"] = -5;
  EXPECT_EQ(media_time(json, "audio_raw"), Json({{"pts_ms", 0}}));
  json["media_time"] = {{"sample_index", 7}};
  EXPECT_EQ(media_time(json, "audio_raw"), Json({{"sample_index", 7}}));
  Json telemetry = record("TelemetryLane");
  telemetry["payload_class"] = "audio_raw";
  EXPECT_EQ(media_time(telemetry, ""), Json()) << "DataLane only; the gateway refuses it";
}

// contract: 1.10 rule 6, 1.9
TEST(Ingress, AcceptsNormalisedRecordsAndSignals) {
  Json raw = record("DataLane");
  for (const char* member : {"schema_version", "transport_sequence", "authority_epoch"}) raw.erase(member);
  const Ingress ingress = take_in({element("event_record", raw), element("control_signal", test::control_signal())},
                                  {.default_payload_class = "audio_raw", .source_codec = "opus"}, moment);
  ASSERT_FALSE(ingress.fault);
  ASSERT_EQ(ingress.accepted.size(), 2U);
  EXPECT_EQ(json_of(ingress.accepted[0].document)["media_time"], Json({{"pts_ms", 2}}));
  for (const AbiElement& accepted : ingress.accepted) {
    EXPECT_TRUE(validate_artifact(accepted.kind, test::to_text(accepted.document)).valid);
  }
  EXPECT_FALSE(ingress.error);
  EXPECT_FALSE(ingress.reject_signal);
}

// contract: 1.11 row 8, 1.11 row 10, 12.3 row 1
TEST(Ingress, RefusesAloudAndWhole) {
  const Ingress ingress = take_in(
      {element("event_record", record("TelemetryLane")), element("event_record", record("ControlLane"))}, {}, moment);
  EXPECT_TRUE(ingress.accepted.empty());
  ASSERT_TRUE(ingress.fault);
  EXPECT_EQ(ingress.fault->index, 1U);
  EXPECT_EQ(json_of(*ingress.error), Json({{"error_class", "schema_validation_error"},
                                           {"index", 1},
                                           {"path", "lane"},
                                           {"rule", "R 1.10: control enters as control signals only"}}));
  const Json signal = json_of(*ingress.reject_signal);
  EXPECT_EQ(signal, Json::parse(R"({"schema_version":"v1.0","event_scope":"session","session_id":"s",
    "pipeline_version":"p","event_id":"evt/s/session/000009","lane":"ControlLane","transport_sequence":0,
    "runtime_sequence":9,"runtime_timestamp_ms":90,"wall_clock_timestamp_ms":900,"payload_class":"metadata",
    "authority_epoch":3,"signal":"reject","emitted_by":"RK-25","reason":"schema_validation_error",
    "scope":"session"})"));
  EXPECT_TRUE(validate_artifact("control_signal", signal.dump()).valid);
}

// contract: 1.11 row 11
TEST(Ingress, ForeignVersionsAreASchemaValidationError) {
  Json json = test::event_record();
  json["schema_version"] = "v2.0";
  const Ingress ingress = take_in({element("event_record", json)}, {}, moment);
  ASSERT_TRUE(ingress.error);
  EXPECT_EQ(json_of(*ingress.error)["path"], "schema_version");
  EXPECT_TRUE(ingress.reject_signal);
}

// contract: 1.11 row 9
TEST(Ingress, EachUseOfTheUnknownEventActionIsAudited) {
  const auto take = [](UnknownEventAction action) {
    return take_in({element("event_record", test::event_record()), element("gesture", {{"hand", "up"}}), element("", 1),
                    element("control_signal", test::control_signal())},
                   {.unknown_event_action = action}, moment);
  };
  const auto entry = [](const char* action, const char* type, int index) {
    return Json{{"setting", "unknown_event_action"},
                {"action", action},
                {"event_type", type},
                {"index", index},
                {"session_id", "s"},
                {"runtime_timestamp_ms", 90}};
  };
  const Ingress dropped = take(UnknownEventAction::drop);
  EXPECT_EQ(dropped.accepted.size(), 2U);
  EXPECT_TRUE(dropped.passed_through.empty());
  ASSERT_EQ(dropped.audit.size(), 2U);
  EXPECT_EQ(json_of(dropped.audit[0]), entry("drop", "gesture", 1));
  EXPECT_EQ(json_of(dropped.audit[1]), entry("drop", "", 2));
  EXPECT_FALSE(dropped.reject_signal);

  const Ingress passed = take(UnknownEventAction::pass_through);
  EXPECT_EQ(passed.accepted.size(), 2U);
  ASSERT_EQ(passed.passed_through.size(), 2U);
  EXPECT_EQ(json_of(passed.passed_through[0].document), Json({{"hand", "up"}})) << "unchanged";
  EXPECT_EQ(json_of(passed.audit[0]), entry("pass_through", "gesture", 1));

  const Ingress refused = take(UnknownEventAction::reject);
  EXPECT_TRUE(refused.accepted.empty());
  ASSERT_EQ(refused.audit.size(), 1U);
  EXPECT_EQ(json_of(refused.audit[0]), entry("reject", "gesture", 1));
  EXPECT_EQ(json_of(*refused.error)["path"], "kind");
  EXPECT_EQ(IngressSettings{}.unknown_event_action, UnknownEventAction::reject) << "the default";
}

// contract: 1.11
TEST(Ingress, AFailureAfterAPassedElementKeepsTheAuditOnly) {
  const Ingress ingress = take_in({element("gesture", Json::object()), element("event_record", Json::object())},
                                  {.unknown_event_action = UnknownEventAction::pass_through}, moment);
  EXPECT_TRUE(ingress.passed_through.empty());
  EXPECT_EQ(ingress.audit.size(), 1U);
  EXPECT_EQ(ingress.fault->index, 1U);
}

TEST(Ingress, NamesItsActions) {
  EXPECT_EQ(find_unknown_event_action("pass_through"), UnknownEventAction::pass_through);
  EXPECT_EQ(find_unknown_event_action("Drop"), std::nullopt);
}

}  // namespace
}  // namespace phalarope::spec
