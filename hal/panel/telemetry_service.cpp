#include "hal/panel/telemetry_service.hpp"

#include <ctime>
#include <utility>

#include "core/telemetry/event_json.hpp"
#include "core/telemetry/prometheus_text.hpp"
#include "core/telemetry/units.hpp"
#include "hal/host/clock.hpp"
#include "hal/host/realtime.hpp"

namespace phalarope::hal {
namespace {

constexpr int normal_priority = 0;  // as everything of the panel (design.md "Threads")
constexpr Duration telemetry_nap = milliseconds(50);
constexpr Duration export_measured_every = milliseconds(1000);
constexpr int not_found = 404;
constexpr int method_not_allowed = 405;

/// Without a fleet the local store is the durable export itself; with one it is the step before.
constexpr const char* local_store_kind = "segment";

telemetry::Attributes export_labels(std::string_view kind, const char* key, std::string value) {
  return {{"kind", std::string(kind)},
          {"node_id", std::string(telemetry::export_node_id)},
          {"edge_id", std::string(telemetry::export_edge_id)},
          {key, std::move(value)}};
}

std::unique_ptr<TelemetryExporter> exporter_of(const TelemetryServiceConfig& config) {
  if (config.settings.endpoint.empty()) return std::make_unique<DiscardExporter>();
  return std::make_unique<CollectorExporter>(
      config.settings, telemetry::OtlpResource{.service_name = std::string(telemetry::default_service_name),
                                               .service_version = config.service_version});
}

}  // namespace

Result<std::unique_ptr<TelemetryService>, std::string> TelemetryService::create(TelemetryServiceConfig config) {
  const telemetry::TelemetrySettings& settings = config.settings;
  const bool wanted = !settings.endpoint.empty() || settings.metrics_listen || config.log_line || config.capture;
  if (!settings.enabled || !wanted) return std::unique_ptr<TelemetryService>();
  const auto listen = settings.metrics_listen;
  std::unique_ptr<TelemetryService> service(new TelemetryService(std::move(config)));
  if (service->capture_ != nullptr) {
    service->capture_file_.open(service->config_.capture_path, std::ios::binary | std::ios::trunc);
    if (!service->capture_file_)
      return std::unexpected("cannot write `" + service->config_.capture_path + "`; choose another folder");
  }
  if (listen) {
    auto* const page = service.get();
    auto server = HttpServer::start(*listen, [page](const HttpAsk& ask) -> HttpReply {
      if (ask.path != "/metrics") return {.status = not_found, .body = "there is /metrics\n"};
      if (ask.method != "GET" && ask.method != "HEAD") return {.status = method_not_allowed, .body = "GET it\n"};
      return {.content_type = std::string(telemetry::prometheus_content_type), .body = page->metrics_page()};
    });
    if (!server) return std::unexpected(std::move(server.error()));
    service->server_ = std::move(*server);
  }
  auto* const worker = service.get();
  service->thread_ = start_thread(
      {.name = "phal-telem", .fifo_priority = normal_priority, .cores = {}}, [](const std::vector<Refusal>&) {},
      [worker] { worker->work(); });
  return service;
}

TelemetryService::TelemetryService(TelemetryServiceConfig config)
    : config_(std::move(config)),
      exporter_(exporter_of(config_)),
      pipeline_(std::make_unique<TelemetryPipeline>(config_.settings, *exporter_, config_.close_wait)),
      fold_(pipeline_reader(config_.boundaries)) {
  if (config_.capture) capture_ = std::make_unique<telemetry::DebugCapture>(*config_.capture);
}

TelemetryService::~TelemetryService() { stop(); }

void TelemetryService::stop() {
  if (thread_.joinable()) {
    stopping_.store(true, std::memory_order_relaxed);
    thread_.join();
  }
  if (server_ != nullptr) server_->stop();
  pipeline_->close();
}

std::string TelemetryService::metrics_page() const {
  telemetry::MetricRegistry own;  // what the pipeline knows of itself, as it stands now
  const PipelineStats stats = pipeline_->stats();
  own.take(telemetry::MetricId::queue_depth, static_cast<double>(stats.queue_depth), {});
  own.take(telemetry::MetricId::drops_total, static_cast<double>(stats.dropped + tap_.dropped()), {});
  std::string page = telemetry::prometheus_text(own);
  const std::lock_guard lock(registry_mutex_);
  page += telemetry::prometheus_text(registry_);
  return page;
}

void TelemetryService::work() {
  bool last_round = false;
  while (!last_round) {
    last_round =
        stopping_.load(std::memory_order_relaxed);  // looked at before draining: the last records are taken too
    drain();
    measure_export(monotonic_now());
    if (last_round) break;
    const timespec pause{.tv_sec = 0, .tv_nsec = telemetry_nap.value};
    ::nanosleep(&pause, nullptr);
  }
}

void TelemetryService::drain() {
  while (const auto record = tap_.next()) {
    take(*record);
    tap_.release();
  }
}

void TelemetryService::take(const RingRecord& record) {
  symbols_.learn(record);
  std::vector<std::byte> table;
  replay::Record read{.header = record.header, .body = record.body, .position = {}};
  if (record.header.type == RecordType::baseline) {  // the fold knows baselines as a reader gives them
    const auto evidence = std::make_unique<TurnEvidence>();
    if (!read_turn_evidence(record.body, *evidence)) return;
    table = baseline_table(*evidence, symbols_, unknown_symbols_);
    read.body = table;
  }
  fold_.take(read, [this](const telemetry::TelemetryEvent& event) { tell(event); });
  if (capture_ == nullptr) return;
  if (const auto line = capture_->take(read)) capture_file_ << *line;
  if (capture_->ended() == telemetry::CaptureEnd::not_yet) return;
  capture_file_.close();
  capture_.reset();
}

void TelemetryService::tell(const telemetry::TelemetryEvent& event) {
  {
    const std::lock_guard lock(registry_mutex_);
    registry_.take(event);
  }
  pipeline_->emit(event);
  if (!config_.log_line) return;
  if (const std::string line = telemetry::log_line(event); !line.empty()) config_.log_line(line);
}

/// The durable export is the flusher's; its counters are there already, so they are looked at, not added to.
void TelemetryService::measure_export(Instant now) {
  const Flusher* const flusher = flusher_.load(std::memory_order_relaxed);
  DurableExporter* const exporter = fleet_.load(std::memory_order_relaxed);
  const std::vector<telemetry::TelemetryEvent> samples =
      exporter != nullptr ? exporter->take_samples() : std::vector<telemetry::TelemetryEvent>();
  for (const telemetry::TelemetryEvent& event : samples) tell(event);
  const std::string_view kind = exporter != nullptr ? std::string_view(local_store_kind) : fleet::baseline_kind;
  if (flusher == nullptr || now.value - export_measured_ns_ < export_measured_every.value) return;
  export_measured_ns_ = now.value;
  const std::uint64_t taken = tap_.seen();
  const FlusherCounters counters = flusher->counters();
  telemetry::Correlation about;
  about.session_id = "durable_export";
  about.event_id = "export-" + std::to_string(++export_samples_);
  about.node_id = telemetry::export_node_id;
  about.edge_id = telemetry::export_edge_id;
  about.emitted_by = "OR-02";
  about.runtime_timestamp_ms = telemetry::ms_of(now.value);
  about.wall_clock_timestamp_ms = telemetry::ms_of(wall_now().value);
  const auto sink = [this](const telemetry::TelemetryEvent& event) { tell(event); };
  telemetry::EventWriter out(sink);
  using telemetry::MetricId;
  if (counters.records != export_seen_.records) {
    out.metric(about, MetricId::durable_export_queue_depth,
               static_cast<double>(taken > counters.records ? taken - counters.records : 0),
               export_labels(kind, "status", "dequeued"));
    out.metric(about, MetricId::durable_export_lag_ms, telemetry::fraction_ms_of(flusher->lag(now).value),
               export_labels(kind, "attempts", "1"));
  }
  const std::uint64_t tries = counters.write_errors + counters.open_errors + counters.sync_errors;
  const std::uint64_t seen = export_seen_.write_errors + export_seen_.open_errors + export_seen_.sync_errors;
  if (tries > seen) {
    out.metric(about, MetricId::durable_export_retries_total, static_cast<double>(tries - seen),
               export_labels(kind, "attempt", "1"));
  }
  // The flusher never abandons a record: it tries until the disk takes it, so nothing has failed for good.
  if (export_samples_ == 1)
    out.metric(about, MetricId::durable_export_failures_total, 0.0, export_labels(kind, "attempts", "1"));
  export_seen_ = counters;
}

}  // namespace phalarope::hal
