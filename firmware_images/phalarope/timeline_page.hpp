// The timeline page of one recording, or of two: what it shows, with the sound that goes into it or beside it.
//
//   recording ──▶ TimelineRecording ─────────────┐
//            └──▶ audio records ──▶ outline      ├──▶ page.html
//                              └──▶ .opus / .wav ┘──▶ page.raw.opus, ... (beside, when it is long)
//
// Recorded Opus goes out as it was recorded; anything else as WAV. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace phalarope::program {

/// Beyond this a page would open slowly: `automatic` puts the sound beside it.
constexpr std::size_t sound_inside_bytes_max = 24U << 20;

enum class SoundPlace : std::uint8_t { automatic, inside, beside, none };
std::optional<SoundPlace> sound_place_named(std::string_view name);

struct TimelinePageOptions {
  std::string recording;
  std::string against;  // a second recording; empty: none
  std::string page_path;
  SoundPlace sound = SoundPlace::automatic;
  std::int64_t tolerance_ms = 0;  // how far decisions of the two may be apart in time
};

struct TimelinePageReport {
  std::size_t differences = 0;
  std::string first_difference;  // in words; empty: none
};

std::expected<TimelinePageReport, std::string> write_timeline_page(const TimelinePageOptions& options);

}  // namespace phalarope::program
