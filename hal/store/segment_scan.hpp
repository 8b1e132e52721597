// SegmentScan: finds the sound blocks of one segment file and says what everything else is.
//
//   file ─▶ find all blocks with the right salt and both CRCs ─▶ walk them in order: number, chain, body ─▶ blocks
//                                                                 everything between them ─▶ wounds, or a dropped tail
//
// First the whole file is looked through, because whether a hole is damage or an unfinished write can only be told by
// what follows it (segment_format.hpp, "VALID" and "OPEN"). Private to hal/store. Any one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evidence_generated.h"
#include "hal/store/file_system.hpp"
#include "hal/store/segment_format.hpp"

namespace phalarope::hal {

/// A block that is sound in every respect.
struct SoundBlock {
  BlockHeader header;
  std::uint64_t offset_bytes = 0;
  std::uint64_t file_bytes = 0;
  ChainHash hash{};
  const wire::EvidenceBlock* body = nullptr;  // into the scan's bytes
};

/// Something that was not believed.
struct SegmentWound {
  std::uint64_t block = 0;  // the number that was expected there
  std::uint64_t offset_bytes = 0;
  std::uint64_t bytes = 0;
  std::string what;
  std::size_t next_block = 0;  // it stands before blocks()[next_block]
};

class SegmentScan {
 public:
  /// Reads and judges the whole file; errno value in error().
  SegmentScan(FileSystem& files, const std::string& path);

  int error() const { return error_; }
  const std::optional<SegmentHeader>& header() const { return header_; }
  const std::vector<SoundBlock>& blocks() const { return blocks_; }  // the checkpoint block is not among them
  const std::vector<SegmentWound>& wounds() const { return wounds_; }
  /// Its checkpoint is there and sound.
  bool closed() const { return checkpoint_ != nullptr; }
  const wire::Checkpoint* checkpoint() const { return checkpoint_; }
  /// Where the checkpoint stands, and its whole block; meaningful in a closed segment.
  const std::optional<SoundBlock>& checkpoint_block() const { return checkpoint_block_; }
  std::span<const std::byte> checkpoint_bytes() const;
  /// An open segment's file ends with its last block, or within one: no reserved space, no unfinished write follows.
  bool ends_abruptly() const;
  std::uint64_t file_bytes() const { return bytes_.size(); }
  /// End of the last sound block; of the header when there is none.
  std::uint64_t sound_end_bytes() const { return sound_end_bytes_; }
  /// Bytes of an unfinished write, dropped; 0 for reserved space that is all zeros.
  std::uint64_t dropped_tail_bytes() const { return dropped_tail_bytes_; }
  /// Hash of the last sound block (or of the header): what the next segment continues.
  const ChainHash& last_chain() const { return last_chain_; }
  /// True when `chain` is the hash of the header or of any block: what a successor of an abandoned segment names.
  bool holds_chain(const ChainHash& chain) const;

 private:
  struct Candidate {
    BlockHeader header;
    std::uint64_t offset_bytes = 0;
    std::uint64_t file_bytes = 0;
    bool in_order = false;
  };
  struct Walk;

  bool establish_salt();
  void find_candidates();
  void find_order();
  void walk_candidates();
  Wound judge(const Candidate& candidate, const Walk& walk, SoundBlock& block) const;
  bool hole_was_durable(std::size_t from_candidate, std::uint64_t block_number) const;
  void judge_end(const Walk& walk);
  std::string describe_hole(std::uint64_t offset, std::uint64_t end) const;
  std::uint64_t bytes_not_zero(std::uint64_t offset) const;
  void add_wound(std::uint64_t block, std::uint64_t offset, std::uint64_t bytes, std::string what);

  int error_ = 0;
  std::vector<std::byte> bytes_;
  std::optional<SegmentHeader> header_;
  SegmentSalt salt_{};
  std::vector<Candidate> candidates_;
  std::vector<SoundBlock> blocks_;
  std::vector<SegmentWound> wounds_;
  std::optional<SoundBlock> checkpoint_block_;
  const wire::Checkpoint* checkpoint_ = nullptr;
  ChainHash header_chain_{};
  ChainHash last_chain_{};
  std::uint64_t sound_end_bytes_ = segment_header_bytes;
  std::uint64_t dropped_tail_bytes_ = 0;
};

}  // namespace phalarope::hal
