// The sampling hash against vectors made by hand from the contract's words, and what it must not look at.
#include "core/telemetry/sampling.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace phalarope::telemetry {
namespace {

// contract: evidence 3.2
TelemetryEvent full_event() {
  TelemetryEvent event;
  event.correlation = {.session_id = "s1",
                       .turn_id = "turn-000001",
                       .event_id = "evt-7",
                       .pipeline_version = "pipeline-v1",
                       .node_id = "stt",
                       .edge_id = "stt/llm",
                       .authority_epoch = 3,
                       .lane = "DataLane",
                       .emitted_by = "RK-11",
                       .runtime_timestamp_ms = 1500,
                       .wall_clock_timestamp_ms = 1760000000123};
  return event;
}
TelemetryEvent metric(double value = 12.5) {
  TelemetryEvent event = full_event();
  event.body = MetricBody{.name = "provider_rtt_ms",
                          .value = value,
                          .unit = "ms",
                          .attributes = {{"outcome", "success"}, {"attempt", "1"}}};
  return event;
}
TelemetryEvent span() {
  TelemetryEvent event = full_event();
  event.body = SpanBody{.name = "turn_span",
                        .kind = "turn_span",
                        .start_ms = 1500,
                        .end_ms = 1501,
                        .trace_id = std::string(32, 'a'),
                        .span_id = std::string(16, 'b'),
                        .parent_span_id = "",
                        .attributes = {{"phase", "pre_turn"}}};
  return event;
}
TelemetryEvent log() {
  TelemetryEvent event = full_event();
  event.body = LogBody{
      .name = "scheduling_shed", .severity = "warn", .message = "m\xc3\xb6wenschrei", .attributes = {{"reason", ""}}};
  return event;
}
TelemetryEvent numbered(int number) {
  TelemetryEvent event;
  event.correlation = {.session_id = "s",
                       .turn_id = "",
                       .event_id = "evt-" + std::to_string(number),
                       .pipeline_version = "pipeline-v1",
                       .node_id = "",
                       .edge_id = "",
                       .authority_epoch = 0,
                       .lane = "TelemetryLane",
                       .emitted_by = "OR-01",
                       .runtime_timestamp_ms = number,
                       .wall_clock_timestamp_ms = 0};
  event.body = MetricBody{.name = "queue_depth", .value = 1, .unit = "count", .attributes = {}};
  return event;
}

TEST(SamplingHash, AgreesWithVectorsMadeElsewhere) {
  EXPECT_EQ(sampling_hash(metric()), 0x914ccb8e27967dfcU);
  EXPECT_EQ(sampling_hash(span()), 0xedacfd6f6084f783U);
  EXPECT_EQ(sampling_hash(log()), 0x4f691f32c4b95205U);
}

TEST(SamplingHash, KeepsTheSameOnesEverywhere) {
  std::vector<int> kept;
  for (int number = 0; number < 40; ++number) {
    if (is_sampled(numbered(number), 5)) kept.push_back(number);
  }
  EXPECT_EQ(kept, (std::vector<int>{5, 8, 16, 22, 30}));
}

TEST(SamplingHash, DoesNotLookAtAMetricsValueNorAtOurOwnMembers) {
  EXPECT_EQ(sampling_hash(metric(1)), sampling_hash(metric(99)));
  TelemetryEvent seen = span();
  std::get<SpanBody>(seen.body).measured = Interval{1, 2};
  EXPECT_EQ(sampling_hash(seen), sampling_hash(span()));
  TelemetryEvent labelled = metric();
  std::get<MetricBody>(labelled.body).view_labels = {{"provider_id", "p"}};
  EXPECT_EQ(sampling_hash(labelled), sampling_hash(metric()));
}

TEST(SamplingHash, LooksAtEveryOtherField) {
  std::vector<TelemetryEvent> events(18, span());
  events[0].correlation.session_id = "x";
  events[1].correlation.turn_id = "x";
  events[2].correlation.event_id = "x";
  events[3].correlation.pipeline_version = "x";
  events[4].correlation.node_id = "x";
  events[5].correlation.edge_id = "x";
  events[6].correlation.authority_epoch = 9;
  events[7].correlation.lane = "x";
  events[8].correlation.emitted_by = "x";
  events[9].correlation.runtime_timestamp_ms = 9;
  events[10].correlation.wall_clock_timestamp_ms = 9;
  const auto body = [&events](std::size_t i) -> SpanBody& { return std::get<SpanBody>(events[i].body); };
  body(11).name = "x";
  body(12).kind = "x";
  body(13).start_ms = 9;
  body(14).end_ms = 9;
  body(15).span_id = "x";
  body(16).parent_span_id = "x";
  body(17).attributes["phase"] = "x";
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_NE(sampling_hash(events[i]), sampling_hash(span())) << i;
  EXPECT_NE(sampling_hash(metric()), sampling_hash(log()));
}

TEST(SamplingHash, OneInOneKeepsEverything) {
  for (int number = 0; number < 40; ++number) EXPECT_TRUE(is_sampled(numbered(number), 1));
}

}  // namespace
}  // namespace phalarope::telemetry
