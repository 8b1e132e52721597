// WavePeaks: the outline of a sound, small enough to travel inside a page, so that an hour is drawn without decoding
// it.
//
//   samples  ~~~/\~~/\/\~~~~   each bucket of samples becomes its lowest and its highest value, scaled to -127..127
//   buckets  |  |  |  |  |  |  low high low high ...
//
// Invariant: at most peaks_max buckets, however long the sound. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace phalarope::replay {

constexpr std::uint32_t peak_bucket_frames_min = 80;  // 5 ms at 16 kHz
constexpr std::size_t peaks_max = 400'000;            // an hour in 10 ms: 800 kB a track

struct WavePeaks {
  std::uint32_t bucket_frames = peak_bucket_frames_min;
  std::int32_t loudest = 0;  // the sample value that 127 stands for
  std::string base64;        // int8 low, int8 high, ...
};

WavePeaks peaks_of(std::span<const std::int16_t> samples);

}  // namespace phalarope::replay
