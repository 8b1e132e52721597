// BlockBuilder: records of the ring become the body of one block; CarriedRecords: what every later segment repeats;
// SegmentTally: what the checkpoint says.
//
//   ring records ──add()──▶ list of spans (nothing is copied yet) ──build()──▶ size-prefixed EvidenceBlock
//
// The builder holds spans into the ring, so the ring is released only after build() (the flusher: after the sync).
// Baseline records become FlatBuffers tables with every symbol spelt out; audio goes through the encoder.
// Flusher thread. Contract: schemas/evidence.fbs; segment_format.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/evidence/byte_ring.hpp"
#include "core/engine/evidence/turn_evidence.hpp"
#include "hal/store/audio_encoder.hpp"
#include "hal/store/board_keys.hpp"
#include "hal/store/content_keys.hpp"
#include "hal/store/segment_format.hpp"

namespace phalarope::hal {

/// Symbols, pipelines and sessions known so far: block 0 of the next segment.
class CarriedRecords {
 public:
  struct Stored {
    RecordType type;
    std::vector<std::byte> body;
  };
  void learn(const RingRecord& record);
  bool empty() const { return symbols_.empty() && stored_.empty(); }
  /// Built-in symbols included; empty when unknown.
  std::string_view text_of(SymbolId id) const;
  const std::map<std::uint32_t, std::string>& symbols() const { return symbols_; }
  const std::vector<Stored>& stored() const { return stored_; }

 private:
  void learn_session(std::span<const std::byte> body);

  std::map<std::uint32_t, std::string> symbols_;  // bounded by the engine's symbol table
  std::vector<Stored> stored_;                    // the last run's pipelines, then its seats' sessions
  std::uint64_t next_sequence_ = 0;
};

/// Counts of one segment, for its checkpoint.
struct SegmentTally {
  std::array<std::uint64_t, record_type_count> written{};
  std::array<std::uint64_t, record_type_count> lost{};
  std::uint64_t records = 0;
  void add(RecordType type, std::span<const std::byte> body);
};

struct CheckpointFacts {
  std::uint64_t segment_number = 0;
  std::uint64_t blocks = 0;
  std::uint64_t file_bytes = 0;  // before the checkpoint block
  std::uint64_t first_sequence = 0;
  std::uint64_t next_sequence = 0;
  ChainHash chain{};
  bool recording_closed = false;
  bool recovered = false;
  std::uint64_t dropped_tail_bytes = 0;
  std::optional<KeyId> signing_key;  // whose signature the block is to have room for
};

inline std::optional<KeyId> signing_key_of(const BoardKeys* keys) {
  return keys == nullptr ? std::nullopt : std::optional(keys->key_id());
}

/// A baseline as it stands in a built block.
struct StoredBaseline {
  std::uint64_t sequence = 0;
  std::vector<std::byte> table;  // root wire::TurnEvidence
};

class BlockBuilder {
 public:
  /// `encoder` may be null.
  BlockBuilder(const CarriedRecords& symbols, AudioEncoder* encoder);
  ~BlockBuilder();
  BlockBuilder(const BlockBuilder&) = delete;
  BlockBuilder& operator=(const BlockBuilder&) = delete;

  void add(const RingRecord& record);
  void clear();
  bool empty() const { return records_.empty(); }
  std::size_t record_count() const { return records_.size(); }
  /// About what build() will need, never less.
  std::size_t body_bytes_estimate() const { return estimate_bytes_; }
  const std::vector<RingRecord>& records() const { return records_; }

  /// Writes the body to [block_header_bytes, ...) of `block`, sizes it to whole pages, and fills the header's
  /// body_bytes, first_sequence, record_count and kind.
  /// With `keys`, text and audio are sealed under them.
  void build(std::vector<std::byte>& block, BlockHeader& header, const ContentKeys* keys = nullptr);
  std::uint64_t unknown_symbols() const { return unknown_symbols_; }
  /// Of the last build(), until the next one or clear().
  const std::vector<StoredBaseline>& baselines() const { return baselines_; }

 private:
  struct Scratch;

  void put_payload(const RingRecord& record, const ContentKeys* keys);
  void put_content(const RingRecord& record, std::span<const std::byte> body, const ContentKeys* keys);

  const CarriedRecords& symbols_;
  AudioEncoder* encoder_;
  std::unique_ptr<Scratch> scratch_;
  std::vector<RingRecord> records_;
  std::vector<StoredBaseline> baselines_;
  std::size_t estimate_bytes_ = 0;
  std::uint64_t unknown_symbols_ = 0;
};

/// The block 0 that repeats what is known.
void build_carried_block(const CarriedRecords& carried, std::uint64_t next_sequence, std::vector<std::byte>& block,
                         BlockHeader& header);
/// The block that closes a segment.
void build_checkpoint_block(const CheckpointFacts& facts, const SegmentTally& tally, std::vector<std::byte>& block,
                            BlockHeader& header);
/// A baseline record as the root table wire::TurnEvidence. Counts symbols that nobody recorded.
std::vector<std::byte> baseline_table(const TurnEvidence& evidence, const CarriedRecords& symbols,
                                      std::uint64_t& unknown_symbols);

}  // namespace phalarope::hal
