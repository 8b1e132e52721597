// ForkRecorder: a fork as a recording of its own, which replays like any other and names where it comes from.
//
//   pipelines (recorded, new) │ sessions │ symbols, parent │ past │ symbols of the new plan │ pipeline_switched │
//   future
//
// The same recorder, blocks and segments as on a board. Its random numbers are drawn from what was forked and how, so
// that two equal forks are equal byte for byte. One thread, no threads of its own.
// Contract: evidence.md 1.11; core/engine/evidence/record.hpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/sha256.hpp"
#include "core/engine/evidence/byte_ring.hpp"
#include "core/engine/evidence/recorder.hpp"
#include "core/replay/tape.hpp"
#include "hal/codec/opus_evidence.hpp"
#include "hal/store/flusher.hpp"

namespace phalarope::hal {

struct ForkRecorderSettings {
  std::string directory;
  RecordingLevel level = RecordingLevel::L0;
  std::string parent;               // what is forked, where and how, in one line: symbol `fork_parent_symbol`
  std::vector<std::byte> pipeline;  // the new one; empty: none
};

class ForkRecorder {
 public:
  ForkRecorder(const replay::Tape& tape, const ForkRecorderSettings& settings);
  ~ForkRecorder();

  void write_opening();
  void write_seat(std::span<const std::byte> session_record);
  void write_symbol(std::uint32_t id, std::string_view text);
  void write_step(const Event& input, std::string_view words, std::span<const Event> outputs,
                  const TurnEvidence* finished);
  /// What stands beside this item of the tape; `played` only while nothing else sounds.
  void write_sound_of(std::size_t item, bool with_played);
  void write_played(std::int64_t first_frame, std::span<const std::int16_t> samples, std::uint32_t rate_hz);
  /// An errno value, or 0.
  int close();

 private:
  void settle();

  const replay::Tape& tape_;
  ForkRecorderSettings settings_;
  Sha256Digest seed_{};
  std::uint64_t drawn_ = 0;
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Line> storage_;  // a ring wants its memory aligned
  std::unique_ptr<ByteRing> ring_;
  std::unique_ptr<Recorder> recorder_;
  PosixFileSystem files_;
  OpusEvidenceEncoder encoder_;
  std::unique_ptr<Flusher> flusher_;
  std::size_t next_sound_ = 0;
  std::int64_t played_until_ = 0;  // on the device's axis: what stands in the recording already
  Instant now_{};
  WallTime wall_{};
  Event last_{};

  static SegmentSalt draw(void* recorder);
};

}  // namespace phalarope::hal
