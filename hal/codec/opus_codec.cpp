#include "hal/codec/opus_codec.hpp"

#include <opus.h>

namespace phalarope::hal {
namespace {

CodecError error_of(int code) noexcept {
  switch (code) {
    case OPUS_ALLOC_FAIL:
      return CodecError::out_of_memory;
    case OPUS_BUFFER_TOO_SMALL:
      return CodecError::buffer_too_small;
    case OPUS_BAD_ARG:
      return CodecError::frame_length;
    case OPUS_INVALID_PACKET:
      return CodecError::packet_damaged;
    default:
      return CodecError::setting_refused;
  }
}

std::expected<std::size_t, CodecError> counted(int code) noexcept {
  if (code < 0) return std::unexpected(error_of(code));
  return static_cast<std::size_t>(code);
}

const unsigned char* bytes_of(std::span<const std::byte> packet) noexcept {
  return reinterpret_cast<const unsigned char*>(packet.data());
}

}  // namespace

std::string_view sentence_of(CodecError error) noexcept {
  switch (error) {
    case CodecError::out_of_memory:
      return "no memory for the codec";
    case CodecError::setting_refused:
      return "Opus refuses a setting";
    case CodecError::frame_length:
      return "a frame is 160, 320, 640 or 960 samples long";
    case CodecError::buffer_too_small:
      return "the buffer is shorter than the result";
    case CodecError::packet_damaged:
      return "the packet is damaged";
  }
  return "";
}

void SpeechEncoder::Deleter::operator()(OpusEncoder* encoder) const noexcept { opus_encoder_destroy(encoder); }
void SpeechDecoder::Deleter::operator()(OpusDecoder* decoder) const noexcept { opus_decoder_destroy(decoder); }

std::expected<SpeechEncoder, CodecError> SpeechEncoder::make(const SpeechEncoderSettings& settings) {
  int code = OPUS_OK;
  SpeechEncoder made(opus_encoder_create(static_cast<opus_int32>(opus_rate_hz), 1, OPUS_APPLICATION_VOIP, &code));
  if (code != OPUS_OK) return std::unexpected(error_of(code));
  OpusEncoder* const encoder = made.encoder_.get();
  if (code == OPUS_OK) code = opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(settings.complexity));
  if (code == OPUS_OK) code = opus_encoder_ctl(encoder, OPUS_SET_BITRATE(settings.bitrate_bps));
  if (code == OPUS_OK) code = opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  if (code == OPUS_OK) code = opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(settings.recovery ? 1 : 0));
  if (code == OPUS_OK) code = opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(settings.expected_loss_percent));
  if (code != OPUS_OK) return std::unexpected(CodecError::setting_refused);
  return made;
}

std::expected<std::size_t, CodecError> SpeechEncoder::encode(std::span<const std::int16_t> frame,
                                                             std::span<std::byte> packet) noexcept {
  return counted(opus_encode(encoder_.get(), frame.data(), static_cast<int>(frame.size()),
                             reinterpret_cast<unsigned char*>(packet.data()), static_cast<opus_int32>(packet.size())));
}

void SpeechEncoder::reset() noexcept { opus_encoder_ctl(encoder_.get(), OPUS_RESET_STATE); }

std::expected<SpeechDecoder, CodecError> SpeechDecoder::make() {
  int code = OPUS_OK;
  SpeechDecoder made(opus_decoder_create(static_cast<opus_int32>(opus_rate_hz), 1, &code));
  if (code != OPUS_OK) return std::unexpected(error_of(code));
  return made;
}

std::expected<std::size_t, CodecError> SpeechDecoder::decode(std::span<const std::byte> packet,
                                                             std::span<std::int16_t> frame) noexcept {
  if (packet.empty()) return std::unexpected(CodecError::packet_damaged);  // Opus would take it for a loss
  return counted(opus_decode(decoder_.get(), bytes_of(packet), static_cast<opus_int32>(packet.size()), frame.data(),
                             static_cast<int>(frame.size()), 0));
}

std::expected<std::size_t, CodecError> SpeechDecoder::decode_lost(std::span<std::int16_t> frame) noexcept {
  return counted(opus_decode(decoder_.get(), nullptr, 0, frame.data(), static_cast<int>(frame.size()), 0));
}

std::expected<std::size_t, CodecError> SpeechDecoder::decode_recovery(std::span<const std::byte> next,
                                                                      std::span<std::int16_t> frame) noexcept {
  if (next.empty()) return std::unexpected(CodecError::packet_damaged);
  return counted(opus_decode(decoder_.get(), bytes_of(next), static_cast<opus_int32>(next.size()), frame.data(),
                             static_cast<int>(frame.size()), 1));
}

}  // namespace phalarope::hal
