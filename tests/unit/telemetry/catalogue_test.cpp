// The catalogue against the contract's tables, typed again by hand.
#include "core/telemetry/catalogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace phalarope::telemetry {
namespace {

using Sets = std::set<std::string_view>;

// contract: evidence 3.3
const std::map<std::string_view, std::pair<std::string_view, Sets>> contract_metrics = {
    {"queue_depth", {"count", {""}}},
    {"drops_total", {"count", {""}}},
    {"cancel_latency_ms", {"ms", {"scope", "accepted edge_id node_id scope"}}},
    {"provider_rtt_ms",
     {"ms",
      {"attempt edge_id modality node_id outcome provider_id", "attempts edge_id modality node_id retry_logic scope"}}},
    {"shed_rate", {"ratio", {"edge_id node_id scope"}}},
    {"node_latency_ms", {"ms", {"edge_id node_id node_type pipeline_ref scope"}}},
    {"edge_latency_ms", {"ms", {"action edge_id watermark_high"}}},
    {"edge_queue_depth", {"count", {"edge_id lane status"}}},
    {"edge_drops_total", {"count", {"edge_id lane strategy"}}},
    {"edge_merges_total", {"count", {"edge_id merge_group_id source_count"}}},
    {"durable_export_queue_depth", {"count", {"edge_id kind node_id status"}}},
    {"durable_export_lag_ms", {"ms", {"attempts edge_id kind node_id"}}},
    {"durable_export_retries_total", {"count", {"attempt edge_id kind node_id"}}},
    {"durable_export_failures_total", {"count", {"attempts edge_id kind node_id"}}},
};

Sets sets_of(const MetricRow& row) {
  Sets sets(row.label_sets.begin(), row.label_sets.end());
  if (sets.size() > 1) sets.erase("");
  return sets;
}

TEST(Catalogue, HoldsTheContractsMetricsAndNoOthers) {
  EXPECT_EQ(metric_rows.size(), contract_metrics.size());
  for (const MetricRow& row : metric_rows) {
    const auto expected = contract_metrics.find(row.name);
    ASSERT_NE(expected, contract_metrics.end()) << row.name;
    EXPECT_EQ(row.unit, expected->second.first) << row.name;
    EXPECT_EQ(sets_of(row), expected->second.second) << row.name;
    EXPECT_EQ(row.aggregation == Aggregation::histogram, row.name.ends_with("_ms")) << row.name;
    EXPECT_EQ(row.aggregation == Aggregation::sum, row.name.ends_with("_total")) << row.name;
  }
}

TEST(Catalogue, HoldsTheContractsSpansAndLogs) {
  Sets spans;
  for (const BodyRow& row : span_rows) spans.insert(row.name);
  EXPECT_EQ(spans, (Sets{"turn_span", "node_span", "provider_invocation_span"}));
  Sets logs;
  for (const BodyRow& row : log_rows) logs.insert(row.name);
  EXPECT_EQ(logs, (Sets{"turn_open_result", "turn_active_result", "provider_invocation_attempt",
                        "provider_invocation_cancelled", "scheduling_shed", "output_fence_decision"}));
}

TEST(Catalogue, WritesEveryLabelSetInOrder) {
  const auto check = [](std::string_view set) {
    Attributes attributes;
    for (std::size_t start = 0; start < set.size();) {
      const std::size_t end = std::min(set.find(' ', start), set.size());
      attributes[std::string(set.substr(start, end - start))] = "";
      start = end + 1;
    }
    EXPECT_EQ(keys_of(attributes), set);
  };
  for (const MetricRow& row : metric_rows) std::ranges::for_each(row.label_sets, check);
  for (const BodyRow& row : span_rows) std::ranges::for_each(row.label_sets, check);
  for (const BodyRow& row : log_rows) std::ranges::for_each(row.label_sets, check);
}

TEST(Catalogue, RefusesAnotherNameUnitOrLabel) {
  TelemetryEvent event;
  event.body = MetricBody{.name = "cancel_latency_ms", .value = 1, .unit = "ms", .attributes = {{"scope", "turn"}}};
  EXPECT_TRUE(is_in_catalogue(event));
  auto& metric = std::get<MetricBody>(event.body);
  metric.unit = "s";
  EXPECT_FALSE(is_in_catalogue(event));
  metric.unit = "ms";
  metric.attributes.clear();
  EXPECT_FALSE(is_in_catalogue(event));
  metric.attributes = {{"scope", "turn"}};
  metric.attributes["more"] = "";
  EXPECT_FALSE(is_in_catalogue(event));
  metric = {.name = "cancel_latency", .value = 1, .unit = "ms", .attributes = {{"scope", "turn"}}};
  EXPECT_FALSE(is_in_catalogue(event));
}

}  // namespace
}  // namespace phalarope::telemetry
