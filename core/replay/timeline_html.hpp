// A conversation as one HTML file: waveforms, phases, lanes, decisions, latencies and every event on one axis of time,
// playable, searchable; or two recordings on one axis, with the places where they decided differently.
//
//   page/timeline.html   the frame, with its places to fill      page/timeline.css   how it looks, light and dark
//   page/timeline_*.js   how it moves; reads the data blocks     embedded at build time by page/embed.cmake
//
//   <script json>    the conversations, names, peaks             read when the page opens
//   <script text>    one block of event columns a recording      read column by column, when first needed
//   the page's own script
//   <script text>    one block a track: its sound in base64      behind the script: an hour of sound delays nothing
//
// Invariants. (1) The file asks for nothing but sound files that stand beside it, if it was written so: its content
// security policy forbids all else, and names style and script by their hashes. (2) No text of a recording is ever
// markup: it travels as JSON whose `<`, `>` and `&` are escaped, and the script puts it on the page as text only.
// Pure; any thread. Contract: decisions.md D4, D17; evidence.md 4.15 (F-074).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/replay/timeline_comparison.hpp"
#include "core/replay/timeline_recording.hpp"
#include "core/replay/wave_peaks.hpp"

namespace phalarope::replay {

/// One audio track as the caller prepared it. Mono.
struct TimelineTrack {
  AudioTrack track = AudioTrack::raw;
  std::int64_t start_ns = 0;  // monotonic time of the first sample, as in the log
  std::uint32_t sample_rate_hz = 16000;
  std::uint64_t frames = 0;
  WavePeaks peaks{};
  std::string media_type{};        // "audio/wav", "audio/ogg"; empty: no sound, only its outline
  std::vector<std::byte> sound{};  // the file's bytes, to be embedded
  std::string sound_file{};        // instead of `sound`: the name of a file beside the page
};

struct TimelineSide {
  std::string name;  // what people call the recording: the folder's name
  const TimelineRecording* recording = nullptr;
  std::span<const TimelineTrack> tracks{};
};

/// One side, or two and what differs between them.
struct TimelinePage {
  std::vector<TimelineSide> sides;
  const TimelineComparison* comparison = nullptr;
};

/// RIFF/WAVE, PCM, mono, 16 bit.
std::vector<std::byte> wav_bytes(std::span<const std::int16_t> samples, std::uint32_t sample_rate_hz);

std::string timeline_html(const TimelinePage& page);

/// The data block of the page as JSON (before escaping for HTML): for those who draw it themselves.
std::string timeline_data_json(const TimelinePage& page);

}  // namespace phalarope::replay
