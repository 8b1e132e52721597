// A recorder, a ring and a flusher over one disk, driven by hand; and the words in which damage tests speak.
//
// Every event says in argument_a the how-manieth it is, so that a false or missing record shows at once.
// Salts come from a seed: a run is repeated by repeating its seed.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/engine/evidence/evidence_fill.hpp"
#include "core/engine/evidence/recorder.hpp"
#include "hal/store/flusher.hpp"
#include "hal/store/recording_reader.hpp"
#include "tests/fault/evidence/memory_disk.hpp"

namespace phalarope::testing {

inline const std::string recording_directory = "/evidence";

hal::SegmentSalt seeded_id(void* random);  // context: std::mt19937_64

Event numbered_event(std::uint64_t number, EventKind kind = EventKind::audio_frame, Lane lane = Lane::data);
TurnEvidence complete_evidence(std::uint32_t turn_number);

struct RecordingOptions {
  std::string directory = recording_directory;
  std::size_t ring_bytes = 256 * 1024;
  std::uint64_t segment_bytes = 1024 * 1024;
  std::size_t block_bytes = 64 * 1024;
  std::uint64_t disk_budget_bytes = 64 * 1024 * 1024;
  RecordingLevel level = RecordingLevel::L2;
  ContentPolicy content = ContentPolicy::approved;
  std::uint64_t seed = 1;
  bool hash_thread = false;
  std::shared_ptr<const hal::BoardKeys> keys = nullptr;  // unsigned
  bool encrypt = false;
  hal::RetentionConfig retention = {};
};

class SmallRecording {
 public:
  SmallRecording(hal::FileSystem& disk, const RecordingOptions& options, const hal::RecordingPoint& point = {},
                 hal::AudioEncoder* encoder = nullptr);

  /// `count` numbered events, then one flush that does not wait.
  void append_and_flush(int count);
  /// A whole turn: symbol, open, text, baseline, commit, close.
  void append_turn(std::uint32_t turn_number);
  std::size_t flush();  // one block, without waiting for company
  int close();

  std::uint64_t appended = 0;  // numbered events given to the recorder so far
  std::uint64_t flushed = 0;   // of these, known to be durable
  Instant now{1'000'000'000};

 private:
  std::mt19937_64 random_;
  struct alignas(16) Chunk {
    std::byte bytes[16];
  };
  std::vector<Chunk> memory_;

 public:
  ByteRing ring;
  Recorder recorder;
  hal::Flusher flusher;
};

/// All that a reader gave.
struct ReadBack {
  std::vector<std::uint64_t> numbers;  // argument_a of the audio_frame events, in order
  std::vector<RecordType> types;
  std::vector<std::uint64_t> sequences;
  std::vector<replay::Damage> damage;
  hal::RecordingReader::Totals totals;
};
ReadBack read_back(hal::FileSystem& disk, const std::string& path = recording_directory);

/// True when `numbers` is 0, 1, 2, ... without a gap.
bool is_prefix(const std::vector<std::uint64_t>& numbers);
/// True when `numbers` grows and holds only what was appended: no record was invented, repeated or moved.
bool holds_no_false_record(const std::vector<std::uint64_t>& numbers, std::uint64_t appended);

}  // namespace phalarope::testing
