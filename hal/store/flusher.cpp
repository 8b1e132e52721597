#include "hal/store/flusher.hpp"

#include <algorithm>
#include <cerrno>
#include <new>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {
namespace {

/// A block takes at most this share of the ring, so that the engine always has the rest.
constexpr std::size_t ring_share_of_block = 4;

template <typename T>
void add(std::atomic<T>& counter, T amount) {
  counter.fetch_add(amount, std::memory_order_relaxed);
}

}  // namespace

Flusher::Flusher(ByteRing& ring, FileSystem& files, AudioEncoder* encoder, const FlusherConfig& config,
                 const RecordingPoint& point)
    : ring_(ring),
      files_(files),
      config_(config),
      writer_(files, config.recording, point),
      retention_(files, config.recording.directory, config.retention),
      builder_(carried_, encoder),
      next_sequence_(point.next_sequence) {
  config_.block_bytes = std::min(config_.block_bytes, ring.capacity_bytes() / ring_share_of_block);
}

void Flusher::observe(RecordObserver& observer) noexcept {
  PHAL_ENFORCE(observers_.push_back(&observer), "more watch the flusher than it has places for");
}

std::size_t Flusher::flush_once(Instant now, WallTime wall) {
  try {
    return flush(now, wall);
  } catch (const std::bad_alloc&) {  // counted and tried again like a disk that refuses; the ring still holds it all
    add(count_.write_errors, std::uint64_t{1});
    give_up(now, ENOMEM);
    return 0;
  }
}

std::size_t Flusher::flush(Instant now, WallTime wall) {
  if (retention_.sweep(now, wall)) add(count_.segments_expired, std::uint64_t{1});
  take_from_ring();
  if (builder_.empty()) {
    pending_since_ns_.store(no_pending, std::memory_order_relaxed);
    const bool aged = writer_.is_open() && now - segment_opened_ >= config_.segment_age_max;
    if (aged && now >= retry_at_ && writer_.block_count() > 0) {
      if (const int error = close_segment(now, false); error != 0) give_up(now, error);
    }
    return 0;
  }
  std::int64_t pending_since = pending_since_ns_.load(std::memory_order_relaxed);
  if (pending_since == no_pending) {
    pending_since = now.value;
    pending_since_ns_.store(pending_since, std::memory_order_relaxed);
  }
  if (now < retry_at_) return 0;
  const bool full = builder_.body_bytes_estimate() >= config_.block_bytes;
  if (!full && now.value - pending_since < config_.block_wait.value) return 0;
  return write_pending(now, wall);
}

/// Takes what is there, up to one block. What was taken stays in the ring until it is durable.
void Flusher::take_from_ring() {
  while (builder_.body_bytes_estimate() < config_.block_bytes) {
    const auto record = ring_.next();
    if (!record) return;
    carried_.learn(*record);  // before the block is built: its baselines may name its symbols
    if (record->header.sequence >= observed_sequence_) {
      for (RecordObserver* const observer : observers_) observer->on_record(*record);
      observed_sequence_ = record->header.sequence + 1;
    }
    builder_.add(*record);
  }
}

std::size_t Flusher::write_pending(Instant now, WallTime wall) {
  const std::size_t records = builder_.record_count();
  int error = ensure_segment(now, wall);
  if (error == 0) {
    BlockHeader header;
    builder_.build(block_, header, writer_.content_keys());
    error = append_durably_and_count(header, now);
  }
  if (error != 0) {
    give_up(now, error);
    return 0;
  }
  for (const RingRecord& record : builder_.records()) tally_.add(record.header.type, record.body);
  next_sequence_ = builder_.records().back().header.sequence + 1;
  writer_.set_next_sequence(next_sequence_);
  count_.unknown_symbols.store(builder_.unknown_symbols(), std::memory_order_relaxed);
  for (const StoredBaseline& baseline : builder_.baselines()) {
    for (RecordObserver* const observer : observers_) observer->on_durable_baseline(writer_.segment_number(), baseline);
  }
  builder_.clear();
  ring_.release();
  add(count_.records, std::uint64_t{records});
  add(count_.syncs, std::uint64_t{1});
  pending_since_ns_.store(ring_.used_bytes() == 0 ? no_pending : now.value, std::memory_order_relaxed);
  return records;
}

int Flusher::append_and_count(BlockHeader header, Instant now) {
  header.made_at_ns = now.value;
  return note_block(writer_.append_block(header, block_));
}

int Flusher::append_durably_and_count(BlockHeader header, Instant now) {
  header.made_at_ns = now.value;
  const auto errors = writer_.append_durably(header, block_);
  if (const int error = note_block(errors.write); error != 0) return error;
  if (errors.sync != 0) add(count_.sync_errors, std::uint64_t{1});
  return errors.sync;
}

int Flusher::note_block(int write_error) {
  if (write_error != 0) {
    add(count_.write_errors, std::uint64_t{1});
    return write_error;
  }
  add(count_.blocks, std::uint64_t{1});
  add(count_.bytes_written, std::uint64_t{block_.size()});
  return 0;
}

int Flusher::ensure_segment(Instant now, WallTime wall) {
  const bool aged = writer_.is_open() && now - segment_opened_ >= config_.segment_age_max;
  const bool full = writer_.is_open() && !writer_.has_room_for(builder_.body_bytes_estimate());
  // A record longer than a whole segment still gets one: a segment holds at least one block of records.
  if ((aged || full) && tally_.records > 0) {
    if (const int error = close_segment(now, false); error != 0) return error;
  }
  if (writer_.is_open()) return 0;
  const std::string given_up = make_room(config_.recording.segment_bytes);
  tally_ = {};
  segment_first_sequence_ = next_sequence_;
  segment_opened_ = now;
  const bool carries = writer_.segment_number() > 0 && !carried_.empty();
  if (const int error = writer_.open_segment(wall.value, given_up); error != 0) {
    add(count_.open_errors, std::uint64_t{1});
    return error;
  }
  if (!carries) return 0;
  BlockHeader header;
  build_carried_block(carried_, next_sequence_, block_, header);
  return append_and_count(header, now);
}

int Flusher::close_segment(Instant now, bool recording_closed) {
  if (const int error = writer_.cut_to_used_size(); error != 0) {
    add(count_.write_errors, std::uint64_t{1});
    return error;
  }
  const CheckpointFacts facts{.segment_number = writer_.segment_number(),
                              .blocks = writer_.block_count(),
                              .file_bytes = writer_.file_bytes(),
                              .first_sequence = segment_first_sequence_,
                              .next_sequence = next_sequence_,
                              .chain = writer_.chain(),
                              .recording_closed = recording_closed,
                              .signing_key = signing_key_of(writer_.signer())};
  BlockHeader header;
  build_checkpoint_block(facts, tally_, block_, header);
  if (const int error = append_and_count(header, now); error != 0) return error;
  if (const int error = writer_.sync(); error != 0) {
    add(count_.sync_errors, std::uint64_t{1});
    return error;
  }
  writer_.finish_segment();
  add(count_.segments_closed, std::uint64_t{1});
  return 0;
}

/// The segment is not written to again: after a failed fdatasync the system may have forgotten the pages (and says
/// so only once), so everything not yet durable is taken from the ring again, into a new file.
void Flusher::give_up(Instant now, int error) {
  count_.last_errno.store(error, std::memory_order_relaxed);
  writer_.abandon_segment();
  builder_.clear();
  ring_.rewind();
  retry_at_ = now + config_.retry_wait;
  // A disk that is fuller than its budget says: newer evidence is worth more than the oldest.
  if (error == ENOSPC) static_cast<void>(remove_oldest_segment());
}

bool Flusher::remove_oldest_segment() {
  std::vector<std::string> names;
  if (files_.list(writer_.directory(), names) != 0) return false;
  std::erase_if(names, [](const std::string& name) { return !segment_number_of(name); });
  // One is kept for the chain, and the open one is the last.
  if (names.size() < 2) return false;
  if (remove_segment(files_, writer_.directory(), names.front()) != 0) return false;
  add(count_.segments_deleted, std::uint64_t{1});
  return true;
}

/// Gives up old segments until `wanted_bytes` more are within the budget. The last one that must go is not removed but
/// answered, for the new segment to be written into its space.
std::string Flusher::make_room(std::uint64_t wanted_bytes) {
  for (;;) {
    std::vector<std::string> names;
    if (files_.list(writer_.directory(), names) != 0) return {};
    std::uint64_t used_bytes = wanted_bytes;
    std::uint64_t oldest_bytes = 0;
    std::string oldest;
    std::size_t segments = 0;
    for (const std::string& name : names) {
      const std::string path = writer_.directory() + "/" + name;
      std::uint64_t size_bytes = 0;
      if (!segment_number_of(name) || files_.file_size(path, size_bytes) != 0) continue;
      used_bytes += size_bytes;
      if (segments++ > 0) continue;
      oldest = path;
      oldest_bytes = size_bytes;
    }
    if (used_bytes <= config_.disk_budget_bytes) return {};
    const bool last_to_go = segments >= 2 && used_bytes - oldest_bytes <= config_.disk_budget_bytes;
    // A copy made by hard links is somebody's evidence.
    if (last_to_go && files_.has_one_name(oldest)) {
      remove_content_keys(files_, writer_.directory(), oldest.substr(oldest.rfind('/') + 1));
      add(count_.segments_deleted, std::uint64_t{1});
      return oldest;
    }
    if (!remove_oldest_segment()) return {};
  }
}

int Flusher::close(Instant now, WallTime wall) {
  try {
    return write_all_and_close(now, wall);
  } catch (const std::bad_alloc&) {
    add(count_.write_errors, std::uint64_t{1});
    give_up(now, ENOMEM);
    return ENOMEM;
  }
}

int Flusher::write_all_and_close(Instant now, WallTime wall) {
  for (;;) {
    take_from_ring();
    if (builder_.empty()) break;
    if (write_pending(now, wall) == 0) return count_.last_errno.load(std::memory_order_relaxed);
  }
  pending_since_ns_.store(no_pending, std::memory_order_relaxed);
  if (!writer_.is_open()) {
    if (writer_.segment_number() == 0) return 0;  // nothing was ever recorded
    if (const int error = ensure_segment(now, wall); error != 0) {
      give_up(now, error);
      return error;
    }
  }
  const int error = close_segment(now, true);
  if (error != 0) give_up(now, error);
  return error;
}

Duration Flusher::lag(Instant now) const noexcept {
  const std::int64_t since = pending_since_ns_.load(std::memory_order_relaxed);
  return since == no_pending ? Duration{} : Duration{std::max<std::int64_t>(now.value - since, 0)};
}

FlusherCounters Flusher::counters() const noexcept {
  const auto read = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  return {.records = read(count_.records),
          .blocks = read(count_.blocks),
          .bytes_written = read(count_.bytes_written),
          .syncs = read(count_.syncs),
          .segments_closed = read(count_.segments_closed),
          .segments_deleted = read(count_.segments_deleted),
          .segments_expired = read(count_.segments_expired),
          .write_errors = read(count_.write_errors),
          .sync_errors = read(count_.sync_errors),
          .open_errors = read(count_.open_errors),
          .unknown_symbols = read(count_.unknown_symbols),
          .last_errno = read(count_.last_errno)};
}

}  // namespace phalarope::hal
