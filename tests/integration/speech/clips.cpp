// See clips.hpp.
#include "clips.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "hal/speech/flite_synthesiser.hpp"
#include "tests/unit/hal/speech/fake_context.hpp"

namespace phalarope::hal::test {
namespace {

constexpr std::size_t lead_samples = 3200;
constexpr std::size_t tail_samples = 4800;
constexpr int room_noise_peak = 4;

/// A room is never digitally silent.
Samples in_a_room(const Samples& speech) {
  Samples samples(lead_samples);
  samples.insert(samples.end(), speech.begin(), speech.end());
  samples.resize(samples.size() + tail_samples);
  std::uint32_t seed = 1;
  for (auto& sample : samples) {
    seed = seed * 1103515245U + 12345U;
    sample = static_cast<std::int16_t>(sample + static_cast<int>((seed >> 16) % 9) - room_noise_peak);
  }
  return samples;
}

Samples flite(FliteVoice which, const std::string& text) {
  static SynthesiserNode slt({.voice = FliteVoice::slt});
  static SynthesiserNode kal16({.voice = FliteVoice::kal16});
  static const bool ready = !slt.init() && !kal16.init();
  static std::uint64_t ticket = 0;
  if (!ready) return {};
  SynthesiserNode& voice = which == FliteVoice::slt ? slt : kal16;
  FakeContext context;
  ++ticket;
  voice.handle(context.command(EventKind::command_node_credit, {}, 3000, ticket), context);
  voice.handle(context.command(EventKind::command_synthesise, text, 0, ticket), context);
  Samples samples;
  for (const auto& frame : context.of(EventKind::synthesis_frame)) {
    const auto* first = reinterpret_cast<const std::int16_t*>(frame.payload.data());
    samples.insert(samples.end(), first, first + synthesis_frame_samples);
  }
  return samples;
}

std::string wav_data(const std::string& bytes) {
  const std::size_t data = bytes.find("data");
  return bytes.starts_with("RIFF") && data != std::string::npos ? bytes.substr(data + 8) : bytes;
}

Samples samples_of(const std::string& data) {
  Samples samples(data.size() / 2);
  std::memcpy(samples.data(), data.data(), samples.size() * 2);
  return samples;
}

/// 22.05 kHz to 16 kHz: a small low-pass, then linear interpolation; enough for a test voice.
Samples resampled(const Samples& in) {
  Samples out;
  const std::int64_t last = static_cast<std::int64_t>(in.size()) - 2;
  for (std::int64_t i = 1; i * 22050 / 16000 < last; ++i) {
    const std::int64_t scaled = i * 22050;
    const auto at = static_cast<std::size_t>(scaled / 16000);
    const std::int64_t part = scaled % 16000;
    const auto smooth = [&](std::size_t k) { return (std::int64_t{in[k - 1]} + 6 * in[k] + in[k + 1]) / 8; };
    out.push_back(static_cast<std::int16_t>((smooth(at) * (16000 - part) + smooth(at + 1) * part) / 16000));
  }
  return out;
}

Samples espeak([[maybe_unused]] const std::string& text) {
#if defined(PHALAROPE_ESPEAK)
  const std::string command = std::string(PHALAROPE_ESPEAK) + " -v en-us+f2 -s 150 --stdout '" + text + "'";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string bytes;
  char chunk[4096];
  for (std::size_t count = 1; pipe && count > 0;) {
    count = std::fread(chunk, 1, sizeof(chunk), pipe.get());
    bytes.append(chunk, count);
  }
  return resampled(samples_of(wav_data(bytes)));
#else
  return {};
#endif
}

}  // namespace

const char* name_of(Voice voice) {
  switch (voice) {
    case Voice::slt:
      return "flite slt";
    case Voice::kal16:
      return "flite kal16";
    case Voice::espeak:
      return "espeak-ng";
  }
  return "";
}

bool available(Voice voice) {
#if defined(PHALAROPE_ESPEAK)
  return voice != Voice::espeak || access(PHALAROPE_ESPEAK, X_OK) == 0;
#else
  return voice != Voice::espeak;
#endif
}

Samples say(Voice voice, const std::string& text) {
  switch (voice) {
    case Voice::slt:
      return in_a_room(flite(FliteVoice::slt, text));
    case Voice::kal16:
      return in_a_room(flite(FliteVoice::kal16, text));
    case Voice::espeak:
      return available(voice) ? in_a_room(espeak(text)) : Samples{};
  }
  return {};
}

Samples human_clip(const std::string& name) {
  std::ifstream file(std::string(human_clips_directory) + "/" + name, std::ios::binary);
  if (!file) return {};
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return in_a_room(samples_of(wav_data(bytes)));
}

Samples noise_burst(std::uint32_t seed, std::int64_t milliseconds, int darkness, int bursts) {
  Samples samples;
  const std::int64_t length = milliseconds * 16;
  for (int burst = 0; burst < bursts; ++burst) {
    std::int64_t smooth = 0;
    for (std::int64_t i = 0; i < length; ++i) {
      seed = seed * 1664525U + 1013904223U;
      const auto white = static_cast<std::int64_t>(seed >> 16) - 32768;
      smooth += (white - smooth) / (1 + darkness);
      samples.push_back(static_cast<std::int16_t>(smooth * (length - i) / length / 2));
    }
    samples.resize(samples.size() + 1600);
  }
  return in_a_room(samples);
}

}  // namespace phalarope::hal::test
