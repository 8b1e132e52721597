// phalarope metrics REC: what a recording says in numbers: as a table, as a Prometheus page, or event by event.
#include <fmt/format.h>

#include "core/telemetry/event_json.hpp"
#include "core/telemetry/prometheus_text.hpp"
#include "core/telemetry/record_telemetry.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/fleet_export.hpp"
#include "firmware_images/phalarope/recording_access.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "hal/host/pipeline_facts.hpp"

namespace phalarope::program {
namespace {

struct MetricsOptions {
  std::string recording;
  bool prometheus = false;
  bool json = false;
};

std::string labels_text(const telemetry::Attributes& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += (text.empty() ? "" : " ") + key + "=" + value;
  return text;
}

std::vector<std::string> row_of(const telemetry::MetricRegistry::Key& key, const telemetry::Series& series) {
  const telemetry::MetricRow& metric = telemetry::row_of(key.first);
  std::vector<std::string> row{std::string(metric.name), labels_text(key.second), std::to_string(series.count)};
  if (metric.aggregation == telemetry::Aggregation::histogram) {
    for (const std::uint32_t per_mille : {500U, 950U, 990U})
      row.push_back(fmt::format("{:.1f}", telemetry::quantile(series, per_mille)));
  } else {
    row.insert(row.end(), {fmt::format("{}", series.value), "", ""});
  }
  return row;
}

int run_metrics(const MetricsOptions& options) {
  const auto recording = check_recording(options.recording);
  if (!recording) return complain(recording.error());
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, *recording, reader_options(*recording));
  telemetry::RecordTelemetry fold(hal::pipeline_facts);
  telemetry::MetricRegistry registry;
  std::uint64_t events = 0;
  const auto take = [&](const telemetry::TelemetryEvent& event) {
    ++events;
    registry.take(event);
    if (options.json) fmt::print("{}\n", telemetry::private_body(event));
  };
  while (const auto record = reader.next()) fold.take(*record, take);
  if (reader.totals().records == 0)
    return complain("`" + *recording + "` holds no records; is it the folder of a recording?", exit_no);
  if (options.prometheus) fmt::print("{}", telemetry::prometheus_text(registry));
  if (!options.json && !options.prometheus) {
    std::vector<std::vector<std::string>> rows{{"metric", "labels", "samples", "p50 or value", "p95", "p99"}};
    for (const auto& [key, series] : registry.series()) rows.push_back(row_of(key, series));
    fmt::print("{}", table(rows));
    if (const auto state = export_state_of(*recording)) fmt::print("\n{}", table(export_rows(*state)));
  }
  fmt::print(stderr, "phalarope: {} telemetry events, {} series\n", events, registry.series().size());
  return reader.damage().empty() ? exit_done : exit_no;
}

}  // namespace

void add_metrics(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<MetricsOptions>();
  CLI::App* command = app.add_subcommand("metrics", "Show what a recording says in numbers");
  command->footer("Example: phalarope metrics phalarope-demo/recording --prometheus");
  command->add_option("recording", options->recording, "Folder of a recording, or one segment file")->required();
  CLI::Option* const page =
      command->add_flag("--prometheus", options->prometheus, "As the Prometheus page of a live run");
  command->add_flag("--json", options->json, "Every metric, span and log, one JSON line each")->excludes(page);
  command->callback([options, &chosen] { chosen = [options] { return run_metrics(*options); }; });
}

}  // namespace phalarope::program
