#include "hal/codec/opus_evidence.hpp"

#include <algorithm>
#include <cstring>

namespace phalarope::hal {

OpusEvidenceEncoder::OpusEvidenceEncoder(int complexity) {
  for (auto& encoder : encoders_) {
    auto made = SpeechEncoder::make({.complexity = complexity});
    if (made) encoder.emplace(std::move(*made));
  }
}

bool OpusEvidenceEncoder::encode(AudioRecordHeader& header, std::span<const std::byte> samples,
                                 std::vector<std::byte>& packet) {
  const auto track = static_cast<std::size_t>(header.track);
  if (header.codec != AudioCodec::s16le) return false;  // a packet that was recorded before stays as it is
  if (track >= audio_tracks || !encoders_[track] || header.sample_rate_hz != opus_rate_hz) return false;
  if (header.frames > opus_frame_frames_max || samples.size() != header.frames * sizeof(std::int16_t)) return false;
  std::array<std::int16_t, opus_frame_frames_max> block;
  std::memcpy(block.data(), samples.data(), samples.size());
  packet.resize(opus_packet_bytes_max);
  const auto bytes = encoders_[track]->encode(std::span(block).first(header.frames), packet);
  if (!bytes) return false;  // a length that Opus has no frame for
  packet.resize(*bytes);
  header.codec = AudioCodec::opus;
  return true;
}

OpusTrackDecoder::OpusTrackDecoder() {
  auto made = SpeechDecoder::make();
  if (made) decoder_.emplace(std::move(*made));
}

bool OpusTrackDecoder::decode(std::span<const std::byte> packet, std::span<std::int16_t> samples) {
  if (decoder_) {
    const auto frames = decoder_->decode(packet, samples);
    if (frames && *frames == samples.size()) return true;
  }
  std::fill(samples.begin(), samples.end(), std::int16_t{0});
  return false;
}

}  // namespace phalarope::hal
