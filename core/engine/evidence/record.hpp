// Records: what the recorder puts into the byte ring, the flusher writes to blocks, and replay reads back.
//
//   | RecordHeader 16 B | body, in the ring padded to a multiple of 16 |
//
// An `event` record's body is the 128 bytes of the event as they were stepped (input) or given (output flag set).
// The order of records is the order in which the engine took and gave them: replay needs no second guess.
#pragma once

#include <cstddef>
#include <cstdint>

namespace phalarope {

enum class RecordType : std::uint16_t {
  none = 0,
  event = 1,     // Event
  symbol = 2,    // u32 symbol id, then UTF-8 text
  text = 3,      // payload text of the event before it (L1 and up)
  audio = 4,     // AudioRecordHeader, then samples or Opus packet (L2)
  baseline = 5,  // turn evidence record (runtime.md Appendix B): struct TurnEvidence's used parts in the ring,
                 // FlatBuffers table TurnEvidence from a reader
  pipeline = 6,  // compiled pipeline, FlatBuffers table CompiledPipeline (schemas/plan.fbs); first in a recording
  session = 7,   // session constants the engine was started with (SessionStart), as 8-byte words
  checkpoint = 8,
  loss = 9  // LossRecord: the recorder's own word on what the ring could not take
};
constexpr std::size_t record_type_count = 10;

/// What an audio record carries.
enum class AudioTrack : std::uint8_t { raw = 0, cleaned = 1, played = 2 };
enum class AudioCodec : std::uint8_t {
  s16le = 0,
  opus = 1,
  withheld = 2  // redacted: what was there and when, and no sound; 32 bytes of SHA-256 follow where it is hashed
};

struct RecordHeader {
  std::uint32_t body_bytes = 0;  // without header and padding
  RecordType type = RecordType::none;
  std::uint16_t level = 0;     // 0, 1, 2: the recording level that wanted it
  std::uint64_t sequence = 0;  // counts records of a recording from 0, without gaps: a gap is a named loss
};
static_assert(sizeof(RecordHeader) == 16);

struct AudioRecordHeader {
  std::int64_t first_sample = 0;  // on the session's sample axis
  std::uint32_t frames = 0;
  std::uint32_t sample_rate_hz = 0;
  AudioTrack track = AudioTrack::raw;
  AudioCodec codec = AudioCodec::s16le;
  std::uint8_t reserved[6] = {};
};
static_assert(sizeof(AudioRecordHeader) == 24);

/// Says which sequence numbers were used up by records that found no room, and of what type they were. A recording
/// with `lost[event] > 0` is gapped: replay up to here is exact, beyond it is not.
struct LossRecord {
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t lost[record_type_count] = {};
};
static_assert(sizeof(LossRecord) == 96);

}  // namespace phalarope
