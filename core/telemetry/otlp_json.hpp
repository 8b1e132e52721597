// OTLP/HTTP in JSON: a batch of telemetry events as the bodies of at most three requests.
//
//   events ──┬─ metrics ──▶ /v1/metrics   *_ms: histogram, *_total: sum, others: gauge; samples of equal labels are one
//            │                            data point, each sample an exemplar that leads to its turn and trace
//            ├─ spans ────▶ /v1/traces    the measured interval where the evidence knows it
//            └─ logs ─────▶ /v1/logs      with the trace of their turn
//
// Sums and histograms are deltas. Engine times become wall times by the event's own pair of clocks; an event without
// wall time is stamped with the time of sending. 64-bit numbers are strings and ids hex, as the OTLP JSON mapping asks.
// A value that cannot have been measured is left out. Pure; any thread.
// Contract: evidence.md 3.2 ("an encoder that speaks standard OTLP/HTTP"), 3.3; F-070.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/telemetry/event_json.hpp"
#include "core/telemetry/telemetry_event.hpp"

namespace phalarope::telemetry {

struct CollectorRequest {
  std::string_view path;
  std::string body;
  std::size_t events = 0;
};

struct OtlpResource {
  std::string service_name = std::string(default_service_name);
  std::string service_version;
};

/// `wall_now_ns` stands in for events without wall time.
std::vector<CollectorRequest> otlp_requests(std::span<const TelemetryEvent> events, const OtlpResource& resource,
                                            std::int64_t wall_now_ns);

}  // namespace phalarope::telemetry
