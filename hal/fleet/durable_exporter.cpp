#include "hal/fleet/durable_exporter.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>

#include "core/fleet/durable_record.hpp"
#include "core/telemetry/event_writer.hpp"
#include "core/telemetry/units.hpp"
#include "hal/fleet/state_file.hpp"
#include "hal/host/clock.hpp"
#include "hal/host/realtime.hpp"

namespace phalarope::hal {
namespace {

using telemetry::MetricId;

constexpr int normal_priority = 0;  // as everything that is on nobody's turn path (design.md "Threads")
/// How long the worker sleeps at most when nothing calls it: the state file's rhythm.
constexpr Duration idle_nap = state_saved_every;

fleet::ExportLedger ledger_of(const ExporterConfig& config, FileSystem& files) {
  const auto known = load_export_state(files, config.directory);
  if (!known || known->recording_id != config.recording_id) return {{}, 0, config.stored_below};
  return {known->point, known->unacknowledged, config.stored_below};
}

std::chrono::nanoseconds as_chrono(Duration duration) { return std::chrono::nanoseconds(duration.value); }

}  // namespace

DurableExporter::DurableExporter(ExporterConfig config, EvidenceSink& sink, FileSystem& files)
    : config_(std::move(config)),
      sink_(sink),
      files_(files),
      queue_(static_cast<std::size_t>(config_.settings.queue_capacity), config_.settings.max_attempts),
      ledger_(ledger_of(config_, files)),
      catch_up_wait_(config_.catch_up_wait) {
  // Nobody is refused the normal priority.
  worker_ = start_thread(
      {.name = "phal-fleet", .fifo_priority = normal_priority, .cores = {}}, [](const std::vector<Refusal>&) {},
      [this] { work(); });
}

DurableExporter::~DurableExporter() { close(); }

void DurableExporter::on_durable_baseline(std::uint64_t segment_number, const StoredBaseline& baseline) noexcept {
  const fleet::StorePlace place{.segment_number = segment_number, .sequence = baseline.sequence};
  try {
    auto record = fleet::durable_record_of(baseline.table);
    if (record) record->payload = config_.payload_of(baseline.table);
    static_cast<void>(enqueue(record ? *std::move(record) : fleet::DurableRecord{}, place));
  } catch (const std::bad_alloc&) {  // it is in the local store; the catch-up finds it there
    const std::lock_guard lock(mutex_);
    ledger_.stored(place);
    ledger_.lost();
  }
}

bool DurableExporter::enqueue(fleet::DurableRecord record, const fleet::StorePlace& place) {
  const fleet::DurableRecord about{.kind = record.kind,
                                   .session_id = record.session_id,
                                   .turn_id = record.turn_id,
                                   .event_id = record.event_id,
                                   .pipeline_version = record.pipeline_version,
                                   .authority_epoch = record.authority_epoch,
                                   .runtime_timestamp_ms = record.runtime_timestamp_ms,
                                   .wall_clock_timestamp_ms = record.wall_clock_timestamp_ms,
                                   .payload = {}};
  fleet::Offer offer = fleet::Offer::full;
  {
    const std::lock_guard lock(mutex_);
    offer = queue_.offer(std::move(record), place, monotonic_now());
    ledger_.stored(place);
    if (offer != fleet::Offer::enqueued) ledger_.lost();
    dirty_ = true;
    constexpr const char* statuses[] = {"enqueued", "invalid", "dropped"};
    sample(about, MetricId::durable_export_queue_depth, static_cast<double>(queue_.stats().queue_depth),
           {{"status", statuses[static_cast<std::size_t>(offer)]}});
  }
  wake_.notify_one();
  return offer == fleet::Offer::enqueued;
}

SendAnswer DurableExporter::send(const fleet::DurableRecord& record, const fleet::StorePlace& place) {
  try {
    const std::string id = fleet::message_id(config_.recording_id, place.sequence, record.payload);
    const std::string body = record_json(record);
    return sink_.send({.kind = record.kind, .id = id, .body = body});
  } catch (const std::bad_alloc&) {
    return {.arrived = false, .duplicate = false, .problem = "no memory left"};
  }
}

void DurableExporter::work() {
  for (;;) {
    const fleet::WaitingRecord* front = nullptr;
    {
      Lock lock(mutex_);
      if (!wait_for_work(lock)) break;
      front = queue_.front();
    }
    if (front != nullptr) {
      try_front(*front);
    } else if (monotonic_now() >= catch_up_at_) {
      try {
        catch_up();
      } catch (const std::bad_alloc&) {
        Lock lock(mutex_);
        put_off(lock, "no memory left");
      }
    }
    save_state_if_due(false);
  }
  save_state_if_due(true);
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  done_.notify_all();
}

/// False: closing, and nothing is left to try.
bool DurableExporter::wait_for_work(Lock& lock) {
  if (given_up_) fail_the_rest(lock);
  if (queue_.empty() && closing_) return false;
  const Instant now = monotonic_now();
  if (!queue_.empty() || (ledger_.behind() && now >= catch_up_at_)) return true;
  Duration nap = idle_nap;
  if (ledger_.behind()) nap = std::min(nap, catch_up_at_ - now);
  wake_.wait_for(lock, as_chrono(nap), [this] { return closing_ || !queue_.empty(); });
  return true;
}

void DurableExporter::try_front(const fleet::WaitingRecord& front) {
  const SendAnswer answer = send(front.record, front.place);
  Lock lock(mutex_);
  dirty_ = true;
  const fleet::StorePlace place = front.place;
  fleet::DurableRecord about = front.record;
  const std::string attempts = std::to_string(front.attempts + 1);
  about.payload.clear();
  if (answer.arrived) {
    lag_ = queue_.arrived(monotonic_now());
    ledger_.acknowledged(place);
    if (answer.duplicate) ++catch_up_stats_.duplicates;
    catch_up_at_ = {};  // the other side is there
    sample(about, MetricId::durable_export_lag_ms, telemetry::fraction_ms_of(lag_.value), {{"attempts", attempts}});
  } else {
    last_error_ = answer.problem;
    if (queue_.failed(closing_) == fleet::AfterFailure::retry) {
      sample(about, MetricId::durable_export_retries_total, 1, {{"attempt", attempts}});
      wake_.wait_for(lock, std::chrono::milliseconds(config_.settings.retry_delay_ms), [this] { return closing_; });
      return;
    }
    ledger_.lost();
    sample(about, MetricId::durable_export_failures_total, 1, {{"attempts", attempts}});
  }
  sample(about, MetricId::durable_export_queue_depth, static_cast<double>(queue_.stats().queue_depth),
         {{"status", "dequeued"}});
}

/// One record of the local store; live ones come first, so it looks up after each.
void DurableExporter::catch_up() {
  if (stored_ == nullptr) {
    fleet::CatchUpPass pass;
    {
      const std::lock_guard lock(mutex_);
      if (!queue_.empty() || !ledger_.behind()) return;
      pass = ledger_.begin_pass();
      ++catch_up_stats_.passes;
    }
    stored_ = std::make_unique<StoredBaselines>(files_, config_.directory, pass);
  }
  const auto found = stored_->next();
  if (!found) return finish_pass();
  {
    const std::lock_guard lock(mutex_);
    if (!ledger_.wants(found->place)) return;
  }
  auto record = fleet::durable_record_of(found->table);
  if (record) record->payload = config_.payload_of(found->table);
  if (record) *record = normalised(*std::move(record));
  const bool can_be_told = record && is_valid(*record);
  const SendAnswer answer = can_be_told ? send(*record, found->place) : SendAnswer{};
  Lock lock(mutex_);
  dirty_ = true;
  if (!can_be_told) return ledger_.passed_over(found->place);
  if (!answer.arrived) return put_off(lock, answer.problem);
  ledger_.caught_up(found->place);
  ++catch_up_stats_.caught_up;
  if (answer.duplicate) ++catch_up_stats_.duplicates;
  catch_up_wait_ = config_.catch_up_wait;
}

/// The other side is silent: the pass is broken off, and the next one begins later, and later still.
void DurableExporter::put_off(Lock&, std::string_view problem) {
  last_error_ = problem;
  ledger_.break_off();
  stored_.reset();
  catch_up_at_ = monotonic_now() + catch_up_wait_;
  catch_up_wait_ = std::min(catch_up_wait_ + catch_up_wait_, catch_up_wait_max);
}

/// Level again: said once, for whoever watches the stream (F-154).
void DurableExporter::finish_pass() {
  fleet::DurableRecord marker{.kind = std::string(fleet::caught_up_kind),
                              .session_id = "durable_export",
                              .turn_id = {},
                              .event_id = {},
                              .pipeline_version = "pipeline-v1"};
  fleet::StorePlace place;
  {
    const std::lock_guard lock(mutex_);
    const fleet::PassResult result = ledger_.end_pass();
    catch_up_stats_.evicted += result.evicted;
    dirty_ = true;
    stored_.reset();
    if (result.delivered + result.evicted == 0) return;
    place = ledger_.point();
    marker.payload =
        R"({"delivered":)" + std::to_string(result.delivered) + R"(,"evicted":)" + std::to_string(result.evicted) + "}";
  }
  marker.event_id = "evt-export-caught-up-" + std::to_string(place.sequence);
  marker.wall_clock_timestamp_ms = telemetry::ms_of(wall_now().value);
  marker.runtime_timestamp_ms = telemetry::ms_of(monotonic_now().value);
  static_cast<void>(send(marker, place));  // a courtesy: the records themselves are there
}

/// What is left when the time to close is over has failed; it stays in the local store.
void DurableExporter::fail_the_rest(Lock&) {
  while (!queue_.empty()) {
    static_cast<void>(queue_.failed(true));
    ledger_.lost();
    dirty_ = true;
  }
}

void DurableExporter::save_state_if_due(bool last) {
  const Instant now = monotonic_now();
  fleet::ExportState state;
  {
    const std::lock_guard lock(mutex_);
    if (!last && (!dirty_ || now - saved_at_ < state_saved_every)) return;
    dirty_ = false;
    state = state_now();
  }
  saved_at_ = now;
  if (const int error = save_export_state(files_, config_.directory, state); error != 0) {
    const std::lock_guard lock(mutex_);
    dirty_ = true;
    last_error_ = std::string("the export's state cannot be saved: ") + std::strerror(error);
  }
}

fleet::ExportState DurableExporter::state_now() const {
  return {.recording_id = config_.recording_id,
          .point = ledger_.point(),
          .unacknowledged = ledger_.unacknowledged(),
          .behind = ledger_.behind(),
          .sink = config_.sink_name,
          .updated_at_ms = telemetry::ms_of(wall_now().value),
          .stats = queue_.stats(),
          .catch_up = catch_up_stats_,
          .lag_ms = to_ms(lag_),
          .last_error = last_error_};
}

fleet::ExportState DurableExporter::state() const {
  const std::lock_guard lock(mutex_);
  return state_now();
}

fleet::ExportStats DurableExporter::stats() const {
  const std::lock_guard lock(mutex_);
  return queue_.stats();
}

void DurableExporter::sample(const fleet::DurableRecord& from, MetricId id, double value,
                             telemetry::Attributes labels) {
  if (samples_.size() >= export_samples_max) return;
  telemetry::Correlation about;
  about.session_id = from.session_id;
  about.turn_id = from.turn_id;
  about.event_id = from.event_id;
  about.pipeline_version = from.pipeline_version;
  about.node_id = telemetry::export_node_id;
  about.edge_id = telemetry::export_edge_id;
  about.emitted_by = "OR-02";
  about.authority_epoch = from.authority_epoch;
  about.runtime_timestamp_ms = from.runtime_timestamp_ms;
  about.wall_clock_timestamp_ms = from.wall_clock_timestamp_ms;
  labels.insert({{"kind", from.kind},
                 {"node_id", std::string(telemetry::export_node_id)},
                 {"edge_id", std::string(telemetry::export_edge_id)}});
  const auto keep = [this](const telemetry::TelemetryEvent& event) { samples_.push_back(event); };
  telemetry::EventWriter(keep).metric(about, id, value, std::move(labels));
}

std::vector<telemetry::TelemetryEvent> DurableExporter::take_samples() {
  const std::lock_guard lock(mutex_);
  return std::exchange(samples_, {});
}

void DurableExporter::close() {
  if (!worker_.joinable()) return;
  {
    Lock lock(mutex_);
    closing_ = true;
    queue_.stop_taking();
    wake_.notify_all();
    const bool drained = done_.wait_for(lock, as_chrono(config_.close_wait), [this] { return stopped_; });
    if (!drained) {
      given_up_ = true;
      sink_.give_up();
    }
  }
  worker_.join();
}

}  // namespace phalarope::hal
