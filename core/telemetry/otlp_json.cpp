#include "core/telemetry/otlp_json.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "core/engine/base/strong.hpp"
#include "core/telemetry/event_writer.hpp"
#include "core/telemetry/metric_registry.hpp"

namespace phalarope::telemetry {
namespace {

using nlohmann::ordered_json;

constexpr int temporality_delta = 1;
constexpr int span_kind_internal = 1;
constexpr int severity_info = 9;
constexpr int severity_warn = 13;
constexpr int status_error = 2;
/// Exemplars of one data point: enough to find a turn by, not a copy of the samples.
constexpr std::size_t exemplars_max = 8;
constexpr std::string_view scope_name = "phalarope.telemetry";

ordered_json attribute(std::string_view key, std::string_view value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}
ordered_json attribute_list(const Attributes& attributes) {
  ordered_json list = ordered_json::array();
  for (const auto& [key, value] : attributes) list.push_back(attribute(key, value));
  return list;
}

/// Every identifier there is, under the contract's names.
void add_correlation(ordered_json& list, const Correlation& about, const Attributes& already) {
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty() && !already.contains(key)) list.push_back(attribute(key, value));
  };
  add("session_id", about.session_id);
  add("turn_id", about.turn_id);
  add("event_id", about.event_id);
  add("pipeline_version", about.pipeline_version);
  add("node_id", about.node_id);
  add("edge_id", about.edge_id);
  add("lane", about.lane);
  add("emitted_by", about.emitted_by);
  add("authority_epoch", std::to_string(about.authority_epoch));
}

class Encoder {
 public:
  Encoder(const OtlpResource& resource, std::int64_t wall_now_ns) : resource_(resource), wall_now_ns_(wall_now_ns) {}

  void take(const TelemetryEvent& event) {
    if (const auto* const metric = std::get_if<MetricBody>(&event.body)) {
      take_metric(event, *metric);
    } else if (const auto* const span = std::get_if<SpanBody>(&event.body)) {
      spans_.push_back(span_json(event, *span));
    } else {
      logs_.push_back(log_json(event, std::get<LogBody>(event.body)));
    }
  }

  std::vector<CollectorRequest> finish() {
    std::vector<CollectorRequest> requests;
    if (metric_samples_ > 0) {
      requests.push_back(
          {"/v1/metrics", wrapped("resourceMetrics", "scopeMetrics", "metrics", metrics_json()), metric_samples_});
    }
    if (!spans_.empty()) {
      requests.push_back({"/v1/traces", wrapped("resourceSpans", "scopeSpans", "spans", spans_), spans_.size()});
    }
    if (!logs_.empty()) {
      requests.push_back({"/v1/logs", wrapped("resourceLogs", "scopeLogs", "logRecords", logs_), logs_.size()});
    }
    return requests;
  }

 private:
  struct Point {
    Series series;
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
    double smallest = 0.0;
    double largest = 0.0;
    ordered_json exemplars = ordered_json::array();
  };

  std::int64_t wall_ns(const Correlation& about) const {
    return about.wall_clock_timestamp_ms > 0 ? about.wall_clock_timestamp_ms * ns_per_ms : wall_now_ns_;
  }
  /// Engine time on the wall: the event's own two clocks say how far they are apart.
  std::int64_t wall_ns(const Correlation& about, std::int64_t engine_ns) const {
    return wall_ns(about) + engine_ns - about.runtime_timestamp_ms * ns_per_ms;
  }
  static std::string nano(std::int64_t ns) { return std::to_string(std::max<std::int64_t>(0, ns)); }

  void take_metric(const TelemetryEvent& event, const MetricBody& metric) {
    ++metric_samples_;
    const MetricRow* const row = find_metric(metric.name);
    if (row == nullptr || !is_measured(metric.value)) return;
    Attributes labels = metric.attributes;
    labels.insert(metric.view_labels.begin(), metric.view_labels.end());
    labels.emplace("pipeline_version", event.correlation.pipeline_version);
    auto [found, is_new] = points_[row].try_emplace(std::move(labels));
    Point& point = found->second;
    const std::int64_t at_ns = wall_ns(event.correlation);
    point.first_ns = is_new ? at_ns : std::min(point.first_ns, at_ns);
    point.last_ns = is_new ? at_ns : std::max(point.last_ns, at_ns);
    point.smallest = is_new ? metric.value : std::min(point.smallest, metric.value);
    point.largest = is_new ? metric.value : std::max(point.largest, metric.value);
    point.series.value = row->aggregation == Aggregation::last ? metric.value : point.series.value + metric.value;
    ++point.series.count;
    ++point.series.buckets[static_cast<std::size_t>(std::ranges::lower_bound(bucket_bounds, metric.value) -
                                                    bucket_bounds.begin())];
    if (point.exemplars.size() < exemplars_max) point.exemplars.push_back(exemplar(event, metric, at_ns));
  }

  static ordered_json exemplar(const TelemetryEvent& event, const MetricBody& metric, std::int64_t at_ns) {
    const Correlation& about = event.correlation;
    ordered_json ids = ordered_json::array();
    add_correlation(ids, about, metric.attributes);
    return {{"filteredAttributes", std::move(ids)},
            {"timeUnixNano", nano(at_ns)},
            {"asDouble", metric.value},
            {"traceId", trace_id_of(about.session_id, about.turn_id)}};
  }

  static ordered_json point_json(const MetricRow& row, const Attributes& labels, const Point& point) {
    ordered_json json = {{"attributes", attribute_list(labels)},
                         {"startTimeUnixNano", nano(point.first_ns - ns_per_ms)},
                         {"timeUnixNano", nano(point.last_ns)},
                         {"exemplars", point.exemplars}};
    if (row.aggregation != Aggregation::histogram) {
      json["asDouble"] = point.series.value;
      return json;
    }
    json["count"] = std::to_string(point.series.count);
    json["sum"] = point.series.value;
    json["min"] = point.smallest;
    json["max"] = point.largest;
    json["explicitBounds"] = bucket_bounds;
    json["bucketCounts"] = ordered_json::array();
    for (const std::uint64_t count : point.series.buckets) json["bucketCounts"].push_back(std::to_string(count));
    return json;
  }

  ordered_json metrics_json() const {
    ordered_json metrics = ordered_json::array();
    for (const auto& [row, points] : points_) {
      ordered_json list = ordered_json::array();
      for (const auto& [labels, point] : points) list.push_back(point_json(*row, labels, point));
      ordered_json metric = {{"name", row->name}, {"description", row->help}, {"unit", row->unit}};
      switch (row->aggregation) {
        case Aggregation::last:
          metric["gauge"] = {{"dataPoints", std::move(list)}};
          break;
        case Aggregation::sum:
          metric["sum"] = {
              {"dataPoints", std::move(list)}, {"aggregationTemporality", temporality_delta}, {"isMonotonic", true}};
          break;
        case Aggregation::histogram:
          metric["histogram"] = {{"dataPoints", std::move(list)}, {"aggregationTemporality", temporality_delta}};
          break;
      }
      metrics.push_back(std::move(metric));
    }
    return metrics;
  }

  ordered_json span_json(const TelemetryEvent& event, const SpanBody& span) const {
    const Correlation& about = event.correlation;
    const Interval interval = span.measured.value_or(Interval{span.start_ms * ns_per_ms, span.end_ms * ns_per_ms});
    ordered_json attributes = attribute_list(span.attributes);
    add_correlation(attributes, about, span.attributes);
    const std::int64_t start_ns = wall_ns(about, interval.start_ns);
    ordered_json json = {{"traceId", span.trace_id},
                         {"spanId", span.span_id},
                         {"parentSpanId", span.parent_span_id},
                         {"name", span.name},
                         {"kind", span_kind_internal},
                         {"startTimeUnixNano", nano(start_ns)},
                         {"endTimeUnixNano", nano(std::max(start_ns, wall_ns(about, interval.end_ns)))},
                         {"attributes", std::move(attributes)}};
    const auto error = span.attributes.find("error");
    const bool failed = error != span.attributes.end() && !error->second.empty();
    json["status"] = ordered_json::object();
    if (failed) json["status"] = {{"code", status_error}, {"message", error->second}};
    return json;
  }

  ordered_json log_json(const TelemetryEvent& event, const LogBody& log) const {
    const Correlation& about = event.correlation;
    ordered_json attributes = attribute_list(log.attributes);
    attributes.push_back(attribute("event.name", log.name));
    add_correlation(attributes, about, log.attributes);
    return {{"timeUnixNano", nano(wall_ns(about))},
            {"observedTimeUnixNano", nano(wall_now_ns_)},
            {"severityNumber", log.severity == "warn" ? severity_warn : severity_info},
            {"severityText", log.severity},
            {"body", {{"stringValue", log.message}}},
            {"attributes", std::move(attributes)},
            {"traceId", trace_id_of(about.session_id, about.turn_id)}};
  }

  std::string wrapped(const char* outer, const char* scoped, const char* items, ordered_json list) const {
    ordered_json resource = ordered_json::array({attribute("service.name", resource_.service_name)});
    if (!resource_.service_version.empty()) resource.push_back(attribute("service.version", resource_.service_version));
    const ordered_json scope = {{"scope", {{"name", scope_name}}}, {items, std::move(list)}};
    const ordered_json entry = {{"resource", {{"attributes", std::move(resource)}}},
                                {scoped, ordered_json::array({scope})}};
    const ordered_json body = {{outer, ordered_json::array({entry})}};
    return body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  }

  const OtlpResource& resource_;
  std::int64_t wall_now_ns_;
  std::map<const MetricRow*, std::map<Attributes, Point>> points_;  // rows lie in one array: the catalogue's order
  std::size_t metric_samples_ = 0;
  ordered_json spans_ = ordered_json::array();
  ordered_json logs_ = ordered_json::array();
};

}  // namespace

std::vector<CollectorRequest> otlp_requests(std::span<const TelemetryEvent> events, const OtlpResource& resource,
                                            std::int64_t wall_now_ns) {
  Encoder encoder(resource, wall_now_ns);
  for (const TelemetryEvent& event : events) encoder.take(event);
  return encoder.finish();
}

}  // namespace phalarope::telemetry
