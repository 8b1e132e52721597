// The completeness check, field by field in its fixed order (evidence.md 1.1).
#include "core/engine/evidence/turn_evidence.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "core/engine/evidence/evidence_fill.hpp"

namespace phalarope {
namespace {

TurnEvidence complete() {
  TurnEvidence evidence;
  evidence.session_id = SymbolId{1};
  EXPECT_TRUE(evidence.turn_id.assign("turn-1"));
  FillContext context;
  context.terminal_at = Instant{7'000'000};
  context.outcome = wire::TerminalOutcome::commit;
  fill_gaps(evidence, context);
  return evidence;
}

EvidenceInvocation invocation() {
  EvidenceInvocation outcome;
  EXPECT_TRUE(outcome.provider_invocation_id.assign("pvi/a"));
  outcome.provider_id = SymbolId{2};
  outcome.modality = wire::EvidenceModality::stt;
  outcome.outcome_class = wire::OutcomeClass::success;
  outcome.retry_decision = wire::RetryDecision::none;
  outcome.attempt_count = 1;
  outcome.final_attempt_latency_ns = 5;
  outcome.total_invocation_latency_ns = 5;
  return outcome;
}

struct Breakage {
  EvidenceField field;
  std::function<void(TurnEvidence&)> breaks;
};

const std::vector<Breakage> breakages = {
    {EvidenceField::identity, [](TurnEvidence& e) { e.session_id = no_symbol; }},
    {EvidenceField::identity, [](TurnEvidence& e) { e.turn_id.clear(); }},
    {EvidenceField::identity, [](TurnEvidence& e) { e.pipeline_version = no_symbol; }},
    {EvidenceField::identity, [](TurnEvidence& e) { e.event_id.clear(); }},
    {EvidenceField::envelope_snapshot, [](TurnEvidence& e) { e.envelope_snapshot = no_symbol; }},
    {EvidenceField::payload_tags, [](TurnEvidence& e) { e.payload_tags.clear(); }},
    {EvidenceField::payload_tags, [](TurnEvidence& e) { e.payload_tags[0] = static_cast<PayloadClass>(9); }},
    {EvidenceField::redaction_decisions, [](TurnEvidence& e) { e.redaction_decisions.clear(); }},
    {EvidenceField::redaction_decisions,
     [](TurnEvidence& e) { e.redaction_decisions[0].payload_class = static_cast<PayloadClass>(payload_class_count); }},
    {EvidenceField::redaction_decisions,
     [](TurnEvidence& e) { e.redaction_decisions[0].action = wire::RedactionAction::none; }},
    {EvidenceField::redaction_decisions,
     [](TurnEvidence& e) { e.redaction_decisions[0].action = static_cast<wire::RedactionAction>(9); }},
    {EvidenceField::redaction_decisions,
     [](TurnEvidence& e) { EXPECT_TRUE(e.redaction_decisions.push_back(e.redaction_decisions[0])); }},
    {EvidenceField::redaction_decisions,
     [](TurnEvidence& e) { EXPECT_TRUE(e.payload_tags.push_back(PayloadClass::PII)); }},
    {EvidenceField::plan_hash, [](TurnEvidence& e) { e.plan_hash.clear(); }},
    {EvidenceField::snapshot_provenance, [](TurnEvidence& e) { e.snapshot_provenance[5] = no_symbol; }},
    {EvidenceField::decision_outcomes, [](TurnEvidence& e) { e.decision_count = 0; }},
    {EvidenceField::decision_outcomes, [](TurnEvidence& e) { e.decision_items[0].reason = Reason::none; }},
    {EvidenceField::invocation_outcomes, [](TurnEvidence& e) { EXPECT_TRUE(e.add_invocation({})); }},
    {EvidenceField::ordering_markers, [](TurnEvidence& e) { e.ordering_markers.clear(); }},
    {EvidenceField::ordering_markers, [](TurnEvidence& e) { EXPECT_TRUE(e.ordering_markers[0].assign(" \t")); }},
    {EvidenceField::ordering_markers,
     [](TurnEvidence& e) { EXPECT_TRUE(e.ordering_markers.push_back(e.ordering_markers[0])); }},
    {EvidenceField::merge_rule, [](TurnEvidence& e) { e.merge_rule_id = no_symbol; }},
    {EvidenceField::merge_rule, [](TurnEvidence& e) { e.merge_rule_version = no_symbol; }},
    {EvidenceField::authority_epoch, [](TurnEvidence& e) { e.authority_epoch = -1; }},
    {EvidenceField::terminal_outcome, [](TurnEvidence& e) { e.terminal_outcome = wire::TerminalOutcome::none; }},
    {EvidenceField::close_emitted, [](TurnEvidence& e) { e.close_emitted = false; }},
    {EvidenceField::terminal_reason, [](TurnEvidence& e) { e.terminal_outcome = wire::TerminalOutcome::abort; }},
    {EvidenceField::turn_terminal_at, [](TurnEvidence& e) { e.turn_terminal_at_ns = absent; }},
    {EvidenceField::turn_terminal_at, [](TurnEvidence& e) { e.turn_terminal_at_ns = e.turn_open_at_ns - 1; }},
    {EvidenceField::cancel_markers,
     [](TurnEvidence& e) {
       e.cancel_accepted_at_ns = 8;
       e.cancel_sent_at_ns = 8;
     }},
    {EvidenceField::cancel_markers,
     [](TurnEvidence& e) {
       e.cancel_accepted_at_ns = 8;
       e.cancel_fence_applied_at_ns = 8;
     }},
};

// contract: evidence.md 1.1
TEST(TurnEvidence, EachBrokenFieldIsNamed) {
  ASSERT_EQ(first_missing_field(complete()), EvidenceField::none);
  for (const Breakage& breakage : breakages) {
    TurnEvidence evidence = complete();
    breakage.breaks(evidence);
    EXPECT_STREQ(name_of(first_missing_field(evidence)), name_of(breakage.field));
  }
}

// contract: evidence.md 1.1
TEST(TurnEvidence, OfTwoBrokenFieldsTheEarlierOfTheFixedOrderIsNamed) {
  for (const Breakage& one : breakages) {
    for (const Breakage& other : breakages) {
      if (one.field >= other.field) continue;
      TurnEvidence evidence = complete();
      other.breaks(evidence);  // the later first: some breakages overwrite what they share
      one.breaks(evidence);
      EXPECT_EQ(first_missing_field(evidence), one.field);
    }
  }
}

TEST(TurnEvidence, ATurnThatWasNeverAcceptedNeedsNoTerminalTime) {
  TurnEvidence evidence = complete();
  evidence.turn_open_at_ns = evidence.turn_terminal_at_ns = absent;
  EXPECT_EQ(first_missing_field(evidence), EvidenceField::none);
}

TEST(TurnEvidence, SeveralMarkersAndACancelWithAllItsMarkersAreComplete) {
  TurnEvidence evidence = complete();
  for (const char* text : {"b", "a"}) {
    OrderingMarker marker;
    ASSERT_TRUE(marker.assign(text));
    ASSERT_TRUE(evidence.ordering_markers.push_back(marker));
  }
  evidence.cancel_accepted_at_ns = evidence.cancel_fence_applied_at_ns = evidence.cancel_sent_at_ns = 0;
  EXPECT_EQ(first_missing_field(evidence), EvidenceField::none);
}

// contract: evidence.md 1.4
TEST(TurnEvidence, DecisionsAreValidExactlyByTheTable) {
  using wire::DecisionKind;
  using wire::DecisionPhase;
  using wire::DecisionScope;
  int valid = 0;
  for (const DecisionKind kind : wire::EnumValuesDecisionKind()) {
    for (const DecisionPhase phase : wire::EnumValuesDecisionPhase()) {
      for (const DecisionScope scope : wire::EnumValuesDecisionScope()) {
        for (const Emitter emitter : {Emitter::none, Emitter::authority, Emitter::admission, Emitter::cp_admission}) {
          EvidenceDecision d = complete().decision_items[0];
          d.kind = kind;
          d.phase = phase;
          d.scope = scope;
          d.emitted_by = emitter;
          d.authority_epoch = 1;
          const bool scheduling = scope >= DecisionScope::edge_enqueue;
          const bool scope_fits = phase == DecisionPhase::scheduling_point ? scheduling
                                  : phase == DecisionPhase::active_turn    ? scheduling || scope == DecisionScope::turn
                                  : phase == DecisionPhase::pre_turn       ? !scheduling && scope != DecisionScope::none
                                                                           : false;
          const bool session_or_turn = scope == DecisionScope::session || scope == DecisionScope::turn;
          bool expected = scope_fits;
          if (kind == DecisionKind::none) expected = false;
          if (kind == DecisionKind::admit || kind == DecisionKind::reject || kind == DecisionKind::defer) {
            expected = expected && (emitter == Emitter::admission || emitter == Emitter::cp_admission);
          }
          if (kind == DecisionKind::shed) {
            expected = expected && emitter == Emitter::admission && phase == DecisionPhase::scheduling_point;
          }
          if (kind == DecisionKind::stale_epoch_reject) {
            expected = expected && emitter == Emitter::authority && phase != DecisionPhase::active_turn &&
                       (phase != DecisionPhase::pre_turn || session_or_turn);
          }
          if (kind == DecisionKind::deauthorized_drain) {
            expected = expected && emitter == Emitter::authority && phase != DecisionPhase::scheduling_point &&
                       (phase != DecisionPhase::pre_turn || session_or_turn) &&
                       (phase != DecisionPhase::active_turn || scope == DecisionScope::turn);
          }
          if (emitter == Emitter::cp_admission) {
            expected = expected && phase == DecisionPhase::pre_turn && scope != DecisionScope::turn;
          }
          EXPECT_EQ(is_valid(d), expected)
              << wire::EnumNameDecisionKind(kind) << " " << wire::EnumNameDecisionPhase(phase) << " "
              << wire::EnumNameDecisionScope(scope) << " " << static_cast<int>(emitter);
          valid += expected ? 1 : 0;
        }
      }
    }
  }
  EXPECT_EQ(valid, 3 * (3 + 3 + 4 + 2) + 3 + (2 + 3) + (2 + 1));
}

TEST(TurnEvidence, AuthorityDecisionsNeedAnEpochAndTurnDecisionsATurn) {
  EvidenceDecision decision = complete().decision_items[0];
  ASSERT_TRUE(is_valid(decision));
  decision.turn_id.clear();
  EXPECT_FALSE(is_valid(decision));
  decision.scope = wire::DecisionScope::session;
  EXPECT_TRUE(is_valid(decision));
  decision.kind = wire::DecisionKind::stale_epoch_reject;
  decision.emitted_by = Emitter::authority;
  EXPECT_FALSE(is_valid(decision));
  decision.authority_epoch = 0;
  EXPECT_TRUE(is_valid(decision));
}

// contract: evidence.md 1.5
TEST(TurnEvidence, AnInvocationsTotalIsNotBelowItsLastAttempt) {
  EvidenceInvocation outcome = invocation();
  EXPECT_TRUE(is_valid(outcome));
  outcome.total_invocation_latency_ns = 4;
  EXPECT_FALSE(is_valid(outcome));
  outcome = invocation();
  outcome.attempt_count = 0;
  EXPECT_FALSE(is_valid(outcome));
  outcome = invocation();
  outcome.retry_decision = wire::RetryDecision::unset;
  EXPECT_FALSE(is_valid(outcome));
}

// contract: evidence.md 1.5
TEST(TurnEvidence, EachBrokenMemberOfAnInvocationOrADecisionIsRefused) {
  const std::vector<std::function<void(EvidenceInvocation&)>> invocation_wounds = {
      [](EvidenceInvocation& o) { o.provider_invocation_id.clear(); },
      [](EvidenceInvocation& o) { o.provider_id = no_symbol; },
      [](EvidenceInvocation& o) { o.modality = wire::EvidenceModality::none; },
      [](EvidenceInvocation& o) { o.modality = static_cast<wire::EvidenceModality>(9); },
      [](EvidenceInvocation& o) { o.outcome_class = static_cast<wire::OutcomeClass>(0); },
      [](EvidenceInvocation& o) { o.outcome_class = static_cast<wire::OutcomeClass>(99); },
      [](EvidenceInvocation& o) { o.retry_decision = static_cast<wire::RetryDecision>(0); },
      [](EvidenceInvocation& o) { o.retry_decision = static_cast<wire::RetryDecision>(99); },
      [](EvidenceInvocation& o) { o.attempt_count = 0; },
      [](EvidenceInvocation& o) { o.final_attempt_latency_ns = -1; }};
  ASSERT_TRUE(is_valid(invocation()));
  for (std::size_t wound = 0; wound < invocation_wounds.size(); ++wound) {
    EvidenceInvocation broken = invocation();
    invocation_wounds[wound](broken);
    EXPECT_FALSE(is_valid(broken)) << "invocation wound " << wound;
  }
  const std::vector<std::function<void(EvidenceDecision&)>> decision_wounds = {
      [](EvidenceDecision& d) { d.session_id = no_symbol; },
      [](EvidenceDecision& d) { d.event_id.clear(); },
      [](EvidenceDecision& d) { d.reason = Reason::none; },
      [](EvidenceDecision& d) { d.runtime_timestamp_ns = -1; },
      [](EvidenceDecision& d) { d.wall_clock_timestamp_ns = -1; },
      [](EvidenceDecision& d) { d.scope = static_cast<wire::DecisionScope>(31); }};
  const TurnEvidence evidence = complete();
  ASSERT_TRUE(is_valid(evidence.decision_items[0]));
  for (std::size_t wound = 0; wound < decision_wounds.size(); ++wound) {
    EvidenceDecision broken = evidence.decision_items[0];
    decision_wounds[wound](broken);
    EXPECT_FALSE(is_valid(broken)) << "decision wound " << wound;
  }
}

TEST(TurnEvidence, ListsRefuseOneMoreThanTheyHold) {
  TurnEvidence evidence = complete();
  while (evidence.decision_count < evidence_decisions_max) {
    ASSERT_TRUE(evidence.add_decision(evidence.decision_items[0]));
  }
  EXPECT_FALSE(evidence.add_decision(evidence.decision_items[0]));
  while (evidence.invocation_count < evidence_invocations_max) ASSERT_TRUE(evidence.add_invocation(invocation()));
  EXPECT_FALSE(evidence.add_invocation(invocation()));
}

TEST(TurnEvidence, WhatIsRecordedReadsBackTheSame) {
  TurnEvidence evidence = complete();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(evidence.add_invocation(invocation()));
  std::vector<std::byte> bytes(evidence.recorded_head().begin(), evidence.recorded_head().end());
  bytes.insert(bytes.end(), evidence.recorded_invocations().begin(), evidence.recorded_invocations().end());
  TurnEvidence read;
  ASSERT_TRUE(read_turn_evidence(bytes, read));
  EXPECT_EQ(read.turn_id, evidence.turn_id);
  EXPECT_EQ(read.invocation_count, 5U);
  EXPECT_EQ(read.invocation_items[4].provider_id, SymbolId{2});
  EXPECT_EQ(read.decision_items[0].event_id, evidence.decision_items[0].event_id);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(read_turn_evidence(std::span(bytes).first(size), read)) << size;
  }
}

TEST(TurnEvidence, ARecordWithMoreItemsThanThereIsRoomForIsNotRead) {
  const auto head_with = [](std::uint32_t decisions, std::uint32_t invocations) {
    TurnEvidence evidence = complete();
    evidence.decision_count = decisions;
    evidence.invocation_count = invocations;
    const auto* const first = reinterpret_cast<const std::byte*>(&evidence);
    std::vector<std::byte> bytes(first, first + offsetof(TurnEvidence, decision_items));
    bytes.resize(bytes.size() + decisions * sizeof(EvidenceDecision) + invocations * sizeof(EvidenceInvocation));
    return bytes;
  };
  TurnEvidence read;
  EXPECT_TRUE(read_turn_evidence(head_with(evidence_decisions_max, evidence_invocations_max), read));
  EXPECT_FALSE(read_turn_evidence(head_with(evidence_decisions_max + 1, 0), read));
  EXPECT_FALSE(read_turn_evidence(head_with(0, evidence_invocations_max + 1), read));
}

// contract: evidence.md 1.1
TEST(TurnEvidence, CompletenessCountsOnlyAcceptedTurns) {
  CompletenessCounts counts;
  EXPECT_EQ(counts.ratio_permille(), 0U);
  TurnEvidence evidence = complete();
  counts.add(evidence);
  evidence.close_emitted = false;
  counts.add(evidence);
  evidence.turn_open_at_ns = absent;
  counts.add(evidence);
  EXPECT_EQ(counts.total_accepted_turns, 2U);
  EXPECT_EQ(counts.complete_accepted_turns, 1U);
  EXPECT_EQ(counts.ratio_permille(), 500U);
}

}  // namespace
}  // namespace phalarope
