// The whole period: commands in, sound out, events out, in virtual time; and the promise of no allocation.
#include "hal/audio/audio_engine.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>

#include "hal/audio/loopback_device.hpp"
#include "hal/audio/wav_device.hpp"
#include "tests/unit/hal/audio/audio_world.hpp"
#include "tests/unit/hal/audio/real_speech.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__has_feature)
// Every allocation of the process passes here, those of the C libraries included.
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
#define PHALAROPE_COUNTS_ALLOCATIONS 1
#endif

namespace phalarope::hal {
namespace {

using testing::AudioWorld;
using testing::of_kind;
using testing::ramp;
using testing::ramp_sample;

TEST(AudioEngine, AnOverrunIsToldWithItsExactRangeBeforeWhatFollows) {
  AudioWorld world;
  WavDevice device({.script = {{.at_frame = 1600, .fault = ScriptedFault::capture_overrun, .frames = 777}}});
  AudioEngine engine(device, world.link(), {});
  ASSERT_TRUE(engine.start());
  for (int i = 0; i < 20; ++i) engine.run_period();
  const auto xruns = of_kind(world.take_events(), EventKind::xrun);
  ASSERT_EQ(xruns.size(), 2U) << "the speaker starved as well";
  EXPECT_EQ(xruns[0].range_start, 1600);
  EXPECT_EQ(xruns[0].range_end, 1600 + 777);
  EXPECT_EQ(xruns[0].reason, Reason::capture_overrun);
  EXPECT_EQ(xruns[1].reason, Reason::playback_underrun);
  EXPECT_TRUE(xruns[0].has(EventFlag::has_range));
  EXPECT_EQ(engine.counters().capture_xruns, 1U);
}

TEST(AudioEngine, ALostDeviceStillServesFenceAndCommandsAndItsReturnIsTold) {
  AudioWorld world;
  WavDevice device({.script = {{.at_frame = 1600, .fault = ScriptedFault::unplug, .frames = 3200}}});
  AudioEngine engine(device, world.link(), {});
  ASSERT_TRUE(engine.start());
  const Ticket ticket = world.fence.open();
  ASSERT_TRUE(world.play(ticket, 0, ramp(0, 3200)));
  for (int i = 0; i < 15; ++i) engine.run_period();
  EXPECT_EQ(of_kind(world.take_events(), EventKind::device_lost).size(), 1U);
  // 10 periods were rendered; the last two were in the queue when the device went, and come again.
  EXPECT_EQ(engine.playback().position(), 1600 - 320);
  world.fence.raise({.fade_frames = 80, .reason = Reason::barge_in});
  engine.run_period();
  EXPECT_EQ(of_kind(world.take_events(), EventKind::fence_applied).size(), 1U);
  for (int i = 0; i < 30; ++i) engine.run_period();
  const auto restored = of_kind(world.take_events(), EventKind::device_restored);
  ASSERT_EQ(restored.size(), 1U);
  EXPECT_EQ(restored[0].range_start, 1600);
  EXPECT_EQ(restored[0].range_end, 1600 + 3200);
  EXPECT_EQ(world.slabs_held(synthesis_pool), 0U);
}

TEST(AudioEngine, TheFenceIsOnePeriodFromTheSpeakersFile) {
  const std::string path = ::testing::TempDir() + "phalarope_fence.wav";
  AudioWorld world;
  WavDevice device({.speaker_path = path});
  AudioEngine engine(device, world.link(), {});
  ASSERT_TRUE(engine.start());
  const Ticket ticket = world.fence.open();
  ASSERT_TRUE(world.play(ticket, 0, std::vector<std::int16_t>(3200, 5000)));
  for (int i = 0; i < 5; ++i) engine.run_period();
  world.fence.raise({.fade_frames = 128, .reason = Reason::barge_in});
  for (int i = 0; i < 10; ++i) engine.run_period();
  engine.stop();
  const auto applied = of_kind(world.take_events(), EventKind::fence_applied);
  ASSERT_EQ(applied.size(), 1U);
  const auto sounded = load_audio_file(path);
  ASSERT_TRUE(sounded);
  std::size_t last_audible = 0;
  for (std::size_t i = 0; i < sounded->samples.size(); ++i) {
    if (sounded->samples[i] != 0) last_audible = i;
  }
  EXPECT_EQ(static_cast<std::int64_t>(last_audible), applied[0].argument_b) << "clock 2 is what the file shows";
  EXPECT_EQ(applied[0].argument_a, 5 * 160 + 128);
}

TEST(AudioEngine, TheEndOfTheMicrophoneIsToldOnce) {
  AudioWorld world;
  WavDevice device({.tail_frames = 320});
  AudioEngine engine(device, world.link(), {});
  ASSERT_TRUE(engine.start());
  int ended = 0;
  for (int i = 0; i < 10; ++i) ended += engine.run_period().source_ended ? 1 : 0;
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(of_kind(world.take_events(), EventKind::stream_ended).size(), 1U);
}

TEST(AudioEngine, AFullRingIsCountedAndNothingWaits) {
  const auto speech = testing::sphinx_recording("numbers.raw");
  if (speech.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  AudioWorld world;
  WavDevice device({.microphone = {{.samples = speech}}});
  AudioEngine engine(device, world.link(), {.front_end = {.delivery = FrameDelivery::always}});
  ASSERT_TRUE(engine.start());
  for (int i = 0; i < 1200; ++i) engine.run_period();  // nobody drains
  EXPECT_EQ(world.slabs_held(microphone_pool), testing::test_slabs);
  EXPECT_GT(engine.counters().front_end.frames_lost, 0U);
  world.take_events();
  EXPECT_EQ(world.slabs_held(microphone_pool), 0U);
}

TEST(AudioEngine, OtherPeriodsThanTenMillisecondsLoseNothing) {
  const auto speech = testing::sphinx_recording("goforward.raw");
  if (speech.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  std::vector<std::int64_t> onsets;
  for (const std::size_t period :
       {std::size_t{64}, std::size_t{100}, std::size_t{160}, std::size_t{256}, std::size_t{480}}) {
    AudioWorld world;
    WavDevice device({.microphone = {{.samples = speech, .at_frame = 16'000}}, .noise_peak = 8});
    AudioEngine engine(device, world.link(), {.format = {.period_frames = period}});
    ASSERT_TRUE(engine.start());
    while (!engine.run_period().source_ended) {
      for (const Event& event : of_kind(world.take_events(), EventKind::speech_started)) {
        onsets.push_back(event.media_sample);
      }
    }
  }
  ASSERT_EQ(onsets.size(), 5U);
  for (const std::int64_t onset : onsets) EXPECT_EQ(onset, onsets[0]) << "the same frames, whatever the period";
}

TEST(AudioEngine, TapsSeeRawCleanedAndPlayedOnTheirPositions) {
  AudioWorld world;
  LoopbackDevice device({});
  TapRing ring;
  AudioEngine engine(device, world.link(), {.front_end = {.canceller = {.cancel_echo = false, .denoise_db = 0}}},
                     &ring);
  ASSERT_TRUE(engine.start());
  const Ticket ticket = world.fence.open();
  ASSERT_TRUE(world.play(ticket, 0, ramp(0, 1600)));
  for (int i = 0; i < 20; ++i) engine.run_period();
  TapBlock block;
  std::int64_t next = 0;
  bool echoed = false;
  while (ring.try_pop(block)) {
    EXPECT_EQ(block.capture_frame, next);
    next += 160;
    EXPECT_EQ(block.playback_frame, block.capture_frame + 320);
    for (std::size_t i = 0; i < 160; ++i) ASSERT_EQ(block.raw[i], block.cleaned[i]);
    echoed = echoed || block.raw[0] == ramp_sample(0);
  }
  EXPECT_EQ(next, 20 * 160);
  EXPECT_TRUE(echoed);
  EXPECT_EQ(ring.blocks_dropped(), 0U);
}

// contract: I10
TEST(AudioEngine, ARunningPeriodAllocatesNothing) {
#ifndef PHALAROPE_COUNTS_ALLOCATIONS
  GTEST_SKIP() << "allocations are counted in plain GCC builds only";
#endif
  const auto speech = testing::room_noise(3, 64'000, 9000);
  AudioWorld world;
  WavDevice device({.microphone = {{.samples = speech}}, .echo = {{.delay_frames = 50, .gain_permille = 300}}});
  AudioEngine engine(device, world.link(), {.front_end = {.delivery = FrameDelivery::always}});
  ASSERT_TRUE(engine.start());
  const Ticket ticket = world.fence.open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(world.play(ticket, i * 1600, ramp(i * 1600, 1600)));
  engine.run_period();
  rusage faults_before{};
  ::getrusage(RUSAGE_THREAD, &faults_before);
  const std::uint64_t before = allocations.load();
  Event event{};
  for (int i = 0; i < 500; ++i) {
    if (i == 100) world.send(EventKind::command_duck, ticket, 100);
    if (i == 120) world.send(EventKind::command_resume, ticket, 0);
    if (i == 150) world.fence.raise({.fade_frames = 100, .reason = Reason::barge_in});
    engine.run_period();
    while (world.control->try_pop(event)) {
    }
    while (world.data->try_pop(event)) {
      if (event.payload.present()) (void)world.payloads.release(event.payload);
    }
  }
  EXPECT_EQ(allocations.load() - before, 0U);
}

}  // namespace
}  // namespace phalarope::hal
