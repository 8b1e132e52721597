// TelemetryPipeline: a bounded queue and one worker between whoever measures and whoever collects.
//
//   emit() ─ sampled out? ─▶ sampled_dropped          worker: take up to a batch ─▶ exporter, one try
//          └ queue full?  ─▶ dropped                                               ├─▶ exported
//          └ enqueued                                                              └─▶ export_failures
//
// Invariants. (1) emit() never waits for an export and never fails: the lock it takes is held for one move, never while
// anything is sent. (2) enqueued = exported + export_failures + queue_depth + what the worker has in hand. (3) At most
// queue_capacity events wait, at most batch_events_max more are in hand. (4) close() drains, but not for longer than
// close_wait: what is left then has failed.
//
// Threads: emit() and stats() any but real-time ones; close() the owner. Contract: evidence.md 3.2; UB-O03.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "core/engine/base/strong.hpp"
#include "core/telemetry/settings.hpp"
#include "core/telemetry/telemetry_event.hpp"
#include "hal/panel/telemetry_exporter.hpp"

namespace phalarope::hal {

constexpr std::size_t batch_events_max = 64;
constexpr Duration pipeline_close_wait = milliseconds(1000);
/// How often the pipeline tells its own depth and drops, when there is traffic.
constexpr Duration self_report_every = milliseconds(1000);

struct PipelineStats {
  std::uint64_t enqueued = 0;
  std::uint64_t dropped = 0;
  std::uint64_t sampled_dropped = 0;
  std::uint64_t exported = 0;
  std::uint64_t export_failures = 0;
  std::size_t queue_depth = 0;
};

class TelemetryPipeline {
 public:
  /// The exporter outlives the pipeline.
  TelemetryPipeline(const telemetry::TelemetrySettings& settings, TelemetryExporter& exporter,
                    Duration close_wait = pipeline_close_wait);
  ~TelemetryPipeline();
  TelemetryPipeline(const TelemetryPipeline&) = delete;
  TelemetryPipeline& operator=(const TelemetryPipeline&) = delete;

  void emit(const telemetry::TelemetryEvent& event);
  PipelineStats stats() const;
  /// Drains, then stops. May be called twice.
  void close();

 private:
  void work();
  std::vector<telemetry::TelemetryEvent> next_batch();
  void add_self_report(std::vector<telemetry::TelemetryEvent>& batch);

  std::size_t capacity_;
  std::uint64_t sample_one_in_;
  TelemetryExporter& exporter_;
  Duration close_wait_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::deque<telemetry::TelemetryEvent> queue_;  // guarded by mutex_, as all below
  PipelineStats stats_;
  bool closing_ = false;
  bool stopped_ = false;
  bool given_up_ = false;
  std::int64_t reported_ns_ = 0;        // owner: worker
  std::uint64_t reported_dropped_ = 0;  // owner: worker
  std::uint64_t reports_ = 0;           // owner: worker
  std::thread worker_;
};

}  // namespace phalarope::hal
