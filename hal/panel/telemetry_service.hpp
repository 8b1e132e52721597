// TelemetryService: everything a run tells about itself, on threads that nobody waits for.
//
//   flusher ─ RecordTap ─▶ telemetry thread: fold ─┬─▶ MetricRegistry ◀── GET /metrics (server's thread)
//                             (every 50 ms)        ├─▶ TelemetryPipeline ─▶ collector (export thread)
//                                                  ├─▶ JSON log lines
//                                                  └─▶ debug capture's file
//
// Invariants. (1) Neither engine nor audio knows of it; the flusher pays one copy a record. (2) A collector that is
// slow, gone or hostile costs telemetry, counted, and nothing else. (3) stop() takes bounded time.
//
// Threads: create(), tap() and stop() the owner. Contract: evidence.md 3; design.md hal/panel; UB-O02, UB-O03,
// F-067..F-070.
#pragma once

#include <atomic>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/telemetry/debug_capture.hpp"
#include "core/telemetry/metric_registry.hpp"
#include "core/telemetry/record_telemetry.hpp"
#include "core/telemetry/settings.hpp"
#include "hal/fleet/durable_exporter.hpp"
#include "hal/host/pipeline_facts.hpp"
#include "hal/panel/http_server.hpp"
#include "hal/panel/record_tap.hpp"
#include "hal/panel/telemetry_exporter.hpp"
#include "hal/panel/telemetry_pipeline.hpp"
#include "hal/store/block_builder.hpp"
#include "hal/store/flusher.hpp"

namespace phalarope::hal {

struct TelemetryServiceConfig {
  telemetry::TelemetrySettings settings;
  std::string service_version;
  /// Called on the telemetry thread with each log as one JSON line. Empty: logs go to the collector only.
  std::function<void(const std::string& line)> log_line;
  NodeBoundaries boundaries{};  // of the nodes that are programs of their own
  std::optional<telemetry::CaptureOrder> capture;
  std::string capture_path;
  Duration close_wait = pipeline_close_wait;  // how long stop() drains at most
};

class TelemetryService {
 public:
  /// Listens and starts its threads; null when the settings say that nothing is wanted.
  static Result<std::unique_ptr<TelemetryService>, std::string> create(TelemetryServiceConfig config);
  ~TelemetryService();
  TelemetryService(const TelemetryService&) = delete;
  TelemetryService& operator=(const TelemetryService&) = delete;

  RecordTap& tap() noexcept { return tap_; }
  /// The durable export is measured too; the flusher outlives the service, or stop() comes first.
  void watch(const Flusher& flusher) noexcept { flusher_.store(&flusher, std::memory_order_relaxed); }
  /// As above, for the exporter to a fleet.
  void watch(DurableExporter& exporter) noexcept { fleet_.store(&exporter, std::memory_order_relaxed); }
  /// Folds what has come, sends what there is, ends all threads.
  void stop();

  PipelineStats pipeline_stats() const { return pipeline_->stats(); }
  /// 0: no page is served.
  std::uint16_t metrics_port() const noexcept { return server_ == nullptr ? std::uint16_t{0} : server_->port(); }
  std::string metrics_page() const;

 private:
  explicit TelemetryService(TelemetryServiceConfig config);
  void work();
  void drain();
  void take(const RingRecord& record);
  void tell(const telemetry::TelemetryEvent& event);
  void measure_export(Instant now);

  TelemetryServiceConfig config_;
  RecordTap tap_;
  std::unique_ptr<TelemetryExporter> exporter_;
  std::unique_ptr<TelemetryPipeline> pipeline_;
  mutable std::mutex registry_mutex_;   // telemetry thread and server; held for one sample or one page
  telemetry::MetricRegistry registry_;  // guarded by registry_mutex_
  telemetry::RecordTelemetry fold_;     // owner: telemetry thread, as all below
  CarriedRecords symbols_;
  std::uint64_t unknown_symbols_ = 0;
  std::unique_ptr<telemetry::DebugCapture> capture_;
  std::ofstream capture_file_;
  FlusherCounters export_seen_;
  std::int64_t export_measured_ns_ = 0;
  std::uint64_t export_samples_ = 0;
  std::atomic<const Flusher*> flusher_{nullptr};
  std::atomic<DurableExporter*> fleet_{nullptr};
  std::atomic<bool> stopping_{false};
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

}  // namespace phalarope::hal
