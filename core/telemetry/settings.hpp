// Settings of the telemetry pipeline, and how their texts are read.
//
//   telemetry.enabled             true    1 t T TRUE true True, 0 f F FALSE false False
//   telemetry.otlp_http_endpoint  none    scheme and host needed; none: everything is discarded, and counted
//   telemetry.queue_capacity      256     events
//   telemetry.drop_sample_rate    1       keep one in N
//   telemetry.export_timeout_ms   200     of one try
//   telemetry.body                otlp    otlp, or the contract's private body
//   telemetry.metrics_listen      none    address:port of the Prometheus page; the loopback unless somebody says
//   otherwise
//
// A text that cannot be read, or a number below 1, stops the start. Pure. Contract: evidence.md 3.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/result.hpp"

namespace phalarope::telemetry {

constexpr std::int64_t queue_capacity_max = 65'536;
constexpr std::int64_t sample_rate_max = 1'000'000'000;
constexpr std::int64_t export_timeout_ms_max = 60'000;

enum class CollectorBody : std::uint8_t { otlp, private_form };

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;  // 0: any free one
  bool operator==(const ListenAddress&) const = default;
};

struct TelemetrySettings {
  bool enabled = true;
  std::string endpoint;  // without a slash at its end; empty: none
  std::int64_t queue_capacity = 256;
  std::int64_t sample_one_in = 1;
  std::int64_t export_timeout_ms = 200;
  CollectorBody body = CollectorBody::otlp;
  std::optional<ListenAddress> metrics_listen;

  bool operator==(const TelemetrySettings&) const = default;
};

/// The texts as they stand in files, environment and command line; an empty one takes the default.
struct TelemetryTexts {
  std::string enabled{};
  std::string endpoint{};
  std::string queue_capacity{};
  std::string sample_one_in{};
  std::string export_timeout_ms{};
  std::string body{};
  std::string metrics_listen{};
};

/// Which setting cannot be used, and why.
struct SettingProblem {
  std::string_view field;
  std::string sentence;
};

Result<TelemetrySettings, std::vector<SettingProblem>> read_settings(const TelemetryTexts& texts);

/// `127.0.0.1:9464`, `[::1]:9464`, or a port alone, which means the loopback.
std::optional<ListenAddress> read_listen_address(std::string_view text);
/// The whole text is one.
std::optional<std::int64_t> whole_number(std::string_view text) noexcept;
bool is_loopback(const ListenAddress& address) noexcept;

}  // namespace phalarope::telemetry
