#include "core/telemetry/event_writer.hpp"

#include "core/engine/base/sha256.hpp"

namespace phalarope::telemetry {
namespace {

constexpr std::size_t trace_id_digits = 32;
constexpr std::size_t span_id_digits = 16;

/// Parts are told apart by a zero byte, which no id holds.
std::string digest_of(std::initializer_list<std::string_view> parts, std::size_t digits) {
  std::string joined;
  for (const std::string_view part : parts) {
    joined += part;
    joined += '\0';
  }
  const Sha256Hex hex = to_hex(sha256(joined));
  return {hex.data(), digits};
}

}  // namespace

std::string trace_id_of(std::string_view session_id, std::string_view turn_id) {
  return digest_of({"trace", session_id, turn_id}, trace_id_digits);
}

std::string span_id_of(std::initializer_list<std::string_view> parts) { return digest_of(parts, span_id_digits); }

template <typename Body>
void EventWriter::send(const Correlation& about, Body body) {
  auto resolved = resolve_correlation(about);
  if (!resolved) {
    ++skipped_;
    return;
  }
  body.attributes = normalised(body.attributes);
  TelemetryEvent event;
  event.timestamp_ms = timestamp_of(*resolved, resolved->wall_clock_timestamp_ms);
  event.correlation = std::move(*resolved);
  event.body = std::move(body);
  sink_(event);
}

void EventWriter::metric(const Correlation& about, MetricId id, double value, Attributes labels,
                         Attributes view_labels) {
  const MetricRow& row = row_of(id);
  send(about, MetricBody{.name = std::string(row.name),
                         .value = value,
                         .unit = std::string(row.unit),
                         .attributes = std::move(labels),
                         .view_labels = std::move(view_labels)});
}

void EventWriter::span(const Correlation& about, SpanBody span) {
  span.kind = span.name;
  span.trace_id = trace_id_of(about.session_id, about.turn_id);
  send(about, std::move(span));
}

void EventWriter::log(const Correlation& about, LogBody log) { send(about, std::move(log)); }

}  // namespace phalarope::telemetry
