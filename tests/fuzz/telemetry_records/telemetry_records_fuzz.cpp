// Any records as telemetry: the fold ends, says only what is in the catalogue, and every encoder's answer is taken by a
// strict reader of its format. The summary's sums do not overflow, the capture keeps to its bytes.
//
//   input:  'r' { type u8, length u16, body }*   records          's' text   the settings of telemetry, one text for
//   all
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/telemetry/debug_capture.hpp"
#include "core/telemetry/metric_registry.hpp"
#include "core/telemetry/otlp_json.hpp"
#include "core/telemetry/prometheus_text.hpp"
#include "core/telemetry/record_telemetry.hpp"
#include "core/telemetry/sampling.hpp"
#include "core/telemetry/session_summary.hpp"
#include "core/telemetry/settings.hpp"
#include "tests/unit/telemetry/otlp_shape.hpp"
#include "tests/unit/telemetry/prometheus_reader.hpp"

namespace {

using namespace phalarope;
using namespace phalarope::telemetry;

constexpr std::size_t input_bytes_max = 16 * 1024;
constexpr std::uint64_t capture_bytes = 4096;

void require(bool well) {
  if (!well) std::abort();
}

void judge_records(std::span<const std::byte> input) {
  RecordTelemetry fold;
  SessionSummaryBuilder summary;
  DebugCapture capture({.session_id = "kitchen", .seconds = 60, .bytes = capture_bytes});
  MetricRegistry registry;
  std::vector<TelemetryEvent> events;
  std::uint64_t sequence = 0;
  while (input.size() >= 3) {
    const auto type = static_cast<RecordType>(static_cast<std::uint8_t>(input[0]) % record_type_count);
    std::uint16_t length = 0;
    std::memcpy(&length, input.data() + 1, sizeof length);
    input = input.subspan(3);
    // A reader gives each record in memory of its own: whoever reads beyond the end is caught.
    const std::vector<std::byte> body(input.begin(),
                                      input.begin() + std::min<std::ptrdiff_t>(length, std::ssize(input)));
    input = input.subspan(body.size());
    const replay::Record record{.header = {.body_bytes = static_cast<std::uint32_t>(body.size()),
                                           .type = type,
                                           .level = 0,
                                           .sequence = sequence++},
                                .body = body,
                                .position = {}};
    fold.take(record, [&](const TelemetryEvent& event) {
      require(is_in_catalogue(event));
      static_cast<void>(sampling_hash(event));
      registry.take(event);
      events.push_back(event);
    });
    summary.take(record);
    static_cast<void>(capture.take(record));
  }
  require(capture.bytes_used() <= capture_bytes);
  const PrometheusReader page(prometheus_text(registry));
  for (const CollectorRequest& request : otlp_requests(events, {}, 1'760'000'000'000'000'000))
    require(OtlpShape::breaches(request.path, request.body).empty());
  constexpr std::int64_t most = 1'000'000'000;
  const CostRates rates{.currency = "EUR", .rates = {{"", Modality::stt, most, most, most, most}}};
  static_cast<void>(summaries_json(summary.finish(), rates));
}

void judge_settings(const std::string& text) {
  const auto settings = read_settings({.enabled = text,
                                       .endpoint = text,
                                       .queue_capacity = text,
                                       .sample_one_in = text,
                                       .export_timeout_ms = text,
                                       .body = text,
                                       .metrics_listen = text});
  if (!settings) return;
  require(settings->queue_capacity >= 1 && settings->sample_one_in >= 1 && settings->export_timeout_ms >= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > input_bytes_max) return 0;
  const auto rest = std::as_bytes(std::span(data + 1, size - 1));
  if (data[0] == 's') {
    judge_settings({reinterpret_cast<const char*>(rest.data()), rest.size()});
  } else {
    judge_records(rest);
  }
  return 0;
}
