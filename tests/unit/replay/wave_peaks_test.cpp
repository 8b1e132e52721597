// The outline of a sound: as loud as the sound, and bounded however long it is.
#include "core/replay/wave_peaks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace phalarope::replay {
namespace {

TEST(WavePeaks, EachBucketHoldsItsLowestAndHighestInParts127OfTheLoudest) {
  std::vector<std::int16_t> samples(2 * peak_bucket_frames_min, 0);
  samples[3] = 1000;
  samples[peak_bucket_frames_min + 1] = -500;
  const WavePeaks peaks = peaks_of(samples);
  EXPECT_EQ(peaks.loudest, 1000);
  EXPECT_EQ(peaks.base64, "AH/BAA==");  // 0, 127, -63, 0
}

TEST(WavePeaks, TheLowestSampleOfAllFitsToo) {
  const std::vector<std::int16_t> samples(1, -32768);
  EXPECT_EQ(peaks_of(samples).loudest, 32768);
  EXPECT_EQ(peaks_of(samples).base64, "gYE=");  // -127 both
}

TEST(WavePeaks, HoursStayWithinTheBound) {
  const std::vector<std::int16_t> samples(16'000UL * 3600 * 2, 1);
  const WavePeaks peaks = peaks_of(samples);
  EXPECT_LE(samples.size() / peaks.bucket_frames, peaks_max);
  EXPECT_GT(peaks.bucket_frames, peak_bucket_frames_min);
}

TEST(WavePeaks, SilenceAndNothingAreNoDivisionByZero) {
  EXPECT_EQ(peaks_of({}).base64, "");
  EXPECT_EQ(peaks_of(std::vector<std::int16_t>(3, 0)).base64, "AAA=");
}

}  // namespace
}  // namespace phalarope::replay
