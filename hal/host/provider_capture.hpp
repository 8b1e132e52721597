// What of a provider's input and output goes into its attempt's evidence.
//
//   payload ── first max_bytes ──▶ redacted   "redacted sha256=<hex> bytes=<n>"      (the default)
//                                  hash       "sha256=<hex> bytes=<n>"
//                                  full       the text itself; "base64:..." when it is not UTF-8
//
// Hash and count cover what was taken, not what was cut off. A mode nobody knows is `redacted`, a number nobody can
// read is the default: a spelling mistake must not disclose. Pure. Contract: evidence.md 1.10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace phalarope::hal {

enum class CaptureMode : std::uint8_t { redacted, hash, full };

constexpr std::size_t capture_bytes_default = 8192;
constexpr std::size_t capture_bytes_min = 256;
constexpr std::string_view capture_mode_variable = "PHALAROPE_PROVIDER_IO_CAPTURE_MODE";
constexpr std::string_view capture_bytes_variable = "PHALAROPE_PROVIDER_IO_CAPTURE_MAX_BYTES";

struct CaptureSettings {
  CaptureMode mode = CaptureMode::redacted;
  std::size_t bytes_max = capture_bytes_default;
  bool operator==(const CaptureSettings&) const = default;
};

/// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
CaptureSettings capture_settings(const Environment& environment);

struct CapturedPayload {
  std::string text;
  bool truncated = false;
};
CapturedPayload capture_payload(std::span<const std::byte> payload, const CaptureSettings& settings);

}  // namespace phalarope::hal
