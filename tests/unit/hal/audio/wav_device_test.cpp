// The file device: its time line, its faults at exact positions, its speaker file, and the loopback beside it.
#include "hal/audio/wav_device.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "hal/audio/loopback_device.hpp"
#include "hal/host/clock.hpp"

namespace phalarope::hal {
namespace {

using Period = std::vector<std::int16_t>;

Period filled(std::int16_t value) { return Period(160, value); }

TEST(WavDevice, ClipsSoundAtTheirSampleAndTheEndIsToldOnce) {
  WavDevice device({.microphone = {{.samples = {7, 8, 9}, .at_frame = 200}, {.samples = {1, 1}, .at_frame = 201}},
                    .tail_frames = 300});
  ASSERT_TRUE(device.open({}));
  EXPECT_EQ(device.end_frame(), 503);
  std::vector<std::int16_t> heard;
  int ends = 0;
  for (int i = 0; i < 8; ++i) {
    Period period(160);
    const CaptureOutcome outcome = device.capture(period);
    EXPECT_EQ(outcome.first_frame, i * 160);
    EXPECT_EQ(outcome.at.value, frames_to_duration((i + 1) * 160).value);
    ends += outcome.source_ended ? 1 : 0;
    EXPECT_EQ(outcome.source_ended, i == 3);
    heard.insert(heard.end(), period.begin(), period.end());
    device.play(filled(0));
  }
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(heard[199], 0);
  EXPECT_EQ(heard[200], 7);
  EXPECT_EQ(heard[201], 9);
  EXPECT_EQ(heard[202], 10);
  EXPECT_EQ(heard[203], 0);
}

TEST(WavDevice, TwoRunsInVirtualTimeGiveTheSameBits) {
  const auto run = [] {
    WavDevice device({.echo = {{.delay_frames = 30, .gain_permille = 500}}, .noise_peak = 100, .noise_seed = 9});
    EXPECT_TRUE(device.open({}));
    std::vector<std::int16_t> heard;
    for (std::int16_t i = 0; i < 50; ++i) {
      Period period(160);
      device.capture(period);
      heard.insert(heard.end(), period.begin(), period.end());
      device.play(filled(i));
    }
    return heard;
  };
  EXPECT_EQ(run(), run());
}

TEST(WavDevice, WhatIsPlayedComesBackAsEchoAtItsPositionPlusDelay) {
  WavDevice device({.echo = {{.delay_frames = 25, .gain_permille = 500}}});
  ASSERT_TRUE(device.open({}));
  std::int64_t played_at = -1;
  for (int i = 0; i < 20; ++i) {
    Period period(160);
    const CaptureOutcome in = device.capture(period);
    for (std::int64_t k = 0; k < 160; ++k) {
      const std::int64_t frame = in.first_frame + k;
      const bool expected = played_at >= 0 && frame == played_at + 25;
      ASSERT_EQ(period[static_cast<std::size_t>(k)], expected ? 5000 : 0) << frame;
    }
    Period out = filled(0);
    if (i == 5) out[0] = 10'000;
    const PlaybackOutcome played = device.play(out);
    EXPECT_EQ(played.queued_frames, 320);
    if (i == 5) played_at = played.first_frame;
  }
}

TEST(WavDevice, AScriptedOverrunLosesExactlyItsFrames) {
  WavDevice device({.microphone = {{.samples = std::vector<std::int16_t>(5000, 3), .at_frame = 0}},
                    .script = {{.at_frame = 480, .fault = ScriptedFault::capture_overrun, .frames = 6400}}});
  ASSERT_TRUE(device.open({}));
  for (int i = 0; i < 6; ++i) {
    Period period(160);
    const CaptureOutcome in = device.capture(period);
    const PlaybackOutcome out = device.play(filled(1));
    if (i != 3) {
      EXPECT_EQ(in.status, DeviceStatus::ok);
      continue;
    }
    EXPECT_EQ(in.status, DeviceStatus::xrun);
    EXPECT_EQ(in.first_frame, 480 + 6400);
    EXPECT_EQ(in.lost_frames, 6400);
    EXPECT_EQ(out.status, DeviceStatus::xrun) << "the speaker starved meanwhile";
    EXPECT_EQ(out.first_frame, in.first_frame + 320);
  }
}

TEST(WavDevice, UnpluggingIsLostAbsentAndRestoredWithItsRange) {
  WavDevice device({.script = {{.at_frame = 320, .fault = ScriptedFault::unplug, .frames = 480}}});
  ASSERT_TRUE(device.open({}));
  std::vector<DeviceStatus> statuses;
  CaptureOutcome returned{};
  std::int64_t dropped = 0;
  for (int i = 0; i < 7; ++i) {
    Period period(160);
    const CaptureOutcome in = device.capture(period);
    statuses.push_back(in.status);
    if (in.status == DeviceStatus::restored) returned = in;
    dropped += device.play(filled(1)).dropped_frames;
  }
  using enum DeviceStatus;
  EXPECT_EQ(statuses, (std::vector{ok, ok, lost, absent, absent, restored, ok}));
  EXPECT_EQ(returned.lost_frames, 480);
  EXPECT_EQ(returned.first_frame, 800);
  EXPECT_EQ(dropped, 320) << "what was queued when it went";
}

TEST(WavDevice, TheSpeakerFileHoldsWhatSoundedFrameForFrame) {
  const std::string path = ::testing::TempDir() + "phalarope_speaker.wav";
  {
    WavDevice device({.speaker_path = path,
                      .script = {{.at_frame = 800, .fault = ScriptedFault::playback_underrun, .frames = 100}}});
    ASSERT_TRUE(device.open({}));
    for (std::int16_t i = 1; i <= 10; ++i) {
      Period period(160);
      device.capture(period);
      device.play(filled(i));
    }
    device.close();
  }
  const auto sounded = load_audio_file(path);
  ASSERT_TRUE(sounded);
  ASSERT_EQ(sounded->samples.size(), 320U + 1600U);
  EXPECT_EQ(sounded->samples[319], 0);
  EXPECT_EQ(sounded->samples[320], 1);
  EXPECT_EQ(sounded->samples[320 + 159], 1);
  EXPECT_EQ(sounded->samples[320 + 160], 2);
  int silenced = 0;
  for (std::size_t i = 320; i < sounded->samples.size(); ++i) silenced += sounded->samples[i] == 0 ? 1 : 0;
  EXPECT_EQ(silenced, 100);
  std::filesystem::remove(path);
}

TEST(WavDevice, RealTimeTakesRealTimeAndServingLateIsAnOverrun) {
  WavDevice device({.pace = Pace::real_time});
  ASSERT_TRUE(device.open({}));
  Period period(160);
  const Instant before = monotonic_now();
  for (int i = 0; i < 10; ++i) {
    EXPECT_NE(device.capture(period).status, DeviceStatus::lost);
    device.play(filled(0));
  }
  EXPECT_GE((monotonic_now() - before).value, milliseconds(99).value);
  const Instant stall_until = monotonic_now() + milliseconds(120);
  while (monotonic_now() < stall_until) {
  }
  const CaptureOutcome late = device.capture(period);
  EXPECT_EQ(late.status, DeviceStatus::xrun);
  EXPECT_GE(late.lost_frames, 1500);
}

TEST(WavDevice, BadSettingsAreNamed) {
  EXPECT_EQ(WavDevice({}).open({.period_frames = 10}).error().fault, DeviceFault::settings_invalid);
  EXPECT_EQ(WavDevice({.microphone = {{.path = "/nonexistent.wav"}}}).open({}).error().fault,
            DeviceFault::file_unreadable);
  EXPECT_EQ(WavDevice({.speaker_path = "/nonexistent/speaker.wav"}).open({}).error().fault,
            DeviceFault::file_unwritable);
  EXPECT_EQ(WavDevice({.echo = {{.delay_frames = 1 << 20}}}).open({}).error().fault, DeviceFault::settings_invalid);
}

TEST(LoopbackDevice, WhatIsPlayedIsCapturedAfterItsDelay) {
  LoopbackDevice device({.delay_frames = 40});
  ASSERT_TRUE(device.open({}));
  std::vector<std::int16_t> played;
  std::vector<std::int16_t> captured;
  for (int i = 0; i < 20; ++i) {
    Period period(160);
    device.capture(period);
    captured.insert(captured.end(), period.begin(), period.end());
    Period out(160);
    for (std::int16_t& sample : out) sample = static_cast<std::int16_t>(played.size() % 30'000 + 1);
    out[3] = static_cast<std::int16_t>(i + 100);
    const PlaybackOutcome outcome = device.play(out);
    if (played.empty()) played.assign(static_cast<std::size_t>(outcome.first_frame), 0);
    played.insert(played.end(), out.begin(), out.end());
  }
  for (std::size_t i = 40; i < captured.size(); ++i) ASSERT_EQ(captured[i], played[i - 40]) << i;
}

}  // namespace
}  // namespace phalarope::hal
