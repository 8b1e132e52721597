// The correlation resolver: the one place where identifiers of metrics, spans, logs and export are made fit to send.
//
//   raw ──trim──▶ session_id, event_id present? ──▶ lane known? ──▶ defaults ──▶ negative numbers become 0
//
// Pure; any thread. Contract: evidence.md 3.1; UB-O01.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/engine/base/result.hpp"
#include "core/telemetry/telemetry_event.hpp"

namespace phalarope::telemetry {

constexpr std::string_view telemetry_lane = "TelemetryLane";
constexpr std::string_view default_pipeline_version = "pipeline-v1";
constexpr std::string_view telemetry_emitter = "OR-01";

enum class CorrelationRefusal : std::uint8_t { session_id_missing, event_id_missing, lane_unknown };
constexpr std::string_view describe(CorrelationRefusal refusal) noexcept {
  constexpr std::string_view sentences[] = {"session_id_missing: telemetry names the session it is about",
                                            "event_id_missing: telemetry names the event it follows from",
                                            "lane_unknown: a lane is DataLane, ControlLane or TelemetryLane"};
  return sentences[static_cast<std::size_t>(refusal)];
}

Result<Correlation, CorrelationRefusal> resolve_correlation(const Correlation& raw);

/// Without white space at its ends.
std::string_view trimmed(std::string_view text) noexcept;
/// Keys and values trimmed, blank keys dropped.
Attributes normalised(const Attributes& attributes);
/// The correlation's runtime time if it has one, else `wall_now_ms`.
std::int64_t timestamp_of(const Correlation& correlation, std::int64_t wall_now_ms) noexcept;

}  // namespace phalarope::telemetry
