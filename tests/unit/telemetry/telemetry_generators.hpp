// Telemetry events from a seed, for property tests: any bytes as texts, any doubles, known and unknown names.
#pragma once

#include <rapidcheck.h>

#include <string>

#include "core/telemetry/catalogue.hpp"
#include "core/telemetry/telemetry_event.hpp"

namespace phalarope::telemetry {

inline Attributes any_labels() {
  Attributes labels;
  const auto count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    labels["label_" + std::to_string(*rc::gen::inRange(0, 6))] = *rc::gen::arbitrary<std::string>();
  }
  return labels;
}

inline TelemetryEvent any_event() {
  TelemetryEvent event;
  event.timestamp_ms = *rc::gen::arbitrary<std::int64_t>();
  event.correlation.session_id = *rc::gen::arbitrary<std::string>();
  event.correlation.turn_id = *rc::gen::arbitrary<std::string>();
  event.correlation.event_id = "e";
  event.correlation.wall_clock_timestamp_ms = *rc::gen::inRange<std::int64_t>(-5, 4'000'000'000'000);
  event.correlation.runtime_timestamp_ms = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
  const int kind = *rc::gen::inRange(0, 3);
  if (kind == 0) {
    const bool known = *rc::gen::arbitrary<bool>();
    const auto& row = metric_rows[*rc::gen::inRange<std::size_t>(0, metric_rows.size())];
    event.body = MetricBody{.name = known ? std::string(row.name) : *rc::gen::arbitrary<std::string>(),
                            .value = *rc::gen::arbitrary<double>(),
                            .unit = std::string(row.unit),
                            .attributes = any_labels()};
  } else if (kind == 1) {
    event.body = SpanBody{.name = "turn_span",
                          .kind = "turn_span",
                          .start_ms = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000),
                          .end_ms = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000),
                          .trace_id = std::string(32, 'a'),
                          .span_id = std::string(16, 'b'),
                          .parent_span_id = *rc::gen::arbitrary<bool>() ? "" : std::string(16, 'c'),
                          .attributes = any_labels()};
  } else {
    event.body = LogBody{.name = *rc::gen::arbitrary<std::string>(),
                         .severity = *rc::gen::arbitrary<bool>() ? "info" : "warn",
                         .message = *rc::gen::arbitrary<std::string>(),
                         .attributes = any_labels()};
  }
  return event;
}

}  // namespace phalarope::telemetry
