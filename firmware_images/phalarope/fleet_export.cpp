#include "firmware_images/phalarope/fleet_export.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <climits>
#include <utility>

#include "firmware_images/gates/baseline_json.hpp"
#include "firmware_images/gates/baseline_record.hpp"
#include "hal/fleet/state_file.hpp"

namespace phalarope::program {
namespace {

std::string hex_of(const hal::RecordingId& id) {
  std::string text;
  for (const std::byte byte : id) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

std::string payload_of(std::span<const std::byte> table) {
  const auto record = gates::baseline_of(table);
  return record ? gates::baseline_json(*record) : std::string();
}

std::string machine_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string();
}

}  // namespace

std::string shown_value(const spec::ResolvedField& field) {
  return field.field == "export.url" ? fleet::shown(field.value) : field.value;
}

std::string recording_directory(const spec::ProgramConfig& config) {
  return config.recording_directory.empty() ? config.state_directory + "/recordings" : config.recording_directory;
}

Result<fleet::ExportSettings, std::string> export_settings(const spec::ProgramConfig& config) {
  auto settings = fleet::read_export_settings({.url = config.export_url,
                                               .queue_capacity = config.export_queue_capacity,
                                               .timeout_ms = config.export_timeout_ms,
                                               .retry_delay_ms = config.export_retry_delay_ms,
                                               .max_attempts = config.export_max_attempts,
                                               .tenant = config.tenant,
                                               .board = config.export_board,
                                               .machine = machine_name(),
                                               .domain = config.export_domain,
                                               .credentials_file = config.export_credentials,
                                               .token_file = config.export_token_file,
                                               .ca_file = config.export_ca_file,
                                               .certificate_file = config.export_certificate_file,
                                               .key_file = config.export_key_file});
  if (settings) return std::move(*settings);
  std::string lines;
  for (const fleet::SettingProblem& problem : settings.error())
    lines += (lines.empty() ? "" : "\n") + std::string(problem.field) + ": " + problem.sentence;
  return std::unexpected(lines + "; `phalarope run --show-settings` says where each value comes from");
}

Result<std::unique_ptr<FleetExport>, std::string> FleetExport::start(const fleet::ExportSettings& settings,
                                                                     const std::string& url,
                                                                     hal::Conversation& conversation) {
  if (settings.target.kind == fleet::SinkKind::none) return std::unique_ptr<FleetExport>();
  auto sink = hal::make_sink(settings);
  if (!sink) return std::unexpected(std::move(sink.error()));
  auto made = std::make_unique<FleetExport>();
  made->sink_ = std::move(*sink);
  hal::ExporterConfig config;
  config.settings = settings;
  config.directory = conversation.settings().flusher.recording.directory;
  config.recording_id = hex_of(conversation.flusher().writer().recording_id());
  config.stored_below = conversation.recorder().next_sequence();
  config.sink_name = fleet::shown(url);
  config.payload_of = payload_of;
  made->exporter_ = std::make_unique<hal::DurableExporter>(std::move(config), *made->sink_, made->files_);
  conversation.flusher().observe(*made->exporter_);
  return made;
}

std::string FleetExport::stop() {
  exporter_->close();
  const fleet::ExportState state = exporter_->state();
  std::string line = fmt::format("{} turns exported, {} caught up, {} dropped, {} failed", state.stats.exported,
                                 state.catch_up.caught_up, state.stats.dropped, state.stats.failures);
  if (state.unacknowledged > 0)
    line += fmt::format("; {} wait in the recording for the next start", state.unacknowledged);
  if (state.catch_up.evicted > 0) line += fmt::format("; {} were gone before they arrived", state.catch_up.evicted);
  if (state.stats.failures > 0 && !state.last_error.empty()) line += " (" + state.last_error + ")";
  return line;
}

std::optional<fleet::ExportState> export_state_of(const std::string& recording_directory) {
  hal::PosixFileSystem files;
  return hal::load_export_state(files, recording_directory);
}

std::vector<std::vector<std::string>> export_rows(const fleet::ExportState& state) {
  const auto count = [](const char* name, std::uint64_t value) {
    return std::vector<std::string>{name, std::to_string(value)};
  };
  std::vector<std::vector<std::string>> rows{{"export to", state.sink},
                                             count("queue depth", state.stats.queue_depth),
                                             {"lag", fmt::format("{} ms", state.lag_ms)},
                                             count("enqueued", state.stats.enqueued),
                                             count("exported", state.stats.exported),
                                             count("dropped", state.stats.dropped),
                                             count("retries", state.stats.retries),
                                             count("failures", state.stats.failures),
                                             count("caught up", state.catch_up.caught_up),
                                             count("arrived twice", state.catch_up.duplicates),
                                             count("not acknowledged", state.unacknowledged),
                                             count("lost for good", state.catch_up.evicted)};
  if (!state.last_error.empty()) rows.push_back({"last problem", state.last_error});
  return rows;
}

}  // namespace phalarope::program
