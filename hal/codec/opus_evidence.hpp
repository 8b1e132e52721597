// Opus for recorded audio: one encoder per track for the flusher, one decoder per track for whoever listens later.
//
//   AudioRecordHeader + s16le 10 ms ──encode──▶ one packet        packet ──decode──▶ samples at the same place
//
// A block of 10, 20, 40 or 60 ms becomes one packet; anything else is stored as it is (encode answers false). Blocks of
// a track arrive in order. Flusher thread (encoder); any one thread (decoder). Contract: evidence.md 1.9 (L2).
#pragma once

#include <array>
#include <optional>

#include "hal/codec/opus_codec.hpp"
#include "hal/store/audio_encoder.hpp"

namespace phalarope::hal {

constexpr std::size_t audio_tracks = 3;

class OpusEvidenceEncoder final : public AudioEncoder {
 public:
  /// `complexity` 0 to 10, from the board profile. A track whose encoder cannot be made is stored as it is.
  explicit OpusEvidenceEncoder(int complexity);
  bool encode(AudioRecordHeader& header, std::span<const std::byte> samples, std::vector<std::byte>& packet) override;

 private:
  std::array<std::optional<SpeechEncoder>, audio_tracks> encoders_;
};

class OpusTrackDecoder {
 public:
  OpusTrackDecoder();
  /// Fills `samples` from one packet; false (and silence) when the packet does not decode to as many.
  bool decode(std::span<const std::byte> packet, std::span<std::int16_t> samples);

 private:
  std::optional<SpeechDecoder> decoder_;
};

}  // namespace phalarope::hal
