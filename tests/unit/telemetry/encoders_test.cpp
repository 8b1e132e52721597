// The encoders: what they make is what a Prometheus server, an OTLP collector and a JSON reader take, whatever goes in.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/telemetry/event_json.hpp"
#include "core/telemetry/event_writer.hpp"
#include "core/telemetry/metric_registry.hpp"
#include "core/telemetry/otlp_json.hpp"
#include "core/telemetry/prometheus_text.hpp"
#include "tests/unit/telemetry/otlp_shape.hpp"
#include "tests/unit/telemetry/prometheus_reader.hpp"
#include "tests/unit/telemetry/telemetry_generators.hpp"

namespace phalarope::telemetry {
namespace {

constexpr std::int64_t now_ns = 1'760'000'000'000'000'000;

TelemetryEvent latency(double value, const std::string& node = "stt", std::int64_t wall_ms = 1'760'000'000'500) {
  TelemetryEvent event;
  event.correlation = {.session_id = "s",
                       .turn_id = "turn-000001",
                       .event_id = "evt-1",
                       .pipeline_version = "home/v3",
                       .node_id = node,
                       .edge_id = "",
                       .authority_epoch = 1,
                       .lane = "DataLane",
                       .emitted_by = "RK-11",
                       .runtime_timestamp_ms = 500,
                       .wall_clock_timestamp_ms = wall_ms};
  event.body = MetricBody{.name = "node_latency_ms",
                          .value = value,
                          .unit = "ms",
                          .attributes = {{"node_id", node}},
                          .view_labels = {{"provider_id", "p"}}};
  return event;
}

// ---- registry ----------------------------------------------------------------------------------------------------

TEST(MetricRegistry, PutsASampleIntoTheBucketThatBoundsIt) {
  MetricRegistry registry;
  for (const double value : {0.5, 1.0, 1.5, 10'000.0, 10'001.0}) registry.take(latency(value));
  ASSERT_EQ(registry.series().size(), 1U);
  const Series& series = registry.series().begin()->second;
  EXPECT_EQ(series.count, 5U);
  EXPECT_EQ(series.buckets[0], 2U) << "a bound belongs to its bucket";
  EXPECT_EQ(series.buckets[1], 1U);
  EXPECT_EQ(series.buckets[12], 1U);
  EXPECT_EQ(series.buckets[13], 1U);
  EXPECT_DOUBLE_EQ(series.value, 20'004.0);
}

TEST(MetricRegistry, LabelsSeriesByVersionAndProviderAndNeverByTurn) {
  MetricRegistry registry;
  registry.take(latency(1));
  const Attributes& labels = registry.series().begin()->first.second;
  EXPECT_EQ(labels, (Attributes{{"node_id", "stt"}, {"pipeline_version", "home/v3"}, {"provider_id", "p"}}));
}

TEST(MetricRegistry, StaysWithinItsBoundAndCountsWhatItLeavesOut) {
  MetricRegistry registry;
  for (std::size_t i = 0; i < series_max + 7; ++i) registry.take(latency(1, "node" + std::to_string(i)));
  EXPECT_EQ(registry.series().size(), series_max);
  EXPECT_EQ(registry.samples_without_series(), 7U);
  registry.take(latency(1, "node0"));
  EXPECT_EQ(registry.samples_without_series(), 7U) << "a series that has a place goes on";
}

TEST(MetricRegistry, LeavesOutWhatIsNoNumber) {
  MetricRegistry registry;
  registry.take(latency(std::numeric_limits<double>::quiet_NaN()));
  registry.take(latency(std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(registry.series().empty());
}

TEST(Quantile, LiesInsideTheBucketOfItsSample) {
  MetricRegistry registry;
  for (int value = 1; value <= 100; ++value) registry.take(latency(value));
  const Series& series = registry.series().begin()->second;
  EXPECT_NEAR(quantile(series, 500), 50.0, 1.0);
  EXPECT_NEAR(quantile(series, 950), 95.0, 1.0);
  EXPECT_NEAR(quantile(series, 990), 99.0, 1.0);
  EXPECT_EQ(quantile(Series{}, 500), 0.0);
}

// ---- Prometheus --------------------------------------------------------------------------------------------------

TEST(PrometheusText, SaysEveryMetricOfTheCatalogueInItsOwnType) {
  MetricRegistry registry;
  for (std::size_t i = 0; i < metric_rows.size(); ++i)
    registry.take(static_cast<MetricId>(i), 3.5, {{"edge_id", "a\"b\\c\nd"}});
  const PrometheusReader page(prometheus_text(registry));
  EXPECT_EQ(page.types().size(), metric_rows.size());
  EXPECT_EQ(page.types().at("edge_drops_total"), "counter");
  EXPECT_EQ(page.types().at("edge_queue_depth"), "gauge");
  EXPECT_EQ(page.types().at("node_latency_ms"), "histogram");
  for (const auto& sample : page.samples()) EXPECT_EQ(sample.labels.at("edge_id"), "a\"b\\c\nd");
}

RC_GTEST_PROP(PrometheusText, IsWellFormedWhateverGoesIn, ()) {
  MetricRegistry registry;
  const auto count = *rc::gen::inRange(0, 30);
  for (int i = 0; i < count; ++i) registry.take(any_event());
  const PrometheusReader page(prometheus_text(registry));
  RC_ASSERT(page.types().size() <= metric_rows.size());
}

// ---- OTLP --------------------------------------------------------------------------------------------------------

RC_GTEST_PROP(OtlpJson, IsTakenByACollectorWhateverGoesIn, ()) {
  std::vector<TelemetryEvent> events;
  const auto count = *rc::gen::inRange(0, 20);
  for (int i = 0; i < count; ++i) events.push_back(any_event());
  std::size_t told = 0;
  for (const CollectorRequest& request : otlp_requests(events, {}, now_ns)) {
    const auto breaches = OtlpShape::breaches(request.path, request.body);
    if (!breaches.empty()) RC_FAIL(breaches.front());
    told += request.events;
  }
  RC_ASSERT(told == events.size());
}

TEST(OtlpJson, MakesOneDataPointOfSamplesWithEqualLabels) {
  const std::vector<TelemetryEvent> events = {latency(3), latency(4, "llm"), latency(5, "stt", 1'760'000'000'900)};
  const auto requests = otlp_requests(events, {}, now_ns);
  ASSERT_EQ(requests.size(), 1U);
  const auto json = nlohmann::json::parse(requests[0].body);
  const auto& points = json["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["histogram"]["dataPoints"];
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[1]["count"], "2");
  EXPECT_EQ(points[1]["sum"], 8.0);
  EXPECT_EQ(points[1]["timeUnixNano"], "1760000000900000000");
  EXPECT_EQ(points[1]["exemplars"][0]["traceId"], trace_id_of("s", "turn-000001"));
}

TEST(OtlpJson, PutsAMeasuredSpanOnTheWall) {
  TelemetryEvent event = latency(0);
  event.body = SpanBody{.name = "turn_span",
                        .kind = "turn_span",
                        .start_ms = 500,
                        .end_ms = 501,
                        .trace_id = trace_id_of("s", "t"),
                        .span_id = span_id_of({"x"}),
                        .parent_span_id = "",
                        .attributes = {{"error", "cancelled"}},
                        .measured = Interval{400'000'000, 650'000'000}};
  const auto requests = otlp_requests(std::vector{event}, {}, now_ns);
  const auto json = nlohmann::json::parse(requests.at(0).body);
  const auto& span = json["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  EXPECT_EQ(span["startTimeUnixNano"], "1760000000400000000") << "500 ms of engine time are 1760000000500 on the wall";
  EXPECT_EQ(span["endTimeUnixNano"], "1760000000650000000");
  EXPECT_EQ(span["status"]["code"], 2);
}

TEST(OtlpJson, StampsWhatHasNoWallTimeWithTheTimeOfSending) {
  const auto requests = otlp_requests(std::vector{latency(3, "stt", 0)}, {}, now_ns);
  EXPECT_NE(requests.at(0).body.find("\"timeUnixNano\":\"1760000000000000000\""), std::string::npos);
}

TEST(OtlpJson, OfNothingIsNothing) { EXPECT_TRUE(otlp_requests({}, {}, now_ns).empty()); }

// ---- private body and log lines -------------------------------------------------------------------------------------

TEST(PrivateBody, LeavesOutBlankCorrelationAndOurOwnMembers) {
  const auto json = nlohmann::json::parse(private_body(latency(2.5)));
  EXPECT_EQ(json["service_name"], "phalarope-runtime");
  EXPECT_EQ(json["event"]["kind"], "metric");
  EXPECT_EQ(json["event"]["metric"]["value"], 2.5);
  EXPECT_FALSE(json["event"]["correlation"].contains("edge_id"));
  EXPECT_EQ(json["event"]["correlation"]["runtime_timestamp_ms"], 500);
  EXPECT_FALSE(json["event"]["metric"].contains("view_labels"));
}

TEST(LogLine, NamesSessionTurnNodeAndVersionEvenWhereTheyAreBlank) {
  TelemetryEvent event;
  event.correlation.session_id = "s";
  event.body = LogBody{.name = "scheduling_shed", .severity = "warn", .message = "two\nlines \xff", .attributes = {}};
  const std::string line = log_line(event);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  for (const char* id : {"session_id", "turn_id", "node_id", "pipeline_version"}) EXPECT_TRUE(json.contains(id)) << id;
  EXPECT_EQ(log_line(latency(1)), "");
}

RC_GTEST_PROP(PrivateBody, ParsesWhateverGoesIn, ()) {
  const TelemetryEvent event = any_event();
  const auto json = nlohmann::json::parse(private_body(event), nullptr, false);
  RC_ASSERT(!json.is_discarded());
  RC_ASSERT(json["event"]["kind"] == kind_of(event));
}

TEST(TraceIds, AreTheSameForTheSameTurnAndOthersForOthers) {
  EXPECT_EQ(trace_id_of("s", "t"), trace_id_of("s", "t"));
  EXPECT_NE(trace_id_of("s", "t"), trace_id_of("st", ""));
  EXPECT_NE(span_id_of({"a", "bc"}), span_id_of({"ab", "c"}));
  EXPECT_EQ(trace_id_of("s", "t").size(), 32U);
  EXPECT_EQ(span_id_of({"a"}).size(), 16U);
}

}  // namespace
}  // namespace phalarope::telemetry
