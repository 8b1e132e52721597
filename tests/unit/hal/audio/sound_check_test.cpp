// A pair of microphone and loudspeaker whose delay, gain and silence are known.
#include "hal/audio/sound_check.hpp"

#include <gtest/gtest.h>

#include "hal/audio/loopback_device.hpp"

namespace phalarope::hal {
namespace {

TEST(SoundCheck, FindsTheDelayToTheFrameAndTheGainOfAnEcho) {
  for (const std::int64_t delay : {0, 7, 480, 4'800}) {
    LoopbackDevice device({.delay_frames = delay, .gain_permille = 100, .virtual_start = Instant{} + milliseconds(1)});
    const auto told = check_sound(device, {}, 3);
    ASSERT_TRUE(told);
    ASSERT_TRUE(told->echo) << delay;
    EXPECT_EQ(told->echo->delay_frames, delay);
    EXPECT_NEAR(told->echo->gain_db, -20, 0.5);
    EXPECT_NEAR(told->drift_ppm, 0, 1) << "a virtual device keeps the machine's time";
    EXPECT_EQ(told->capture_xruns + told->playback_xruns, 0);
    EXPECT_FALSE(told->dead_air);
    EXPECT_LT(told->room_dbfs, -100) << "nothing was played in the first second";
  }
}

TEST(SoundCheck, ALoudspeakerThatIsNotHeardHasNoEchoAndAMicrophoneThatSaysNothingIsDead) {
  LoopbackDevice device({.delay_frames = 0, .gain_permille = 0, .virtual_start = {}});
  const auto told = check_sound(device, {}, 3);
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->echo);
  EXPECT_TRUE(told->dead_air);
  EXPECT_EQ(told->peak, 0);
}

TEST(SoundCheck, AnEchoIsToldFromALouderRoom) {
  std::vector<std::int16_t> played(16'000);
  std::vector<std::int16_t> heard(24'000);
  std::uint32_t state = 7;
  const auto draw = [&state] {
    return static_cast<std::int16_t>(
        static_cast<std::int32_t>((state = state * 1'664'525U + 1'013'904'223U) >> 16U) % 8'001 - 4'000);
  };
  for (auto& sample : played) sample = draw();
  for (auto& sample : heard) sample = draw();
  EXPECT_FALSE(find_echo(played, heard)) << "a room of its own";
  for (std::size_t i = 0; i < played.size(); ++i)
    heard[i + 1'234] = static_cast<std::int16_t>(heard[i + 1'234] + played[i] / 4);
  const auto echo = find_echo(played, heard);
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->delay_frames, 1'234);
  EXPECT_NEAR(echo->gain_db, -12, 1);
}

TEST(SoundCheck, TooLittleSoundIsNoEcho) {
  const std::vector<std::int16_t> played(100, 5);
  EXPECT_FALSE(find_echo(played, played));
  EXPECT_FALSE(find_echo({}, {}));
}

}  // namespace
}  // namespace phalarope::hal
