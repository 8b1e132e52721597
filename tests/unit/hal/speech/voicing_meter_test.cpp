// A voice is told from a noise by its periodicity.
#include "hal/speech/detail/voicing_meter.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace phalarope::hal::detail {
namespace {

std::int64_t voiced_of(const std::vector<std::int16_t>& samples) {
  VoicingMeter sut;
  sut.feed(samples);
  return sut.voiced_frames();
}

TEST(VoicingMeter, APulseTrainOfAVoicesPitchIsVoiced) {
  std::vector<std::int16_t> samples(16000);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::int16_t>(i % 128 < 12 ? 8000 : -800);
  EXPECT_GT(voiced_of(samples), 80);
}

TEST(VoicingMeter, WhiteNoiseIsNot) {
  std::vector<std::int16_t> samples(16000);
  std::uint32_t seed = 7;
  for (auto& sample : samples) sample = static_cast<std::int16_t>((seed = seed * 1664525U + 1013904223U) >> 17);
  EXPECT_EQ(voiced_of(samples), 0);
}

TEST(VoicingMeter, SilenceAndMainsHumAreNot) {
  EXPECT_EQ(voiced_of(std::vector<std::int16_t>(16000)), 0);
  std::vector<std::int16_t> hum(16000);
  for (std::size_t i = 0; i < hum.size(); ++i) {  // a 50 Hz triangle
    const auto phase = static_cast<std::int32_t>(i % 320);
    hum[i] = static_cast<std::int16_t>((phase < 160 ? phase : 320 - phase) * 10 - 800);
  }
  EXPECT_EQ(voiced_of(hum), 0);
}

}  // namespace
}  // namespace phalarope::hal::detail
