// Reading a recording: its records in order, every wound named, and what a crash left behind put right.
//
//   RecordingReader   replay::RecordSource over a directory or one segment file
//   verify()          reads everything and reports
//   recover()         closes the segment that a crash or a power cut left open, so that a writer can go on
//
// A reader never stops at damage: it names file, block, offset and what, and goes on at the next sound block. It never
// gives a record of a block that is not valid in every respect (segment_format.hpp). Not thread-safe; any one thread.
// Contract: segment_format.hpp; decisions.md D10, D19; reliability goals Q15, Q16, Q18.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/engine/session/session_start.hpp"
#include "core/replay/record_source.hpp"
#include "hal/store/board_keys.hpp"
#include "hal/store/content_keys.hpp"
#include "hal/store/file_system.hpp"
#include "hal/store/recording_writer.hpp"
#include "hal/store/segment_format.hpp"

namespace phalarope::hal {

class ScanAhead;
class SegmentScan;

/// How a recording ends.
enum class RecordingTail : std::uint8_t {
  none,       // there is no segment
  closed,     // the last checkpoint says that no segment follows
  continues,  // the last checkpoint says that one follows, but none is here: later ones were removed, or none was begun
  open,       // no checkpoint yet; reserved space or an unfinished write follows the last sound block
  cut         // no checkpoint, and the file ends with its last sound block or within one
};
const char* name_of(RecordingTail tail) noexcept;

struct ReaderOptions {
  /// Whose signatures count. With any key, a checkpoint that none of them signed is damage.
  std::vector<PublicKey> public_keys = {};
  /// Segments scanned at a time; below 2, in the caller's thread, with any FileSystem.
  unsigned threads = 1;
  /// As whoever reads by permission may see it (evidence.md 1A.1, OR-03): text masked, sound withheld (an empty body).
  bool redacted = false;
  /// Opens sealed content; null: such records are counted, and come with an empty body.
  std::shared_ptr<const BoardKeys> board_keys = nullptr;
};

class RecordingReader final : public replay::RecordSource {
 public:
  /// `path`: a recording directory or one segment file. What cannot be opened is damage.
  RecordingReader(FileSystem& files, const std::string& path, ReaderOptions options = {});
  ~RecordingReader() override;

  std::optional<replay::Record> next() override;
  const std::vector<replay::Damage>& damage() const override { return damage_; }

  struct Totals {
    std::uint64_t segments = 0;
    std::uint64_t open_segments = 0;  // without a checkpoint
    std::uint64_t blocks = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t locked_records = 0;        // sealed, and nobody gave the board's keys
    std::uint64_t inaccessible_records = 0;  // sealed, and their key is destroyed or lost
    std::uint64_t repeated_records = 0;      // written again after a disk refused; skipped
    std::uint64_t dropped_tail_bytes = 0;
    std::uint64_t first_segment = 0;  // older ones went for the disk budget, or were removed
    std::uint64_t last_segment = 0;
    std::uint64_t signed_segments = 0;  // whose checkpoint carries a signature
    std::uint64_t proven_segments = 0;  // whose signature holds under one of the given keys
    std::vector<KeyId> signing_keys;    // as the checkpoints name them, each once
    RecordingTail tail = RecordingTail::none;
    bool closed = false;  // the last checkpoint says that no segment follows
    std::array<std::uint64_t, record_type_count> by_type{};
    std::array<std::uint64_t, record_type_count> lost{};  // by the recorder's own LossRecords
  };
  const Totals& totals() const { return totals_; }
  /// Where a writer goes on; meaningful once next() has answered nothing.
  RecordingPoint point() const;

 private:
  void find_segments(const std::string& path);
  bool open_next_segment();
  void judge_succession(const SegmentScan* before);
  void judge_signature_of_segment();
  void tell_wounds_up_to(std::size_t block_index);
  bool enter_next_block();
  replay::Record record_at(std::size_t index);
  bool is_wanted(const replay::Record& record);
  void mask(replay::Record& record);
  static void withhold(replay::Record& record);
  /// False: it is sealed for good, or for whoever reads.
  bool unseal(replay::Record& record);
  const ContentKeys* content_keys();
  void add_damage(std::uint64_t block, std::uint64_t offset, std::string what, std::uint64_t bytes);

  FileSystem& files_;
  ReaderOptions options_;
  std::string directory_;
  std::vector<std::string> segment_names_;
  std::unique_ptr<ScanAhead> scans_;
  std::size_t segments_opened_ = 0;
  std::string segment_name_;
  std::unique_ptr<SegmentScan> scan_;
  std::size_t wounds_told_ = 0;
  std::size_t block_index_ = 0;                  // one past the block being read
  std::size_t record_index_ = 0;                 // in the block being read
  std::array<std::uint32_t, 3> member_index_{};  // next event, symbol, payload of the block
  std::vector<std::byte> symbol_body_;
  std::vector<char> masked_text_;
  std::uint8_t sealed_by_ = 0;  // of the record read last: Payload.key
  std::vector<std::byte> opened_;
  std::unique_ptr<ContentKeys> content_keys_;
  bool content_keys_read_ = false;  // of this segment
  std::vector<replay::Damage> damage_;
  Totals totals_;
  std::optional<std::uint64_t> expected_sequence_;
  bool gap_explained_ = true;          // damage was named since the last record, or nothing was read yet
  bool successor_reads_alone_ = true;  // the segment before was not read, so carried records are wanted
  std::optional<RecordingId> recording_id_;
  std::uint64_t last_segment_number_ = 0;
  ChainHash last_chain_{};
  std::uint64_t next_sequence_ = 0;  // for a writer
};

/// A turn whose open is in the evidence and whose close is not (D19), with what was known of its session.
struct OpenTurn {
  std::uint16_t session_slot = 0;
  std::uint32_t turn_number = 0;
  Event opened;
  std::array<std::string, session_symbol_count> session_texts;  // by SessionSymbol; empty: not recorded
};

struct VerifyReport {
  RecordingReader::Totals totals;
  std::vector<replay::Damage> damage;
  std::vector<OpenTurn> open_turns;
  RecordingPoint point;  // where a writer would go on
  std::optional<ChainHash> events_digest;
  std::optional<Event> last_event;   // the newest there is
  std::vector<std::uint32_t> turns;  // by session slot: the highest turn number
  std::uint32_t last_turn_of(std::uint16_t session_slot) const {
    return session_slot < turns.size() ? turns[session_slot] : 0;
  }
  bool sound() const { return damage.empty(); }
};

/// With `digest`, also the BLAKE2b-256 over the 128 bytes of every event, in order.
VerifyReport verify(FileSystem& files, const std::string& path, ReaderOptions options = {}, bool digest = false);

struct Recovery {
  VerifyReport report;   // of what was found, before anything was changed
  RecordingPoint point;  // where the writer goes on
  bool segment_closed = false;
  int error = 0;  // errno value of closing it
};

/// Looks at the whole recording and closes an open last segment, under `keys` where there are any. An empty or missing
/// directory gives a new recording.
Recovery recover(FileSystem& files, const std::string& directory, const BoardKeys* keys = nullptr);

}  // namespace phalarope::hal
