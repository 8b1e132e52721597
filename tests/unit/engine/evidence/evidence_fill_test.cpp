// What fill_gaps writes where nobody supplied a value, and what it counts (evidence.md 1.2).
#include "core/engine/evidence/evidence_fill.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace phalarope {
namespace {

FillContext at_ms(std::int64_t ms) {
  FillContext context;
  context.terminal_at = Instant{ms * ns_per_ms};
  context.terminal_wall = WallTime{99};
  context.runtime_sequence = 41;
  context.outcome = wire::TerminalOutcome::commit;
  return context;
}

TurnEvidence nearly_empty() {
  TurnEvidence evidence;
  evidence.session_id = SymbolId{1};
  EXPECT_TRUE(evidence.turn_id.assign("t"));
  return evidence;
}

// contract: evidence 1.2
TEST(EvidenceFill, AnEmptyRecordBecomesCompleteByTheContractsDefaults) {
  TurnEvidence evidence = nearly_empty();
  FillContext context = at_ms(50);
  context.caller_supplied_record = false;
  // six refs, one decision, three anchors
  EXPECT_EQ(fill_gaps(evidence, context), 10U);
  EXPECT_EQ(evidence.required_fields_filled, 10U);
  EXPECT_EQ(first_missing_field(evidence), EvidenceField::none);
  EXPECT_EQ(well_known_text(evidence.pipeline_version), "pipeline-v1");
  EXPECT_EQ(evidence.event_id.view(), "evt-runtime-terminal");
  EXPECT_EQ(well_known_text(evidence.envelope_snapshot), "eventabi/v1");
  ASSERT_EQ(evidence.payload_tags.size(), 1U);
  EXPECT_EQ(evidence.payload_tags[0], PayloadClass::metadata);
  EXPECT_EQ(evidence.redaction_decisions[0].action, wire::RedactionAction::allow);
  EXPECT_EQ(evidence.plan_hash.view(), "plan/t");
  EXPECT_EQ(evidence.snapshot_provenance, baseline_provenance);
  const EvidenceDecision& admit = evidence.decision_items[0];
  EXPECT_EQ(admit.event_id.view(), "evt-runtime-terminal-admit");
  EXPECT_EQ(admit.kind, wire::DecisionKind::admit);
  EXPECT_EQ(admit.emitted_by, Emitter::admission);
  EXPECT_EQ(admit.reason, Reason::admission_capacity_allow);
  EXPECT_EQ(evidence.ordering_markers[0].view(), "runtime_sequence:41");
  EXPECT_EQ(evidence.determinism_seed, 41);
  EXPECT_EQ(well_known_text(evidence.merge_rule_id), "merge/default");
  EXPECT_EQ(well_known_text(evidence.merge_rule_version), "v1.0");
  EXPECT_EQ(evidence.turn_open_proposed_at_ns, 49 * ns_per_ms);
  EXPECT_EQ(evidence.turn_open_at_ns, 50 * ns_per_ms);
  EXPECT_EQ(evidence.turn_terminal_at_ns, 50 * ns_per_ms);
  EXPECT_TRUE(evidence.close_emitted);
}

// contract: evidence.md 1.2
TEST(EvidenceFill, WhatTheCallerGaveStaysExceptTheTerminal) {
  TurnEvidence evidence = nearly_empty();
  evidence.pipeline_version = SymbolId{9};
  ASSERT_TRUE(evidence.payload_tags.push_back(PayloadClass::audio_raw));
  ASSERT_TRUE(evidence.redaction_decisions.push_back({PayloadClass::audio_raw, wire::RedactionAction::hash}));
  evidence.turn_open_at_ns = 5;
  evidence.turn_open_proposed_at_ns = 4;
  evidence.turn_terminal_at_ns = 3;
  evidence.authority_epoch = 7;
  evidence.terminal_outcome = wire::TerminalOutcome::commit;
  FillContext context = at_ms(50);
  context.outcome = wire::TerminalOutcome::abort;
  context.reason = Reason::cancelled;
  context.turn_epoch = 8;
  EXPECT_EQ(fill_gaps(evidence, context), 7U) << "six refs and a decision";
  EXPECT_EQ(evidence.pipeline_version, SymbolId{9});
  EXPECT_EQ(evidence.redaction_decisions.size(), 1U);
  EXPECT_EQ(evidence.redaction_decisions[0].action, wire::RedactionAction::hash);
  EXPECT_EQ(evidence.turn_open_at_ns, 5);
  EXPECT_EQ(evidence.turn_terminal_at_ns, 5) << "raised to the open";
  EXPECT_EQ(evidence.authority_epoch, 7);
  EXPECT_EQ(evidence.determinism_seed, absent) << "filled only when nobody supplied a record";
  EXPECT_EQ(evidence.terminal_outcome, wire::TerminalOutcome::abort);
  EXPECT_EQ(evidence.terminal_reason, Reason::cancelled);
}

// contract: evidence.md 1.2
TEST(EvidenceFill, CancelMarkersFollowTheAcceptedCancel) {
  TurnEvidence evidence = nearly_empty();
  FillContext context = at_ms(50);
  fill_gaps(evidence, context);
  EXPECT_EQ(evidence.cancel_accepted_at_ns, absent);
  context.cancel_accepted = true;
  EXPECT_EQ(fill_gaps(evidence, context), 3U);
  EXPECT_EQ(evidence.cancel_accepted_at_ns, 50 * ns_per_ms);
  EXPECT_EQ(evidence.cancel_fence_applied_at_ns, 51 * ns_per_ms);
  EXPECT_EQ(evidence.cancel_sent_at_ns, 50 * ns_per_ms);
  EXPECT_EQ(evidence.cancel_ack_at_ns, 51 * ns_per_ms);
}

TEST(EvidenceFill, BlankAndRepeatedMarkersGoAndOrderStays) {
  TurnEvidence evidence = nearly_empty();
  for (const char* text : {"b", " ", "a", "b"}) {
    OrderingMarker marker;
    ASSERT_TRUE(marker.assign(text));
    ASSERT_TRUE(evidence.ordering_markers.push_back(marker));
  }
  fill_gaps(evidence, at_ms(1));
  ASSERT_EQ(evidence.ordering_markers.size(), 2U);
  EXPECT_EQ(evidence.ordering_markers[0].view(), "b");
  EXPECT_EQ(evidence.ordering_markers[1].view(), "a");
}

TEST(EvidenceFill, EpochIsFlooredAndTakenFromTheTurn) {
  TurnEvidence evidence = nearly_empty();
  evidence.authority_epoch = -4;
  FillContext context = at_ms(1);
  fill_gaps(evidence, context);
  EXPECT_EQ(evidence.authority_epoch, 0);
  context.turn_epoch = 12;
  fill_gaps(evidence, context);
  EXPECT_EQ(evidence.authority_epoch, 12);
}

// contract: evidence.md 1.2
TEST(EvidenceFill, AProviderFailureWithoutAnInvocationGetsTheUnknownOne) {
  TurnEvidence evidence = nearly_empty();
  FillContext context = at_ms(1);
  context.outcome = wire::TerminalOutcome::abort;
  context.reason = Reason::provider_failure;
  fill_gaps(evidence, context);
  ASSERT_EQ(evidence.invocation_count, 1U);
  EXPECT_EQ(evidence.invocation_items[0].provider_invocation_id.view(), "pvi/t");
  EXPECT_EQ(well_known_text(evidence.invocation_items[0].provider_id), "provider-unknown");
  EXPECT_TRUE(is_valid(evidence.invocation_items[0]));
  EXPECT_EQ(first_missing_field(evidence), EvidenceField::none);
}

// contract: evidence.md 1.2
TEST(EvidenceFill, AProviderFailureThatNamesItsInvocationGetsNoOther) {
  TurnEvidence evidence = nearly_empty();
  EvidenceInvocation failed;
  failed.provider_id = SymbolId{6};
  ASSERT_TRUE(evidence.add_invocation(failed));
  FillContext context = at_ms(1);
  context.outcome = wire::TerminalOutcome::abort;
  context.reason = Reason::provider_failure;
  fill_gaps(evidence, context);
  ASSERT_EQ(evidence.invocation_count, 1U);
  EXPECT_EQ(evidence.invocation_items[0].provider_id, SymbolId{6});
}

TEST(EvidenceFill, ATextThatDoesNotFitIsLeftOutAndTheRecordRefusedByName) {
  TurnEvidence evidence = nearly_empty();
  ASSERT_TRUE(evidence.event_id.assign(std::string(EvidenceText::capacity(), 'e')));
  fill_gaps(evidence, at_ms(1));
  EXPECT_TRUE(evidence.decision_items[0].event_id.empty()) << "no room for -admit";
  EXPECT_EQ(first_missing_field(evidence), EvidenceField::decision_outcomes);
}

TEST(EvidenceFill, ATagOfNoClassGetsNoDecisionAndTheRecordIsRefusedByName) {
  TurnEvidence evidence = nearly_empty();
  ASSERT_TRUE(evidence.payload_tags.push_back(static_cast<PayloadClass>(payload_class_count)));
  ASSERT_TRUE(evidence.payload_tags.push_back(PayloadClass::PHI));
  fill_gaps(evidence, at_ms(1));
  ASSERT_EQ(evidence.redaction_decisions.size(), 1U);
  EXPECT_EQ(evidence.redaction_decisions[0].payload_class, PayloadClass::PHI);
  EXPECT_EQ(first_missing_field(evidence), EvidenceField::payload_tags);
}

// contract: evidence.md 1.2
TEST(EvidenceFill, ATurnWithoutAnIdIsCalledUnknown) {
  TurnEvidence evidence;
  evidence.session_id = SymbolId{1};
  FillContext context = at_ms(1);
  context.outcome = wire::TerminalOutcome::abort;
  context.reason = Reason::provider_failure;
  fill_gaps(evidence, context);
  EXPECT_EQ(evidence.plan_hash.view(), "plan/unknown");
  EXPECT_EQ(evidence.invocation_items[0].provider_invocation_id.view(), "pvi/unknown");
  EXPECT_EQ(first_missing_field(evidence), EvidenceField::identity);
}

// contract: evidence.md 1.2
TEST(EvidenceFill, ASeedThatIsKnownStaysAndOneThatIsNotFitsItsField) {
  FillContext context = at_ms(1);
  context.caller_supplied_record = false;
  context.runtime_sequence = ~std::uint64_t{0};
  TurnEvidence known = nearly_empty();
  known.determinism_seed = 5;
  fill_gaps(known, context);
  EXPECT_EQ(known.determinism_seed, 5);
  TurnEvidence unknown = nearly_empty();
  fill_gaps(unknown, context);
  EXPECT_EQ(unknown.determinism_seed, std::numeric_limits<std::int64_t>::max());
}

// contract: evidence.md 1.2
TEST(EvidenceFill, ACancelThatTheRecordKnowsGetsItsOtherMarkersToo) {
  TurnEvidence evidence = nearly_empty();
  evidence.cancel_accepted_at_ns = 7;
  fill_gaps(evidence, at_ms(50));
  EXPECT_EQ(evidence.cancel_accepted_at_ns, 7);
  EXPECT_EQ(evidence.cancel_sent_at_ns, 7);
  EXPECT_EQ(evidence.cancel_fence_applied_at_ns, 7 + ns_per_ms);
}

// contract: evidence.md 1.3
TEST(WellKnownSymbols, HaveATextEachAndNoOtherIdHasOne) {
  const auto text_at = [](std::uint32_t number) { return well_known_text(SymbolId{number}); };
  for (std::uint32_t i = 0; i < well_known_symbol_texts.size(); ++i) {
    EXPECT_EQ(text_at(first_well_known_symbol + i), well_known_symbol_texts[i]);
  }
  EXPECT_EQ(text_at(0), "");
  EXPECT_EQ(text_at(first_well_known_symbol - 1), "");
  EXPECT_EQ(text_at(first_well_known_symbol + well_known_symbol_texts.size()), "");
}

TEST(EvidenceFill, AnUnknownClassIsAsSecretAsTheMostSecretOne) {
  for (const RecordingLevel level : {RecordingLevel::L0, RecordingLevel::L1, RecordingLevel::L2}) {
    EXPECT_EQ(redaction_action(static_cast<PayloadClass>(payload_class_count), level), wire::RedactionAction::drop);
  }
}

// contract: evidence.md 1.10
TEST(EvidenceFill, RedactionFollowsTheMatrix) {
  using enum wire::RedactionAction;
  const struct {
    PayloadClass payload_class;
    wire::RedactionAction l0, l1, l2;
  } rows[] = {{PayloadClass::audio_raw, drop, mask, hash},
              {PayloadClass::text_raw, hash, mask, mask},
              {PayloadClass::PII, hash, hash, hash},
              {PayloadClass::PHI, drop, hash, hash},
              {PayloadClass::derived_summary, allow, allow, allow},
              {PayloadClass::metadata, allow, allow, allow}};
  for (const auto& row : rows) {
    EXPECT_EQ(redaction_action(row.payload_class, RecordingLevel::L0), row.l0);
    EXPECT_EQ(redaction_action(row.payload_class, RecordingLevel::L1), row.l1);
    EXPECT_EQ(redaction_action(row.payload_class, RecordingLevel::L2), row.l2);
  }
}

}  // namespace
}  // namespace phalarope
