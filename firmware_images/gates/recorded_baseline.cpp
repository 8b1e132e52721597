// A recording's baseline table as a BaselineRecord: nanoseconds become whole milliseconds, numbers become names.
#include <flatbuffers/flatbuffers.h>

#include "core/engine/plan/plan_names.hpp"
#include "core/replay/event_fields.hpp"
#include "core/replay/signal_rules.hpp"
#include "firmware_images/gates/baseline_record.hpp"

namespace phalarope::gates {
namespace {

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

/// Rounds down, so that an interval is never told shorter than whole milliseconds make it seem.
template <typename OptionalNs>
OptionalMs ms_of(const OptionalNs& ns) {
  if (!ns) return std::nullopt;
  return *ns / ns_per_ms;
}

template <typename List, typename Take>
void for_each(const List* list, Take take) {
  if (list == nullptr) return;
  for (const auto item : *list) take(item);
}

replay::Decision decision_of(const wire::DecisionOutcome& from) {
  replay::Decision to{.outcome_kind = wire::EnumNameDecisionKind(from.outcome_kind()),
                      .phase = wire::EnumNameDecisionPhase(from.phase()),
                      .scope = wire::EnumNameDecisionScope(from.scope()),
                      .session_id = text_of(from.session_id()),
                      .turn_id = text_of(from.turn_id()),
                      .event_id = text_of(from.event_id()),
                      .runtime_timestamp_ms = ms_of(from.runtime_timestamp_ns()).value_or(-1),
                      .wall_clock_timestamp_ms = ms_of(from.wall_clock_timestamp_ns()).value_or(-1),
                      .emitted_by = std::string(replay::code_of(from.emitted_by())),
                      .reason = text_of(from.reason())};
  if (from.authority_epoch()) to.authority_epoch = *from.authority_epoch();
  return to;
}

InvocationOutcome invocation_of(const wire::InvocationOutcome& from) {
  return {.provider_invocation_id = text_of(from.provider_invocation_id()),
          .modality = wire::EnumNameEvidenceModality(from.modality()),
          .provider_id = text_of(from.provider_id()),
          .outcome_class = wire::EnumNameOutcomeClass(from.outcome_class()),
          .retryable = from.retryable(),
          .retry_decision = wire::EnumNameRetryDecision(from.retry_decision()),
          .attempt_count = from.attempt_count(),
          .final_attempt_latency_ms = ms_of(from.final_attempt_latency_ns()).value_or(-1),
          .total_invocation_latency_ms = ms_of(from.total_invocation_latency_ns()).value_or(-1)};
}

void take_provenance(const wire::SnapshotProvenance* from, BaselineRecord& to) {
  if (from == nullptr) return;
  to.snapshot_provenance = {text_of(from->routing_view_snapshot()),      text_of(from->admission_policy_snapshot()),
                            text_of(from->abi_compatibility_snapshot()), text_of(from->version_resolution_snapshot()),
                            text_of(from->policy_resolution_snapshot()), text_of(from->provider_health_snapshot())};
}

void take_lists(const wire::TurnEvidence& from, BaselineRecord& to) {
  for_each(from.payload_tags(),
           [&](auto tag) { to.payload_tags.emplace_back(wire::EnumNamePayloadClass(static_cast<PayloadClass>(tag))); });
  for_each(from.redaction_decisions(), [&](const wire::RedactionDecision* one) {
    to.redaction_decisions.push_back(
        {wire::EnumNamePayloadClass(one->payload_class()), wire::EnumNameRedactionAction(one->action())});
  });
  for_each(from.decision_outcomes(),
           [&](const wire::DecisionOutcome* one) { to.decision_outcomes.push_back(decision_of(*one)); });
  for_each(from.invocation_outcomes(),
           [&](const wire::InvocationOutcome* one) { to.invocation_outcomes.push_back(invocation_of(*one)); });
  for_each(from.ordering_markers(),
           [&](const flatbuffers::String* marker) { to.ordering_markers.push_back(text_of(marker)); });
  for_each(from.migration_markers(),
           [&](auto kind) { to.migration_markers.emplace_back(replay::kind_text(static_cast<EventKind>(kind))); });
}

void take_times(const wire::TurnEvidence& from, BaselineRecord& to) {
  to.turn_open_proposed_at_ms = ms_of(from.turn_open_proposed_at_ns());
  to.turn_open_at_ms = ms_of(from.turn_open_at_ns());
  to.turn_terminal_at_ms = ms_of(from.turn_terminal_at_ns());
  to.first_output_at_ms = ms_of(from.first_output_at_ns());
  to.cancel_accepted_at_ms = ms_of(from.cancel_accepted_at_ns());
  to.cancel_fence_applied_at_ms = ms_of(from.cancel_fence_applied_at_ns());
  to.cancel_sent_at_ms = ms_of(from.cancel_sent_at_ns());
  to.cancel_ack_at_ms = ms_of(from.cancel_ack_at_ns());
  to.audio_input_ingress_at_ms = ms_of(from.audio_input_ingress_at_ns());
  to.assistant_audio_playback_started_at_ms = ms_of(from.assistant_audio_playback_started_at_ns());
}

}  // namespace

std::optional<BaselineRecord> baseline_of(std::span<const std::byte> body) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(body.data());
  flatbuffers::Verifier verifier(bytes, body.size());
  if (!verifier.VerifyBuffer<wire::TurnEvidence>(nullptr)) return std::nullopt;
  const wire::TurnEvidence& from = *flatbuffers::GetRoot<wire::TurnEvidence>(bytes);
  BaselineRecord to;
  to.session_id = text_of(from.session_id());
  to.turn_id = text_of(from.turn_id());
  to.pipeline_version = text_of(from.pipeline_version());
  to.event_id = text_of(from.event_id());
  to.envelope_snapshot = text_of(from.envelope_snapshot());
  to.plan_hash = text_of(from.plan_hash());
  take_provenance(from.snapshot_provenance(), to);
  take_lists(from, to);
  if (from.determinism_seed()) to.determinism_seed = *from.determinism_seed();
  to.merge_rule_id = text_of(from.merge_rule_id());
  to.merge_rule_version = text_of(from.merge_rule_version());
  to.authority_epoch = from.authority_epoch();
  if (from.terminal_outcome() != wire::TerminalOutcome::none) {
    to.terminal_outcome = wire::EnumNameTerminalOutcome(from.terminal_outcome());
  }
  to.terminal_reason = text_of(from.terminal_reason());
  to.close_emitted = from.close_emitted();
  to.accepted_stale_epoch_output = from.accepted_stale_epoch_output();
  take_times(from, to);
  return to;
}

}  // namespace phalarope::gates
