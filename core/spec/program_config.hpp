// The program's settings: /etc/phalarope/phalarope.yaml, conf.d/*.yaml beside it, and PHALAROPE_* variables.
//
//   built-in default  <  phalarope.yaml  <  conf.d/*.yaml in name order  <  environment  <  command line
//                        field by field; the resolved view names the layer of every field (decisions.md D21)
//
// Invariants. (1) Every field of the table can be set in every layer; `recording.level` is PHALAROPE_RECORDING_LEVEL.
// (2) Unknown fields and unknown PHALAROPE_* variables are refused with the nearest known name.
// (3) A relative path means: relative to the file that says it (environment, command line: as given).
// Reads files, reads no environment itself: the caller hands it over. Contract: decisions.md D12, D21.
#pragma once

#include <array>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/spec/diagnostics.hpp"

namespace phalarope::spec {

constexpr std::string_view config_spec_name = "phalarope/v1";
constexpr std::string_view environment_prefix = "PHALAROPE_";

struct ProgramConfig {
  std::string board;  // name of a profile, or a path
  std::string boards_directory;
  std::string pipeline;  // path
  std::string intents;   // path
  std::string model_directory;
  std::string state_directory;
  std::string recording_directory;        // empty: <state_directory>/recordings
  std::string recording_level;            // empty: the pipeline's own
  std::string recording_content;          // redacted: by the matrix; approved: as it is
  std::string evidence_sign;              // true, false
  std::string evidence_encrypt;           // true, false; needs evidence_sign's key
  std::string evidence_retention_policy;  // path; empty: the contract's defaults
  std::string evidence_keys_directory;    // empty: <state_directory>/keys
  std::string capture_device;             // empty: the board profile's
  std::string playback_device;            // empty: the board profile's
  std::string voice;
  std::string tenant;  // whose sessions these are
  // Texts as they were given, judged by telemetry::read_settings; empty: its defaults.
  std::string telemetry_enabled;
  std::string telemetry_endpoint;
  std::string telemetry_queue_capacity;
  std::string telemetry_sample_rate;
  std::string telemetry_timeout_ms;
  std::string telemetry_body;
  std::string telemetry_metrics_listen;
  // Texts as they were given, judged by fleet::read_export_settings; empty: its defaults.
  std::string export_url;  // may hold a password: shown only by fleet::shown
  std::string export_queue_capacity;
  std::string export_timeout_ms;
  std::string export_retry_delay_ms;
  std::string export_max_attempts;
  std::string export_board;
  std::string export_domain;
  std::string export_credentials;
  std::string export_token_file;
  std::string export_ca_file;
  std::string export_certificate_file;
  std::string export_key_file;
  std::string log_level;
  std::string log_format;

  bool operator==(const ProgramConfig&) const = default;
};

/// One line of the resolved view.
struct ResolvedField {
  std::string field;  // `recording.level`
  std::string value;
  std::string layer;  // `default`, `/etc/phalarope/phalarope.yaml:4`, `environment PHALAROPE_...`, `command line`
};

struct ResolvedConfig {
  ProgramConfig config;
  std::vector<ResolvedField> fields;
};

using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct ConfigSources {
  std::string file;          // empty: none; conf.d/ is looked for beside it
  NamedValues environment;   // names with their prefix; others are passed over
  NamedValues command_line;  // field names, as in `recording.level`
};

std::expected<ResolvedConfig, Diagnostics> resolve_config(const ConfigSources& sources);

/// `name: value` pairs of this process's environment that start with PHALAROPE_.
NamedValues select_environment(char** environment);

}  // namespace phalarope::spec
