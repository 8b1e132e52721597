// Layers of settings. See program_config.hpp.
#include "core/spec/program_config.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

#include "core/engine/plan/plan_names.hpp"
#include "core/spec/document.hpp"
#include "core/spec/field_reader.hpp"

namespace phalarope::spec {

namespace {

constexpr std::array<std::string_view, 4> log_levels = {"error", "warning", "info", "debug"};
constexpr std::array<std::string_view, 2> log_formats = {"text", "json"};
constexpr std::array<std::string_view, 2> content_policies = {"redacted", "approved"};
constexpr std::array<std::string_view, 2> yes_or_no = {"true", "false"};
constexpr std::array<std::string_view, 2> collector_bodies = {"otlp", "private"};
constexpr std::array<std::string_view, 1> config_spec_names = {config_spec_name};

/// One settable field: its name in files, what it means, and where it goes.
struct ConfigField {
  std::string_view name;
  std::string ProgramConfig::* member;
  std::string_view standard;
  bool is_path = false;
  std::span<const std::string_view> choices = {};
};
constexpr std::array config_fields = {
    ConfigField{"board", &ProgramConfig::board, "auto"},
    ConfigField{"boards_directory", &ProgramConfig::boards_directory, "/usr/share/phalarope/boards", true},
    ConfigField{"pipeline", &ProgramConfig::pipeline, "/etc/phalarope/pipeline.yaml", true},
    ConfigField{"intents", &ProgramConfig::intents, "/etc/phalarope/intents.yaml", true},
    ConfigField{"model_directory", &ProgramConfig::model_directory, "/usr/share/phalarope/models", true},
    ConfigField{"state_directory", &ProgramConfig::state_directory, "/var/lib/phalarope", true},
    ConfigField{"recording.directory", &ProgramConfig::recording_directory, "", true},
    ConfigField{"recording.level", &ProgramConfig::recording_level, "", false, plan_enum_names<RecordingLevel>},
    ConfigField{"recording.content", &ProgramConfig::recording_content, "redacted", false, content_policies},
    ConfigField{"evidence.sign", &ProgramConfig::evidence_sign, "true", false, yes_or_no},
    ConfigField{"evidence.encrypt", &ProgramConfig::evidence_encrypt, "true", false, yes_or_no},
    ConfigField{"evidence.retention_policy", &ProgramConfig::evidence_retention_policy, "", true},
    ConfigField{"evidence.keys_directory", &ProgramConfig::evidence_keys_directory, "", true},
    ConfigField{"audio.capture", &ProgramConfig::capture_device, ""},
    ConfigField{"audio.playback", &ProgramConfig::playback_device, ""},
    ConfigField{"voice", &ProgramConfig::voice, "slt"},
    ConfigField{"tenant", &ProgramConfig::tenant, "default"},
    ConfigField{"telemetry.enabled", &ProgramConfig::telemetry_enabled, ""},
    ConfigField{"telemetry.otlp_http_endpoint", &ProgramConfig::telemetry_endpoint, ""},
    ConfigField{"telemetry.queue_capacity", &ProgramConfig::telemetry_queue_capacity, ""},
    ConfigField{"telemetry.drop_sample_rate", &ProgramConfig::telemetry_sample_rate, ""},
    ConfigField{"telemetry.export_timeout_ms", &ProgramConfig::telemetry_timeout_ms, ""},
    ConfigField{"telemetry.body", &ProgramConfig::telemetry_body, "", false, collector_bodies},
    ConfigField{"telemetry.metrics_listen", &ProgramConfig::telemetry_metrics_listen, ""},
    ConfigField{"export.url", &ProgramConfig::export_url, ""},
    ConfigField{"export.queue_capacity", &ProgramConfig::export_queue_capacity, ""},
    ConfigField{"export.timeout_ms", &ProgramConfig::export_timeout_ms, ""},
    ConfigField{"export.retry_delay_ms", &ProgramConfig::export_retry_delay_ms, ""},
    ConfigField{"export.max_attempts", &ProgramConfig::export_max_attempts, ""},
    ConfigField{"export.board", &ProgramConfig::export_board, ""},
    ConfigField{"export.domain", &ProgramConfig::export_domain, ""},
    ConfigField{"export.credentials", &ProgramConfig::export_credentials, "", true},
    ConfigField{"export.token_file", &ProgramConfig::export_token_file, "", true},
    ConfigField{"export.ca_file", &ProgramConfig::export_ca_file, "", true},
    ConfigField{"export.certificate_file", &ProgramConfig::export_certificate_file, "", true},
    ConfigField{"export.key_file", &ProgramConfig::export_key_file, "", true},
    ConfigField{"log.level", &ProgramConfig::log_level, "info", false, log_levels},
    ConfigField{"log.format", &ProgramConfig::log_format, "text", false, log_formats},
};
constexpr std::array<std::string_view, 6> config_sections = {"recording", "evidence", "audio",
                                                             "telemetry", "export",   "log"};

std::string variable_of(std::string_view field) {
  std::string name(environment_prefix);
  for (const char c : field) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

/// Writes `value` at a dotted field of a document, with its origin.
void set_field(Document& document, std::string_view field, const std::string& value, const std::string& origin) {
  document.kind = Document::Kind::map;
  Document* at = &document;
  for (std::string_view rest = field; !rest.empty();) {
    const auto dot = rest.find('.');
    const auto key = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    at->kind = Document::Kind::map;
    if (at->find(key) == nullptr) at->entries.emplace_back().key = key;
    at = at->find(key);
  }
  Document scalar;
  scalar.kind = Document::Kind::scalar;
  scalar.key = at->key;
  scalar.text = value;
  *at = std::move(scalar);
  at->origin = std::make_shared<const std::string>(origin);
}

const Document* find_field(const Document& document, std::string_view field) {
  const auto dot = field.find('.');
  const Document* const found = document.find(field.substr(0, dot));
  if (found == nullptr || dot == std::string_view::npos) return found;
  return find_field(*found, field.substr(dot + 1));
}

std::string layer_of(const Document& value) {
  if (!value.origin) return "default";
  return value.line > 0 ? *value.origin + ":" + std::to_string(value.line) : *value.origin;
}

class ConfigReader {
 public:
  std::expected<ResolvedConfig, Diagnostics> resolve(const ConfigSources& sources) {
    Document merged;
    for (const ConfigField& field : config_fields)
      set_field(merged, field.name, std::string(field.standard), "default");
    if (!sources.file.empty()) add_file(merged, sources.file);
    for (const std::string& file : drop_ins_of(sources.file)) add_file(merged, file);
    add_environment(merged, sources.environment);
    add_command_line(merged, sources.command_line);
    if (!diagnostics_.empty()) return std::unexpected(std::move(diagnostics_));
    ResolvedConfig resolved = read(merged);
    if (!diagnostics_.empty()) return std::unexpected(std::move(diagnostics_));
    return resolved;
  }

 private:
  void add_file(Document& merged, const std::string& file) {
    const std::size_t complaints_at_first = diagnostics_.size();
    const std::string text = read_text_file(file, diagnostics_);
    if (diagnostics_.size() != complaints_at_first) return;  // said once is enough
    const Document document = parse_document(text, file, diagnostics_);
    if (document.kind == Document::Kind::nothing) return;
    const std::size_t complaints_before = diagnostics_.size();
    refuse_unknown(document);
    if (diagnostics_.size() == complaints_before) lay_over(merged, document);
  }

  /// Checks the shape of one file before it is merged, so that each complaint names its own file.
  void refuse_unknown(const Document& document) {
    MapReader map(document, {}, diagnostics_);
    (void)map.choice("spec", config_spec_names, Presence::optional);
    for (const std::string_view section : config_sections) {
      auto inner = map.map(section);
      if (!inner) continue;
      for (const ConfigField& field : config_fields) {
        if (field.name.starts_with(section) && field.name.size() > section.size() &&
            field.name[section.size()] == '.') {
          check_field(*inner, field, field.name.substr(section.size() + 1));
        }
      }
      inner->finish();
    }
    for (const ConfigField& field : config_fields) {
      if (field.name.find('.') == std::string_view::npos) check_field(map, field, field.name);
    }
    map.finish();
  }

  void check_field(MapReader& map, const ConfigField& field, std::string_view key) {
    std::string value;
    if (field.choices.empty()) {
      map.text(key, value);
    } else {
      (void)map.choice(key, field.choices);
    }
  }

  std::vector<std::string> drop_ins_of(const std::string& file) {
    std::vector<std::string> files;
    if (file.empty()) return files;
    std::error_code error;
    const auto directory = std::filesystem::path(file).parent_path() / "conf.d";
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  void add_environment(Document& merged, const NamedValues& environment) {
    std::vector<std::string> names;
    for (const ConfigField& field : config_fields) names.push_back(variable_of(field.name));
    const std::vector<std::string_view> known(names.begin(), names.end());
    for (const auto& [name, value] : environment) {
      if (!name.starts_with(environment_prefix)) continue;
      const auto at = std::find(known.begin(), known.end(), name);
      if (at == known.end()) {
        diagnostics_.push_back({"environment", 0, 0, name, "unknown variable", one_of(name, known)});
        continue;
      }
      const auto& field = config_fields[static_cast<std::size_t>(at - known.begin())];
      set_field(merged, field.name, value, "environment " + name);
    }
  }

  void add_command_line(Document& merged, const NamedValues& command_line) {
    std::vector<std::string_view> known;
    for (const ConfigField& field : config_fields) known.push_back(field.name);
    for (const auto& [name, value] : command_line) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        diagnostics_.push_back({"command line", 0, 0, name, "unknown setting", one_of(name, known)});
        continue;
      }
      set_field(merged, name, value, "command line");
    }
  }

  ResolvedConfig read(const Document& merged) {
    ResolvedConfig resolved;
    for (const ConfigField& field : config_fields) {
      const Document* const found = find_field(merged, field.name);
      if (found == nullptr || found->kind != Document::Kind::scalar) continue;
      std::string value = found->text;
      const bool unknown = !field.choices.empty() && !value.empty() &&
                           std::find(field.choices.begin(), field.choices.end(), value) == field.choices.end();
      if (unknown) {
        diagnostics_.push_back(diagnostic_at(*found, std::string(field.name), "unknown value \"" + value + "\"",
                                             one_of(value, field.choices)));
      }
      if (field.is_path && found->line > 0) value = beside(*found->origin, value);
      resolved.config.*(field.member) = value;
      resolved.fields.push_back({std::string(field.name), value, layer_of(*found)});
    }
    ProgramConfig& config = resolved.config;
    if (config.recording_directory.empty()) config.recording_directory = config.state_directory + "/recordings";
    return resolved;
  }

  static std::string beside(const std::string& file, const std::string& path) {
    if (path.empty() || path.starts_with('/')) return path;
    return (std::filesystem::path(file).parent_path() / path).lexically_normal().string();
  }

  Diagnostics diagnostics_;
};

}  // namespace

std::expected<ResolvedConfig, Diagnostics> resolve_config(const ConfigSources& sources) {
  return ConfigReader().resolve(sources);
}

NamedValues select_environment(char** environment) {
  NamedValues selected;
  for (char** at = environment; at != nullptr && *at != nullptr; ++at) {
    const std::string_view line(*at);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || !line.starts_with(environment_prefix)) continue;
    selected.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return selected;
}

}  // namespace phalarope::spec
