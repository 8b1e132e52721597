#include "core/telemetry/event_json.hpp"

#include <nlohmann/json.hpp>

namespace phalarope::telemetry {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& json) { return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

ordered_json attributes_json(const Attributes& attributes) {
  ordered_json json = ordered_json::object();
  for (const auto& [key, value] : attributes) json[key] = value;
  return json;
}

ordered_json correlation_json(const Correlation& about) {
  ordered_json json = ordered_json::object();
  const auto text = [&json](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  text("session_id", about.session_id);
  text("turn_id", about.turn_id);
  text("event_id", about.event_id);
  text("pipeline_version", about.pipeline_version);
  text("node_id", about.node_id);
  text("edge_id", about.edge_id);
  json["authority_epoch"] = about.authority_epoch;
  text("lane", about.lane);
  text("emitted_by", about.emitted_by);
  json["runtime_timestamp_ms"] = about.runtime_timestamp_ms;
  json["wall_clock_timestamp_ms"] = about.wall_clock_timestamp_ms;
  return json;
}

struct BodyJson {
  ordered_json operator()(const MetricBody& metric) const {
    return {{"name", metric.name},
            {"value", metric.value},
            {"unit", metric.unit},
            {"attributes", attributes_json(metric.attributes)}};
  }
  ordered_json operator()(const SpanBody& span) const {
    return {{"name", span.name},
            {"kind", span.kind},
            {"start_ms", span.start_ms},
            {"end_ms", span.end_ms},
            {"trace_id", span.trace_id},
            {"span_id", span.span_id},
            {"parent_span_id", span.parent_span_id},
            {"attributes", attributes_json(span.attributes)}};
  }
  ordered_json operator()(const LogBody& log) const {
    return {{"name", log.name},
            {"severity", log.severity},
            {"message", log.message},
            {"attributes", attributes_json(log.attributes)}};
  }
};

}  // namespace

std::string private_body(const TelemetryEvent& event, std::string_view service_name) {
  const std::string kind(kind_of(event));
  const ordered_json json = {{"service_name", service_name},
                             {"event",
                              {{"kind", kind},
                               {"timestamp_ms", event.timestamp_ms},
                               {"correlation", correlation_json(event.correlation)},
                               {kind, std::visit(BodyJson{}, event.body)}}}};
  return dump(json);
}

std::string log_line(const TelemetryEvent& event) {
  const auto* const log = std::get_if<LogBody>(&event.body);
  if (log == nullptr) return {};
  const Correlation& about = event.correlation;
  return dump({{"timestamp_ms", about.wall_clock_timestamp_ms > 0 ? about.wall_clock_timestamp_ms : event.timestamp_ms},
               {"severity", log->severity},
               {"name", log->name},
               {"session_id", about.session_id},
               {"turn_id", about.turn_id},
               {"node_id", about.node_id},
               {"pipeline_version", about.pipeline_version},
               {"event_id", about.event_id},
               {"message", log->message},
               {"attributes", attributes_json(log->attributes)}});
}

std::string_view collector_path(const TelemetryEvent& event) noexcept {
  constexpr std::string_view paths[] = {"/v1/metrics", "/v1/traces", "/v1/logs"};
  return paths[event.body.index()];
}

}  // namespace phalarope::telemetry
