// RecordingWriter: appends blocks to the segment files of one recording. Files only; what goes into a block is the
// flusher's business (flusher.hpp), what a block looks like is told in segment_format.hpp.
//
//   open_segment() ─▶ [ append_block()* ─▶ sync() ]* ─▶ cut_to_used_size() ─▶ checkpoint ─▶ finish_segment() ─▶ next
//
// Invariants. (1) No page is written twice. (2) After sync() answered 0, all blocks appended before survive a power
// cut. (3) After any error the segment is abandoned: no block is ever appended after a hole.
// Flusher thread only. Contract: segment_format.hpp; decisions.md D10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hal/store/board_keys.hpp"
#include "hal/store/chain_hasher.hpp"
#include "hal/store/content_keys.hpp"
#include "hal/store/file_system.hpp"
#include "hal/store/segment_format.hpp"

namespace phalarope::hal {

/// Where a recording goes on: after the last sound segment, or at its beginning.
struct RecordingPoint {
  RecordingId recording_id{};
  std::uint64_t next_segment_number = 1;
  std::uint64_t next_sequence = 0;
  ChainHash chain{};
};
/// Gives a fresh random 16-byte value: salt or recording id. The host passes libsodium's; a test passes a seed.
using RandomId = SegmentSalt (*)(void* context);

class RecordingWriter {
 public:
  struct Config {
    std::string directory;
    std::uint64_t segment_bytes = 4 * 1024 * 1024;  // preallocated; a segment closes before it would be longer
    RandomId random_id = nullptr;                   // null: libsodium
    void* random_context = nullptr;
    std::shared_ptr<const BoardKeys> keys;  // null: checkpoints are not signed, content is not sealed
    bool sign = true;                       // with keys
    bool encrypt = false;                   // with keys: content is sealed under keys of its segment's own
    bool hash_thread = false;               // long blocks are hashed by a helper thread while the disk writes them
  };
  /// errno values of the two steps; the second is not tried after the first failed.
  struct AppendErrors {
    int write = 0;
    int sync = 0;
  };

  RecordingWriter(FileSystem& files, Config config, const RecordingPoint& point);

  /// Creates the next segment file under a name of its own, and names it when its header is durable. `given_up`, when
  /// not empty, is an older file whose space is written again: blocks that the file system has already handed out and
  /// marked as written, so a sync needs no journal. errno value.
  int open_segment(std::int64_t wall_ns, const std::string& given_up = {});
  bool is_open() const { return file_ != nullptr; }
  /// Room for a body of `body_bytes` and a checkpoint after it.
  bool has_room_for(std::size_t body_bytes) const;

  /// Seals the body that stands at [block_header_bytes, ...) of `block` and writes the whole block.
  int append_block(const BlockHeader& header, std::vector<std::byte>& block);
  int sync();
  /// Both in one: the block is hashed while the disk takes it.
  AppendErrors append_durably(const BlockHeader& header, std::vector<std::byte>& block);
  /// Gives back the space reserved after the last block. Before the checkpoint is appended: the file then ends with
  /// it, whatever happens in between.
  int cut_to_used_size();
  /// Closes the file; its checkpoint is synced.
  void finish_segment();
  /// Closes the file as it is. What was synced stays readable and the chain goes on from there; a file of which
  /// nothing was synced is removed and its number used again.
  void abandon_segment();

  std::uint64_t segment_number() const { return segment_number_; }
  std::uint64_t block_count() const { return block_count_; }
  std::uint64_t file_bytes() const { return file_bytes_; }
  const ChainHash& chain() const { return chain_; }
  const std::string& directory() const { return config_.directory; }
  std::uint64_t segment_bytes() const { return config_.segment_bytes; }
  /// Whoever signs; null: nobody.
  const BoardKeys* signer() const { return config_.sign ? config_.keys.get() : nullptr; }
  /// Of the open segment; null where content stays plain.
  const ContentKeys* content_keys() const { return content_keys_.get(); }
  const RecordingId& recording_id() const { return recording_id_; }
  void set_next_sequence(std::uint64_t sequence) { next_sequence_ = sequence; }

 private:
  std::string path_of(std::uint64_t segment_number) const;
  int take_over(const std::string& given_up, const std::string& new_path);
  void seal(BlockHeader header, std::vector<std::byte>& block) const;
  void count_block(const ChainHash& chain, std::size_t block_bytes);
  void note_synced();

  FileSystem& files_;
  Config config_;
  RecordingId recording_id_;
  ChainHasher hasher_;
  std::unique_ptr<WritableFile> file_;
  std::unique_ptr<ContentKeys> content_keys_;
  SegmentSalt salt_{};
  std::uint64_t segment_number_;
  std::uint64_t next_sequence_;
  std::uint64_t block_count_ = 0;
  std::uint64_t durable_blocks_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t durable_file_bytes_ = 0;
  ChainHash chain_;            // of the last block written
  ChainHash durable_chain_{};  // of the last block synced
  ChainHash chain_before_{};   // before this segment
};

}  // namespace phalarope::hal
