#include "core/replay/wave_peaks.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/replay/base64.hpp"

namespace phalarope::replay {

WavePeaks peaks_of(std::span<const std::int16_t> samples) {
  constexpr std::int32_t full = 127;
  WavePeaks peaks;
  while (samples.size() / peaks.bucket_frames >= peaks_max) peaks.bucket_frames *= 2;
  for (const std::int16_t sample : samples) peaks.loudest = std::max(peaks.loudest, std::abs(std::int32_t{sample}));
  const std::int32_t scale = std::max(peaks.loudest, 1);
  std::vector<std::byte> bytes;
  bytes.reserve(2 * (samples.size() / peaks.bucket_frames + 1));
  for (std::size_t from = 0; from < samples.size(); from += peaks.bucket_frames) {
    const auto bucket = samples.subspan(from, std::min<std::size_t>(peaks.bucket_frames, samples.size() - from));
    const auto [low, high] = std::ranges::minmax(bucket);
    bytes.push_back(static_cast<std::byte>(low * full / scale));
    bytes.push_back(static_cast<std::byte>(high * full / scale));
  }
  peaks.base64 = base64(bytes);
  return peaks;
}

}  // namespace phalarope::replay
