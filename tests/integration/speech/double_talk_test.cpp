// How well a command is recognised while the board itself speaks, for three levels of its echo in the microphone.
//
//   board's voice ─▶ loudspeaker (soft clipping) ─▶ room (t60 250 ms) ─▶ + ◀─ a person's command
//        │                                                              │
//        └────────────── reference ──────────────▶ EchoCanceller ◀── microphone
//                                                       │
//                                                   recogniser
//
// The figures to stand beside were measured with the same canceller (20 phrases; near over echo +10 / 0 / -10 dB):
// raw microphone 5 / 0 / -, speexdsp 18 / 12 / at most 5. Prints its own as a table; virtual, so every run is the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>

#include "clips.hpp"
#include "commands.hpp"
#include "core/engine/turn/interruption_policy.hpp"
#include "hal/audio/echo_canceller.hpp"
#include "hal/speech/intents_matcher.hpp"
#include "hal/speech/pocketsphinx_recogniser.hpp"
#include "hal/speech/recognise_clip.hpp"

namespace phalarope::hal::test {
namespace {

constexpr std::size_t sample_rate_hz = 16000;
constexpr double t60_seconds = 0.25;
constexpr double speaker_level = 8000;  // the loudspeaker bends: peaks of the voice reach half as much again
constexpr double silence_level = 200;   // quieter samples are pauses: levels are compared while both talk
/// The board is already talking when the person begins, as in every interruption.
constexpr std::size_t board_alone_samples = 3 * sample_rate_hz;
/// So much speech passes before the voice is ducked: 200 ms of quiet room in the clip, then 200 ms of a voice.
constexpr std::size_t suspicion_samples = 2 * sample_rate_hz / 5;

/// Noise that decays by 60 dB in t60, 2 ms after the sound: a small living room, the same in every run.
std::vector<double> room_response() {
  std::vector<double> response(static_cast<std::size_t>(t60_seconds * sample_rate_hz));
  const std::size_t first = 32;
  std::uint32_t seed = 7;
  for (std::size_t i = first; i < response.size(); ++i) {
    seed = seed * 1664525U + 1013904223U;
    const double white = static_cast<double>(seed >> 8) / 8388608.0 - 1.0;
    const double seconds = static_cast<double>(i - first) / sample_rate_hz;
    response[i] = 0.3 * white * std::pow(10.0, -3.0 * seconds / t60_seconds);
  }
  response[first] = 1.0;
  return response;
}

/// What the microphone would hear of the board: a loudspeaker that bends its peaks, then the room.
std::vector<double> echo_of(const Samples& voice) {
  const std::vector<double> response = room_response();
  std::vector<double> sound(voice.size());
  for (std::size_t i = 0; i < voice.size(); ++i) sound[i] = speaker_level * std::tanh(voice[i] / speaker_level);
  std::vector<double> echo(voice.size());
  for (std::size_t k = 0; k < response.size(); ++k) {
    if (response[k] == 0) continue;
    for (std::size_t i = k; i < sound.size(); ++i) echo[i] += response[k] * sound[i - k];
  }
  return echo;
}

/// RMS of what is louder than a pause.
template <typename Signal>
double level_of(const Signal& signal, std::size_t first, std::size_t count) {
  double sum = 0;
  std::size_t loud = 1;
  for (std::size_t i = first; i < first + count; ++i) {
    const auto value = static_cast<double>(signal[i]);
    if (std::abs(value) < silence_level) continue;
    sum += value * value;
    ++loud;
  }
  return std::sqrt(sum / static_cast<double>(loud));
}

Samples board_talk() {
  static const Samples talk = [] {
    Samples all;
    for (const char* sentence : {"Here is the weather for the next three days.",
                                 "Tomorrow morning will be cloudy with some rain in the west and a fresh wind.",
                                 "In the afternoon the sun comes out, and it will be warmer than today.",
                                 "On the weekend expect clear skies and cold nights with a little fog."}) {
      const Samples part = say(Voice::slt, sentence);
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return talk;
}

struct Scene {
  Samples microphone;
  Samples reference;
};

enum class Duck : std::uint8_t { never, at_suspicion };

/// The board's voice as it is played: at the first suspicion of speech it is lowered (the pipeline's default, -20 dB).
Samples played(std::size_t length, Duck duck) {
  Samples voice = board_talk();
  EXPECT_GE(voice.size(), length) << "the board must talk longer than the person";
  voice.resize(length);
  if (duck == Duck::never) return voice;
  const std::int64_t gain_permille = InterruptionPolicy{}.duck_gain_permille;
  for (std::size_t i = board_alone_samples + suspicion_samples; i < length; ++i) {
    voice[i] = static_cast<std::int16_t>(voice[i] * gain_permille / 1000);
  }
  return voice;
}

Scene double_talk(const Samples& person, double near_over_echo_db, Duck duck) {
  const std::size_t length = board_alone_samples + person.size();
  Scene scene;
  scene.reference = played(length, duck);
  static const std::vector<double> full_echo = echo_of(board_talk());
  const std::vector<double> echo = duck == Duck::never ? full_echo : echo_of(scene.reference);
  const double gain = level_of(person, 0, person.size()) / level_of(full_echo, board_alone_samples, person.size()) /
                      std::pow(10.0, near_over_echo_db / 20);
  for (std::size_t i = 0; i < length; ++i) {
    const double near = i < board_alone_samples ? 0.0 : static_cast<double>(person[i - board_alone_samples]);
    scene.microphone.push_back(static_cast<std::int16_t>(std::clamp(near + gain * echo[i], -32768.0, 32767.0)));
  }
  return scene;
}

Samples cancelled(const Scene& scene) {
  EchoCanceller canceller(CancellerSettings{});
  Samples cleaned(scene.microphone.size() / frame_frames * frame_frames);
  for (std::size_t at = 0; at < cleaned.size(); at += frame_frames) {
    canceller.process(std::span(scene.microphone).subspan(at, frame_frames),
                      std::span(scene.reference).subspan(at, frame_frames),
                      std::span(cleaned).subspan(at, frame_frames));
  }
  return cleaned;
}

/// The person's part, as the engine would hand it over once the detector suspected speech.
Samples persons_part(const Samples& whole) {
  return {whole.begin() + static_cast<std::ptrdiff_t>(board_alone_samples), whole.end()};
}

struct Score {
  int raw = 0;
  int cleaned = 0;
  int all = 0;
};

class DoubleTalk : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto read = read_intents({std::string(PHALAROPE_SOURCE_DIR "/firmware_images/conf/intents/home.yaml")});
    ASSERT_TRUE(read) << read.error().front().text();
    recogniser = std::make_unique<RecogniserNode>(RecogniserConfig{}, *read);
    const auto trouble = recogniser->init();
    ASSERT_FALSE(trouble) << *trouble;
  }
  static void TearDownTestSuite() { recogniser.reset(); }

  static bool understood(const char* command, const Samples& heard) {
    const ClipResult result = recognise_clip(*recogniser, heard, true);
    return result.utterance_class == UtteranceClass::words && result.text == command;
  }
  static Score score(Voice voice, double near_over_echo_db, Duck duck = Duck::never) {
    Score score;
    for (const char* command : commands) {
      const Scene scene = double_talk(say(voice, command), near_over_echo_db, duck);
      score.raw += understood(command, persons_part(scene.microphone)) ? 1 : 0;
      score.cleaned += understood(command, persons_part(cancelled(scene))) ? 1 : 0;
      ++score.all;
    }
    std::printf("%-12s near/echo %+3.0f dB%s: raw microphone %2d, cancelled %2d of %d\n", name_of(voice),
                near_over_echo_db, duck == Duck::never ? "" : ", ducked", score.raw, score.cleaned, score.all);
    return score;
  }
  static std::unique_ptr<RecogniserNode> recogniser;
};
std::unique_ptr<RecogniserNode> DoubleTalk::recogniser;

TEST_F(DoubleTalk, CommandsSaidOverTheBoardsVoiceAreUnderstood) {
  const Score quiet = score(Voice::kal16, 10);
  const Score even = score(Voice::kal16, 0);
  const Score loud = score(Voice::kal16, -10);
  const Score ducked = score(Voice::kal16, -10, Duck::at_suspicion);
  EXPECT_GE(quiet.cleaned, 18);
  EXPECT_GE(even.cleaned, 12);
  EXPECT_GT(quiet.cleaned, quiet.raw);
  EXPECT_GT(even.cleaned, even.raw);
  // A voice ten times as loud as the person leaves nothing to understand; ducking it is what helps.
  EXPECT_GE(ducked.cleaned, 12);
  EXPECT_GT(ducked.cleaned, loud.cleaned);
}

}  // namespace
}  // namespace phalarope::hal::test
