#include "hal/panel/telemetry_pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "core/telemetry/event_writer.hpp"
#include "core/telemetry/sampling.hpp"
#include "core/telemetry/units.hpp"
#include "hal/host/clock.hpp"
#include "hal/host/realtime.hpp"

namespace phalarope::hal {
namespace {

constexpr int normal_priority = 0;  // as everything of the panel (design.md "Threads")

}  // namespace

TelemetryPipeline::TelemetryPipeline(const telemetry::TelemetrySettings& settings, TelemetryExporter& exporter,
                                     Duration close_wait)
    : capacity_(static_cast<std::size_t>(settings.queue_capacity)),
      sample_one_in_(static_cast<std::uint64_t>(settings.sample_one_in)),
      exporter_(exporter),
      close_wait_(close_wait) {
  // Nobody is refused the normal priority.
  worker_ = start_thread(
      {.name = "phal-export", .fifo_priority = normal_priority, .cores = {}}, [](const std::vector<Refusal>&) {},
      [this] { work(); });
}

TelemetryPipeline::~TelemetryPipeline() { close(); }

void TelemetryPipeline::emit(const telemetry::TelemetryEvent& event) {
  const bool wanted = telemetry::is_sampled(event, sample_one_in_);
  {
    const std::lock_guard lock(mutex_);
    if (!wanted) {
      ++stats_.sampled_dropped;
      return;
    }
    if (closing_ || queue_.size() >= capacity_) {
      ++stats_.dropped;
      return;
    }
    queue_.push_back(event);
    ++stats_.enqueued;
  }
  wake_.notify_one();
}

PipelineStats TelemetryPipeline::stats() const {
  const std::lock_guard lock(mutex_);
  PipelineStats stats = stats_;
  stats.queue_depth = queue_.size();
  return stats;
}

std::vector<telemetry::TelemetryEvent> TelemetryPipeline::next_batch() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
  if (given_up_) {
    stats_.export_failures += queue_.size();
    queue_.clear();
  }
  const std::size_t count = std::min(queue_.size(), batch_events_max);
  std::vector<telemetry::TelemetryEvent> batch(
      std::make_move_iterator(queue_.begin()),
      std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(count)));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  return batch;
}

/// The pipeline's own two metrics ride with a batch: they neither wake the network up nor fill the queue they tell of.
void TelemetryPipeline::add_self_report(std::vector<telemetry::TelemetryEvent>& batch) {
  const std::int64_t now_ns = monotonic_now().value;
  if (reported_ns_ != 0 && now_ns - reported_ns_ < self_report_every.value) return;
  reported_ns_ = now_ns;
  const PipelineStats stats = this->stats();
  telemetry::Correlation about;
  about.session_id = "telemetry";
  about.event_id = "telemetry-" + std::to_string(++reports_);
  about.runtime_timestamp_ms = telemetry::ms_of(now_ns);
  about.wall_clock_timestamp_ms = telemetry::ms_of(wall_now().value);
  const auto add = [&batch](const telemetry::TelemetryEvent& event) { batch.push_back(event); };
  telemetry::EventWriter out(add);
  out.metric(about, telemetry::MetricId::queue_depth, static_cast<double>(stats.queue_depth), {});
  out.metric(about, telemetry::MetricId::drops_total, static_cast<double>(stats.dropped - reported_dropped_), {});
  reported_dropped_ = stats.dropped;
}

void TelemetryPipeline::work() {
  for (;;) {
    std::vector<telemetry::TelemetryEvent> batch = next_batch();
    if (batch.empty()) break;  // closing, and drained
    const std::size_t taken = batch.size();
    add_self_report(batch);
    const std::size_t unsent = batch.size() - std::min(exporter_.send(batch), batch.size());
    const std::lock_guard lock(mutex_);
    stats_.exported += taken - std::min(unsent, taken);
    stats_.export_failures += std::min(unsent, taken);
  }
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  done_.notify_all();
}

void TelemetryPipeline::close() {
  if (!worker_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    closing_ = true;
    wake_.notify_all();
    const bool drained = done_.wait_for(lock, std::chrono::nanoseconds(close_wait_.value), [this] { return stopped_; });
    given_up_ = !drained;
    if (given_up_) exporter_.give_up();
  }
  worker_.join();
}

}  // namespace phalarope::hal
