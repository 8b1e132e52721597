// MetricRegistry: metric samples put together into series, for somebody who looks now and then.
//
//   sample (name, labels, value) ──▶ series ──┬ last       edge_queue_depth, queue_depth, shed_rate
//                                             ├ sum        *_total
//                                             └ histogram  *_ms: counts below 13 bounds, sum
//
// Labels of a series: the contract's, pipeline_version, and what a query wants beside them (the provider of a node).
// Never a session, turn or event: they would make a new series a turn.
//
// Invariants. (1) At most series_max series; a sample that would need one more is counted and left out. (2) Two orders
// of the same samples give the same counts and sums of whole numbers.
// One thread; hand a copy to another. Contract: evidence.md 3.3 ("queryable as p50/p95/p99").
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/telemetry/catalogue.hpp"

namespace phalarope::telemetry {

constexpr std::size_t series_max = 1024;

/// Upper bounds of the buckets, in the metric's unit (ms); what is above the last is in none but the total.
inline constexpr std::array<double, 13> bucket_bounds = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000};

/// Beyond it a value is somebody's mistake, and sums would cease to be numbers.
constexpr double sample_value_max = 1e15;
inline bool is_measured(double value) { return value >= -sample_value_max && value <= sample_value_max; }  // and no NaN

struct Series {
  double value = 0.0;  // last or sum
  std::uint64_t count = 0;
  std::array<std::uint64_t, bucket_bounds.size() + 1> buckets{};  // not cumulative; the last one has no bound

  bool operator==(const Series&) const = default;
};

class MetricRegistry {
 public:
  /// Spans, logs and names that are not in the catalogue are passed over.
  void take(const TelemetryEvent& event);
  void take(MetricId id, double value, const Attributes& labels);

  using Key = std::pair<MetricId, Attributes>;
  const std::map<Key, Series>& series() const noexcept { return series_; }
  const Series* find(MetricId id, const Attributes& labels) const;
  std::uint64_t samples_without_series() const noexcept { return left_out_; }

 private:
  std::map<Key, Series> series_;
  std::uint64_t left_out_ = 0;
};

/// The value below which `per_mille` of a histogram's samples lie, interpolated inside its bucket; the last bound for
/// what lies above it. 0 of an empty series.
double quantile(const Series& series, std::uint32_t per_mille);

}  // namespace phalarope::telemetry
