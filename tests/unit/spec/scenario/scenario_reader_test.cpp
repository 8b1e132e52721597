// Reading a scenario: gaps, their defaults, and the path of what is wrong.
#include "core/spec/scenario/scenario_reader.hpp"

#include <gtest/gtest.h>

#include <set>

namespace phalarope::spec {
namespace {

const ScenarioSession session{.session_id = "s",
                              .turn_id = "t",
                              .pipeline_version = "p",
                              .authority_epoch = 3,
                              .default_data_class = "text_raw",
                              .transport = "tin"};

JsonValue json(const std::string& text) {
  auto value = parse_strict_json(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(JsonValue{});
}

// contract: Appendix C, D25
TEST(ScenarioKinds, EachNameIsKnownOnceAndOthersAreNot) {
  std::set<std::string_view> names;
  for (const ScenarioKind& kind : scenario_kinds) {
    EXPECT_TRUE(names.insert(kind.name).second);
    EXPECT_EQ(find_scenario_kind(kind.name), &kind);
    EXPECT_EQ(kind.group == ScenarioGroup::connection, kind.signal != EventKind::none);
    EXPECT_EQ(kind.group == ScenarioGroup::ingress, kind.lane != Lane::control);
  }
  for (const char* unknown : {"", "Cancel", " cancel", "turn_open", "budget_exhausted"}) {
    EXPECT_EQ(find_scenario_kind(unknown), nullptr) << unknown;
  }
}

TEST(ScenarioReader, FillsEveryGapFromTheSession) {
  ScenarioReader sut(session, 100);
  const auto event = sut.read(json(R"({"kind":"output"})"));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->session_id, "s");
  EXPECT_EQ(event->turn_id, "t");
  EXPECT_FALSE(event->names_turn);
  EXPECT_EQ(event->pipeline_version, "p");
  EXPECT_EQ(event->event_id, "evt-tin-001-output");
  EXPECT_EQ(event->reason, "tin_output");
  EXPECT_EQ(event->authority_epoch, 3);
  EXPECT_FALSE(event->carries_epoch);
  EXPECT_EQ(event->runtime_timestamp_ms, 100);
  EXPECT_EQ(event->wall_clock_timestamp_ms, 100);
  EXPECT_TRUE(event->snapshot_valid && event->authority_epoch_valid && event->authority_authorized);
  EXPECT_FALSE(event->cancel_accepted || event->plan_unavailable || event->evidence_unavailable);
  EXPECT_EQ(event->capacity, Capacity::allow);
}

TEST(ScenarioReader, WallTimeDefaultsToTheRuntimeTimeGiven) {
  ScenarioReader sut(session, 100);
  EXPECT_EQ(sut.read(json(R"({"kind":"output","runtime_timestamp_ms":7})"))->wall_clock_timestamp_ms, 7);
  EXPECT_EQ(sut.read(json(R"({"kind":"output","wall_clock_timestamp_ms":9})"))->runtime_timestamp_ms, 101);
}

TEST(ScenarioReader, PositionsInDefaultIdsGrowBeyondThreeDigits) {
  ScenarioReader sut(session, 1);
  std::string last;
  for (int i = 0; i < 1000; ++i) last = sut.read(json(R"({"kind":"stall"})"))->event_id;
  EXPECT_EQ(last, "evt-tin-1000-stall");
}

TEST(ScenarioReader, SequencesContinueFromTheEventBeforeEvenBackwards) {
  ScenarioReader sut(session, 1);
  EXPECT_EQ(sut.read(json(R"({"kind":"output","runtime_sequence":50})"))->transport_sequence, 1);
  EXPECT_EQ(sut.read(json(R"({"kind":"output"})"))->runtime_sequence, 51);
  EXPECT_EQ(sut.read(json(R"({"kind":"output","runtime_sequence":5})"))->runtime_sequence, 5);
  EXPECT_EQ(sut.read(json(R"({"kind":"output"})"))->runtime_sequence, 6);
}

TEST(ScenarioReader, NumbersAtTheEndOfTheirRangeStayThere) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  ScenarioReader sut(session, last);
  EXPECT_EQ(sut.read(json(R"({"kind":"output","runtime_sequence":9223372036854775807})"))->runtime_timestamp_ms, last);
  const auto next = sut.read(json(R"({"kind":"output"})"));
  EXPECT_EQ(next->runtime_sequence, last);
  EXPECT_EQ(next->runtime_timestamp_ms, last);
}

TEST(ScenarioReader, AFaultIsNamedWithItsEventAndPath) {
  ScenarioReader sut(session, 1);
  ASSERT_TRUE(sut.read(json(R"({"kind":"output"})")).has_value());
  const auto refusal = sut.read(json(R"({"kind":"output","turn_id":5})"));
  ASSERT_FALSE(refusal.has_value());
  EXPECT_EQ(refusal.error().event_index, 1U);
  EXPECT_EQ(refusal.error().diagnostic, "schema_validation_error");
  EXPECT_EQ(refusal.error().message, "turn_id: R Appendix C: must be a string");
}

TEST(ScenarioReader, EveryMemberOfAnotherTypeIsRefused) {
  for (const char* member : {"session_id",
                             "turn_id",
                             "pipeline_version",
                             "event_id",
                             "transport_sequence",
                             "runtime_sequence",
                             "authority_epoch",
                             "runtime_timestamp_ms",
                             "wall_clock_timestamp_ms",
                             "payload_class",
                             "cancel_accepted",
                             "reason",
                             "snapshot_valid",
                             "authority_epoch_valid",
                             "authority_authorized",
                             "plan_failure_policy",
                             "capacity",
                             "snapshot_failure_policy",
                             "plan_unavailable",
                             "evidence_unavailable"}) {
    for (const char* value : {"[]", "{}", "1.5", "null"}) {
      if (std::string_view(member) == "transport_sequence" && std::string_view(value) == "null") continue;
      ScenarioReader sut(session, 1);
      const auto event = sut.read(json(std::string(R"({"kind":"output",")") + member + "\":" + value + "}"));
      ASSERT_FALSE(event.has_value()) << member << " " << value;
      EXPECT_TRUE(event.error().message.starts_with(member)) << event.error().message;
    }
  }
}

}  // namespace
}  // namespace phalarope::spec
