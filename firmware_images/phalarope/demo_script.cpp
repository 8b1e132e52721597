#include "firmware_images/phalarope/demo_script.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "firmware_images/phalarope/resources.hpp"
#include "hal/speech/flite_synthesiser.hpp"
#include "hal/speech/speak_clip.hpp"

namespace phalarope::program {
namespace {

constexpr std::int64_t frames_per_ms = 16;
constexpr std::int64_t cough_ms = 220;
constexpr double pi = 3.14159265358979323846;

/// A cough-like burst: noise under a fast attack and a slow decay; seeded, so that each run has the same one.
std::vector<std::int16_t> cough() {
  constexpr double peak = 6000.0;
  std::vector<std::int16_t> samples(static_cast<std::size_t>(cough_ms * frames_per_ms));
  std::uint32_t state = 0x2545f491U;
  double smoothed = 0.0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    const double white = static_cast<double>(static_cast<std::int32_t>(state)) / 2147483648.0;
    smoothed = 0.6 * smoothed + 0.4 * white;
    const double at = static_cast<double>(i) / static_cast<double>(samples.size());
    const double envelope = std::min(1.0, at * 12.0) * std::exp(-3.0 * at) * (0.75 + 0.25 * std::sin(2 * pi * 9 * at));
    samples[i] = static_cast<std::int16_t>(peak * 2.0 * smoothed * envelope);
  }
  return samples;
}

struct ScriptRow {
  std::int64_t at_ms;
  const char* who;
  const char* clip;  // file of pocketsphinx-testdata; empty: made here
  const char* what;
  const char* expected;
};

// The times leave each answer room to begin before the next thing happens; the long answer takes some fifteen seconds.
constexpr ScriptRow rows[] = {
    {800, "human", "goforward.raw", "go forward ten meters", "a long answer"},
    {8'500, "human", "cards/003.wav", "seven of clubs", "the old answer falls silent; the card is named"},
    {14'500, "human", "goforward.raw", "go forward ten meters", "the long answer again"},
    {22'300, "noise", "", "(a cough)", "ducked, then the voice comes back at the word it was saying"},
    {42'000, "human", "something.raw", "(words it does not know)", "I did not understand"},
    {49'000, "human", "goforward.raw", "go forward ten meters", "the long answer once more"},
    {56'500, "voice", "", "stop", "silence"},
};

}  // namespace

std::expected<DemoScript, std::string> make_demo_script() {
  DemoScript script;
  for (const ScriptRow& row : rows) {
    hal::MicrophoneClip clip;
    clip.at_frame = row.at_ms * frames_per_ms;
    const std::string file = row.clip;
    if (!file.empty()) {
      const auto path = find_speech_clip(file);
      if (!path) {
        return std::unexpected("the human speech of the demo (" + file +
                               ") is not installed; run: sudo apt-get install pocketsphinx-testdata");
      }
      clip.path = *path;
    } else if (std::string_view(row.who) == "noise") {
      clip.samples = cough();
    } else {
      clip.samples = hal::speak_clip(row.what, hal::FliteVoice::kal16);
    }
    script.lines.push_back({row.at_ms, row.who, row.what, row.expected});
    script.clips.push_back(std::move(clip));
  }
  return script;
}

}  // namespace phalarope::program
