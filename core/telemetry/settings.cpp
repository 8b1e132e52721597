#include "core/telemetry/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "core/telemetry/correlation.hpp"

namespace phalarope::telemetry {
namespace {

constexpr std::array<std::string_view, 6> yes_words = {"1", "t", "T", "TRUE", "true", "True"};
constexpr std::array<std::string_view, 6> no_words = {"0", "f", "F", "FALSE", "false", "False"};

bool is_word(std::span<const std::string_view> words, std::string_view text) {
  return std::ranges::find(words, text) != words.end();
}

class SettingsReader {
 public:
  Result<TelemetrySettings, std::vector<SettingProblem>> read(const TelemetryTexts& texts) {
    read_enabled(texts.enabled);
    read_endpoint(texts.endpoint);
    read_number("telemetry.queue_capacity", texts.queue_capacity, queue_capacity_max, settings_.queue_capacity);
    read_number("telemetry.drop_sample_rate", texts.sample_one_in, sample_rate_max, settings_.sample_one_in);
    read_number("telemetry.export_timeout_ms", texts.export_timeout_ms, export_timeout_ms_max,
                settings_.export_timeout_ms);
    read_body(texts.body);
    read_listen(texts.metrics_listen);
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return settings_;
  }

 private:
  void complain(std::string_view field, const std::string& sentence) { problems_.push_back({field, sentence}); }

  void read_enabled(std::string_view given) {
    const std::string_view text = trimmed(given);
    if (text.empty()) return;
    if (!is_word(yes_words, text) && !is_word(no_words, text)) {
      complain("telemetry.enabled", "`" + std::string(text) + "` is neither true nor false");
    }
    settings_.enabled = !is_word(no_words, text);
  }

  void read_endpoint(std::string_view given) {
    std::string_view text = trimmed(given);
    if (text.empty()) return;
    const std::size_t scheme_end = text.find("://");
    const std::string_view scheme = text.substr(0, std::min(scheme_end, text.size()));
    const bool known = scheme == "http" || scheme == "https";
    const std::string_view rest = scheme_end == std::string_view::npos ? "" : text.substr(scheme_end + 3);
    const std::string_view host = rest.substr(0, rest.find_first_of("/:?#"));
    const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c != 0x7f; });
    if (!known || (host.empty() && !rest.starts_with("[")) || !plain || text.find_first_of("?#") != text.npos) {
      return complain("telemetry.otlp_http_endpoint",
                      "`" + std::string(text) + "` needs a scheme and a host, e.g. http://127.0.0.1:4318");
    }
    while (text.ends_with('/')) text.remove_suffix(1);
    settings_.endpoint = text;
  }

  void read_number(std::string_view field, std::string_view given, std::int64_t max, std::int64_t& value) {
    const std::string_view text = trimmed(given);
    if (text.empty()) return;
    const auto number = whole_number(text);
    if (!number || *number < 1 || *number > max) {
      return complain(field, "`" + std::string(text) + "` is no whole number from 1 to " + std::to_string(max));
    }
    value = *number;
  }

  void read_body(std::string_view given) {
    const std::string_view text = trimmed(given);
    if (text.empty() || text == "otlp") return;
    if (text != "private") return complain("telemetry.body", "`" + std::string(text) + "` is neither otlp nor private");
    settings_.body = CollectorBody::private_form;
  }

  void read_listen(std::string_view given) {
    const std::string_view text = trimmed(given);
    if (text.empty()) return;
    settings_.metrics_listen = read_listen_address(text);
    if (!settings_.metrics_listen) {
      complain("telemetry.metrics_listen", "`" + std::string(text) + "` is no address, e.g. 127.0.0.1:9464");
    }
  }

  TelemetrySettings settings_;
  std::vector<SettingProblem> problems_;
};

}  // namespace

std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<TelemetrySettings, std::vector<SettingProblem>> read_settings(const TelemetryTexts& texts) {
  return SettingsReader().read(texts);
}

std::optional<ListenAddress> read_listen_address(std::string_view text) {
  ListenAddress address{.host = "127.0.0.1"};
  std::string_view port = text;
  if (text.starts_with('[')) {
    const std::size_t close = text.find("]:");
    if (close == std::string_view::npos || close == 1) return std::nullopt;
    address.host = text.substr(1, close - 1);
    port = text.substr(close + 2);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (colon == 0 || text.find(':', colon + 1) != std::string_view::npos) return std::nullopt;
    address.host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto number = port.empty() || port.front() == '-' ? std::nullopt : whole_number(port);
  if (!number || *number > 65'535) return std::nullopt;
  address.port = static_cast<std::uint16_t>(*number);
  if (address.host == "localhost") address.host = "127.0.0.1";
  return address;
}

bool is_loopback(const ListenAddress& address) noexcept {
  return address.host.starts_with("127.") || address.host == "::1";
}

}  // namespace phalarope::telemetry
