// The fold from a recording to telemetry: every name with its labels, ids that link, and nothing of what was said.
#include "core/telemetry/record_telemetry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "core/telemetry/sampling.hpp"
#include "tests/unit/replay/sample_conversation.hpp"
#include "tests/unit/telemetry/telemetry_recording.hpp"

namespace phalarope::telemetry {
namespace {

std::vector<TelemetryEvent> told_by(replay::RecordSource& recording) {
  std::vector<TelemetryEvent> events;
  RecordTelemetry fold(sample_facts);
  while (const auto record = recording.next())
    fold.take(*record, [&events](const TelemetryEvent& event) { events.push_back(event); });
  EXPECT_EQ(fold.skipped(), 0U);
  EXPECT_EQ(fold.unreadable(), 0U);
  return events;
}
std::vector<TelemetryEvent> sample_events() {
  TelemetryRecording sample;
  return told_by(sample.recording);
}

std::vector<MetricBody> metrics_named(const std::vector<TelemetryEvent>& events, std::string_view name) {
  std::vector<MetricBody> found;
  for (const TelemetryEvent& event : events) {
    const auto* const metric = std::get_if<MetricBody>(&event.body);
    if (metric != nullptr && metric->name == name) found.push_back(*metric);
  }
  return found;
}
std::vector<SpanBody> spans_named(const std::vector<TelemetryEvent>& events, std::string_view name) {
  std::vector<SpanBody> found;
  for (const TelemetryEvent& event : events) {
    const auto* const span = std::get_if<SpanBody>(&event.body);
    if (span != nullptr && span->name == name) found.push_back(*span);
  }
  return found;
}
std::vector<LogBody> logs_named(const std::vector<TelemetryEvent>& events, std::string_view name) {
  std::vector<LogBody> found;
  for (const TelemetryEvent& event : events) {
    const auto* const log = std::get_if<LogBody>(&event.body);
    if (log != nullptr && log->name == name) found.push_back(*log);
  }
  return found;
}

// contract: evidence 3.3
TEST(RecordTelemetry, SaysOnlyWhatIsInTheCatalogue) {
  for (const TelemetryEvent& event : sample_events()) {
    const std::string name = std::visit([](const auto& body) { return body.name; }, event.body);
    const std::string keys = std::visit([](const auto& body) { return keys_of(body.attributes); }, event.body);
    EXPECT_TRUE(is_in_catalogue(event)) << name << ": " << keys;
  }
}

// contract: evidence 3.3
TEST(RecordTelemetry, SaysEverySpanAndLogAndEveryMetricOfTheEngine) {
  std::set<std::string> names;
  std::set<std::string> label_sets;
  for (const TelemetryEvent& event : sample_events()) {
    std::visit(
        [&](const auto& body) {
          names.insert(body.name);
          label_sets.insert(body.name + ": " + keys_of(body.attributes));
        },
        event.body);
  }
  for (const BodyRow& row : span_rows) {
    for (const std::string_view set : row.label_sets) {
      if (set.empty()) continue;
      EXPECT_TRUE(label_sets.contains(std::string(row.name) + ": " + std::string(set))) << row.name << set;
    }
  }
  for (const BodyRow& row : log_rows) EXPECT_TRUE(names.contains(std::string(row.name))) << row.name;
  // Not the engine's: the pipeline's own two, the four of the durable export, and merges, which no recording holds yet.
  for (const MetricRow& row : metric_rows) {
    const bool others = row.name.starts_with("durable_export") || row.name == "queue_depth" ||
                        row.name == "drops_total" || row.name == "edge_merges_total";
    EXPECT_EQ(names.contains(std::string(row.name)), !others) << row.name;
    if (others) continue;
    for (const std::string_view set : row.label_sets) {
      if (set.empty()) continue;
      EXPECT_TRUE(label_sets.contains(std::string(row.name) + ": " + std::string(set))) << row.name << set;
    }
  }
}

// contract: 11.2 row 4
TEST(RecordTelemetry, ACallThatLeftTheProcessIsLabelledWithItsBoundary) {
  const auto events = sample_events();
  std::size_t inside = 0;
  std::size_t outside = 0;
  const auto look = [&](const Attributes& told) {
    const bool external = told.contains("boundary");
    EXPECT_EQ(external, told.at("modality") == "tts");
    ++(external ? outside : inside);
    if (!external) return;
    EXPECT_EQ(told.at("boundary"), "external_node");
    EXPECT_EQ(told.at("node_id"), "mouth");
    EXPECT_EQ(told.at("edge_id"), "mind-mouth");
    EXPECT_EQ(told.at("cpu_units"), "2");
    EXPECT_EQ(told.at("memory_mb"), "128");
  };
  for (const SpanBody& span : spans_named(events, "provider_invocation_span")) look(span.attributes);
  for (const LogBody& log : logs_named(events, "provider_invocation_attempt")) look(log.attributes);
  for (const LogBody& log : logs_named(events, "provider_invocation_cancelled")) look(log.attributes);
  EXPECT_GT(inside, 0U);
  EXPECT_GT(outside, 0U);
}

// contract: evidence 3.1
TEST(RecordTelemetry, NamesTheSessionAndVersionOfEverySlot) {
  std::set<std::string> sessions;
  for (const TelemetryEvent& event : sample_events()) {
    sessions.insert(event.correlation.session_id);
    EXPECT_EQ(event.correlation.pipeline_version, "home/v3");
    EXPECT_FALSE(event.correlation.event_id.empty());
    EXPECT_EQ(event.timestamp_ms, event.correlation.runtime_timestamp_ms);
    EXPECT_EQ(event.correlation.wall_clock_timestamp_ms,
              TelemetryRecording::wall_ms + event.correlation.runtime_timestamp_ms);
  }
  EXPECT_EQ(sessions, (std::set<std::string>{"kitchen"})) << "nothing of the other session was measured";
}

// contract: evidence 3.3
TEST(RecordTelemetry, LinksTurnNodeAndProviderSpans) {
  const auto events = sample_events();
  const auto turns = spans_named(events, "turn_span");
  const auto nodes = spans_named(events, "node_span");
  const auto providers = spans_named(events, "provider_invocation_span");
  ASSERT_EQ(turns.size(), 5U) << "two of each accepted turn, one of the deferred proposal";
  ASSERT_EQ(providers.size(), 4U);
  std::set<std::string> ids;
  for (const auto& list : {turns, nodes, providers}) {
    for (const SpanBody& span : list)
      EXPECT_TRUE(ids.insert(span.span_id).second) << span.name << " has an id of its own";
  }
  const auto find = [](const std::vector<SpanBody>& spans, const std::string& id) {
    return std::ranges::find(spans, id, &SpanBody::span_id);
  };
  for (const SpanBody& provider : providers) {
    const auto node = find(nodes, provider.parent_span_id);
    ASSERT_NE(node, nodes.end());
    const auto turn = find(turns, node->parent_span_id);
    ASSERT_NE(turn, turns.end());
    EXPECT_EQ(turn->attributes.at("phase"), "active_turn");
    EXPECT_EQ(turn->trace_id, provider.trace_id);
    ASSERT_TRUE(provider.measured && node->measured);
    EXPECT_LE(node->measured->start_ns, provider.measured->start_ns);
    EXPECT_GE(node->measured->end_ns, provider.measured->end_ns);
  }
}

TEST(RecordTelemetry, SpansLieWhereTheContractPutsThem) {
  const auto events = sample_events();
  for (const char* name : {"turn_span", "node_span"}) {
    for (const SpanBody& span : spans_named(events, name)) EXPECT_EQ(span.end_ms, span.start_ms + 1);
  }
  const auto providers = spans_named(events, "provider_invocation_span");
  ASSERT_EQ(providers.at(1).attributes.at("provider_id"), "cloud-llm");
  EXPECT_EQ(providers[1].start_ms, 1102);
  EXPECT_EQ(providers[1].end_ms, 1302);
}

TEST(RecordTelemetry, AnAnsweredQuestionWasNotCancelled) {
  const auto providers = spans_named(sample_events(), "provider_invocation_span");
  ASSERT_EQ(providers.at(0).attributes.at("modality"), "stt");
  EXPECT_EQ(providers[0].attributes.at("outcome"), "success");
  EXPECT_EQ(providers[0].end_ms - providers[0].start_ms, 90) << "from the end of the utterance to its words";
  EXPECT_EQ(providers.at(2).attributes.at("outcome"), "timeout") << "another outcome of the evidence stands";
  EXPECT_EQ(providers.at(3).attributes.at("outcome"), "cancelled") << "nothing was answered before the cancel";
}

TEST(RecordTelemetry, MeasuresHandoffsAndSilence) {
  const auto events = sample_events();
  const auto edges = metrics_named(events, "edge_latency_ms");
  ASSERT_EQ(edges.size(), 3U);
  EXPECT_EQ(edges[0].attributes.at("edge_id"), "stt_to_llm");
  EXPECT_DOUBLE_EQ(edges[0].value, 2.0);
  EXPECT_EQ(edges[2].attributes.at("edge_id"), "llm_to_tts");
  EXPECT_DOUBLE_EQ(edges[2].value, 200.0) << "the second sentence waited for the first";
  const auto cancels = metrics_named(events, "cancel_latency_ms");
  ASSERT_EQ(cancels.size(), 2U);
  EXPECT_EQ(cancels[0].attributes.at("scope"), "turn");
  EXPECT_DOUBLE_EQ(cancels[1].value, 8.0);
  EXPECT_EQ(cancels[1].attributes.at("node_id"), "transport_fence");
}

TEST(RecordTelemetry, CountsDropsByLaneAndStrategy) {
  const auto drops = metrics_named(sample_events(), "edge_drops_total");
  ASSERT_EQ(drops.size(), 2U);
  EXPECT_EQ(drops[0].attributes,
            (Attributes{{"lane", "DataLane"}, {"edge_id", "lane-dispatch/data"}, {"strategy", "shed"}}));
  EXPECT_EQ(drops[1].attributes,
            (Attributes{
                {"lane", "TelemetryLane"}, {"edge_id", "lane-dispatch/telemetry"}, {"strategy", "best_effort_drop"}}));
}

TEST(RecordTelemetry, TellsTheMarksThatALaneCrossed) {
  const auto depths = metrics_named(sample_events(), "edge_queue_depth");
  ASSERT_EQ(depths.size(), 2U);
  EXPECT_EQ(depths[0].attributes.at("status"), "saturated");
  EXPECT_DOUBLE_EQ(depths[0].value, 80.0);
  EXPECT_EQ(depths[1].attributes.at("status"), "dequeue");
  EXPECT_DOUBLE_EQ(depths[1].value, 20.0);
}

TEST(RecordTelemetry, WarnsOfWhatWentOtherwise) {
  const auto events = sample_events();
  const auto opened = logs_named(events, "turn_open_result");
  ASSERT_EQ(opened.size(), 3U);
  EXPECT_EQ(opened[0].severity, "info");
  EXPECT_EQ(opened[0].attributes.at("plan_hash"), "plan/turn-000001");
  EXPECT_EQ(opened[2].severity, "warn");
  EXPECT_EQ(opened[2].attributes.at("decision"), "defer");
  const auto ended = logs_named(events, "turn_active_result");
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].severity, "info");
  EXPECT_EQ(ended[1].severity, "warn");
  EXPECT_EQ(ended[1].attributes.at("terminal_event"), "abort");
  const auto fences = logs_named(events, "output_fence_decision");
  ASSERT_EQ(fences.size(), 2U);
  EXPECT_EQ(fences[0].severity, "info");
  EXPECT_EQ(fences[1].severity, "warn");
}

TEST(RecordTelemetry, SaysTheSameOfTheSameRecordingEveryTime) { EXPECT_EQ(sample_events(), sample_events()); }

TEST(RecordTelemetry, CarriesNoWordOfWhatWasSaid) {
  replay::SampleConversation conversation("my secret number is 4711");
  for (const TelemetryEvent& event : told_by(conversation.recording)) {
    std::visit(
        [](const auto& body) {
          for (const auto& [key, value] : body.attributes) EXPECT_EQ(value.find("secret"), std::string::npos) << key;
        },
        event.body);
  }
}

TEST(RecordTelemetry, CountsABaselineThatIsNone) {
  replay::MemoryRecording recording;
  const std::vector<std::byte> garbage(64, std::byte{0x5a});
  recording.add(RecordType::baseline, garbage);
  RecordTelemetry fold;
  fold.take(*recording.next(), [](const TelemetryEvent&) { FAIL(); });
  EXPECT_EQ(fold.unreadable(), 1U);
}

}  // namespace
}  // namespace phalarope::telemetry
