// Speech to test with: said by synthetic voices on the spot, or read from the packages' human recordings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::hal::test {

using Samples = std::vector<std::int16_t>;  // s16, 16 kHz, mono

enum class Voice : std::uint8_t { slt, kal16, espeak };
inline constexpr Voice voices[] = {Voice::slt, Voice::kal16, Voice::espeak};
const char* name_of(Voice voice);
/// False when the voice's program is not installed.
bool available(Voice voice);

/// `text` between 200 ms and 300 ms of a quiet room; empty when the voice is not available.
Samples say(Voice voice, const std::string& text);

inline constexpr std::string_view human_clips_directory = "/usr/share/pocketsphinx/test/data";
/// A WAV (RIFF) or raw clip of the package, between the same silences; empty when it is not installed.
Samples human_clip(const std::string& name);

/// A burst of noise with a decay, as of a cough, a clap or hiss: `darkness` 0 white .. 3 dull; repeated `bursts` times.
Samples noise_burst(std::uint32_t seed, std::int64_t milliseconds, int darkness, int bursts);

}  // namespace phalarope::hal::test
