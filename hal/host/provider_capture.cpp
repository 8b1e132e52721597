#include "hal/host/provider_capture.hpp"

#include <algorithm>
#include <charconv>

#include "core/engine/evidence/content_form.hpp"
#include "core/replay/base64.hpp"
#include "core/spec/utf8.hpp"

namespace phalarope::hal {
namespace {

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = spec::utf8_character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

CaptureMode mode_named(std::string_view name) {
  if (name == "hash") return CaptureMode::hash;
  if (name == "full") return CaptureMode::full;
  return CaptureMode::redacted;
}

std::size_t bytes_named(std::string_view text) {
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && bytes >= capture_bytes_min ? static_cast<std::size_t>(bytes) : capture_bytes_default;
}

}  // namespace

CaptureSettings capture_settings(const Environment& environment) {
  return {.mode = mode_named(environment(capture_mode_variable).value_or("")),
          .bytes_max = bytes_named(environment(capture_bytes_variable).value_or(""))};
}

CapturedPayload capture_payload(std::span<const std::byte> payload, const CaptureSettings& settings) {
  CapturedPayload captured;
  captured.truncated = payload.size() > settings.bytes_max;
  const auto sample = payload.first(std::min(payload.size(), settings.bytes_max));
  const std::string_view text(reinterpret_cast<const char*>(sample.data()), sample.size());
  switch (settings.mode) {
    case CaptureMode::redacted:
      captured.text = "redacted " + std::string(hash_form(sample).view());
      break;
    case CaptureMode::hash:
      captured.text = hash_form(sample).view();
      break;
    case CaptureMode::full:
      captured.text = is_utf8(text) ? std::string(text) : "base64:" + replay::base64(sample);
      break;
  }
  // Nothing stays nothing: the hash of no bytes would say that there had been something.
  if (payload.empty()) captured.text.clear();
  return captured;
}

}  // namespace phalarope::hal
