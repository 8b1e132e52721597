// DurableExporter: each turn's baseline leaves the board once it is durable on the board, and nobody waits for it.
//
//   flusher ─ on_durable_baseline() ─▶ ExportQueue (256) ─▶ worker: up to 3 tries ─▶ EvidenceSink
//                 │ full: dropped            abandoned: failures ─┐
//                 └──────────────▶ ExportLedger: behind ◀─────────┘
//                                       │ queue empty, and the time has come
//                                       └▶ StoredBaselines (local segments) ─▶ sink, in order, until level again
//
// Invariants. (1) enqueue() takes one lock, held for a move of one record and never while anything is sent or read, so
// neither engine nor flusher feels the other side. (2) enqueued = exported + failures + queue_depth, always. (3) What
// was dropped or abandoned is sent from the local store later, unless it was evicted there, which is counted. (4) The
// acknowledged point in export-state.json never lies ahead of what arrived; after a crash it may lie behind, and what
// is sent again carries the same id. (5) close() drains, each record with one try, and takes at most close_wait and one
// try.
//
// Threads: enqueue(), on_durable_baseline(), stats(), state(), take_samples() any but real-time ones; close() the
// owner. Contract: evidence.md 1.8, 3.3, 7 (row 7), 8; F-154.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/engine/base/strong.hpp"
#include "core/fleet/export_ledger.hpp"
#include "core/fleet/export_queue.hpp"
#include "core/fleet/export_settings.hpp"
#include "core/fleet/export_state.hpp"
#include "core/telemetry/catalogue.hpp"
#include "core/telemetry/telemetry_event.hpp"
#include "hal/fleet/evidence_sink.hpp"
#include "hal/fleet/stored_baselines.hpp"
#include "hal/store/flusher.hpp"

namespace phalarope::hal {

constexpr Duration export_close_wait = milliseconds(2000);
/// How often a silent other side is asked again, from the first to the last.
constexpr Duration catch_up_wait_min = milliseconds(250);
constexpr Duration catch_up_wait_max = milliseconds(30'000);
constexpr Duration state_saved_every = milliseconds(1000);
/// Metric samples that wait for telemetry; beyond, they are not taken.
constexpr std::size_t export_samples_max = 1024;

struct ExporterConfig {
  fleet::ExportSettings settings;
  std::string directory;           // of the recording: the catch-up reads there, the state is kept there
  std::string recording_id;        // hex
  std::uint64_t stored_below = 0;  // what the recording holds at the start
  std::string sink_name;           // as people may see it
  /// A baseline table as JSON text; empty: it cannot be told, and is dropped as invalid.
  std::function<std::string(std::span<const std::byte> table)> payload_of;
  Duration close_wait = export_close_wait;
  Duration catch_up_wait = catch_up_wait_min;
};

class DurableExporter final : public RecordObserver {
 public:
  /// Goes on where the state file of the directory says. Sink and files outlive the exporter.
  DurableExporter(ExporterConfig config, EvidenceSink& sink, FileSystem& files);
  ~DurableExporter() override;
  DurableExporter(const DurableExporter&) = delete;
  DurableExporter& operator=(const DurableExporter&) = delete;

  void on_record(const RingRecord&) noexcept override {}
  void on_durable_baseline(std::uint64_t segment_number, const StoredBaseline& baseline) noexcept override;
  /// evidence.md 1.8: false when it is invalid or finds no room.
  bool enqueue(fleet::DurableRecord record, const fleet::StorePlace& place);
  /// Drains, then stops. May be called twice.
  void close();

  fleet::ExportStats stats() const;
  fleet::ExportState state() const;
  /// The metric samples since the last call (3.3, `durable_export_*`).
  std::vector<telemetry::TelemetryEvent> take_samples();

 private:
  using Lock = std::unique_lock<std::mutex>;

  void work();
  bool wait_for_work(Lock& lock);
  void try_front(const fleet::WaitingRecord& front);
  void catch_up();
  void finish_pass();
  void put_off(Lock& lock, std::string_view problem);
  void fail_the_rest(Lock& lock);
  void save_state_if_due(bool last);
  SendAnswer send(const fleet::DurableRecord& record, const fleet::StorePlace& place);
  fleet::ExportState state_now() const;  // mutex_ held
  void sample(const fleet::DurableRecord& about, telemetry::MetricId id, double value, telemetry::Attributes labels);

  ExporterConfig config_;
  EvidenceSink& sink_;
  FileSystem& files_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  fleet::ExportQueue queue_;  // guarded by mutex_, as all below
  fleet::ExportLedger ledger_;
  fleet::CatchUpStats catch_up_stats_;
  std::vector<telemetry::TelemetryEvent> samples_;
  Duration lag_{};
  std::string last_error_;
  bool dirty_ = false;  // the state differs from the file
  bool closing_ = false;
  bool given_up_ = false;
  bool stopped_ = false;
  Instant catch_up_at_{};  // owner from here on: worker
  Duration catch_up_wait_;
  Instant saved_at_{};
  std::unique_ptr<StoredBaselines> stored_;
  std::thread worker_;
};

}  // namespace phalarope::hal
