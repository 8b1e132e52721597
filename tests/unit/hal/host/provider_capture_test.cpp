// What of a provider's traffic goes into evidence, and what a spelling mistake must not disclose.
#include "hal/host/provider_capture.hpp"

#include <gtest/gtest.h>

#include <map>

namespace phalarope::hal {
namespace {

CaptureSettings from(const std::map<std::string, std::string>& variables) {
  return capture_settings([&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

CapturedPayload captured(std::string_view text, const CaptureSettings& settings) {
  return capture_payload(std::as_bytes(std::span(text)), settings);
}

// contract: evidence.md 1.10 "provider I/O capture"
TEST(ProviderCapture, TheEnvironmentChoosesAndMistakesAreTheStrictDefault) {
  EXPECT_EQ(from({}), (CaptureSettings{CaptureMode::redacted, 8192}));
  const std::string mode = "PHALAROPE_PROVIDER_IO_CAPTURE_MODE";
  const std::string bytes = "PHALAROPE_PROVIDER_IO_CAPTURE_MAX_BYTES";
  EXPECT_EQ(from({{mode, "full"}, {bytes, "256"}}), (CaptureSettings{CaptureMode::full, 256}));
  EXPECT_EQ(from({{mode, "hash"}}).mode, CaptureMode::hash);
  for (const char* unknown : {"", "Full", "full ", "plain"}) {
    EXPECT_EQ(from({{mode, unknown}}).mode, CaptureMode::redacted) << unknown;
  }
  for (const char* unreadable : {"255", "-1", "", "many", "8k", "99999999999999999999999"}) {
    EXPECT_EQ(from({{bytes, unreadable}}).bytes_max, 8192U) << unreadable;
  }
}

// contract: evidence.md 1.10 "provider I/O capture"
TEST(ProviderCapture, EachModeSaysWhatItMay) {
  const std::string hash = "sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad bytes=3";
  EXPECT_EQ(captured("abc", {}).text, "redacted " + hash);
  EXPECT_EQ(captured("abc", {.mode = CaptureMode::hash}).text, hash);
  EXPECT_EQ(captured("abc", {.mode = CaptureMode::full}).text, "abc");
  EXPECT_EQ(captured("\xff\xfe", {.mode = CaptureMode::full}).text, "base64://4=");
  for (const auto mode : {CaptureMode::redacted, CaptureMode::hash, CaptureMode::full}) {
    EXPECT_EQ(captured("", {.mode = mode}).text, "");
  }
}

// contract: evidence.md 1.10 "provider I/O capture"
TEST(ProviderCapture, HashAndCountCoverTheSampleOnly) {
  const std::string longer = "abc" + std::string(1000, 'z');
  const CapturedPayload cut = captured(longer, {.mode = CaptureMode::hash, .bytes_max = 3});
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.text, captured("abc", {.mode = CaptureMode::hash}).text);
  EXPECT_FALSE(captured("abc", {.mode = CaptureMode::hash, .bytes_max = 3}).truncated);
}

}  // namespace
}  // namespace phalarope::hal
