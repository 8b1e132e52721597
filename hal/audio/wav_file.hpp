// WAV and raw files as microphone and loudspeaker: a reader that survives damage, and a writer.
//
//   offset 0   "RIFF" size "WAVE"
//   12         chunk id, size, bytes (padded to even) ... in any order; unknown ones are passed over
//              "fmt ": tag 1 (PCM) or 0xfffe with the PCM sub-format; 1 or 2 channels; 8 000-48 000 Hz; 16 bit
//              "data": interleaved s16; a size beyond the file (or 0xffffffff: written by a stream) means "to the end"
//
// The reader never fails on a torn tail: it takes the whole frames that are there and says `truncated`. What it cannot
// understand it refuses with the byte offset of the field. parse_wav() is pure and allocates nothing (fuzzed); the
// others are for start-up, not for the audio thread. Raw files are headerless 16 kHz mono s16 little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::hal {

enum class WavFault : std::uint8_t {
  unreadable,
  too_large,
  too_short,
  not_riff,
  not_wave,
  no_format,
  format_too_short,
  unsupported_encoding,
  unsupported_channels,
  unsupported_rate,
  unsupported_bits,
  no_data
};
struct WavProblem {
  WavFault fault = WavFault::unreadable;
  std::size_t byte_offset = 0;  // of the field that was refused
};
/// One English sentence for the code.
std::string_view sentence_of(WavFault fault) noexcept;

/// A look into a WAV file held in memory.
struct WavView {
  std::uint32_t rate_hz = 0;
  std::uint16_t channels = 0;
  bool truncated = false;              // the file ends before its header says, or in the middle of a frame
  std::span<const std::byte> samples;  // interleaved s16 little-endian, whole frames
  std::size_t frames() const noexcept { return channels == 0 ? 0 : samples.size() / (2U * channels); }
};

constexpr std::size_t wav_file_bytes_max = 256U << 20;  // about two hours of the engine's format
constexpr std::uint32_t wav_rate_hz_min = 8'000;
constexpr std::uint32_t wav_rate_hz_max = 48'000;

std::expected<WavView, WavProblem> parse_wav(std::span<const std::byte> file) noexcept;

/// 16 kHz mono: channels are averaged, other rates go through a resampler.
std::vector<std::int16_t> to_engine_format(const WavView& wav);

struct LoadedAudio {
  std::vector<std::int16_t> samples;  // 16 kHz mono
  bool truncated = false;
};
/// Reads a .wav (by content) or, when the name ends in .raw, .pcm or .s16, a raw file.
std::expected<LoadedAudio, WavProblem> load_audio_file(const std::string& path);

/// Writes 16 kHz s16 WAV; samples go through a buffer taken at open(), sizes are set right by close() and every
/// flush, so a file whose writer died is whole up to the last flush.
class WavWriter {
 public:
  WavWriter() = default;
  ~WavWriter() { close(); }
  WavWriter(const WavWriter&) = delete;
  WavWriter& operator=(const WavWriter&) = delete;

  [[nodiscard]] bool open(const std::string& path, std::uint16_t channels = 1);
  bool is_open() const noexcept { return fd_ >= 0; }
  /// Appends; one write(2) every few seconds. False when the disk refused: the file stays whole up to there.
  bool append(std::span<const std::int16_t> samples) noexcept;
  bool flush() noexcept;
  bool close() noexcept;

 private:
  bool write_header() noexcept;

  int fd_ = -1;
  std::uint16_t channels_ = 1;
  std::uint64_t data_bytes_ = 0;
  bool failed_ = false;
  std::vector<std::int16_t> buffer_;
  std::size_t buffered_ = 0;
};

}  // namespace phalarope::hal
