// The catalogue: every metric, span and log there is, with its unit and the label sets it may carry. Closed.
//
//   metric row   name │ unit │ how it adds up │ help │ up to two label sets
//   span row     name (its kind is its name)         │ up to three attribute sets
//   log row      name                                │ one attribute set
//
// A label set is its keys in order, one blank between two; an empty one ends the row. A sample whose keys are no set of
// its row is a programmer's mistake: tests hold everything the house emits against these tables.
// The tables are `inline`: one of each in the program, so that a row's place may be counted from its address.
// Pure data. Contract: evidence.md 3.3; UB-O02.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/telemetry/telemetry_event.hpp"

namespace phalarope::telemetry {

/// How samples of a metric are put together for somebody who looks at many.
enum class Aggregation : std::uint8_t { last, sum, histogram };

enum class MetricId : std::uint8_t {
  queue_depth,
  drops_total,
  cancel_latency_ms,
  provider_rtt_ms,
  shed_rate,
  node_latency_ms,
  edge_latency_ms,
  edge_queue_depth,
  edge_drops_total,
  edge_merges_total,
  durable_export_queue_depth,
  durable_export_lag_ms,
  durable_export_retries_total,
  durable_export_failures_total
};

struct MetricRow {
  std::string_view name;
  std::string_view unit;
  Aggregation aggregation;
  std::string_view help;
  std::array<std::string_view, 2> label_sets;
};

// clang-format off
inline constexpr std::array<MetricRow, 14> metric_rows{{
    {"queue_depth", "count", Aggregation::last, "Telemetry events waiting for export", {"", ""}},
    {"drops_total", "count", Aggregation::sum, "Telemetry events that found no room", {"", ""}},
    {"cancel_latency_ms", "ms", Aggregation::histogram, "Cancel accepted to output fenced",
     {"scope", "accepted edge_id node_id scope"}},
    {"provider_rtt_ms", "ms", Aggregation::histogram, "A provider's answer, by attempt and by invocation",
     {"attempt edge_id modality node_id outcome provider_id", "attempts edge_id modality node_id retry_logic scope"}},
    {"shed_rate", "ratio", Aggregation::last, "1 where a scheduling point shed, 0 where it did not",
     {"edge_id node_id scope", ""}},
    {"node_latency_ms", "ms", Aggregation::histogram, "A node's work for one turn",
     {"edge_id node_id node_type pipeline_ref scope", ""}},
    {"edge_latency_ms", "ms", Aggregation::histogram, "How long what a node gave waited for the next one",
     {"action edge_id watermark_high", ""}},
    {"edge_queue_depth", "count", Aggregation::last, "Items in a lane's queue", {"edge_id lane status", ""}},
    {"edge_drops_total", "count", Aggregation::sum, "Items a queue did not keep", {"edge_id lane strategy", ""}},
    {"edge_merges_total", "count", Aggregation::sum, "Merges of queued items",
     {"edge_id merge_group_id source_count", ""}},
    {"durable_export_queue_depth", "count", Aggregation::last, "Evidence records on their way to the disk",
     {"edge_id kind node_id status", ""}},
    {"durable_export_lag_ms", "ms", Aggregation::histogram, "Evidence taken to evidence durable",
     {"attempts edge_id kind node_id", ""}},
    {"durable_export_retries_total", "count", Aggregation::sum, "Tries of a write that are to be repeated",
     {"attempt edge_id kind node_id", ""}},
    {"durable_export_failures_total", "count", Aggregation::sum, "Evidence that could not be made durable",
     {"attempts edge_id kind node_id", ""}},
}};
// clang-format on

struct BodyRow {
  std::string_view name;
  std::array<std::string_view, 3> label_sets;
};
inline constexpr std::array<BodyRow, 3> span_rows{{
    {"turn_span",
     {"decision error node_id phase plan_hash state transitions",
      "error node_id phase state terminal_event transitions", ""}},
    {"node_span",
     {"allowed edge_id node_id node_type scope", "allowed edge_id node_id node_type outcome scope",
      "accepted node_type"}},
    {"provider_invocation_span",
     {"attempt edge_id modality node_id outcome provider_id",
      "attempt boundary cpu_units edge_id memory_mb modality node_id outcome provider_id", ""}},
}};
inline constexpr std::array<BodyRow, 6> log_rows{{
    {"turn_open_result", {"decision error node_id phase plan_hash state transitions", "", ""}},
    {"turn_active_result", {"error node_id phase state terminal_event transitions", "", ""}},
    {"provider_invocation_attempt",
     {"attempt edge_id modality node_id outcome provider_id retryable",
      "attempt boundary cpu_units edge_id memory_mb modality node_id outcome provider_id retryable", ""}},
    {"provider_invocation_cancelled",
     {"edge_id modality node_id outcome provider_id",
      "boundary cpu_units edge_id memory_mb modality node_id outcome provider_id", ""}},
    {"scheduling_shed", {"edge_id node_id node_type outcome reason scope", "", ""}},
    {"output_fence_decision", {"accepted edge_id node_id reason signal", "", ""}},
}};

/// What the durable export's samples say of their place (evidence.md 3.3).
inline constexpr std::string_view export_node_id = "timeline_exporter";
inline constexpr std::string_view export_edge_id = "timeline/durable_export";

constexpr const MetricRow& row_of(MetricId id) noexcept { return metric_rows[static_cast<std::size_t>(id)]; }
static_assert(row_of(MetricId::durable_export_failures_total).name == "durable_export_failures_total");

/// Null when the catalogue has no such metric.
constexpr const MetricRow* find_metric(std::string_view name) noexcept {
  const auto found = std::ranges::find(metric_rows, name, &MetricRow::name);
  return found == metric_rows.end() ? nullptr : &*found;
}

/// The keys in order, one blank between two: the form of a label set.
inline std::string keys_of(const Attributes& attributes) {
  std::string keys;
  for (const auto& [key, value] : attributes) keys += (keys.empty() ? "" : " ") + key;
  return keys;
}

inline bool is_label_set(std::span<const std::string_view> label_sets, const Attributes& attributes) {
  const std::string keys = keys_of(attributes);
  if (keys.empty()) return label_sets.front().empty();  // behind a set, an empty one is only the row's end
  return std::ranges::find(label_sets, keys) != label_sets.end();
}

/// True when name, unit and labels are a row's.
inline bool is_in_catalogue(const TelemetryEvent& event) {
  if (const auto* const metric = std::get_if<MetricBody>(&event.body)) {
    const MetricRow* const row = find_metric(metric->name);
    return row != nullptr && row->unit == metric->unit && is_label_set(row->label_sets, metric->attributes);
  }
  const auto listed = [](std::span<const BodyRow> rows, std::string_view name, const Attributes& attributes) {
    const auto row = std::ranges::find(rows, name, &BodyRow::name);
    return row != rows.end() && is_label_set(row->label_sets, attributes);
  };
  if (const auto* const span = std::get_if<SpanBody>(&event.body)) {
    return span->kind == span->name && listed(span_rows, span->name, span->attributes);
  }
  const auto& log = std::get<LogBody>(event.body);
  return listed(log_rows, log.name, log.attributes) && (log.severity == "info" || log.severity == "warn");
}

}  // namespace phalarope::telemetry
