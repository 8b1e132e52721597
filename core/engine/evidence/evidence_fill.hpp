// fill_gaps: what a turn's evidence says where nobody supplied a value.
//
// A fill makes the record complete but not true, so each fill of a time anchor, a provenance ref or a decision is
// counted (or02_required_field_missing_total) and an alert says that a production path failed to measure.
// Pure; engine thread. Contract: evidence.md 1.2, 1.10; runtime.md Appendix B.
#pragma once

#include <cstdint>

#include "core/engine/evidence/turn_evidence.hpp"

namespace phalarope {

/// What the arbiter knows at the turn's terminal.
struct FillContext {
  SymbolId bundle_pipeline_version = no_symbol;  // of the turn-start bundle
  EvidenceProvenance bundle_provenance = baseline_provenance;
  EvidenceText terminal_event_id;
  Instant terminal_at{};
  WallTime terminal_wall{};
  std::uint64_t runtime_sequence = 0;
  std::int64_t turn_epoch = 0;
  bool caller_supplied_record = true;  // false: the seed is filled too
  bool cancel_accepted = false;
  wire::TerminalOutcome outcome = wire::TerminalOutcome::none;
  Reason reason = Reason::none;
};

/// The default action for a class in evidence (OR-02) at a level; the fill uses L0's.
wire::RedactionAction redaction_action(PayloadClass payload_class, RecordingLevel level) noexcept;

/// Fills every gap and overwrites the terminal; answers how many required values were missing.
std::uint32_t fill_gaps(TurnEvidence& evidence, const FillContext& context) noexcept;

}  // namespace phalarope
