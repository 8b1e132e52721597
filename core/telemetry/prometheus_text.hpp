// The registry as the Prometheus text exposition format 0.0.4.
//
//   # HELP node_latency_ms A node's work for one turn
//   # TYPE node_latency_ms histogram
//   node_latency_ms_bucket{node_id="stt",...,le="5"} 12
//
// Names are the catalogue's, label values are escaped (backslash, quote, line feed), order is the catalogue's and then
// the labels', so equal registries give equal bytes. Pure. Contract: evidence.md 3.3.
#pragma once

#include <string>
#include <string_view>

#include "core/telemetry/metric_registry.hpp"

namespace phalarope::telemetry {

constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

std::string prometheus_text(const MetricRegistry& registry);

}  // namespace phalarope::telemetry
