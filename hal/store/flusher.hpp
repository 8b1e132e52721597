// Flusher: takes records out of the byte ring and makes them durable, at the disk's pace and never at the engine's.
//
//   ring ──next()──▶ BlockBuilder ──64 KiB or 1 s──▶ write ─▶ fdatasync ──▶ ring.release()
//                                                       │ refused (ENOSPC, EIO)
//                                                       └▶ ring.rewind(), new segment, try again later
//
// Invariants. (1) A record leaves the ring only when it is durable, so a disk that refuses costs lag and fidelity,
// never order. (2) The files of the recording stay within disk_budget_bytes: the oldest segments go first, the one
// being written never. (3) No error stops it; each is counted, and tried again after retry_wait.
//
// flush_once() is called by the flusher thread every few ms, or by the virtual-time runner; time is its argument.
// lag() and counters() may be asked from any thread. Contract: evidence.md 1.8, 8; design.md "Evidence".
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/strong.hpp"
#include "core/engine/evidence/byte_ring.hpp"
#include "hal/store/audio_encoder.hpp"
#include "hal/store/block_builder.hpp"
#include "hal/store/file_system.hpp"
#include "hal/store/recording_writer.hpp"
#include "hal/store/segment_retention.hpp"

namespace phalarope::hal {

constexpr Duration block_wait_default = milliseconds(1000);

struct FlusherConfig {
  RecordingWriter::Config recording;
  std::uint64_t disk_budget_bytes = 256ULL * 1024 * 1024;
  /// A block is closed at this size; also the most that one flush_once() takes from the ring.
  std::size_t block_bytes = 64 * 1024;
  /// Records younger than this may wait for company.
  Duration block_wait = block_wait_default;
  /// A segment is closed at this age (evidence.md 8).
  Duration segment_age_max = milliseconds(60'000);
  /// After an error, how long before the next try.
  Duration retry_wait = milliseconds(250);
  RetentionConfig retention;
};

/// All are totals since start.
struct FlusherCounters {
  std::uint64_t records = 0;
  std::uint64_t blocks = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t syncs = 0;
  std::uint64_t segments_closed = 0;
  std::uint64_t segments_deleted = 0;
  std::uint64_t segments_expired = 0;  // removed because they were too old
  std::uint64_t write_errors = 0;
  std::uint64_t sync_errors = 0;
  std::uint64_t open_errors = 0;
  std::uint64_t unknown_symbols = 0;
  int last_errno = 0;
};

/// Somebody who looks at each record once, in order, as it is taken from the ring: on the flusher's thread, before it
/// is durable, so that a disk that refuses does not blind whoever watches; and at each baseline once more when the disk
/// has it. Copies what it wants and never waits.
class RecordObserver {
 public:
  virtual ~RecordObserver() = default;
  virtual void on_record(const RingRecord& record) noexcept = 0;
  /// A turn's baseline is durable now: in which segment, under which sequence, as the table that stands there.
  virtual void on_durable_baseline(std::uint64_t segment_number, const StoredBaseline& baseline) noexcept {
    static_cast<void>(segment_number);
    static_cast<void>(baseline);
  }
};

constexpr std::size_t observers_max = 2;  // telemetry and the durable export

class Flusher {
 public:
  /// `encoder` may be null: audio is then stored as it comes. All references outlive the flusher.
  Flusher(ByteRing& ring, FileSystem& files, AudioEncoder* encoder, const FlusherConfig& config,
          const RecordingPoint& point);

  /// Before the first flush_once(), at most observers_max times; `observer` outlives the flusher's last call.
  void observe(RecordObserver& observer) noexcept;

  /// Moves at most one block. Answers the records made durable by this call; 0 also when there was nothing to do yet.
  std::size_t flush_once(Instant now, WallTime wall = WallTime{});
  /// Writes everything that is in the ring, closes the segment and marks the recording as ended. Errors are counted
  /// and answered (errno value). For shutdown, after the engine thread has stopped.
  int close(Instant now, WallTime wall = WallTime{});

  /// Age of the oldest record that is not durable yet; any thread.
  Duration lag(Instant now) const noexcept;
  /// A snapshot for reports; any thread may ask, figures of one call may differ by one block.
  FlusherCounters counters() const noexcept;
  const RecordingWriter& writer() const { return writer_; }

 private:
  std::size_t flush(Instant now, WallTime wall);
  int write_all_and_close(Instant now, WallTime wall);
  void take_from_ring();
  std::size_t write_pending(Instant now, WallTime wall);
  int ensure_segment(Instant now, WallTime wall);
  int append_and_count(BlockHeader header, Instant now);
  int append_durably_and_count(BlockHeader header, Instant now);
  int note_block(int write_error);
  int close_segment(Instant now, bool recording_closed);
  void give_up(Instant now, int error);
  std::string make_room(std::uint64_t wanted_bytes);
  bool remove_oldest_segment();

  ByteRing& ring_;
  FileSystem& files_;
  FlusherConfig config_;
  RecordingWriter writer_;
  SegmentRetention retention_;
  CarriedRecords carried_;
  BlockBuilder builder_;
  SegmentTally tally_;
  std::vector<std::byte> block_;
  std::uint64_t segment_first_sequence_ = 0;
  std::uint64_t next_sequence_;
  FixedVector<RecordObserver*, observers_max> observers_;
  std::uint64_t observed_sequence_ = 0;  // the next one they have not seen: a refused block is taken again
  Instant segment_opened_{};
  Instant retry_at_{};

  static constexpr std::int64_t no_pending = -1;
  std::atomic<std::int64_t> pending_since_ns_{no_pending};  // written here, read anywhere; a figure, no hand-over
  struct {
    std::atomic<std::uint64_t> records{0}, blocks{0}, bytes_written{0}, syncs{0}, segments_closed{0},
        segments_deleted{0}, segments_expired{0}, write_errors{0}, sync_errors{0}, open_errors{0}, unknown_symbols{0};
    std::atomic<int> last_errno{0};
  } count_;
};

}  // namespace phalarope::hal
