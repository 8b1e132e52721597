// A conversation as one HTML file: waveforms, phases, lanes, decisions and latencies on one axis of time, playable.
//
//   page/timeline.html   the frame, with four places to fill     page/timeline.css   how it looks, light and dark
//   page/timeline*.js    how it moves; reads the data block      embedded at build time by page/embed.cmake
//
// Invariants. (1) The file needs nothing from outside and asks for nothing: its content security policy forbids it,
// and names style and script by their hashes. (2) No text of a recording is ever markup: it travels as JSON whose
// `<`, `>` and `&` are escaped, and the script puts it on the page as text only.
// Pure; any thread. Contract: decisions.md D4, D17.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/replay/conversation_log.hpp"

namespace phalarope::replay {

/// One audio track as the caller decoded it. Mono.
struct TimelineAudio {
  AudioTrack track = AudioTrack::raw;
  std::int64_t start_ns = 0;  // monotonic time of the first sample, as in the log
  std::uint32_t sample_rate_hz = 16000;
  std::span<const std::int16_t> samples;
};

std::string timeline_html(const ConversationLog& log, std::span<const TimelineAudio> audio = {});

/// The data block of the page as JSON (before escaping for HTML): for those who draw it themselves.
std::string timeline_data_json(const ConversationLog& log, std::span<const TimelineAudio> audio = {});

}  // namespace phalarope::replay
