// A telemetry event: one metric sample, span or log, with the identifiers that tie it to everything else of its turn.
//
//   TelemetryEvent ── timestamp_ms, Correlation (eleven fields), body: MetricBody | SpanBody | LogBody
//
// The members are the contract's; the two that are not say so: they help those who look (a histogram, a trace viewer)
// and are neither hashed for sampling nor part of the private collector body. Values only; any thread.
// Contract: evidence.md 3.1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace phalarope::telemetry {

/// Who and what an event is about, as the resolver (correlation.hpp) answers it. Blank: not known.
struct Correlation {
  std::string session_id;
  std::string turn_id;
  std::string event_id;
  std::string pipeline_version;
  std::string node_id;
  std::string edge_id;
  std::int64_t authority_epoch = 0;
  std::string lane;
  std::string emitted_by;
  std::int64_t runtime_timestamp_ms = 0;
  std::int64_t wall_clock_timestamp_ms = 0;

  bool operator==(const Correlation&) const = default;
};

/// Sorted by key, as the sampling hash and the encoders want them.
using Attributes = std::map<std::string, std::string, std::less<>>;

/// A stretch of engine time.
struct Interval {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  bool operator==(const Interval&) const = default;
};

struct MetricBody {
  std::string name;
  double value = 0.0;
  std::string unit;
  Attributes attributes;
  Attributes view_labels{};  // ours: labels a query wants beside the contract's (the provider of a node)

  bool operator==(const MetricBody&) const = default;
};

struct SpanBody {
  std::string name;
  std::string kind;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  std::string trace_id;
  std::string span_id;
  std::string parent_span_id;
  Attributes attributes;
  std::optional<Interval> measured{};  // ours: what the evidence knows; the contract's interval is a mark of 1 ms

  bool operator==(const SpanBody&) const = default;
};

struct LogBody {
  std::string name;
  std::string severity;
  std::string message;
  Attributes attributes;

  bool operator==(const LogBody&) const = default;
};

struct TelemetryEvent {
  std::int64_t timestamp_ms = 0;
  Correlation correlation;
  std::variant<MetricBody, SpanBody, LogBody> body;

  bool operator==(const TelemetryEvent&) const = default;
};

/// `metric`, `span`, `log`.
constexpr std::string_view kind_of(const TelemetryEvent& event) noexcept {
  constexpr std::string_view kinds[] = {"metric", "span", "log"};
  return kinds[event.body.index()];
}

}  // namespace phalarope::telemetry
