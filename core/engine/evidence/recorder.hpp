// Recorder: what the engine says into the evidence ring, and what gives way when the ring is full.
//
//    free bytes of the ring, from the first refused to the last
//    ├── detail: text, audio, telemetry-lane events ──┤ keep the mandatory share and all turns' reserves free
//    ├── mandatory: events, symbols, pipeline, session ──┤ keep all turns' reserves free
//    └── a turn's own reserve: its baseline record, its commit or abort, its close
//
// Invariants. (1) A turn that reserve_turn() accepted can always record its end. (2) Detail never takes a byte that a
// mandatory record could need. (3) Every record that found no room uses up a sequence number and is counted by type;
// as soon as there is room again a LossRecord names the stretch, so a gap is never silent. (4) A lost event makes the
// recording gapped: replay is exact up to there. (5) No call waits, allocates or reads a clock.
//
// Engine thread only. Not here: building the turn's evidence (turn_evidence.hpp), disks (hal/store).
// Contract: evidence.md 1.7, 1.9; runtime.md 2.7.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "core/engine/base/event.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/evidence/byte_ring.hpp"
#include "core/engine/evidence/content_form.hpp"
#include "core/engine/evidence/recording_level.hpp"
#include "core/engine/evidence/turn_evidence.hpp"

namespace phalarope {

enum class EvidenceRefusal : std::uint8_t {
  baseline_capacity_exhausted,  // no room in the ring: the disk is behind by a whole ring
  evidence_incomplete           // first_missing_field() says which
};
const char* name_of(EvidenceRefusal refusal) noexcept;

/// What became of a droppable record.
enum class DetailOutcome : std::uint8_t {
  stored,
  below_level,           // the level does not hold such records; nothing was lost
  dropped,               // no room; counted
  dropped_first_of_turn  // no room, and the first of its turn: say recording_level_downgraded once
};

/// In which form content is kept at a level that holds it.
enum class ContentPolicy : std::uint8_t {
  approved,  // somebody answers for it: text and sound as they are; PII and PHI by the matrix all the same
  by_matrix  // every class as evidence.md 1.10 says for its level
};

struct RecorderConfig {
  RecordingLevel level = RecordingLevel::L0;
  ContentPolicy content = ContentPolicy::approved;
  /// Where a recovered recording goes on; 0 in a new one.
  std::uint64_t first_sequence = 0;
  /// Share of the ring that detail may not touch.
  std::uint32_t mandatory_permille = 250;
};

constexpr std::size_t event_ring_bytes = ring_bytes_of(sizeof(Event));
constexpr std::size_t baseline_ring_bytes_max = ring_bytes_of(sizeof(TurnEvidence));
constexpr std::size_t loss_ring_bytes = ring_bytes_of(sizeof(LossRecord));
/// What a live turn is sure of: its baseline record, commit or abort, close, and one loss record before them.
constexpr std::size_t turn_reserve_bytes = baseline_ring_bytes_max + 2 * event_ring_bytes + loss_ring_bytes;
/// One record may leave padding before the ring's end; all reserves together pay for it once.
constexpr std::size_t padding_reserve_bytes = baseline_ring_bytes_max;
constexpr std::size_t evidence_sessions_max = 256;

struct RecorderCounters {
  std::array<std::uint64_t, record_type_count> stored{};
  std::array<std::uint64_t, record_type_count> lost{};
  std::uint64_t required_fields_missing = 0;  // or02_required_field_missing_total
  std::uint64_t downgrades = 0;               // recording_downgrade_total
};

class Recorder {
 public:
  /// `ring` outlives the recorder.
  Recorder(ByteRing& ring, const RecorderConfig& config) noexcept;

  // ---- the hot path ------------------------------------------------------------------------------------

  /// Every event that step took or gave. One copy of 16 + 128 bytes. False: there was no room; the loss is counted
  /// and named, and gapped() is true from now on.
  bool append_event(const Event& event) noexcept {
    if (!loss_pending_) [[likely]] {
      const bool detail = event.lane == Lane::telemetry;
      std::byte* const at =
          ring_.claim(event_ring_bytes, detail ? detail_keep_free_bytes_ : mandatory_keep_free_bytes_);
      if (at != nullptr) [[likely]] {
        const RecordHeader header{event_bytes, RecordType::event, 0, sequence_};
        std::memcpy(at, &header, sizeof header);
        std::memcpy(at + sizeof header, &event, sizeof event);
        ring_.publish(event_ring_bytes);
        ++sequence_;
        ++event_count_;
        return true;
      }
    }
    return append_event_under_pressure(event);
  }

  // ---- mandatory records -------------------------------------------------------------------------------

  bool append_symbol(SymbolId id, std::string_view text) noexcept;
  bool append_pipeline(std::span<const std::byte> compiled_pipeline) noexcept;
  bool append_session(std::span<const std::byte> session_start) noexcept;

  /// Holds room for one turn's end; false: no room, the turn must not open. Undone by release_turn().
  [[nodiscard]] bool reserve_turn() noexcept;
  /// After the turn's close was recorded (or the proposal came to nothing).
  void release_turn() noexcept;

  /// The gate of runtime.md 2.7: checks the record and takes its room. Only after success may `commit` be seen.
  Result<void, EvidenceRefusal> append_baseline(const TurnEvidence& evidence) noexcept;

  // ---- detail ------------------------------------------------------------------------------------------

  /// What is kept of content of this class at the level of now.
  wire::RedactionAction content_action(PayloadClass payload_class) const noexcept;
  /// Text of the event just appended; held from L1 on, in the form that content_action() says.
  DetailOutcome append_text(const Event& event, std::string_view text) noexcept;
  /// Audio; held at L2. `samples` are s16le or whatever header.codec says; where they may not be kept the codec is
  /// `withheld`, and nothing or their SHA-256 follows.
  DetailOutcome append_audio(const Event& event, const AudioRecordHeader& header,
                             std::span<const std::byte> samples) noexcept;

  // ---- level -------------------------------------------------------------------------------------------

  /// One look at the pressure; call it at every tick. A change is to be told as recording_level_downgraded.
  std::optional<LevelChange> observe(Instant now, Duration export_lag) noexcept;
  RecordingLevel level() const noexcept { return levels_.level(); }
  LevelControl& levels() noexcept { return levels_; }

  // ---- figures -----------------------------------------------------------------------------------------

  RecorderCounters counters() const noexcept;
  /// An event was lost: replay of this recording is exact only up to the first LossRecord.
  bool gapped() const noexcept { return counters_.lost[static_cast<std::size_t>(RecordType::event)] != 0; }
  std::uint64_t next_sequence() const noexcept { return sequence_; }
  std::uint32_t reserved_turns() const noexcept { return reserved_turns_; }

 private:
  bool append_event_under_pressure(const Event& event) noexcept;
  bool append(RecordType type, RecordingLevel level, std::span<const std::byte> a, std::span<const std::byte> b,
              std::size_t keep_free_bytes) noexcept;
  DetailOutcome append_detail(RecordType type, RecordingLevel level, const Event& event, std::span<const std::byte> a,
                              std::span<const std::byte> b) noexcept;
  bool settle_loss(std::size_t keep_free_bytes) noexcept;
  void note_loss(RecordType type) noexcept;
  void set_reserved_turns(std::uint32_t turns) noexcept;
  std::size_t keep_free_for_turn_end() const noexcept;

  ByteRing& ring_;
  ContentPolicy content_ = ContentPolicy::approved;
  std::uint64_t sequence_ = 0;
  std::uint64_t event_count_ = 0;
  std::size_t mandatory_keep_free_bytes_ = 0;
  std::size_t detail_keep_free_bytes_ = 0;
  std::size_t mandatory_share_bytes_ = 0;
  bool loss_pending_ = false;
  std::uint32_t reserved_turns_ = 0;
  LossRecord pending_loss_{};
  RecorderCounters counters_{};
  LevelControl levels_;
  std::array<std::uint32_t, evidence_sessions_max> overflow_told_turn_{};     // turn number + 1; 0: none
  std::array<std::uint32_t, evidence_sessions_max> overflow_told_session_{};  // 1 once told
  std::array<char, masked_text_bytes_max> mask_{};
};

}  // namespace phalarope
