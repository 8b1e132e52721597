// DebugCapture: everything one session does, as JSON lines, for a while. It ends by itself.
//
//   records ──▶ of the watched session? ──▶ before the end, below the bound? ──▶ one line an event
//
// Only the watched session's events are looked at beyond their slot, the lines hold no text and no sound, and what they
// may take is bounded in time and bytes: its neighbours do not feel it. Time is the events' own.
// One thread. Contract: evidence.md 4.15 (F-076), 8.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/replay/event_json.hpp"
#include "core/replay/record_source.hpp"
#include "core/replay/recording_names.hpp"

namespace phalarope::telemetry {

constexpr std::int64_t capture_seconds_max = 3600;
constexpr std::uint64_t capture_bytes_max = 64ULL * 1024 * 1024;

struct CaptureOrder {
  std::string session_id{};
  std::int64_t seconds = 60;
  std::uint64_t bytes = 4ULL * 1024 * 1024;
};

enum class CaptureEnd : std::uint8_t { not_yet, time_is_up, bytes_are_used };
constexpr std::string_view name_of(CaptureEnd end) noexcept {
  constexpr std::string_view names[] = {"not_yet", "time_is_up", "bytes_are_used"};
  return names[static_cast<std::size_t>(end)];
}

class DebugCapture {
 public:
  /// Times and bytes beyond the bounds are lowered to them. The time runs from the first event of any session.
  explicit DebugCapture(CaptureOrder order);
  DebugCapture(const DebugCapture&) = delete;  // the writer knows where the names are
  DebugCapture& operator=(const DebugCapture&) = delete;

  /// The line for this record, with its line feed; nothing when it is not one's business or the capture has ended.
  std::optional<std::string> take(const replay::Record& record);
  CaptureEnd ended() const noexcept { return ended_; }
  std::uint64_t bytes_used() const noexcept { return bytes_used_; }
  std::uint64_t lines() const noexcept { return lines_; }

 private:
  std::optional<std::string> take_event(const Event& event);

  CaptureOrder order_;
  replay::RecordingNames names_;
  std::map<std::uint16_t, bool> watched_;  // by slot
  replay::EventJsonWriter writer_;
  std::optional<std::int64_t> begun_ns_;
  std::uint64_t bytes_used_ = 0;
  std::uint64_t lines_ = 0;
  CaptureEnd ended_ = CaptureEnd::not_yet;
};

}  // namespace phalarope::telemetry
