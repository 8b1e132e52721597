#include "tests/sim/disk/disk_store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <random>

#include "core/engine/base/crc32c.hpp"
#include "core/replay/replayer.hpp"
#include "core/spec/plan_codec.hpp"
#include "hal/host/engine_step_function.hpp"
#include "hal/host/power_loss_record.hpp"
#include "hal/store/flusher.hpp"
#include "hal/store/recording_reader.hpp"
#include "tests/fault/evidence/memory_disk.hpp"
#include "tests/sim/bends.hpp"

namespace phalarope::sim {
namespace {

constexpr const char* directory = "/recording";
constexpr std::uint64_t segment_bytes = 256 * 1024;
constexpr std::uint64_t capacity_bytes_when_full = 384 * 1024;
constexpr std::int64_t slow_max_ms = 3'000;
constexpr int calls_of_a_flush_max = 8;
constexpr int tries_at_the_end_max = 200;

hal::SegmentSalt seeded_id(void* random) {
  auto& generator = *static_cast<std::mt19937_64*>(random);
  const std::uint64_t words[2] = {generator(), generator()};
  hal::SegmentSalt salt;
  std::memcpy(salt.data(), words, sizeof words);
  return salt;
}

/// What a record's bytes are held against; baselines change their form on the disk.
bool keeps_its_bytes(RecordType type) { return type == RecordType::event || type == RecordType::text; }

/// Thrown through the flusher, whose thread ends with it.
struct PowerIsGone {};

class DiskStore final : public Store {
 public:
  DiskStore(std::uint64_t seed, FaultMix& faults, Bender& bender)
      : random_(seed), chance_(seed), faults_(faults), bender_(bender) {
    disk_ = std::make_unique<testing::MemoryDisk>();
  }

  std::uint64_t begin(ByteRing& ring) override;
  void open(Recorder& recorder, const CompiledPipeline& pipeline, SessionStart& start, Instant now) override;
  void appended(const RecordHeader& header, std::span<const std::byte> body) override;
  void serve(Instant now) override;
  Duration lag(Instant now) const override { return flusher_->lag(now); }
  void cut_power(Instant now) override;
  void finish(Instant now) override;
  const std::vector<std::string>& violations() const override { return violations_; }
  void count_probes(const std::function<void(std::string_view, std::uint64_t)>& count) const override {
    for (const auto& [name, times] : probes_) count(name, times);
  }

 private:
  void suffer(Instant now);
  void read_back(bool whole);
  void replay_all();
  void note_flusher();
  /// Segments were left behind: by a power cut, or because the disk refused.
  bool disturbed() const { return power_cuts_ > 0 || errors_ > 0; }
  void say(std::string what) { violations_.push_back(std::move(what)); }

  std::mt19937_64 random_;
  Chance chance_;
  FaultMix& faults_;
  Bender& bender_;
  std::unique_ptr<testing::MemoryDisk> disk_;
  std::unique_ptr<hal::Flusher> flusher_;
  hal::Recovery recovery_;
  std::vector<std::uint32_t> appended_;  // checksum of each record, by its sequence; 0: not compared
  std::uint64_t durable_sequence_ = 0;   // everything below was synced
  std::int64_t stands_still_until_ns_ = 0;
  std::uint64_t power_cuts_ = 0;
  std::uint64_t errors_ = 0;  // of the flusher, over all lives
  bool deleted_ = false;      // the oldest segments were given up for room
  bool gapped_ = false;       // the recorder lost events
  std::map<std::string, std::uint64_t, std::less<>> probes_;
  std::vector<std::string> violations_;
};

std::uint64_t DiskStore::begin(ByteRing& ring) {
  disk_->fault = {};
  disk_->capacity_bytes = UINT64_MAX;
  if (bender_.is(Bend::recovery_refused) && bender_.due()) {
    disk_->fault = [](testing::MemoryDisk::Call, std::uint64_t) { return EIO; };
  }
  recovery_ = hal::recover(*disk_, directory);
  disk_->fault = {};
  if (recovery_.error != 0) say("Q18: a recording cannot be gone on with: errno " + std::to_string(recovery_.error));
  if (recovery_.point.next_sequence < durable_sequence_) {
    say("Q15: records " + std::to_string(recovery_.point.next_sequence) + " to " +
        std::to_string(durable_sequence_ - 1) + " were synced and are gone");
  }
  if (recovery_.report.totals.dropped_tail_bytes > 0) ++probes_["torn_tail_dropped"];
  if (!recovery_.report.open_turns.empty()) ++probes_["open_turn_closed"];
  if (recovery_.point.next_sequence > 0) {
    ++probes_["recording_gone_on_with"];
    read_back(false);
  }
  hal::FlusherConfig config;
  config.recording.directory = directory;
  config.recording.segment_bytes = segment_bytes;
  config.recording.random_id = seeded_id;
  config.recording.random_context = &random_;
  flusher_ = std::make_unique<hal::Flusher>(ring, *disk_, nullptr, config, recovery_.point);
  appended_.resize(recovery_.point.next_sequence);
  return recovery_.point.next_sequence;
}

void DiskStore::open(Recorder& recorder, const CompiledPipeline& pipeline, SessionStart& start, Instant now) {
  start.turns_before = recovery_.report.last_turn_of(start.session_slot);
  hal::close_open_turns(recorder, recovery_, start, WallTime{now.value});
  recorder.append_pipeline(spec::encode(pipeline));
  recorder.append_session(std::as_bytes(std::span(&start, 1)));
  for (std::uint32_t i = 0; i < session_symbol_count; ++i) {
    recorder.append_symbol(start.symbol(static_cast<SessionSymbol>(i)), "simulated-" + std::to_string(i));
  }
}

void DiskStore::appended(const RecordHeader& header, std::span<const std::byte> body) {
  if (header.sequence >= appended_.size()) appended_.resize(header.sequence + 1);
  appended_[header.sequence] = keeps_its_bytes(header.type) ? crc32c(body) | 1U : 0;
  const bool lies = bender_.is(Bend::record_rewritten) && header.type == RecordType::event && bender_.due();
  if (lies) appended_[header.sequence] ^= 2U;
  if (header.type != RecordType::loss) return;
  LossRecord loss;
  std::memcpy(&loss, body.data(), sizeof loss);
  gapped_ = gapped_ || loss.lost[static_cast<std::size_t>(RecordType::event)] > 0;
}

void DiskStore::suffer(Instant now) {
  if (faults_.strikes(Fault::disk_slow, chance_)) {
    stands_still_until_ns_ = now.value + chance_.between(1, slow_max_ms) * ns_per_ms;
  }
  disk_->capacity_bytes = faults_.strikes(Fault::disk_full, chance_) ? capacity_bytes_when_full : UINT64_MAX;
  if (faults_.strikes(Fault::disk_refuses, chance_)) {
    const std::uint64_t refused = disk_->calls + static_cast<std::uint64_t>(chance_.between(0, 5));
    disk_->fault = [refused](testing::MemoryDisk::Call, std::uint64_t number) { return number == refused ? EIO : 0; };
  }
}

void DiskStore::serve(Instant now) {
  suffer(now);
  if (now.value < stands_still_until_ns_) return;
  if (flusher_->flush_once(now, WallTime{now.value}) > 0) note_flusher();
}

void DiskStore::note_flusher() {
  // What has left the ring is durable (flusher.hpp, invariant 1).
  const hal::FlusherCounters counters = flusher_->counters();
  durable_sequence_ = recovery_.point.next_sequence + counters.records;
  deleted_ = deleted_ || counters.segments_deleted > 0;
  errors_ += counters.write_errors + counters.open_errors + counters.sync_errors > 0;
  if (counters.segments_deleted > 0) ++probes_["segments_deleted"];
  if (counters.write_errors + counters.open_errors > 0) ++probes_["disk_write_failed"];
  if (counters.sync_errors > 0) ++probes_["disk_sync_failed"];
  if (counters.last_errno == ENOSPC) ++probes_["disk_was_full"];
}

// In the middle of a write: what the flusher was about to say to the disk is said in part, and nothing after it.
void DiskStore::cut_power(Instant now) {
  ++power_cuts_;
  note_flusher();
  const std::uint64_t last = disk_->calls + static_cast<std::uint64_t>(chance_.between(0, calls_of_a_flush_max));
  disk_->fault = [last](testing::MemoryDisk::Call, std::uint64_t number) -> int {
    if (number >= last) throw PowerIsGone{};
    return 0;
  };
  try {
    for (int i = 0; i < calls_of_a_flush_max; ++i) {
      now = now + milliseconds(1'000);
      if (flusher_->flush_once(now, WallTime{now.value}) == 0) break;
      note_flusher();
    }
  } catch (const PowerIsGone&) {
    ++probes_["power_cut_in_a_write"];
  }
  note_flusher();
  flusher_.reset();
  disk_->fault = {};
  disk_ = std::make_unique<testing::MemoryDisk>(disk_->power_cut(random_));
  if (bender_.is(Bend::sync_forgotten) && durable_sequence_ > 0 && bender_.due()) {
    auto& newest = disk_->bytes_of(std::prev(disk_->files.end())->first);
    newest.resize(std::min(newest.size(), std::size_t{hal::segment_header_bytes}));
  }
}

void DiskStore::finish(Instant now) {
  disk_->fault = {};
  disk_->capacity_bytes = UINT64_MAX;
  int error = EAGAIN;
  for (int i = 0; i < tries_at_the_end_max && error != 0; ++i) {
    now = now + milliseconds(1'000);
    error = flusher_->close(now, WallTime{now.value});
  }
  if (error != 0) say("Q17: a sound disk and the recording cannot be closed: errno " + std::to_string(error));
  note_flusher();
  if (bender_.is(Bend::record_swallowed) && bender_.due()) appended_.push_back(1);
  if (bender_.is(Bend::bit_rotten) && !disturbed() && bender_.due()) {
    auto& bytes = disk_->bytes_of(disk_->files.begin()->first);
    bytes[bytes.size() / 2] ^= std::byte{1};
  }
  read_back(true);
  replay_all();
}

// Every record that is read was appended, byte for byte; of a closed recording none is missing.
void DiskStore::read_back(bool whole) {
  hal::RecordingReader reader(*disk_, directory);
  std::vector<bool> read(appended_.size());
  while (const auto record = reader.next()) {
    const RecordHeader& header = record->header;
    if (header.type == RecordType::checkpoint) continue;
    if (header.sequence >= appended_.size()) {
      say("Q15: record " + std::to_string(header.sequence) + " is read and was never appended");
      return;
    }
    const std::uint32_t expected = appended_[header.sequence];
    if (expected == 0 || !keeps_its_bytes(header.type)) continue;
    read[header.sequence] = true;
    if ((crc32c(record->body) | 1U) != expected) {
      say("Q15: record " + std::to_string(header.sequence) + " reads otherwise than it was appended");
      return;
    }
  }
  // A segment that a refusing disk or a power cut left behind stays open for ever; its records are elsewhere, or not.
  for (const replay::Damage& damage : reader.damage()) {
    if (!disturbed()) say("Q16: " + damage.position.file + ": " + damage.what);
  }
  if (!whole) return;
  // Only the oldest are ever given up for room, and only when the flusher says so: behind the first, none is missing.
  const auto oldest = static_cast<std::size_t>(std::find(read.begin(), read.end(), true) - read.begin());
  for (std::size_t sequence = deleted_ ? oldest : 0; sequence < read.size(); ++sequence) {
    if (read[sequence] || appended_[sequence] == 0) continue;
    return say("Q17: record " + std::to_string(sequence) + " was appended, the recording was closed, and it is gone");
  }
}

namespace {
/// The engine, and one output of it that is not what it gave.
class LyingStep final : public replay::StepFunction {
 public:
  explicit LyingStep(Bender& bender) : bender_(bender) {}
  bool start(const replay::RunStart& run) override { return engine_.start(run); }
  bool seat(std::span<const std::byte> session_record) override { return engine_.seat(session_record); }
  std::span<const Event> step(const Event& input) override {
    const std::span<const Event> outputs = engine_.step(input);
    if (outputs.empty() || !bender_.is(Bend::recording_replays_otherwise) || !bender_.due()) return outputs;
    bent_.assign(outputs.begin(), outputs.end());
    bent_.front().argument_b ^= 1;
    return bent_;
  }

 private:
  Bender& bender_;
  hal::EngineStep engine_;
  std::vector<Event> bent_;
};
}  // namespace

void DiskStore::replay_all() {
  if (deleted_) return;  // what is left begins in the middle
  hal::RecordingReader reader(*disk_, directory);
  LyingStep engine(bender_);
  const replay::ReplayReport report = replay::replay(reader, engine, {.differences_max = 1});
  ++probes_["replayed_from_disk"];
  using enum replay::ReplayVerdict;
  if (report.verdict == identical || (gapped_ && report.verdict != not_startable)) return;
  if (report.verdict == not_trusted && disturbed()) return;  // no difference, and a wound that was named
  say("I8: the recording replays as " + std::string(replay::name_of(report.verdict)) +
      (report.differences.empty() ? ""
                                  : ": " + std::string(report.differences.front().field) + " of " +
                                        name_of(report.differences.front().event)));
}

}  // namespace

std::unique_ptr<Store> make_disk_store(std::uint64_t seed, FaultMix& faults, Bender& bender) {
  return std::make_unique<DiskStore>(seed, faults, bender);
}

}  // namespace phalarope::sim
