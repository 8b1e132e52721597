#include "firmware_images/phalarope/tape_track.hpp"

#include <cstring>

#include "hal/codec/opus_evidence.hpp"

namespace phalarope::program {
namespace {

constexpr std::uint32_t block_frames_max = 5760;                   // 120 ms at 48 kHz: the longest Opus packet
constexpr std::int64_t track_frames_max = 16'000LL * 60 * 60 * 4;  // four hours

}  // namespace

TapeTrack track_of(const replay::Tape& tape, AudioTrack track, std::size_t from_item) {
  TapeTrack found;
  hal::OpusTrackDecoder decoder;
  bool begun = false;
  for (const replay::TapeSound& sound : tape.sound) {
    const AudioRecordHeader& header = sound.header;
    if (header.track != track || sound.item < from_item || header.frames == 0 || header.frames > block_frames_max)
      continue;
    if (!begun) {
      begun = true;
      found.first_sample = header.first_sample;
      found.rate_hz = header.sample_rate_hz;
    }
    const std::int64_t offset = header.first_sample - found.first_sample;
    if (offset < 0 || offset + header.frames > track_frames_max) continue;
    const auto end = static_cast<std::size_t>(offset) + header.frames;
    if (found.samples.size() < end) found.samples.resize(end);
    const std::span<std::int16_t> out(found.samples.data() + offset, header.frames);
    if (header.codec == AudioCodec::opus) {
      decoder.decode(sound.body, out);
    } else if (sound.body.size() >= out.size_bytes()) {
      std::memcpy(out.data(), sound.body.data(), out.size_bytes());
    }
  }
  return found;
}

}  // namespace phalarope::program
