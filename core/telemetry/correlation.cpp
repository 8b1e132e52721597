#include "core/telemetry/correlation.hpp"

#include <algorithm>
#include <array>

namespace phalarope::telemetry {
namespace {

constexpr std::string_view white_space = " \t\n\v\f\r";
constexpr std::array<std::string_view, 3> lane_names = {"DataLane", "ControlLane", telemetry_lane};

std::string or_default(std::string_view text, std::string_view standard) {
  return std::string(text.empty() ? standard : text);
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

Attributes normalised(const Attributes& attributes) {
  Attributes clean;
  for (const auto& [key, value] : attributes) {
    if (const auto name = trimmed(key); !name.empty()) clean.insert_or_assign(std::string(name), trimmed(value));
  }
  return clean;
}

Result<Correlation, CorrelationRefusal> resolve_correlation(const Correlation& raw) {
  Correlation resolved;
  resolved.session_id = trimmed(raw.session_id);
  resolved.event_id = trimmed(raw.event_id);
  if (resolved.session_id.empty()) return refuse(CorrelationRefusal::session_id_missing);
  if (resolved.event_id.empty()) return refuse(CorrelationRefusal::event_id_missing);
  resolved.lane = or_default(trimmed(raw.lane), telemetry_lane);
  if (std::ranges::find(lane_names, resolved.lane) == lane_names.end()) return refuse(CorrelationRefusal::lane_unknown);
  resolved.turn_id = trimmed(raw.turn_id);
  resolved.pipeline_version = or_default(trimmed(raw.pipeline_version), default_pipeline_version);
  resolved.node_id = trimmed(raw.node_id);
  resolved.edge_id = trimmed(raw.edge_id);
  resolved.emitted_by = or_default(trimmed(raw.emitted_by), telemetry_emitter);
  resolved.authority_epoch = std::max<std::int64_t>(0, raw.authority_epoch);
  resolved.runtime_timestamp_ms = std::max<std::int64_t>(0, raw.runtime_timestamp_ms);
  resolved.wall_clock_timestamp_ms = std::max<std::int64_t>(0, raw.wall_clock_timestamp_ms);
  return resolved;
}

std::int64_t timestamp_of(const Correlation& correlation, std::int64_t wall_now_ms) noexcept {
  return correlation.runtime_timestamp_ms > 0 ? correlation.runtime_timestamp_ms : wall_now_ms;
}

}  // namespace phalarope::telemetry
