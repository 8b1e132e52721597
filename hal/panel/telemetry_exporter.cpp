#include "hal/panel/telemetry_exporter.hpp"

#include <utility>

#include "hal/host/clock.hpp"
#include "hal/host/http_client.hpp"

namespace phalarope::hal {
namespace {

constexpr int first_failure_status = 300;  // evidence.md 3.2

}  // namespace

CollectorExporter::CollectorExporter(const telemetry::TelemetrySettings& settings, telemetry::OtlpResource resource)
    : endpoint_(settings.endpoint),
      timeout_ms_(settings.export_timeout_ms),
      body_(settings.body),
      resource_(std::move(resource)) {}

std::size_t CollectorExporter::send(std::span<const telemetry::TelemetryEvent> batch) {
  std::size_t arrived = 0;
  if (body_ == telemetry::CollectorBody::private_form) {
    for (const telemetry::TelemetryEvent& event : batch) {
      if (post(telemetry::collector_path(event), telemetry::private_body(event, resource_.service_name))) ++arrived;
    }
    return arrived;
  }
  for (telemetry::CollectorRequest& request : telemetry::otlp_requests(batch, resource_, wall_now().value)) {
    if (post(request.path, std::move(request.body))) arrived += request.events;
  }
  return arrived;
}

bool CollectorExporter::post(std::string_view path, std::string body) {
  const auto stop = [this] { return given_up_.load(std::memory_order_relaxed); };
  if (stop()) return false;
  HttpCall call;
  call.method = "POST";
  call.url = endpoint_ + std::string(path);
  call.body = std::move(body);
  call.timeout_ms = timeout_ms_;
  const HttpAnswer answer = call_http(call, stop);
  return answer.outcome == HttpOutcome::answered && answer.status < first_failure_status;
}

}  // namespace phalarope::hal
