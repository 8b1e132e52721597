// AlsaDevice against ALSA's own plugins and against the paced card: real waits, real xruns, a pulled cable.
// Times are real, so tolerances are those of a loaded test machine; what must be exact is checked exactly.
#include "hal/audio/alsa_device.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "hal/audio/audio_engine.hpp"
#include "hal/host/clock.hpp"
#include "tests/unit/hal/audio/audio_world.hpp"
#include "tests/unit/hal/audio/real_speech.hpp"

namespace phalarope::hal {
namespace {

using testing::AudioWorld;
using testing::of_kind;

const std::string folder = PHALAROPE_ALSA_DIR;

class AlsaDeviceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ::setenv("ALSA_CONFIG_PATH", "/usr/share/alsa/alsa.conf:" PHALAROPE_ALSA_CONF, 1);
    std::filesystem::remove(folder + "/unplugged");
  }
};

void write_raw(const std::string& path, const std::vector<std::int16_t>& samples) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(samples.size() * 2));
}

AlsaSettings both(const std::string& name, bool mmap = true) {
  return {.capture_name = name, .playback_name = name, .buffer_periods = 4, .prefer_mmap = mmap, .prefer_link = true};
}

TEST_F(AlsaDeviceTest, NullPlaysAndCapturesSilence) {
  AlsaDevice device(both("phal_null"));
  const auto format = device.open({});
  ASSERT_TRUE(format) << format.error().what;
  std::vector<std::int16_t> period(format->period_frames, 1);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(device.capture(period).status, DeviceStatus::ok);
    EXPECT_EQ(device.play(period).status, DeviceStatus::ok);
  }
}

TEST_F(AlsaDeviceTest, AFilePluginGivesItsSamplesBitForBit) {
  std::vector<std::int16_t> wanted(3200);
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = static_cast<std::int16_t>(i * 7);
  write_raw(folder + "/file_in.raw", wanted);
  AlsaDevice device(both("phal_file", false));
  const auto format = device.open({});
  ASSERT_TRUE(format) << format.error().what;
  std::vector<std::int16_t> heard;
  std::vector<std::int16_t> period(format->period_frames);
  std::vector<std::int16_t> out(format->period_frames, 42);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(device.capture(period).status, DeviceStatus::ok);
    ASSERT_EQ(device.play(out).status, DeviceStatus::ok);
    heard.insert(heard.end(), period.begin(), period.end());
  }
  device.close();
  EXPECT_EQ(heard, wanted);
  const auto played = load_audio_file(folder + "/file_out.raw");
  ASSERT_TRUE(played);
  // The plugin throws away what it has not written when the stream is dropped, so not all of it is there.
  EXPECT_GT(std::count(played->samples.begin(), played->samples.end(), 42), 0);
}

TEST_F(AlsaDeviceTest, MissingDevicesAreNamedWithACure) {
  AlsaDevice device(both("no_such_device"));
  const auto format = device.open({});
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().fault, DeviceFault::device_missing);
  EXPECT_EQ(format.error().where, "no_such_device");
  EXPECT_FALSE(format.error().cure.empty());
}

// Real time, served in time: no xrun, no frame lost or doubled, in both ways of transfer.
TEST_F(AlsaDeviceTest, ServedInTimeNothingIsLost) {
  for (const bool mmap : {true, false}) {
    AlsaDevice device(both("phal_counter", mmap));
    const auto format = device.open({});
    ASSERT_TRUE(format) << format.error().what;
    EXPECT_EQ(device.counters().capture_mmap, mmap);
    const std::vector<std::int16_t> out(160, 1);
    std::vector<std::int16_t> period(160);
    const Instant before = monotonic_now();
    for (int i = 0; i < 100; ++i) {
      const CaptureOutcome in = device.capture(period);
      ASSERT_EQ(in.status, DeviceStatus::ok) << i;
      for (std::int64_t k = 0; k < 160; ++k) {
        ASSERT_EQ(period[static_cast<std::size_t>(k)], static_cast<std::int16_t>((in.first_frame + k) & 0x7fff));
      }
      const PlaybackOutcome played = device.play(out);
      ASSERT_EQ(played.status, DeviceStatus::ok) << i;
      EXPECT_EQ(played.first_frame, in.first_frame + 320);
      EXPECT_LE(played.queued_frames, 320) << "at most two periods stay queued (D17)";
    }
    const double seconds = static_cast<double>((monotonic_now() - before).value) / 1e9;
    EXPECT_NEAR(seconds, 1.0, 0.1) << "real time";
    EXPECT_EQ(device.counters().recoveries, 0U);
  }
}

// Q11: xrun -> recover -> event, with the range that the samples themselves prove.
TEST_F(AlsaDeviceTest, AStallOf400MillisecondsIsRecoveredAndItsRangeIsExact) {
  AudioWorld world;
  AlsaDevice device(both("phal_counter"));
  struct LastTap final : AudioTap {
    void take(const TappedPeriod& period) noexcept override {
      first_frame = period.capture_frame;
      first_sample = period.raw[0];
    }
    std::int64_t first_frame = 0;
    std::int16_t first_sample = 0;
  } tap;
  AudioEngine engine(device, world.link(), {}, &tap);
  ASSERT_TRUE(engine.start());
  std::int64_t worst_error = 0;
  for (int stall = 0; stall < 3; ++stall) {
    for (int i = 0; i < 15; ++i) engine.run_period();
    EXPECT_TRUE(of_kind(world.take_events(), EventKind::xrun).empty());
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    engine.run_period();
    const auto xruns = of_kind(world.take_events(), EventKind::xrun);
    ASSERT_GE(xruns.size(), 1U);
    EXPECT_EQ(xruns[0].reason, Reason::capture_overrun);
    EXPECT_NEAR(static_cast<double>(xruns[0].range_end - xruns[0].range_start), 6400 - 160, 800);
    EXPECT_EQ(xruns[0].range_end, tap.first_frame);
    // The card's own count says which frame the next period really starts with.
    const std::int64_t true_frame = tap.first_sample + (tap.first_frame & ~std::int64_t{0x7fff});
    worst_error = std::max(worst_error, std::abs(true_frame - tap.first_frame));
  }
  std::printf("  three stalls of 400 ms: range wrong by at most %lld frames\n", static_cast<long long>(worst_error));
  EXPECT_LE(worst_error, 32) << "2 ms";
  EXPECT_GE(device.counters().recoveries, 3U);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(engine.run_period().capture, DeviceStatus::ok) << "and it goes on";
  engine.stop();
}

TEST_F(AlsaDeviceTest, AFencedTurnStaysSilentThroughAnXrun) {
  AudioWorld world;
  AlsaDevice device(both("phal_speech"));
  AudioEngine engine(device, world.link(), {});
  ASSERT_TRUE(engine.start());
  const Ticket ticket = world.fence.open();
  ASSERT_TRUE(world.play(ticket, 0, std::vector<std::int16_t>(3200, 4321)));
  for (int i = 0; i < 8; ++i) engine.run_period();
  world.fence.raise({.fade_frames = 0, .reason = Reason::barge_in});
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  for (int i = 0; i < 10; ++i) engine.run_period();
  engine.stop();
  const auto played = load_audio_file(folder + "/speaker.raw");
  ASSERT_TRUE(played);
  EXPECT_EQ(std::count(played->samples.begin(), played->samples.end(), 4321), 8 * 160);
}

// users.md 10: unplug, plug in, go on, within a second
TEST_F(AlsaDeviceTest, APulledCableIsToldAndTheReturnIsFoundWithinASecond) {
  AudioWorld world;
  AlsaDevice device(both("phal_pull"));
  AudioEngine engine(device, world.link(), {});
  ASSERT_TRUE(engine.start());
  for (int i = 0; i < 10; ++i) engine.run_period();
  std::ofstream(folder + "/unplugged") << "x";
  for (int i = 0; i < 40; ++i) engine.run_period();
  EXPECT_EQ(of_kind(world.take_events(), EventKind::device_lost).size(), 1U);
  std::filesystem::remove(folder + "/unplugged");
  const Instant plugged_in = monotonic_now();
  DeviceStatus status = DeviceStatus::absent;
  while (status != DeviceStatus::restored && monotonic_now() - plugged_in < milliseconds(2000)) {
    status = engine.run_period().capture;
  }
  EXPECT_EQ(status, DeviceStatus::restored);
  EXPECT_LT((monotonic_now() - plugged_in).value, milliseconds(1000).value);
  EXPECT_EQ(of_kind(world.take_events(), EventKind::device_restored).size(), 1U);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(engine.run_period().capture, DeviceStatus::ok);
}

TEST_F(AlsaDeviceTest, HumanSpeechIsHeardInRealTime) {
  auto speech = testing::sphinx_recording("goforward.raw");
  if (speech.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  write_raw(folder + "/speech.raw", speech);
  AudioWorld world;
  AlsaDevice device(both("phal_speech"));
  AudioEngine engine(device, world.link(), {});
  ASSERT_TRUE(engine.start());
  std::vector<Event> started;
  for (int i = 0; i < 120 && started.empty(); ++i) {
    engine.run_period();
    started = of_kind(world.take_events(), EventKind::speech_started);
  }
  ASSERT_EQ(started.size(), 1U);
  EXPECT_NEAR(static_cast<double>(started[0].media_sample), 509 * 16, 800);
  EXPECT_EQ(engine.counters().capture_xruns, 0U);
}

}  // namespace
}  // namespace phalarope::hal
