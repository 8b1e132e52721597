// OpusEncoder and OpusDecoder of the house: 16 kHz mono speech in frames of 10, 20, 40 or 60 ms, for recorded audio
// and for telephone lines.
//
//   320 frames (20 ms) ──▶ SpeechEncoder ──▶ packet, about 60 bytes at 24 kb/s ──▶ SpeechDecoder ──▶ 320 frames
//                                             ✗ lost: decode_lost() conceals, or
//                                             the next packet's decode_recovery() brings it back (one packet later)
//
// Invariants. (1) All memory is taken by make(); encoding and decoding allocate nothing. (2) A damaged packet is an
// error value, never more. Cost (x86, 20 ms): complexity 0 / 5 / 10 encode 80 / 200 / 388 us, decode 19 us.
// Who: one thread per object. Not here: RTP, files. Contract: decisions.md D5; performance goal P7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string_view>

struct OpusEncoder;
struct OpusDecoder;

namespace phalarope::hal {

constexpr std::int64_t opus_rate_hz = 16'000;
constexpr std::size_t opus_frame_frames = 320;  // 20 ms
constexpr std::size_t opus_frame_frames_max = 960;
/// Beyond this Opus itself never goes (RFC 6716, 3.2.1).
constexpr std::size_t opus_packet_bytes_max = 1275;

enum class CodecError : std::uint8_t { out_of_memory, setting_refused, frame_length, buffer_too_small, packet_damaged };
std::string_view sentence_of(CodecError error) noexcept;

struct SpeechEncoderSettings {
  int complexity = 5;  // 0 on small boards, 5 on large ones
  int bitrate_bps = 24'000;
  bool recovery = false;  // in-band forward error correction
  int expected_loss_percent = 0;
};

class SpeechEncoder {
 public:
  static std::expected<SpeechEncoder, CodecError> make(const SpeechEncoderSettings& settings);

  /// One frame to one packet; the answer is the packet's bytes.
  std::expected<std::size_t, CodecError> encode(std::span<const std::int16_t> frame,
                                                std::span<std::byte> packet) noexcept;
  /// Forgets what came before: at a gap, so that the next packet stands alone.
  void reset() noexcept;

 private:
  struct Deleter {
    void operator()(OpusEncoder* encoder) const noexcept;
  };
  explicit SpeechEncoder(OpusEncoder* encoder) noexcept : encoder_(encoder) {}
  std::unique_ptr<OpusEncoder, Deleter> encoder_;
};

class SpeechDecoder {
 public:
  static std::expected<SpeechDecoder, CodecError> make();

  /// The answer is the number of frames decoded.
  std::expected<std::size_t, CodecError> decode(std::span<const std::byte> packet,
                                                std::span<std::int16_t> frame) noexcept;
  /// A packet is lost for good: `frame` is filled with what may have been there.
  std::expected<std::size_t, CodecError> decode_lost(std::span<std::int16_t> frame) noexcept;
  /// The packet before `next` is lost: brings it back from what `next` carries of it. Decode `next` itself afterwards.
  std::expected<std::size_t, CodecError> decode_recovery(std::span<const std::byte> next,
                                                         std::span<std::int16_t> frame) noexcept;

 private:
  struct Deleter {
    void operator()(OpusDecoder* decoder) const noexcept;
  };
  explicit SpeechDecoder(OpusDecoder* decoder) noexcept : decoder_(decoder) {}
  std::unique_ptr<OpusDecoder, Deleter> decoder_;
};

}  // namespace phalarope::hal
