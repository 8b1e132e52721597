// The correlation resolver, field by field.
#include "core/telemetry/correlation.hpp"

#include <gtest/gtest.h>

namespace phalarope::telemetry {
namespace {

// contract: evidence 3.1
Correlation named() {
  Correlation raw;
  raw.session_id = "s";
  raw.event_id = "e";
  return raw;
}

TEST(Correlation, TakesDefaultsForWhatIsBlank) {
  Correlation raw = named();
  raw.pipeline_version = " \t";
  raw.emitted_by = "\n";
  const auto resolved = resolve_correlation(raw);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->lane, "TelemetryLane");
  EXPECT_EQ(resolved->pipeline_version, "pipeline-v1");
  EXPECT_EQ(resolved->emitted_by, "OR-01");
  EXPECT_EQ(resolved->turn_id, "");
}

TEST(Correlation, TrimsEveryString) {
  const Correlation raw = {.session_id = " a ",
                           .turn_id = "\tb",
                           .event_id = "c\r\n",
                           .pipeline_version = " d",
                           .node_id = "e ",
                           .edge_id = " f g ",
                           .authority_epoch = 1,
                           .lane = " ControlLane ",
                           .emitted_by = " h",
                           .runtime_timestamp_ms = 2,
                           .wall_clock_timestamp_ms = 3};
  const Correlation clean = {.session_id = "a",
                             .turn_id = "b",
                             .event_id = "c",
                             .pipeline_version = "d",
                             .node_id = "e",
                             .edge_id = "f g",
                             .authority_epoch = 1,
                             .lane = "ControlLane",
                             .emitted_by = "h",
                             .runtime_timestamp_ms = 2,
                             .wall_clock_timestamp_ms = 3};
  ASSERT_TRUE(resolve_correlation(raw));
  EXPECT_EQ(*resolve_correlation(raw), clean);
  EXPECT_EQ(*resolve_correlation(clean), clean) << "what is resolved stays as it is";
}

TEST(Correlation, RefusesWhoNamesNoSessionOrEvent) {
  Correlation raw = named();
  raw.session_id = "  ";
  EXPECT_EQ(resolve_correlation(raw).error(), CorrelationRefusal::session_id_missing);
  raw = named();
  raw.event_id = "";
  EXPECT_EQ(resolve_correlation(raw).error(), CorrelationRefusal::event_id_missing);
}

TEST(Correlation, KnowsThreeLanesAndRefusesTheOthers) {
  for (const char* lane : {"DataLane", "ControlLane", "TelemetryLane"}) {
    Correlation raw = named();
    raw.lane = lane;
    EXPECT_EQ(resolve_correlation(raw)->lane, lane);
  }
  for (const char* lane : {"data", "datalane", "Data Lane", "x"}) {
    Correlation raw = named();
    raw.lane = lane;
    EXPECT_EQ(resolve_correlation(raw).error(), CorrelationRefusal::lane_unknown) << lane;
  }
}

TEST(Correlation, LiftsNegativeNumbersToZero) {
  Correlation raw = named();
  raw.authority_epoch = raw.runtime_timestamp_ms = raw.wall_clock_timestamp_ms = -5;
  const auto resolved = resolve_correlation(raw);
  EXPECT_EQ(resolved->authority_epoch, 0);
  EXPECT_EQ(resolved->runtime_timestamp_ms, 0);
  EXPECT_EQ(resolved->wall_clock_timestamp_ms, 0);
}

TEST(Attributes, AreTrimmedAndBlankKeysAreDropped) {
  EXPECT_EQ(normalised({{" a ", " 1 "}, {"  ", "2"}, {"b", "  "}}), (Attributes{{"a", "1"}, {"b", ""}}));
}

TEST(Timestamp, IsTheRuntimesWhereThereIsOne) {
  Correlation about = named();
  EXPECT_EQ(timestamp_of(about, 77), 77);
  about.runtime_timestamp_ms = 5;
  EXPECT_EQ(timestamp_of(about, 77), 5);
}

}  // namespace
}  // namespace phalarope::telemetry
