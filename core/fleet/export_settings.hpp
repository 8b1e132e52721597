// Settings of the durable export: where evidence goes, how hard it is tried, and as whom.
//
//   export.url               none   nats://[user:password@]host[:port]/STREAM, tls:// the same encrypted, or http(s)://
//   export.queue_capacity    256    records
//   export.timeout_ms        200    of one try
//   export.retry_delay_ms    25     between two tries
//   export.max_attempts      3      then the record is left to the catch-up
//   export.board             the machine's name; in the subject, so one word of [A-Za-z0-9_-]
//   export.domain            none   the JetStream domain, when a leaf node stands between
//   export.credentials       none   file of a NATS user (.creds)
//   export.token_file        none   its first line is the bearer token (HTTP) or the NATS token
//   export.ca_file, export.certificate_file, export.key_file   none   for TLS
//
// A number that is not given or below 1 takes its default (evidence.md 1.8); a text that is no number stops the start.
// Invariant: what a person sees of a target is shown(): no user, no password, no token, no query. Pure.
// Contract: evidence.md 1.8, 8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/result.hpp"
#include "core/telemetry/settings.hpp"

namespace phalarope::fleet {

using telemetry::SettingProblem;

constexpr std::int64_t export_queue_capacity = 256;  // records
constexpr std::int64_t export_timeout_ms = 200;
constexpr std::int64_t export_retry_delay_ms = 25;
constexpr std::int64_t export_attempts = 3;
/// Beyond these a setting is a mistake: 64 MiB of records, a minute a try, a thousand tries.
constexpr std::int64_t export_queue_capacity_max = 8192;
constexpr std::int64_t export_wait_ms_max = 60'000;
constexpr std::int64_t export_attempts_max = 1000;
constexpr std::uint16_t nats_port = 4222;

enum class SinkKind : std::uint8_t { none, nats, http };

struct ExportTarget {
  SinkKind kind = SinkKind::none;
  bool encrypted = false;
  std::string server;  // scheme://host:port (nats), or the whole address (http); without user and password
  std::string stream;  // nats
  std::string user;    // secret from here on
  std::string password;

  bool operator==(const ExportTarget&) const = default;
};

struct ExportSettings {
  ExportTarget target;
  std::int64_t queue_capacity = export_queue_capacity;
  std::int64_t timeout_ms = export_timeout_ms;
  std::int64_t retry_delay_ms = export_retry_delay_ms;
  std::int64_t max_attempts = export_attempts;
  std::string tenant = "default";
  std::string board = "board";
  std::string domain;
  std::string credentials_file;
  std::string token_file;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;

  bool operator==(const ExportSettings&) const = default;
};

/// The texts as they stand in files, environment and command line; an empty one takes the default.
struct ExportTexts {
  std::string url{};
  std::string queue_capacity{};
  std::string timeout_ms{};
  std::string retry_delay_ms{};
  std::string max_attempts{};
  std::string tenant{};
  std::string board{};
  std::string machine{};  // its name, for when no board is given
  std::string domain{};
  std::string credentials_file{};
  std::string token_file{};
  std::string ca_file{};
  std::string certificate_file{};
  std::string key_file{};
};

Result<ExportSettings, std::vector<SettingProblem>> read_export_settings(const ExportTexts& texts);

/// An address as people may see it: user, password and query are left out; of what cannot be read nothing is shown.
std::string shown(std::string_view url);

/// A text as one word of a subject: what does not belong there becomes `_`.
std::string subject_word(std::string_view text);
/// `phalarope.<tenant>.<board>.evidence.<kind>` (evidence.md 8).
std::string evidence_subject(const ExportSettings& settings, std::string_view kind);

}  // namespace phalarope::fleet
