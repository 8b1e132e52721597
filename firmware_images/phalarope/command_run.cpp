// phalarope run: the board's daemon, configured by /etc/phalarope/phalarope.yaml or --config.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/retention_files.hpp"
#include "firmware_images/phalarope/assembly.hpp"
#include "firmware_images/phalarope/board_choice.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/config_choice.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/events_port.hpp"
#include "firmware_images/phalarope/fleet_export.hpp"
#include "firmware_images/phalarope/live_run.hpp"
#include "firmware_images/phalarope/process_memory.hpp"
#include "firmware_images/phalarope/resources.hpp"
#include "hal/audio/alsa_device.hpp"
#include "hal/panel/telemetry_service.hpp"

namespace phalarope::program {
namespace {

struct RunOptions {
  std::string config;
  std::string board;
  std::string recording;
  std::string metrics;
  std::string otlp;
  std::string export_url;
  std::string log_format;
  std::string capture;
  std::int64_t capture_seconds = 60;
  EventsPortOptions events;
  bool show_settings = false;
  bool json = false;
};

spec::ConfigSources sources_of(const RunOptions& options) {
  spec::ConfigSources sources = config_sources(options.config);
  if (!options.board.empty()) sources.command_line.emplace_back("board", options.board);
  const auto given = [&sources](const char* field, const std::string& value) {
    if (!value.empty()) sources.command_line.emplace_back(field, value);
  };
  given("recording.directory", options.recording);
  given("telemetry.metrics_listen", options.metrics);
  given("telemetry.otlp_http_endpoint", options.otlp);
  given("export.url", options.export_url);
  given("log.format", options.log_format);
  return sources;
}

int show_settings(const spec::ResolvedConfig& resolved, bool json) {
  if (json) {
    nlohmann::json fields = nlohmann::json::array();
    for (const spec::ResolvedField& field : resolved.fields) {
      fields.push_back({{"field", field.field}, {"value", shown_value(field)}, {"layer", field.layer}});
    }
    fmt::print("{}\n", fields.dump(2));
    return exit_done;
  }
  std::vector<std::vector<std::string>> rows{{"setting", "value", "from"}};
  for (const spec::ResolvedField& field : resolved.fields)
    rows.push_back({field.field, shown_value(field), field.layer});
  fmt::print("{}", table(rows));
  return exit_done;
}

std::optional<RecordingLevel> level_named(std::string_view name) {
  if (name == "L0") return RecordingLevel::L0;
  if (name == "L1") return RecordingLevel::L1;
  if (name == "L2") return RecordingLevel::L2;
  return std::nullopt;
}

const char* what_is_kept(RecordingLevel level, ContentPolicy content) {
  if (level == RecordingLevel::L0) return "decisions only";
  return content == ContentPolicy::approved ? "with content" : "with redacted content";
}

/// How long segments are kept: the policy file's answer for this tenant, else the contract's defaults.
std::expected<hal::RetentionConfig, std::string> retention_of(const spec::ProgramConfig& config) {
  const bool sealed = config.evidence_encrypt == "true";
  const auto by = [sealed](const control::RetentionPolicy& one) {
    hal::RetentionConfig retention = hal::retention_config(one, sealed);
    retention.clock_is_set = hal::system_clock_is_set;
    return retention;
  };
  if (config.evidence_retention_policy.empty()) return by(control::default_policy(config.tenant));
  const auto text = gates::read_file(config.evidence_retention_policy);
  if (!text) return std::unexpected(text.error());
  const auto policies = gates::read_policy_artifact(*text);
  const auto policy = policies ? policies->for_tenant(config.tenant) : std::unexpected(policies.error());
  if (!policy) return std::unexpected("`" + config.evidence_retention_policy + "`: " + policy.error().text());
  return by(*policy);
}

/// A shipped path of the settings is used where it exists; else the file the program was shipped with.
std::string existing_or_empty(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error) ? path : std::string();
}

/// The labels of the nodes that are programs of their own.
hal::NodeBoundaries boundaries_of(const std::vector<hal::ExternalNodeSettings>& nodes) {
  hal::NodeBoundaries boundaries;
  for (const hal::ExternalNodeSettings& node : nodes) {
    telemetry::Attributes& labels = boundaries[node.name];
    for (auto& [key, value] : hal::boundary_labels(node)) labels.emplace(key, std::move(value));
  }
  return boundaries;
}

/// What is told to the outside; null when nothing is wanted.
std::expected<std::unique_ptr<hal::TelemetryService>, std::string> telemetry_of(const RunOptions& options,
                                                                                const spec::ProgramConfig& config,
                                                                                hal::NodeBoundaries boundaries) {
  const auto settings = telemetry::read_settings({.enabled = config.telemetry_enabled,
                                                  .endpoint = config.telemetry_endpoint,
                                                  .queue_capacity = config.telemetry_queue_capacity,
                                                  .sample_one_in = config.telemetry_sample_rate,
                                                  .export_timeout_ms = config.telemetry_timeout_ms,
                                                  .body = config.telemetry_body,
                                                  .metrics_listen = config.telemetry_metrics_listen});
  if (!settings) {
    std::string lines;
    for (const telemetry::SettingProblem& problem : settings.error())
      lines += (lines.empty() ? "" : "\n") + std::string(problem.field) + ": " + problem.sentence;
    return std::unexpected(lines + "; `phalarope run --show-settings` says where each value comes from");
  }
  hal::TelemetryServiceConfig service;
  service.settings = *settings;
  service.service_version = PHALAROPE_VERSION;
  service.boundaries = std::move(boundaries);
  if (config.log_format == "json") {
    service.log_line = [](const std::string& line) {
      fmt::print("{}\n", line);
      std::fflush(stdout);
    };
  }
  if (!options.capture.empty()) {
    service.capture = telemetry::CaptureOrder{.session_id = options.capture, .seconds = options.capture_seconds};
    service.capture_path = config.recording_directory + "/capture.jsonl";
    std::error_code error;
    std::filesystem::create_directories(config.recording_directory, error);
  }
  auto started = hal::TelemetryService::create(std::move(service));
  if (!started) return std::unexpected(std::move(started.error()));
  if (settings->metrics_listen && !telemetry::is_loopback(*settings->metrics_listen))
    fmt::print(stderr, "phalarope: the metrics page is open to the network at {}; anybody there can read it\n",
               settings->metrics_listen->host);
  return std::move(*started);
}

int run_daemon(const RunOptions& options, char** argv) {
  const auto resolved = spec::resolve_config(sources_of(options));
  if (!resolved) return complain(spec::to_string(resolved.error()));
  if (options.show_settings) return show_settings(*resolved, options.json);
  const spec::ProgramConfig& config = resolved->config;
  const auto exporting = export_settings(config);
  if (!exporting) return complain(exporting.error());
  const auto board = choose_board(config.board);
  if (!board) return complain(board.error());
  restart_with_heap(static_cast<std::size_t>(board->memory.heap_mib), argv);

  static const hal::HostClock clock;
  AssemblyRequest request;
  request.pipeline_path = existing_or_empty(config.pipeline);
  if (const std::string intents = existing_or_empty(config.intents); !intents.empty())
    request.intents_paths = {intents};
  request.recording_directory = recording_directory(config);
  const bool encrypts = config.evidence_encrypt == "true";
  if (config.evidence_sign == "true" || encrypts) {
    request.keys_directory =
        config.evidence_keys_directory.empty() ? config.state_directory + "/keys" : config.evidence_keys_directory;
  }
  request.level = level_named(config.recording_level.empty() ? board->evidence.recording_level : config.recording_level)
                      .value_or(RecordingLevel::L0);
  request.clock = &clock;
  auto settings = assemble(request);
  if (!settings) return complain(settings.error());
  apply_board(*board, *settings);
  const auto retention = retention_of(config);
  if (!retention) return complain(retention.error());
  settings->flusher.retention = *retention;
  settings->flusher.recording.encrypt = encrypts;
  settings->flusher.recording.sign = config.evidence_sign == "true";
  settings->content = config.recording_content == "approved" ? ContentPolicy::approved : ContentPolicy::by_matrix;
  settings->tenant_id = config.tenant;
  settings->recogniser.model_directory = existing_or_empty(config.model_directory);
  settings->with_border = options.events.wanted();
  const ContentPolicy settings_content = settings->content;
  auto conversation = hal::Conversation::create(std::move(*settings), clock);
  if (!conversation) return complain(conversation.error());

  hal::AlsaSettings card;
  card.capture_name = config.capture_device.empty() ? board->audio.capture_device : config.capture_device;
  card.playback_name = config.playback_device.empty() ? board->audio.playback_device : config.playback_device;
  card.buffer_periods = static_cast<std::size_t>(board->audio.periods);
  hal::AlsaDevice device(card);
  fmt::print(stderr, "phalarope {}: board {}, recording {} to {}\n", PHALAROPE_VERSION, board->name,
             what_is_kept(request.level, settings_content), request.recording_directory);
  auto telemetry = telemetry_of(options, config, boundaries_of((*conversation)->settings().external));
  if (!telemetry) return complain(telemetry.error());
  auto events = EventsPort::open(**conversation, options.events);
  if (!events) return complain(events.error());
  auto fleet = FleetExport::start(*exporting, config.export_url, **conversation);
  if (!fleet) return complain(fleet.error());
  const auto ran = run_live(**conversation, device,
                            {.quiet = false,
                             .realtime = realtime_settings(*board),
                             .events = events->get(),
                             .telemetry = telemetry->get(),
                             .fleet = fleet->get()});
  return ran ? exit_done : complain(ran.error());
}

/// A refused start (settings, a microphone that is not there yet) is tried again by the service manager, which tries a
/// killed one again at once: the breath between two refusals is taken here.
constexpr auto refused_start_pause = std::chrono::seconds(3);

int run_for_the_manager(const RunOptions& options, char** argv) {
  const int code = run_daemon(options, argv);
  if (code != exit_done && std::getenv("NOTIFY_SOCKET") != nullptr) std::this_thread::sleep_for(refused_start_pause);
  return code;
}

char** program_arguments = nullptr;

}  // namespace

void note_arguments(char** argv) { program_arguments = argv; }

void add_run(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run as the board's daemon");
  command->footer(
      "Example: phalarope run --config /etc/phalarope/phalarope.yaml\n"
      "Events are lines {\"kind\": \"control_signal\", \"doc\": {...}}. --events-in takes connected ... ended, "
      "silence,\n"
      "stall, turn_open_proposed, barge_in, cancel and stop; --events-out says every control signal of the engine, "
      "and\n"
      "what was refused and why.");
  command->add_option("--config", options->config, "Settings file; conf.d/ is read beside it");
  command->add_option("--board", options->board, "Board profile: a name of boards/ or a file");
  command->add_option("--recording", options->recording, "Folder of the recording");
  command->add_option("--metrics", options->metrics, "Serve a Prometheus page there, e.g. 127.0.0.1:9464");
  command->add_option("--otlp", options->otlp,
                      "Send telemetry to this OTLP/HTTP collector, e.g. http://127.0.0.1:4318");
  command->add_option("--export", options->export_url,
                      "Send each turn's evidence there: nats://host:4222/STREAM or https://host/path; secrets belong "
                      "into export.credentials or export.token_file");
  command->add_option("--log", options->log_format, "text, or json: one line a decision on standard output");
  auto* const capture = command->add_option("--capture", options->capture,
                                            "Write every event of this session to capture.jsonl beside the recording");
  command->add_option("--capture-seconds", options->capture_seconds, "It ends by itself after so long")
      ->needs(capture)
      ->check(CLI::Range(std::int64_t{1}, telemetry::capture_seconds_max));
  command->add_option("--events-in", options->events.in, "Control signals of other programs: a file, a FIFO, or -");
  command->add_option("--events-out", options->events.out, "The engine's control signals: a file, a FIFO, or -");
  command
      ->add_option("--unknown-events", options->events.unknown, "Lines of an unknown kind: reject, drop, pass_through")
      ->check(CLI::IsMember({"reject", "drop", "pass_through"}));
  command->add_flag("--show-settings", options->show_settings, "Print every setting and where it comes from, then end");
  command->add_flag("--json", options->json, "With --show-settings: as JSON");
  command->callback(
      [options, &chosen] { chosen = [options] { return run_for_the_manager(*options, program_arguments); }; });
}

}  // namespace phalarope::program
