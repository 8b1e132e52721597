// A telemetry event as JSON: the private collector body, and a log as one line for people's tools.
//
//   {"service_name":"phalarope-runtime","event":{"kind":"metric","timestamp_ms":..,"correlation":{..},"metric":{..}}}
//   {"timestamp_ms":..,"severity":"info","name":"turn_open_result","session_id":..,"turn_id":..,"node_id":..,
//    "pipeline_version":..,"event_id":..,"message":..,"attributes":{..}}
//
// In the body blank correlation fields are left out; a log line always names session, turn, node and version. Bytes
// that are no UTF-8 become U+FFFD. Pure; any thread. Contract: evidence.md 3.1, 3.2 (collector sink), 3.3 (logs).
#pragma once

#include <string>
#include <string_view>

#include "core/telemetry/telemetry_event.hpp"

namespace phalarope::telemetry {

constexpr std::string_view default_service_name = "phalarope-runtime";

std::string private_body(const TelemetryEvent& event, std::string_view service_name = default_service_name);
/// Empty when the event is no log. No line feed at its end.
std::string log_line(const TelemetryEvent& event);
/// The path below the collector's base that takes this kind: `/v1/metrics`, `/v1/traces`, `/v1/logs`.
std::string_view collector_path(const TelemetryEvent& event) noexcept;

}  // namespace phalarope::telemetry
