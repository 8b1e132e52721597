// The front end on human speech, on noises, and on its own voice coming back. Recordings are those of the packages
// pocketsphinx-testdata; the figures printed are what this machine measured in this run.
#include "hal/audio/front_end.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "hal/audio/audio_engine.hpp"
#include "hal/audio/wav_device.hpp"
#include "tests/unit/hal/audio/audio_world.hpp"
#include "tests/unit/hal/audio/real_speech.hpp"

namespace phalarope::hal {
namespace {

using testing::AudioWorld;
using testing::of_kind;

/// Keeps the tracks of a whole run.
struct KeepingTap final : AudioTap {
  void take(const TappedPeriod& period) noexcept override {
    raw.insert(raw.end(), period.raw.begin(), period.raw.end());
    cleaned.insert(cleaned.end(), period.cleaned.begin(), period.cleaned.end());
  }
  std::vector<std::int16_t> raw;
  std::vector<std::int16_t> cleaned;
};

struct Heard {
  std::vector<Event> events;
  std::vector<AudioWorld::HeardFrame> frames;
  KeepingTap tap;
};

/// Runs a scripted device to its end; `answer` is played from the start under one ticket.
Heard run(WavDeviceSettings device_settings, const std::vector<std::int16_t>& answer = {},
          FrontEndSettings front_end = {}) {
  Heard run;
  AudioWorld world;
  WavDevice device(std::move(device_settings));
  AudioEngine engine(device, world.link(), {.front_end = front_end}, &run.tap);
  EXPECT_TRUE(engine.start());
  const Ticket ticket = world.fence.open();
  std::size_t given = 0;
  for (bool ended = false; !ended;) {
    for (int i = 0; i < 4 && given < answer.size() && world.slabs_held(synthesis_pool) < 8; ++i) {
      const std::size_t count = std::min<std::size_t>(1600, answer.size() - given);
      const auto from = answer.begin() + static_cast<std::ptrdiff_t>(given);
      world.play(ticket, static_cast<std::int64_t>(given), {from, from + static_cast<std::ptrdiff_t>(count)});
      given += count;
    }
    ended = engine.run_period().source_ended;
    const auto events = world.take_events();
    run.events.insert(run.events.end(), events.begin(), events.end());
  }
  run.frames = world.heard_frames;
  return run;
}

double energy_db(const std::vector<std::int16_t>& samples, std::size_t from, std::size_t until) {
  double sum = 1;
  for (std::size_t i = from; i < std::min(until, samples.size()); ++i)
    sum += static_cast<double>(samples[i]) * samples[i];
  return 10 * std::log10(sum);
}

/// A small room: a direct path and a decaying reverberation of about 100 ms, after the converter's latency.
std::vector<EchoTap> room(std::int64_t gain_permille) {
  std::vector<EchoTap> taps{{40, gain_permille}};
  testing::Noise noise(7);
  for (std::int64_t delay = 60; delay < 1600; delay += 37) {
    const double decay = std::exp(-static_cast<double>(delay) / 400.0);
    taps.push_back({delay, static_cast<std::int64_t>(static_cast<double>(gain_permille) * 0.4 * decay * noise.next())});
  }
  return taps;
}

TEST(FrontEnd, HearsEveryRecordedHumanAndFindsWhereTheyStart) {
  int tried = 0;
  for (const std::string& name : testing::speech_names()) {
    const auto speech = testing::sphinx_recording(name);
    if (speech.empty()) continue;
    ++tried;
    constexpr std::int64_t at = 32'000;
    const Heard heard =
        run({.microphone = {{.samples = speech, .at_frame = at}}, .tail_frames = 16'000, .noise_peak = 8});
    const auto started = of_kind(heard.events, EventKind::speech_started);
    const auto ended = of_kind(heard.events, EventKind::speech_ended);
    ASSERT_GE(started.size(), 1U) << name;
    EXPECT_EQ(started.size(), ended.size()) << name;
    EXPECT_GE(started[0].media_sample, at - 160) << name;
    EXPECT_LE(ended.back().media_sample, at + static_cast<std::int64_t>(speech.size()) + 1600) << name;
    // Recognition gets audio from before the start, in order, each frame once.
    ASSERT_FALSE(heard.frames.empty());
    EXPECT_LE(heard.frames[0].first_frame, started[0].media_sample - 400 * 16 + 160) << name;
    for (std::size_t i = 1; i < heard.frames.size(); ++i) {
      ASSERT_GT(heard.frames[i].first_frame, heard.frames[i - 1].first_frame);
    }
    std::printf("  %-60s onset +%5.0f ms, %zu stretch(es)\n", name.c_str(),
                static_cast<double>(started[0].media_sample - at) / 16, started.size());
  }
  if (tried == 0) GTEST_SKIP() << "install pocketsphinx-testdata";
}

TEST(FrontEnd, FramesCarryTheirUtteranceAndCoverItWithoutAHole) {
  const auto speech = testing::sphinx_recording("goforward.raw");
  if (speech.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  const Heard heard = run({.microphone = {{.samples = speech, .at_frame = 16'000}}, .noise_peak = 8});
  const auto frames = of_kind(heard.events, EventKind::audio_frame);
  const auto started = of_kind(heard.events, EventKind::speech_started);
  const auto ended = of_kind(heard.events, EventKind::speech_ended);
  ASSERT_EQ(started.size(), 1U);
  std::int64_t next = frames.at(0).media_sample;
  for (const Event& frame : frames) {
    EXPECT_EQ(frame.media_sample, next);
    EXPECT_EQ(frame.provider_invocation, 1U);
    next += 160;
  }
  EXPECT_GT(next, ended.at(0).media_sample) << "the last sample of speech was sent";
}

TEST(FrontEnd, CleanedFramesStandAtTheirOwnPosition) {
  const auto speech = testing::sphinx_recording("goforward.raw");
  if (speech.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  for (const int denoise_db : {0, 12}) {
    const Heard heard = run({.microphone = {{.samples = speech}}}, {},
                            {.canceller = {.denoise_db = denoise_db}, .delivery = FrameDelivery::always});
    double best = 0;
    std::int64_t best_lag = -1000;
    for (std::int64_t lag = -200; lag <= 200; ++lag) {
      double match = 0;
      for (const auto& frame : heard.frames) {
        for (std::int64_t k = 0; k < 160; k += 3) {
          const std::int64_t at = frame.first_frame + k + lag;
          if (at < 0 || at >= static_cast<std::int64_t>(speech.size())) continue;
          match +=
              static_cast<double>(frame.samples[static_cast<std::size_t>(k)]) * speech[static_cast<std::size_t>(at)];
        }
      }
      if (match > best) {
        best = match;
        best_lag = lag;
      }
    }
    EXPECT_EQ(best_lag, 0) << "denoise " << denoise_db;
  }
}

TEST(FrontEnd, RoomNoiseIsNoSpeech) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Heard heard = run({.microphone = {{.samples = testing::room_noise(seed, 160'000, 400)}}, .noise_peak = 20});
    EXPECT_TRUE(of_kind(heard.events, EventKind::speech_started).empty()) << "seed " << seed;
  }
}

TEST(FrontEnd, AKnockIsMostlyIgnoredAndNeverGrowsIntoSpeech) {
  std::size_t suspected = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    WavDeviceSettings settings{.microphone = {{.samples = testing::room_noise(seed, 160'000, 400)}}, .noise_peak = 20};
    for (std::int64_t i = 1; i < 10; ++i) {
      settings.microphone.push_back({.samples = testing::knock(9000), .at_frame = i * 15'000});
    }
    const Heard heard = run(settings);
    suspected += of_kind(heard.events, EventKind::speech_started).size();
    EXPECT_TRUE(of_kind(heard.events, EventKind::speech_continues).empty());
  }
  std::printf("  45 knocks: %zu suspected\n", suspected);
  EXPECT_LE(suspected, 15U);
}

TEST(FrontEnd, ACoughIsShortSpeechAtMostAndNeverGrowsIntoEnough) {
  int suspected = 0;
  std::int64_t longest_ms = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Heard heard =
        run({.microphone = {{.samples = testing::cough(seed, 12'000), .at_frame = 32'000}}, .noise_peak = 10});
    suspected += static_cast<int>(of_kind(heard.events, EventKind::speech_started).size());
    for (const Event& event : of_kind(heard.events, EventKind::speech_continues)) {
      longest_ms = std::max(longest_ms, event.argument_b);
    }
  }
  std::printf("  10 coughs: %d suspected, the longest %lld ms\n", suspected, static_cast<long long>(longest_ms));
  EXPECT_LT(longest_ms, 600) << "D4: below enough_speech while speaking";
}

// users.md 2: it must not hear itself
TEST(FrontEnd, ItsOwnVoiceOpensNoTurn) {
  const auto voice = testing::sphinx_recording("librivox/sense_and_sensibility_01_austen_64kb-0870.wav");
  if (voice.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  for (const std::int64_t gain : {100, 300, 600}) {
    const Heard heard =
        run({.tail_frames = static_cast<std::int64_t>(voice.size()) + 8000, .echo = room(gain), .noise_peak = 10},
            testing::scaled_to_peak(voice, 16'000));
    const auto started = of_kind(heard.events, EventKind::speech_started);
    std::printf("  own voice at %lld/1000 of the loudspeaker: %zu self-interruptions in %.1f s\n",
                static_cast<long long>(gain), started.size(), static_cast<double>(voice.size()) / 16'000);
    for (const Event& event : started) {
      std::printf("    at %.2f s\n", static_cast<double>(event.media_sample) / 16'000);
    }
    EXPECT_EQ(started.size(), 0U) << gain;
  }
}

// users.md 1: talk over it on a plain speaker box
TEST(FrontEnd, AUserTalkingOverTheVoiceIsHeardAndTheEchoGoesAway) {
  const auto voice = testing::sphinx_recording("librivox/sense_and_sensibility_01_austen_64kb-0880.wav");
  const auto user = testing::sphinx_recording("goforward.raw");
  if (voice.empty() || user.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  std::vector<std::int16_t> long_voice = testing::scaled_to_peak(voice, 16'000);
  while (long_voice.size() < 160'000)
    long_voice.insert(long_voice.end(), long_voice.begin(), long_voice.begin() + 16'000);
  constexpr std::int64_t user_at = 96'000;
  for (const double user_peak : {4000.0, 8000.0, 16'000.0}) {
    WavDeviceSettings settings{
        .microphone = {{.samples = testing::scaled_to_peak(user, user_peak), .at_frame = user_at}},
        .echo = room(300),
        .noise_peak = 10};
    const Heard heard = run(settings, long_voice);
    const double erle = energy_db(heard.tap.raw, 48'000, 96'000) - energy_db(heard.tap.cleaned, 48'000, 96'000);
    const auto started = of_kind(heard.events, EventKind::speech_started);
    std::printf("  user peak %5.0f over voice peak 4800 at the microphone: ERLE %4.1f dB, first heard %+5.0f ms\n",
                user_peak, erle, started.empty() ? -1.0 : static_cast<double>(started[0].media_sample - user_at) / 16);
    EXPECT_GT(erle, 12.0);
    ASSERT_FALSE(started.empty()) << user_peak;
    EXPECT_GE(started[0].media_sample, user_at - 1600) << "not before the user speaks";
    EXPECT_LE(started[0].media_sample, user_at + 16'000);
  }
}

TEST(FrontEnd, SpeechDuringALossOfFramesEndsOnceAndTheNextUtteranceIsNew) {
  const auto speech = testing::sphinx_recording("numbers.raw");
  if (speech.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  const Heard heard = run({.microphone = {{.samples = speech, .at_frame = 16'000}},
                           .noise_peak = 8,
                           .script = {{.at_frame = 40'000, .fault = ScriptedFault::unplug, .frames = 16'000}}});
  const auto started = of_kind(heard.events, EventKind::speech_started);
  const auto ended = of_kind(heard.events, EventKind::speech_ended);
  EXPECT_EQ(started.size(), ended.size());
  EXPECT_GE(started.size(), 2U);
}

}  // namespace
}  // namespace phalarope::hal
