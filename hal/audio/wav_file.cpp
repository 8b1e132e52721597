#include "hal/audio/wav_file.hpp"

#include <fcntl.h>
#include <speex/speex_resampler.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "hal/audio/audio_format.hpp"

namespace phalarope::hal {
namespace {

constexpr std::size_t riff_header_bytes = 12;
constexpr std::size_t chunk_header_bytes = 8;
constexpr std::size_t format_bytes_min = 16;
constexpr std::size_t extensible_bytes_min = 40;
constexpr std::size_t written_header_bytes = 44;
constexpr std::uint16_t tag_pcm = 1;
constexpr std::uint16_t tag_extensible = 0xfffe;
/// Quality of the border's resampler: 24 us per 10 ms at most, and not on the audio thread.
constexpr int resampler_quality = 5;
/// Two seconds: one system call for two hundred periods.
constexpr std::size_t writer_buffer_samples = 32'000;

std::uint16_t read_u16(std::span<const std::byte> bytes, std::size_t offset) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[offset]) |
                                    std::to_integer<unsigned>(bytes[offset + 1]) << 8);
}
std::uint32_t read_u32(std::span<const std::byte> bytes, std::size_t offset) noexcept {
  return read_u16(bytes, offset) | static_cast<std::uint32_t>(read_u16(bytes, offset + 2)) << 16;
}
bool is_tag(std::span<const std::byte> bytes, std::size_t offset, const char (&tag)[5]) noexcept {
  return std::memcmp(bytes.data() + offset, tag, 4) == 0;
}
std::unexpected<WavProblem> problem(WavFault fault, std::size_t byte_offset) noexcept {
  return std::unexpected(WavProblem{fault, byte_offset});
}

/// Checks the format chunk whose body starts at `at` and has `size` bytes in the file.
std::expected<WavView, WavProblem> parse_format(std::span<const std::byte> file, std::size_t at, std::size_t size) {
  if (size < format_bytes_min) return problem(WavFault::format_too_short, at);
  std::uint16_t tag = read_u16(file, at);
  if (tag == tag_extensible) {
    if (size < extensible_bytes_min) return problem(WavFault::format_too_short, at);
    tag = read_u16(file, at + 24);  // the sub-format's identifier starts with the plain tag
  }
  if (tag != tag_pcm) return problem(WavFault::unsupported_encoding, at);
  WavView view{};
  view.channels = read_u16(file, at + 2);
  if (view.channels != 1 && view.channels != 2) return problem(WavFault::unsupported_channels, at + 2);
  view.rate_hz = read_u32(file, at + 4);
  if (view.rate_hz < wav_rate_hz_min || view.rate_hz > wav_rate_hz_max) {
    return problem(WavFault::unsupported_rate, at + 4);
  }
  if (read_u16(file, at + 14) != 16) return problem(WavFault::unsupported_bits, at + 14);
  return view;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int value() const noexcept { return fd_; }

 private:
  int fd_;
};

std::expected<std::vector<std::byte>, WavProblem> read_whole_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (file.value() < 0 || ::fstat(file.value(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return problem(WavFault::unreadable, 0);
  }
  if (static_cast<std::uint64_t>(status.st_size) > wav_file_bytes_max) return problem(WavFault::too_large, 0);
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.value(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return problem(WavFault::unreadable, filled);
    if (got == 0) break;  // it shrank while we read: the parser sees a torn tail
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

bool names_raw_file(std::string_view path) noexcept {
  return path.ends_with(".raw") || path.ends_with(".pcm") || path.ends_with(".s16");
}

std::vector<std::int16_t> to_mono(const WavView& wav) {
  std::vector<std::int16_t> mono(wav.frames());
  for (std::size_t i = 0; i < mono.size(); ++i) {
    const std::size_t at = i * 2U * wav.channels;
    const auto left = static_cast<std::int16_t>(read_u16(wav.samples, at));
    const auto right = wav.channels == 2 ? static_cast<std::int16_t>(read_u16(wav.samples, at + 2)) : left;
    mono[i] = static_cast<std::int16_t>((left + right) / 2);
  }
  return mono;
}

bool write_all(int fd, const void* bytes, std::size_t count) noexcept {
  const char* from = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(fd, from, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    from += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

std::string_view sentence_of(WavFault fault) noexcept {
  switch (fault) {
    case WavFault::unreadable:
      return "the file cannot be read";
    case WavFault::too_large:
      return "the file is larger than 256 MiB";
    case WavFault::too_short:
      return "the file ends before a WAV header would";
    case WavFault::not_riff:
      return "the file does not start with RIFF; name a headerless file .raw";
    case WavFault::not_wave:
      return "the RIFF file does not hold WAVE audio";
    case WavFault::no_format:
      return "there is no fmt chunk before the data";
    case WavFault::format_too_short:
      return "the fmt chunk is too short";
    case WavFault::unsupported_encoding:
      return "only uncompressed PCM is read";
    case WavFault::unsupported_channels:
      return "only one or two channels are read";
    case WavFault::unsupported_rate:
      return "the rate is not between 8 and 48 kHz";
    case WavFault::unsupported_bits:
      return "only 16 bits per sample are read";
    case WavFault::no_data:
      return "there is no data chunk";
  }
  return "";
}

std::expected<WavView, WavProblem> parse_wav(std::span<const std::byte> file) noexcept {
  if (file.size() < riff_header_bytes) return problem(WavFault::too_short, file.size());
  if (!is_tag(file, 0, "RIFF")) return problem(WavFault::not_riff, 0);
  if (!is_tag(file, 8, "WAVE")) return problem(WavFault::not_wave, 8);
  std::expected<WavView, WavProblem> format = problem(WavFault::no_format, riff_header_bytes);
  std::size_t at = riff_header_bytes;
  // Each turn moves `at` by at least a chunk header, so the walk ends.
  while (file.size() - at >= chunk_header_bytes) {
    const std::size_t body = at + chunk_header_bytes;
    const std::size_t stated = read_u32(file, at + 4);
    const std::size_t present = std::min(stated, file.size() - body);
    if (is_tag(file, at, "fmt ")) {
      format = parse_format(file, body, present);
      if (!format) return format;
    } else if (is_tag(file, at, "data")) {
      if (!format) return problem(WavFault::no_format, at);
      const std::size_t whole = present - present % (2U * format->channels);
      format->truncated = present != stated || whole != present;
      format->samples = file.subspan(body, whole);
      return format;
    }
    const std::size_t padded = present + (present & 1U);
    if (padded > file.size() - body) break;
    at = body + padded;
  }
  return problem(format ? WavFault::no_data : format.error().fault, at);
}

std::vector<std::int16_t> to_engine_format(const WavView& wav) {
  std::vector<std::int16_t> mono = to_mono(wav);
  if (wav.rate_hz == engine_rate_hz || mono.empty()) return mono;
  int error = 0;
  const std::unique_ptr<SpeexResamplerState, void (*)(SpeexResamplerState*)> resampler(
      speex_resampler_init(1, wav.rate_hz, engine_rate_hz, resampler_quality, &error), speex_resampler_destroy);
  if (resampler == nullptr) return {};
  speex_resampler_skip_zeros(resampler.get());
  // The filter's own delay comes out after the input's end, so as many zeros go in behind it.
  mono.insert(mono.end(), static_cast<std::size_t>(speex_resampler_get_input_latency(resampler.get())), 0);
  const std::size_t out_max = mono.size() * static_cast<std::size_t>(engine_rate_hz) / wav.rate_hz + 1;
  std::vector<std::int16_t> converted(out_max);
  std::size_t taken = 0;
  std::size_t made = 0;
  while (taken < mono.size() && made < converted.size()) {
    auto in_count = static_cast<spx_uint32_t>(std::min<std::size_t>(mono.size() - taken, 1U << 16));
    auto out_count = static_cast<spx_uint32_t>(std::min<std::size_t>(converted.size() - made, 1U << 20));
    if (speex_resampler_process_int(resampler.get(), 0, mono.data() + taken, &in_count, converted.data() + made,
                                    &out_count) != RESAMPLER_ERR_SUCCESS ||
        (in_count == 0 && out_count == 0)) {
      break;
    }
    taken += in_count;
    made += out_count;
  }
  converted.resize(std::min(made, wav.frames() * static_cast<std::size_t>(engine_rate_hz) / wav.rate_hz));
  return converted;
}

std::expected<LoadedAudio, WavProblem> load_audio_file(const std::string& path) {
  const auto bytes = read_whole_file(path);
  if (!bytes) return std::unexpected(bytes.error());
  if (names_raw_file(path)) {
    const WavView raw{.rate_hz = engine_rate_hz,
                      .channels = 1,
                      .truncated = bytes->size() % 2 != 0,
                      .samples = std::span(*bytes).first(bytes->size() - bytes->size() % 2)};
    return LoadedAudio{to_mono(raw), raw.truncated};
  }
  const auto view = parse_wav(*bytes);
  if (!view) return std::unexpected(view.error());
  return LoadedAudio{to_engine_format(*view), view->truncated};
}

bool WavWriter::open(const std::string& path, std::uint16_t channels) {
  close();
  fd_ = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  if (fd_ < 0) return false;
  channels_ = channels;
  data_bytes_ = 0;
  failed_ = false;
  buffer_.assign(writer_buffer_samples, 0);
  buffered_ = 0;
  return write_header() && ::lseek(fd_, written_header_bytes, SEEK_SET) >= 0;
}

bool WavWriter::append(std::span<const std::int16_t> samples) noexcept {
  if (fd_ < 0 || failed_) return false;
  while (!samples.empty()) {
    const std::size_t count = std::min(samples.size(), buffer_.size() - buffered_);
    std::copy_n(samples.begin(), count, buffer_.begin() + static_cast<std::ptrdiff_t>(buffered_));
    buffered_ += count;
    samples = samples.subspan(count);
    if (buffered_ == buffer_.size() && !flush()) return false;
  }
  return true;
}

bool WavWriter::flush() noexcept {
  if (fd_ < 0 || failed_) return false;
  const std::size_t bytes = buffered_ * sizeof(std::int16_t);
  buffered_ = 0;
  failed_ = !write_all(fd_, buffer_.data(), bytes);
  if (!failed_) data_bytes_ += bytes;
  return write_header() && !failed_;
}

bool WavWriter::close() noexcept {
  if (fd_ < 0) return true;
  const bool whole = flush();
  const bool closed = ::close(fd_) == 0;
  fd_ = -1;
  return whole && closed;
}

bool WavWriter::write_header() noexcept {
  std::array<unsigned char, written_header_bytes> header{};
  const auto put_u32 = [&header](std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 4; ++i) header[at + i] = static_cast<unsigned char>(value >> (8 * i));
  };
  // A WAV's sizes are 32 bit: past 4 GiB they stay at the top, which readers take as "to the end of the file".
  const std::uint64_t data = std::min<std::uint64_t>(data_bytes_, 0xffff'ffffU - written_header_bytes);
  const std::uint32_t frame_bytes = 2U * channels_;
  std::memcpy(header.data(), "RIFF", 4);
  put_u32(4, data + written_header_bytes - chunk_header_bytes);
  std::memcpy(header.data() + 8, "WAVEfmt ", 8);
  put_u32(16, format_bytes_min);
  put_u32(20, tag_pcm | static_cast<std::uint32_t>(channels_) << 16);
  put_u32(24, static_cast<std::uint64_t>(engine_rate_hz));
  put_u32(28, static_cast<std::uint64_t>(engine_rate_hz) * frame_bytes);
  put_u32(32, frame_bytes | 16U << 16);
  std::memcpy(header.data() + 36, "data", 4);
  put_u32(40, data);
  return ::pwrite(fd_, header.data(), header.size(), 0) == static_cast<ssize_t>(header.size());
}

}  // namespace phalarope::hal
