// Any bytes as a WAV file: the parser answers, points inside the file, and what it accepts can be converted.
#include <cstdint>
#include <cstdlib>

#include "hal/audio/audio_format.hpp"
#include "hal/audio/wav_file.hpp"

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phalarope::hal;
  const auto file = std::as_bytes(std::span(data, size));
  const auto parsed = parse_wav(file);
  if (!parsed) {
    if (parsed.error().byte_offset > size || sentence_of(parsed.error().fault).empty()) std::abort();
    return 0;
  }
  const auto* const from = parsed->samples.data();
  if (parsed->samples.size() > size ||
      (size > 0 && (from < file.data() || from + parsed->samples.size() > file.data() + size))) {
    std::abort();
  }
  if (parsed->samples.size() % (2U * parsed->channels) != 0) std::abort();
  const auto converted = to_engine_format(*parsed);
  const std::size_t expected = parsed->frames() * static_cast<std::size_t>(engine_rate_hz) / parsed->rate_hz;
  if (converted.size() > expected + 1) std::abort();
  return 0;
}
