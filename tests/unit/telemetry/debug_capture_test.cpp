// A debug capture watches one session, for a while, within its bytes, and says nothing of what was said.
#include "core/telemetry/debug_capture.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "tests/unit/replay/sample_conversation.hpp"
#include "tests/unit/telemetry/telemetry_recording.hpp"

namespace phalarope::telemetry {
namespace {

std::vector<std::string> lines_of(DebugCapture& capture, replay::RecordSource& recording) {
  std::vector<std::string> lines;
  while (const auto record = recording.next()) {
    if (auto line = capture.take(*record)) lines.push_back(std::move(*line));
  }
  return lines;
}

// contract: evidence 4.15
TEST(DebugCapture, WatchesOneSessionOnly) {
  TelemetryRecording sample;
  DebugCapture capture({.session_id = "garage"});
  const auto lines = lines_of(capture, sample.recording);
  ASSERT_EQ(lines.size(), 2U);
  for (const std::string& line : lines) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["session_id"], "garage");
    EXPECT_EQ(line.back(), '\n');
  }
  EXPECT_EQ(capture.ended(), CaptureEnd::not_yet);
}

// contract: evidence 4.15
TEST(DebugCapture, EndsByItselfWhenItsTimeIsUp) {
  TelemetryRecording sample;
  DebugCapture capture({.session_id = "kitchen", .seconds = 2});
  const auto lines = lines_of(capture, sample.recording);
  EXPECT_EQ(capture.ended(), CaptureEnd::time_is_up);
  // It began at 400 ms; what came at 2400 ms and later is not in it.
  for (const std::string& line : lines)
    EXPECT_LT(nlohmann::json::parse(line)["runtime_timestamp_ms"].get<std::int64_t>(), 2400);
  EXPECT_GT(lines.size(), 5U);
}

// contract: evidence 4.15
TEST(DebugCapture, EndsByItselfWhenItsBytesAreUsed) {
  TelemetryRecording sample;
  DebugCapture capture({.session_id = "kitchen", .seconds = 60, .bytes = 2000});
  const auto lines = lines_of(capture, sample.recording);
  EXPECT_EQ(capture.ended(), CaptureEnd::bytes_are_used);
  std::uint64_t bytes = 0;
  for (const std::string& line : lines) bytes += line.size();
  EXPECT_LE(bytes, 2000U);
  EXPECT_EQ(bytes, capture.bytes_used());
}

TEST(DebugCapture, CannotBeOrderedBeyondItsBounds) {
  TelemetryRecording sample;
  DebugCapture capture({.session_id = "kitchen", .seconds = -1});
  static_cast<void>(lines_of(capture, sample.recording));
  EXPECT_EQ(capture.ended(), CaptureEnd::time_is_up) << "at least a second, and not for ever";
}

TEST(DebugCapture, HoldsNoWordOfWhatWasSaid) {
  replay::SampleConversation conversation("my secret number is 4711");
  DebugCapture capture({.session_id = "kitchen-board"});
  const auto lines = lines_of(capture, conversation.recording);
  EXPECT_GT(lines.size(), 20U);
  for (const std::string& line : lines) EXPECT_EQ(line.find("secret"), std::string::npos) << line;
}

}  // namespace
}  // namespace phalarope::telemetry
