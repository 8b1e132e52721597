#include "core/telemetry/metric_registry.hpp"

#include <algorithm>

namespace phalarope::telemetry {
namespace {

MetricId id_of(const MetricRow& row) { return static_cast<MetricId>(&row - metric_rows.data()); }

}  // namespace

void MetricRegistry::take(const TelemetryEvent& event) {
  const auto* const metric = std::get_if<MetricBody>(&event.body);
  const MetricRow* const row = metric == nullptr ? nullptr : find_metric(metric->name);
  if (row == nullptr) return;
  Attributes labels = metric->attributes;
  labels.insert(metric->view_labels.begin(), metric->view_labels.end());
  labels.emplace("pipeline_version", event.correlation.pipeline_version);
  take(id_of(*row), metric->value, labels);
}

void MetricRegistry::take(MetricId id, double value, const Attributes& labels) {
  if (!is_measured(value)) return;
  auto found = series_.find(Key(id, labels));
  if (found == series_.end()) {
    if (series_.size() >= series_max) {
      ++left_out_;
      return;
    }
    found = series_.emplace(Key(id, labels), Series{}).first;
  }
  Series& series = found->second;
  ++series.count;
  switch (row_of(id).aggregation) {
    case Aggregation::last:
      series.value = value;
      break;
    case Aggregation::sum:
      series.value += value;
      break;
    case Aggregation::histogram: {
      series.value += value;
      const auto bucket = std::ranges::lower_bound(bucket_bounds, value) - bucket_bounds.begin();
      ++series.buckets[static_cast<std::size_t>(bucket)];
      break;
    }
  }
}

const Series* MetricRegistry::find(MetricId id, const Attributes& labels) const {
  const auto found = series_.find(Key(id, labels));
  return found == series_.end() ? nullptr : &found->second;
}

double quantile(const Series& series, std::uint32_t per_mille) {
  const double wanted = static_cast<double>(series.count) * per_mille / 1000.0;
  double below = 0.0;
  for (std::size_t i = 0; i < bucket_bounds.size(); ++i) {
    const auto inside = static_cast<double>(series.buckets[i]);
    if (inside > 0.0 && below + inside >= wanted) {
      const double from = i == 0 ? 0.0 : bucket_bounds[i - 1];
      return from + (bucket_bounds[i] - from) * std::max(0.0, wanted - below) / inside;
    }
    below += inside;
  }
  return series.count == 0 ? 0.0 : bucket_bounds.back();
}

}  // namespace phalarope::telemetry
