#include "core/fleet/export_settings.hpp"

#include <algorithm>
#include <optional>

#include "core/telemetry/correlation.hpp"

namespace phalarope::fleet {
namespace {

using telemetry::trimmed;

constexpr std::string_view scheme_mark = "://";
constexpr std::string_view how_to_write =
    "the address needs a scheme, a host and, for NATS, a stream: nats://hub:4222/EVIDENCE or https://host/path";

/// The pieces of an address, as far as they are there.
struct Address {
  std::string_view scheme;
  std::string_view user_info;
  std::string_view host_port;
  std::string_view path;  // without its slash
  std::string_view rest;  // query and fragment
};

std::optional<Address> parse(std::string_view url) {
  const std::size_t scheme_end = url.find(scheme_mark);
  const bool plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7f; });
  const bool named = std::ranges::all_of(url.substr(0, scheme_end), [](char c) { return c >= 'a' && c <= 'z'; });
  if (scheme_end == url.npos || !plain || !named) return std::nullopt;
  Address address{.scheme = url.substr(0, scheme_end), .user_info = {}, .host_port = {}, .path = {}, .rest = {}};
  std::string_view after = url.substr(scheme_end + scheme_mark.size());
  if (const std::size_t rest = after.find_first_of("?#"); rest != after.npos) {
    address.rest = after.substr(rest);
    after = after.substr(0, rest);
  }
  const std::size_t slash = after.find('/');
  address.path = slash == after.npos ? std::string_view{} : after.substr(slash + 1);
  address.host_port = after.substr(0, slash);
  if (const std::size_t at = address.host_port.rfind('@'); at != address.host_port.npos) {
    address.user_info = address.host_port.substr(0, at);
    address.host_port = address.host_port.substr(at + 1);
  }
  return address;
}

/// `host`, `host:port`, `[::1]:port`; the port is there and a port, or not there.
bool is_host_port(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
  const std::string_view host = text.substr(0, colon);
  if (host.empty() || host == "[]" || host.starts_with('[') != (bracket != text.npos)) return false;
  if (host.find_first_of("@/,") != host.npos) return false;
  if (colon == text.npos) return true;
  const std::string_view port = text.substr(colon + 1);
  const auto number = telemetry::whole_number(port);
  return !port.starts_with('-') && number && *number >= 1 && *number <= 65'535;
}

bool is_stream_name(std::string_view text) { return !text.empty() && text.find_first_of("./*> ") == text.npos; }

std::optional<ExportTarget> target_of(std::string_view url) {
  const auto address = parse(url);
  if (!address || !is_host_port(address->host_port)) return std::nullopt;
  ExportTarget target;
  const std::size_t colon = address->user_info.find(':');
  target.user = address->user_info.substr(0, colon);
  if (colon != std::string_view::npos) target.password = address->user_info.substr(colon + 1);
  if (address->scheme == "nats" || address->scheme == "tls") {
    if (!is_stream_name(address->path) || !address->rest.empty()) return std::nullopt;
    target.kind = SinkKind::nats;
    target.encrypted = address->scheme == "tls";
    target.stream = address->path;
    target.server = "nats://" + std::string(address->host_port);
    const std::size_t bracket = address->host_port.rfind(']');
    if (address->host_port.find(':', bracket == std::string_view::npos ? 0 : bracket) == std::string_view::npos)
      target.server += ":" + std::to_string(nats_port);
    return target;
  }
  if (address->scheme != "http" && address->scheme != "https") return std::nullopt;
  target.kind = SinkKind::http;
  target.encrypted = address->scheme == "https";
  target.server = std::string(address->scheme) + "://" + std::string(address->host_port) + "/" +
                  std::string(address->path) + std::string(address->rest);
  return target;
}

class SettingsReader {
 public:
  Result<ExportSettings, std::vector<SettingProblem>> read(const ExportTexts& texts) {
    read_url(texts.url);
    number("export.queue_capacity", texts.queue_capacity, export_queue_capacity_max, settings_.queue_capacity);
    number("export.timeout_ms", texts.timeout_ms, export_wait_ms_max, settings_.timeout_ms);
    number("export.retry_delay_ms", texts.retry_delay_ms, export_wait_ms_max, settings_.retry_delay_ms);
    number("export.max_attempts", texts.max_attempts, export_attempts_max, settings_.max_attempts);
    word("export.board", texts.board, settings_.board);
    if (trimmed(texts.board).empty() && !trimmed(texts.machine).empty()) settings_.board = subject_word(texts.machine);
    if (!trimmed(texts.tenant).empty()) settings_.tenant = subject_word(texts.tenant);
    word("export.domain", texts.domain, settings_.domain);
    settings_.credentials_file = trimmed(texts.credentials_file);
    settings_.token_file = trimmed(texts.token_file);
    settings_.ca_file = trimmed(texts.ca_file);
    settings_.certificate_file = trimmed(texts.certificate_file);
    settings_.key_file = trimmed(texts.key_file);
    check_together();
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return settings_;
  }

 private:
  void complain(std::string_view field, std::string sentence) { problems_.push_back({field, std::move(sentence)}); }

  void read_url(std::string_view given) {
    const std::string_view url = trimmed(given);
    if (url.empty()) return;
    if (auto target = target_of(url)) {
      settings_.target = *std::move(target);
    } else {
      complain("export.url", "`" + shown(url) + "` cannot be used; " + std::string(how_to_write));
    }
  }

  void number(std::string_view field, std::string_view given, std::int64_t max, std::int64_t& value) {
    const std::string_view text = trimmed(given);
    if (text.empty()) return;
    const auto read = telemetry::whole_number(text);
    if (!read || *read > max)
      return complain(field, "`" + std::string(text) + "` is no whole number up to " + std::to_string(max));
    if (*read >= 1) value = *read;
  }

  void word(std::string_view field, std::string_view given, std::string& value) {
    const std::string_view text = trimmed(given);
    if (text.empty()) return;
    if (subject_word(text) != text)
      return complain(field, "`" + std::string(text) + "` is not one word of letters, digits, `_` and `-`");
    value = text;
  }

  void check_together() {
    const ExportTarget& target = settings_.target;
    if (settings_.certificate_file.empty() != settings_.key_file.empty())
      complain("export.certificate_file", "a certificate and its key are given together, or neither");
    if (target.kind == SinkKind::http && !settings_.credentials_file.empty())
      complain("export.credentials", "credentials are for NATS; for HTTP give export.token_file");
    if (target.kind == SinkKind::http && !settings_.domain.empty())
      complain("export.domain", "a domain is for NATS; leave it out");
    if (!target.user.empty() && !(settings_.credentials_file.empty() && settings_.token_file.empty()))
      complain("export.url", "give either a user in the address or a file of credentials or token, not both");
  }

  ExportSettings settings_;
  std::vector<SettingProblem> problems_;
};

}  // namespace

Result<ExportSettings, std::vector<SettingProblem>> read_export_settings(const ExportTexts& texts) {
  return SettingsReader().read(texts);
}

std::string shown(std::string_view url) {
  const auto address = parse(trimmed(url));
  if (!address) return url.empty() ? std::string() : "(an address that cannot be read)";
  return std::string(address->scheme) + std::string(scheme_mark) + std::string(address->host_port) +
         (address->path.empty() ? std::string() : "/" + std::string(address->path));
}

std::string subject_word(std::string_view text) {
  std::string word(trimmed(text));
  std::ranges::replace_if(
      word,
      [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return !letter && !(c >= '0' && c <= '9') && c != '_' && c != '-';
      },
      '_');
  return word;
}

std::string evidence_subject(const ExportSettings& settings, std::string_view kind) {
  return "phalarope." + settings.tenant + "." + settings.board + ".evidence." + std::string(kind);
}

}  // namespace phalarope::fleet
