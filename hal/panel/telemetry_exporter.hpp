// TelemetryExporter: where telemetry events go. One try an event; what did not arrive is told, and not kept.
//
//   CollectorExporter   OTLP/HTTP in JSON, or the contract's private body, one request a kind or an event
//   DiscardExporter     no collector is configured: everything counts as exported
//   MemoryExporter      for tests
//
// send() is called by the pipeline's one worker and may wait, each request at most the export timeout.
// Contract: evidence.md 3.2.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/telemetry/otlp_json.hpp"
#include "core/telemetry/settings.hpp"
#include "core/telemetry/telemetry_event.hpp"

namespace phalarope::hal {

class TelemetryExporter {
 public:
  virtual ~TelemetryExporter() = default;
  /// Answers how many of the batch arrived.
  virtual std::size_t send(std::span<const telemetry::TelemetryEvent> batch) = 0;
  /// From any thread: what is under way and what comes after is given up.
  virtual void give_up() noexcept {}
};

class DiscardExporter final : public TelemetryExporter {
 public:
  std::size_t send(std::span<const telemetry::TelemetryEvent> batch) override { return batch.size(); }
};

class MemoryExporter final : public TelemetryExporter {
 public:
  std::size_t send(std::span<const telemetry::TelemetryEvent> batch) override {
    const std::lock_guard lock(mutex_);
    events_.insert(events_.end(), batch.begin(), batch.end());
    return batch.size();
  }
  std::vector<telemetry::TelemetryEvent> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<telemetry::TelemetryEvent> events_;
};

class CollectorExporter final : public TelemetryExporter {
 public:
  CollectorExporter(const telemetry::TelemetrySettings& settings, telemetry::OtlpResource resource);
  std::size_t send(std::span<const telemetry::TelemetryEvent> batch) override;
  void give_up() noexcept override { given_up_.store(true, std::memory_order_relaxed); }

 private:
  bool post(std::string_view path, std::string body);

  std::string endpoint_;
  std::int64_t timeout_ms_;
  telemetry::CollectorBody body_;
  telemetry::OtlpResource resource_;
  std::atomic<bool> given_up_{false};
};

}  // namespace phalarope::hal
