// Human speech and room noises for tests: recordings of the packages pocketsphinx-testdata and alsa-utils, and coughs,
// knocks and hum made from a seed. A test that needs a recording skips when its package is not installed.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "hal/audio/wav_file.hpp"

namespace phalarope::hal::testing {

inline std::vector<std::int16_t> recording(const std::string& path) {
  const auto loaded = load_audio_file(path);
  return loaded ? loaded->samples : std::vector<std::int16_t>{};
}
inline std::vector<std::int16_t> sphinx_recording(const std::string& name) {
  return recording("/usr/share/pocketsphinx/test/data/" + name);
}
inline std::vector<std::string> speech_names() {
  return {"goforward.raw",
          "something.raw",
          "numbers.raw",
          "cards/001.wav",
          "cards/002.wav",
          "cards/003.wav",
          "cards/004.wav",
          "cards/005.wav",
          "librivox/sense_and_sensibility_01_austen_64kb-0870.wav",
          "librivox/sense_and_sensibility_01_austen_64kb-0880.wav"};
}
inline std::vector<std::int16_t> scaled_to_peak(std::vector<std::int16_t> samples, double peak) {
  double highest = 1;
  for (const std::int16_t sample : samples) highest = std::max(highest, std::abs(static_cast<double>(sample)));
  for (std::int16_t& sample : samples) sample = static_cast<std::int16_t>(sample * peak / highest);
  return samples;
}

/// Seeded noise; the generator of numerical fame (Knuth's MMIX constants).
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed) {}
  double next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(static_cast<std::int64_t>(state_ >> 11) - (std::int64_t{1} << 52)) /
           static_cast<double>(std::int64_t{1} << 52);
  }

 private:
  std::uint64_t state_;
};

/// A cough: two bursts of noise with a sharp start and a fast decay, about 150 ms each.
inline std::vector<std::int16_t> cough(std::uint64_t seed, double peak) {
  Noise noise(seed);
  std::vector<std::int16_t> samples(16'000 / 2, 0);
  double low = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::size_t in_burst = i % 4000;
    const double envelope = in_burst < 2400 ? std::exp(-static_cast<double>(in_burst) / 700.0) : 0.0;
    low = 0.7 * low + 0.3 * noise.next();
    samples[i] = static_cast<std::int16_t>(peak * envelope * low * 2);
  }
  return samples;
}
inline std::vector<std::int16_t> knock(double peak) {
  std::vector<std::int16_t> samples(800, 0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / 16'000;
    samples[i] = static_cast<std::int16_t>(peak * std::exp(-t * 200) * std::sin(2 * M_PI * 180 * t));
  }
  return samples;
}
inline std::vector<std::int16_t> room_noise(std::uint64_t seed, std::size_t frames, double peak) {
  Noise noise(seed);
  std::vector<std::int16_t> samples(frames);
  double low = 0;
  for (std::int16_t& sample : samples) {
    low = 0.9 * low + 0.1 * noise.next();
    sample = static_cast<std::int16_t>(peak * low * 3);
  }
  return samples;
}

}  // namespace phalarope::hal::testing
