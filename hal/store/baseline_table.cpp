// TurnEvidence -> FlatBuffers table: numbers stay numbers, symbols become their texts, `absent` becomes absent.
#include <string>
#include <vector>

#include "evidence_generated.h"
#include "hal/store/block_builder.hpp"

namespace phalarope::hal {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Text = Offset<flatbuffers::String>;

class TableWriter {
 public:
  TableWriter(const CarriedRecords& symbols, std::uint64_t& unknown_symbols)
      : symbols_(symbols), unknown_symbols_(unknown_symbols) {}

  Text text(std::string_view text) {
    return text.empty() ? Text() : builder_.CreateSharedString(text.data(), text.size());
  }
  Text text(SymbolId id) {
    if (id == no_symbol) return {};
    const std::string_view known = symbols_.text_of(id);
    if (!known.empty()) return text(known);
    ++unknown_symbols_;
    return text("symbol:" + std::to_string(id.value));
  }

  Offset<wire::SnapshotProvenance> provenance(const EvidenceProvenance& refs) {
    Text texts[provenance_ref_count];
    for (std::size_t i = 0; i < provenance_ref_count; ++i) texts[i] = text(refs[i]);
    return wire::CreateSnapshotProvenance(builder_, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]);
  }

  Offset<wire::DecisionOutcome> decision(const EvidenceDecision& from) {
    const Text session = text(from.session_id);
    const Text turn = text(from.turn_id.view());
    const Text event = text(from.event_id.view());
    const Text reason = text(name_of(from.reason));
    wire::DecisionOutcomeBuilder to(builder_);
    to.add_outcome_kind(from.kind);
    to.add_phase(from.phase);
    to.add_scope(from.scope);
    to.add_emitted_by(from.emitted_by);
    to.add_session_id(session);
    to.add_turn_id(turn);
    to.add_event_id(event);
    to.add_reason(reason);
    if (from.runtime_timestamp_ns >= 0) to.add_runtime_timestamp_ns(from.runtime_timestamp_ns);
    if (from.wall_clock_timestamp_ns >= 0) to.add_wall_clock_timestamp_ns(from.wall_clock_timestamp_ns);
    if (from.authority_epoch >= 0) to.add_authority_epoch(from.authority_epoch);
    return to.Finish();
  }

  Offset<wire::InvocationOutcome> invocation(const EvidenceInvocation& from) {
    const Text id = text(from.provider_invocation_id.view());
    const Text provider = text(from.provider_id);
    wire::InvocationOutcomeBuilder to(builder_);
    to.add_provider_invocation_id(id);
    to.add_provider_id(provider);
    to.add_modality(from.modality);
    to.add_outcome_class(from.outcome_class);
    to.add_retry_decision(from.retry_decision);
    to.add_retryable(from.retryable);
    to.add_attempt_count(from.attempt_count);
    if (from.final_attempt_latency_ns >= 0) to.add_final_attempt_latency_ns(from.final_attempt_latency_ns);
    if (from.total_invocation_latency_ns >= 0) to.add_total_invocation_latency_ns(from.total_invocation_latency_ns);
    return to.Finish();
  }

  std::vector<std::byte> finish(const TurnEvidence& from);

 private:
  struct Parts;
  Parts make_parts(const TurnEvidence& from);
  static void add_times(const TurnEvidence& from, wire::TurnEvidenceBuilder& to);

  const CarriedRecords& symbols_;
  std::uint64_t& unknown_symbols_;
  FlatBufferBuilder builder_{4096};
};

/// All children stand before the table that names them.
struct TableWriter::Parts {
  Text schema_version, session, turn, pipeline, event, envelope, plan_hash, merge_id, merge_version, reason, plan_id,
      profile;
  Offset<wire::SnapshotProvenance> provenance;
  Offset<flatbuffers::Vector<wire::PayloadClass>> tags;
  Offset<flatbuffers::Vector<const wire::RedactionDecision*>> redactions;
  Offset<flatbuffers::Vector<Offset<wire::DecisionOutcome>>> decisions;
  Offset<flatbuffers::Vector<Offset<wire::InvocationOutcome>>> invocations;
  Offset<flatbuffers::Vector<Text>> markers;
  Offset<flatbuffers::Vector<wire::EventKind>> migrations;
};

TableWriter::Parts TableWriter::make_parts(const TurnEvidence& from) {
  Parts parts;
  parts.schema_version = text("v1");
  parts.session = text(from.session_id);
  parts.turn = text(from.turn_id.view());
  parts.pipeline = text(from.pipeline_version);
  parts.event = text(from.event_id.view());
  parts.envelope = text(from.envelope_snapshot);
  parts.plan_hash = text(from.plan_hash.view());
  parts.merge_id = text(from.merge_rule_id);
  parts.merge_version = text(from.merge_rule_version);
  parts.reason = text(name_of(from.terminal_reason));
  parts.plan_id = text(from.resolved_turn_plan_id);
  parts.profile = text(from.execution_profile_version);
  parts.provenance = provenance(from.snapshot_provenance);
  parts.tags = builder_.CreateVector(from.payload_tags.begin(), from.payload_tags.size());
  std::vector<wire::RedactionDecision> redactions;
  for (const auto& r : from.redaction_decisions) redactions.emplace_back(r.payload_class, r.action);
  parts.redactions = builder_.CreateVectorOfStructs(redactions);
  std::vector<Offset<wire::DecisionOutcome>> decisions;
  for (const auto& d : from.decision_outcomes()) decisions.push_back(decision(d));
  parts.decisions = builder_.CreateVector(decisions);
  std::vector<Offset<wire::InvocationOutcome>> invocations;
  for (const auto& i : from.invocation_outcomes()) invocations.push_back(invocation(i));
  parts.invocations = builder_.CreateVector(invocations);
  std::vector<Text> markers;
  for (const auto& m : from.ordering_markers) markers.push_back(text(m.view()));
  parts.markers = builder_.CreateVector(markers);
  parts.migrations = builder_.CreateVector(from.migration_markers.begin(), from.migration_markers.size());
  return parts;
}

void TableWriter::add_times(const TurnEvidence& from, wire::TurnEvidenceBuilder& to) {
  const auto add = [&to](std::int64_t value, void (wire::TurnEvidenceBuilder::*member)(std::int64_t)) {
    if (value >= 0) (to.*member)(value);
  };
  using To = wire::TurnEvidenceBuilder;
  add(from.determinism_seed, &To::add_determinism_seed);
  add(from.turn_open_proposed_at_ns, &To::add_turn_open_proposed_at_ns);
  add(from.turn_open_at_ns, &To::add_turn_open_at_ns);
  add(from.turn_terminal_at_ns, &To::add_turn_terminal_at_ns);
  add(from.first_output_at_ns, &To::add_first_output_at_ns);
  add(from.cancel_accepted_at_ns, &To::add_cancel_accepted_at_ns);
  add(from.cancel_fence_applied_at_ns, &To::add_cancel_fence_applied_at_ns);
  add(from.cancel_sent_at_ns, &To::add_cancel_sent_at_ns);
  add(from.cancel_ack_at_ns, &To::add_cancel_ack_at_ns);
  add(from.lease_epoch_at_turn_open, &To::add_lease_epoch_at_turn_open);
  add(from.lease_epoch_at_terminal, &To::add_lease_epoch_at_terminal);
  add(from.turn_close_at_ns, &To::add_turn_close_at_ns);
  add(from.audio_input_ingress_at_ns, &To::add_audio_input_ingress_at_ns);
  add(from.assistant_audio_playback_started_at_ns, &To::add_assistant_audio_playback_started_at_ns);
}

std::vector<std::byte> TableWriter::finish(const TurnEvidence& from) {
  const Parts parts = make_parts(from);
  wire::TurnEvidenceBuilder to(builder_);
  to.add_or02_evidence_schema_version(parts.schema_version);
  to.add_session_id(parts.session);
  to.add_turn_id(parts.turn);
  to.add_pipeline_version(parts.pipeline);
  to.add_event_id(parts.event);
  to.add_envelope_snapshot(parts.envelope);
  to.add_payload_tags(parts.tags);
  to.add_redaction_decisions(parts.redactions);
  to.add_plan_hash(parts.plan_hash);
  to.add_snapshot_provenance(parts.provenance);
  to.add_decision_outcomes(parts.decisions);
  to.add_invocation_outcomes(parts.invocations);
  to.add_ordering_markers(parts.markers);
  to.add_merge_rule_id(parts.merge_id);
  to.add_merge_rule_version(parts.merge_version);
  to.add_authority_epoch(from.authority_epoch);
  to.add_migration_markers(parts.migrations);
  to.add_terminal_outcome(from.terminal_outcome);
  to.add_terminal_reason(parts.reason);
  to.add_close_emitted(from.close_emitted);
  to.add_accepted_stale_epoch_output(from.accepted_stale_epoch_output);
  to.add_resolved_turn_plan_id(parts.plan_id);
  to.add_execution_profile_version(parts.profile);
  to.add_cancel_scope(from.cancel_scope);
  to.add_post_cancel_rejections(from.post_cancel_rejections);
  to.add_session_slot(from.session_slot);
  to.add_turn_number(from.turn_number);
  to.add_required_fields_filled(from.required_fields_filled);
  add_times(from, to);
  builder_.Finish(to.Finish());
  const auto* const begin = reinterpret_cast<const std::byte*>(builder_.GetBufferPointer());
  return {begin, begin + builder_.GetSize()};
}

}  // namespace

std::vector<std::byte> baseline_table(const TurnEvidence& evidence, const CarriedRecords& symbols,
                                      std::uint64_t& unknown_symbols) {
  return TableWriter(symbols, unknown_symbols).finish(evidence);
}

}  // namespace phalarope::hal
