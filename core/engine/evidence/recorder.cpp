#include "core/engine/evidence/recorder.hpp"

#include "core/engine/evidence/evidence_fill.hpp"

namespace phalarope {
namespace {

constexpr std::size_t index_of(RecordType type) noexcept { return static_cast<std::size_t>(type); }

constexpr bool ends_a_turn(const Event& event) noexcept {
  return event.turn_number != 0 &&
         (event.kind == EventKind::commit || event.kind == EventKind::abort || event.kind == EventKind::close);
}

std::span<const std::byte> bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

template <typename T>
std::span<const std::byte> bytes_of_object(const T& object) noexcept {
  return std::as_bytes(std::span(&object, 1));
}

}  // namespace

const char* name_of(EvidenceRefusal refusal) noexcept {
  switch (refusal) {
    case EvidenceRefusal::baseline_capacity_exhausted:
      return "baseline capacity exhausted";
    case EvidenceRefusal::evidence_incomplete:
      return "evidence_incomplete";
  }
  return "?";
}

Recorder::Recorder(ByteRing& ring, const RecorderConfig& config) noexcept
    : ring_(ring),
      content_(config.content),
      sequence_(config.first_sequence),
      mandatory_share_bytes_(ring.capacity_bytes() / 1000 * config.mandatory_permille),
      levels_(config.level) {
  PHAL_ENFORCE(config.mandatory_permille <= 1000, "a share is at most the whole");
  PHAL_ENFORCE(ring.body_bytes_max() >= sizeof(TurnEvidence), "the evidence ring is too small for one baseline record");
  set_reserved_turns(0);
}

void Recorder::set_reserved_turns(std::uint32_t turns) noexcept {
  reserved_turns_ = turns;
  mandatory_keep_free_bytes_ = turns == 0 ? 0 : turns * turn_reserve_bytes + padding_reserve_bytes;
  detail_keep_free_bytes_ = mandatory_keep_free_bytes_ + mandatory_share_bytes_;
}

bool Recorder::reserve_turn() noexcept {
  const std::size_t needed = (reserved_turns_ + std::size_t{1}) * turn_reserve_bytes + padding_reserve_bytes;
  if (ring_.refresh_free() < needed) return false;
  set_reserved_turns(reserved_turns_ + 1);
  return true;
}

void Recorder::release_turn() noexcept {
  PHAL_ENFORCE(reserved_turns_ > 0, "release_turn without reserve_turn");
  set_reserved_turns(reserved_turns_ - 1);
}

/// What a turn's own end must leave: the reserves of all the other turns. Padding was reserved once for all.
std::size_t Recorder::keep_free_for_turn_end() const noexcept {
  return reserved_turns_ == 0 ? 0 : (reserved_turns_ - std::size_t{1}) * turn_reserve_bytes;
}

void Recorder::note_loss(RecordType type) noexcept {
  if (!loss_pending_) {
    pending_loss_ = LossRecord{.first_sequence = sequence_};
    loss_pending_ = true;
  }
  pending_loss_.last_sequence = sequence_++;
  ++pending_loss_.lost[index_of(type)];
  ++counters_.lost[index_of(type)];
}

/// Writes the pending loss before anything else may follow the gap.
bool Recorder::settle_loss(std::size_t keep_free_bytes) noexcept {
  const RecordHeader header{0, RecordType::loss, 0, sequence_};
  if (!ring_.try_append(header, bytes_of_object(pending_loss_), {}, keep_free_bytes)) return false;
  ++sequence_;
  ++counters_.stored[index_of(RecordType::loss)];
  loss_pending_ = false;
  return true;
}

bool Recorder::append(RecordType type, RecordingLevel level, std::span<const std::byte> a, std::span<const std::byte> b,
                      std::size_t keep_free_bytes) noexcept {
  if (loss_pending_) [[unlikely]] {
    // Only when both fit: a loss record that leaves no room for its successor would begin the next loss.
    const std::size_t both = loss_ring_bytes + ring_bytes_of(a.size() + b.size()) + keep_free_bytes;
    if (ring_.refresh_free() < both || !settle_loss(keep_free_bytes)) {
      note_loss(type);
      return false;
    }
  }
  const RecordHeader header{0, type, static_cast<std::uint16_t>(level), sequence_};
  if (!ring_.try_append(header, a, b, keep_free_bytes)) {
    note_loss(type);
    return false;
  }
  ++sequence_;
  ++counters_.stored[index_of(type)];
  return true;
}

bool Recorder::append_event_under_pressure(const Event& event) noexcept {
  std::size_t keep_free_bytes = mandatory_keep_free_bytes_;
  if (event.lane == Lane::telemetry) keep_free_bytes = detail_keep_free_bytes_;
  if (ends_a_turn(event)) keep_free_bytes = keep_free_for_turn_end();
  return append(RecordType::event, RecordingLevel::L0, bytes_of_object(event), {}, keep_free_bytes);
}

bool Recorder::append_symbol(SymbolId id, std::string_view text) noexcept {
  PHAL_ASSERT(id.value != 0 && id.value < first_well_known_symbol, "built-in symbols are not recorded");
  return append(RecordType::symbol, RecordingLevel::L0, bytes_of_object(id.value), bytes_of(text),
                mandatory_keep_free_bytes_);
}

bool Recorder::append_pipeline(std::span<const std::byte> compiled_pipeline) noexcept {
  return append(RecordType::pipeline, RecordingLevel::L0, compiled_pipeline, {}, mandatory_keep_free_bytes_);
}

bool Recorder::append_session(std::span<const std::byte> session_start) noexcept {
  return append(RecordType::session, RecordingLevel::L0, session_start, {}, mandatory_keep_free_bytes_);
}

Result<void, EvidenceRefusal> Recorder::append_baseline(const TurnEvidence& evidence) noexcept {
  counters_.required_fields_missing += evidence.required_fields_filled;
  if (first_missing_field(evidence) != EvidenceField::none) return refuse(EvidenceRefusal::evidence_incomplete);
  const auto head = evidence.recorded_head();
  const auto invocations = evidence.recorded_invocations();
  PHAL_ASSERT(head.size() + invocations.size() <= ring_.body_bytes_max(), "the longest baseline record fits the ring");
  if (!append(RecordType::baseline, RecordingLevel::L0, head, invocations, keep_free_for_turn_end())) {
    return refuse(EvidenceRefusal::baseline_capacity_exhausted);
  }
  return {};
}

DetailOutcome Recorder::append_detail(RecordType type, RecordingLevel level, const Event& event,
                                      std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  if (levels_.level() < level) return DetailOutcome::below_level;
  if (append(type, level, a, b, detail_keep_free_bytes_)) return DetailOutcome::stored;
  if (event.session_slot >= evidence_sessions_max) return DetailOutcome::dropped;
  // What belongs to no turn is a pair of its own, whichever turns were told before.
  auto& told_of = event.turn_number == 0 ? overflow_told_session_ : overflow_told_turn_;
  std::uint32_t& told = told_of[event.session_slot];
  if (event.turn_number < told) return DetailOutcome::dropped;
  told = event.turn_number + 1;
  return DetailOutcome::dropped_first_of_turn;
}

wire::RedactionAction Recorder::content_action(PayloadClass payload_class) const noexcept {
  const bool personal = payload_class == PayloadClass::PII || payload_class == PayloadClass::PHI;
  if (content_ == ContentPolicy::approved && !personal) return wire::RedactionAction::allow;
  return redaction_action(payload_class, levels_.level());
}

DetailOutcome Recorder::append_text(const Event& event, std::string_view text) noexcept {
  if (levels_.level() < RecordingLevel::L1) return DetailOutcome::below_level;
  using enum wire::RedactionAction;
  auto action = content_action(event.payload_class);
  if (action == mask && text.size() > mask_.size()) action = hash;
  switch (action) {
    case allow:
      return append_detail(RecordType::text, RecordingLevel::L1, event, bytes_of(text), {});
    case mask: {
      const std::size_t used = mask_text(text, mask_);
      return append_detail(RecordType::text, RecordingLevel::L1, event, bytes_of({mask_.data(), used}), {});
    }
    case hash: {
      const HashForm form = hash_form(bytes_of(text));
      return append_detail(RecordType::text, RecordingLevel::L1, event, bytes_of(form.view()), {});
    }
    case none:
    case drop:
    case tokenize:
      break;
  }
  return DetailOutcome::below_level;
}

DetailOutcome Recorder::append_audio(const Event& event, const AudioRecordHeader& header,
                                     std::span<const std::byte> samples) noexcept {
  if (levels_.level() < RecordingLevel::L2) return DetailOutcome::below_level;
  const PayloadClass payload_class =
      event.payload_class == PayloadClass::metadata ? PayloadClass::audio_raw : event.payload_class;
  const wire::RedactionAction action = content_action(payload_class);
  if (action == wire::RedactionAction::drop) return DetailOutcome::below_level;
  if (action == wire::RedactionAction::allow) {
    return append_detail(RecordType::audio, RecordingLevel::L2, event, bytes_of_object(header), samples);
  }
  AudioRecordHeader withheld = header;
  withheld.codec = AudioCodec::withheld;
  const Sha256Digest digest = sha256(samples);
  const auto kept =
      action == wire::RedactionAction::hash ? std::as_bytes(std::span(digest)) : std::span<const std::byte>{};
  return append_detail(RecordType::audio, RecordingLevel::L2, event, bytes_of_object(withheld), kept);
}

std::optional<LevelChange> Recorder::observe(Instant now, Duration export_lag) noexcept {
  // A loss is named even when nothing more is said.
  if (loss_pending_) static_cast<void>(settle_loss(mandatory_keep_free_bytes_));
  const std::size_t used_bytes = ring_.capacity_bytes() - ring_.refresh_free();
  const auto fill_permille = static_cast<std::uint32_t>(used_bytes * 1000 / ring_.capacity_bytes());
  const auto change = levels_.observe(now, fill_permille, export_lag);
  if (change) ++counters_.downgrades;
  return change;
}

RecorderCounters Recorder::counters() const noexcept {
  RecorderCounters counters = counters_;
  counters.stored[index_of(RecordType::event)] += event_count_;
  return counters;
}

}  // namespace phalarope
