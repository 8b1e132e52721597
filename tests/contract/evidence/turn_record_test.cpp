// The record that a turn leaves, field by field: first what the engine itself writes down in a whole conversation,
// then the default for each gap. What makes a record incomplete is tested beside the room (turn_evidence_test.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/engine/evidence/evidence_fill.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using phalarope::testing::EngineDriver;
using ::testing::ElementsAre;
using K = EventKind;

/// One answered turn, a second between its acts.
TurnEvidence answered_turn(EngineDriver& driver) {
  driver.user_says(UtteranceClass::words);
  driver.pass(1000);
  driver.sentence(0);
  driver.pass(1000);
  driver.synthesised_frame(0);
  driver.pass(1000);
  driver.playback(K::playback_started);
  driver.sentence_voiced();
  driver.dialogue_done();
  driver.pass(1000);
  driver.playback(K::playback_completed, 320);
  EXPECT_NE(driver.engine->finished_evidence(), nullptr);
  return *driver.engine->finished_evidence();
}

TurnEvidence interrupted_turn(EngineDriver& driver) {
  driver.until_speaking();
  driver.user_speaks(200);
  driver.heard_partially(UtteranceClass::words);
  EXPECT_NE(driver.engine->finished_evidence(), nullptr);
  return *driver.engine->finished_evidence();
}

TurnEvidence bare_record() {
  TurnEvidence record;
  record.session_id = SymbolId{1};
  EXPECT_TRUE(record.turn_id.assign("turn-000007"));
  return record;
}

FillContext ended_at_ms(std::int64_t ms) {
  FillContext context;
  context.terminal_at = Instant{milliseconds(ms).value};
  context.runtime_sequence = 41;
  context.outcome = wire::TerminalOutcome::commit;
  return context;
}

const EvidenceInvocation* call_of(const TurnEvidence& record, wire::EvidenceModality modality) {
  for (const EvidenceInvocation& call : record.invocation_outcomes()) {
    if (call.modality == modality) return &call;
  }
  return nullptr;
}

// contract: Appendix B row 1
TEST(TurnRecord, NamesItsSessionTurnPipelineAndTerminalEvent) {
  EngineDriver driver;
  const TurnEvidence record = answered_turn(driver);
  const SessionStart start;  // the driver's session interns from the first symbol on
  EXPECT_EQ(record.session_id, start.symbol(SessionSymbol::session_id));
  EXPECT_EQ(record.pipeline_version, start.symbol(SessionSymbol::pipeline_version));
  EXPECT_EQ(record.turn_id.view(), "turn-000001");
  const Event& terminal = *driver.find(K::commit);
  EXPECT_EQ(record.event_id.view(), "evt-" + std::to_string(terminal.causal_parent)) << "the input that ended the turn";

  TurnEvidence gaps = bare_record();
  fill_gaps(gaps, ended_at_ms(1));
  EXPECT_EQ(gaps.event_id.view(), "evt-runtime-terminal");
  EXPECT_EQ(well_known_text(gaps.pipeline_version), "pipeline-v1");
  TurnEvidence of_a_bundle = bare_record();
  FillContext context = ended_at_ms(1);
  context.bundle_pipeline_version = SymbolId{9};
  fill_gaps(of_a_bundle, context);
  EXPECT_EQ(of_a_bundle.pipeline_version, SymbolId{9}) << "the bundle's comes before the built-in one";
}

// contract: Appendix B row 2
TEST(TurnRecord, TheEnvelopeIsTheValidatedOne) {
  EngineDriver driver;
  EXPECT_EQ(well_known_text(answered_turn(driver).envelope_snapshot), "eventabi/v1");
}

// contract: Appendix B row 3
TEST(TurnRecord, TagsSayWhatClassesATurnHandled) {
  EngineDriver driver;
  const TurnEvidence record = answered_turn(driver);
  EXPECT_EQ(std::vector<PayloadClass>(record.payload_tags.begin(), record.payload_tags.end()),
            (std::vector{PayloadClass::metadata, PayloadClass::audio_raw}));
  TurnEvidence gaps = bare_record();
  fill_gaps(gaps, ended_at_ms(1));
  ASSERT_EQ(gaps.payload_tags.size(), 1U);
  EXPECT_EQ(gaps.payload_tags[0], PayloadClass::metadata);
}

// contract: Appendix B row 4
TEST(TurnRecord, EachTagHasExactlyOneRedactionAndNoneIsReplaced) {
  EngineDriver driver;
  const TurnEvidence record = answered_turn(driver);
  std::set<PayloadClass> decided;
  for (const EvidenceRedaction& redaction : record.redaction_decisions) {
    EXPECT_TRUE(decided.insert(redaction.payload_class).second) << "decided twice";
    EXPECT_EQ(redaction.action, redaction_action(redaction.payload_class, RecordingLevel::L0));
  }
  EXPECT_EQ(decided, (std::set{PayloadClass::metadata, PayloadClass::audio_raw}));

  TurnEvidence tagged = bare_record();
  for (const auto tag : {PayloadClass::text_raw, PayloadClass::PII, PayloadClass::text_raw}) {
    ASSERT_TRUE(tagged.payload_tags.push_back(tag));
  }
  ASSERT_TRUE(tagged.redaction_decisions.push_back({PayloadClass::PII, wire::RedactionAction::tokenize}));
  fill_gaps(tagged, ended_at_ms(1));
  ASSERT_EQ(tagged.redaction_decisions.size(), 2U);
  EXPECT_EQ(tagged.redaction_decisions[0].action, wire::RedactionAction::tokenize);
  EXPECT_EQ(tagged.redaction_decisions[1].action, wire::RedactionAction::hash);
}

// contract: Appendix B row 5
TEST(TurnRecord, ThePlanHashIsTheFrozenPlansAndTheTurnsNameOnlyWithoutAPlan) {
  EngineDriver driver;
  const TurnEvidence record = answered_turn(driver);
  static ResolvedTurnPlan plan;  // too large for a test's stack
  ASSERT_TRUE(materialize(driver.engine->prepared(), "turn-000001", Epoch{0}, plan));
  EXPECT_EQ(record.plan_hash.view(), plan.plan_hash.view());
  TurnEvidence gaps = bare_record();
  fill_gaps(gaps, ended_at_ms(1));
  EXPECT_EQ(gaps.plan_hash.view(), "plan/turn-000007");
}

// contract: Appendix B row 6
TEST(TurnRecord, SixSnapshotsAreNamedAndGapsComeFromTheBundleOneByOne) {
  EngineDriver driver;
  const TurnEvidence record = answered_turn(driver);
  const SessionStart start;
  for (std::size_t i = 0; i < provenance_ref_count; ++i) {
    const auto first = start.symbol(SessionSymbol::routing_view).value;
    EXPECT_EQ(record.snapshot_provenance[i].value, first + i);
  }
  TurnEvidence gaps = bare_record();
  gaps.snapshot_provenance[2] = SymbolId{77};
  FillContext context = ended_at_ms(1);
  context.bundle_provenance[5] = SymbolId{88};
  fill_gaps(gaps, context);
  EXPECT_EQ(gaps.snapshot_provenance[2], SymbolId{77});
  EXPECT_EQ(gaps.snapshot_provenance[5], SymbolId{88});
  EXPECT_EQ(gaps.snapshot_provenance[0], symbol::routing_view_v1);
}

// contract: Appendix B row 7, 2.4
TEST(TurnRecord, TheAdmissionThatOpenedTheTurnIsItsFirstDecision) {
  EngineDriver driver;
  const TurnEvidence record = answered_turn(driver);
  ASSERT_EQ(record.decision_count, 1U);
  const EvidenceDecision& admit = record.decision_items[0];
  EXPECT_EQ(admit.kind, wire::DecisionKind::admit);
  EXPECT_EQ(admit.reason, Reason::admission_capacity_allow);
  EXPECT_EQ(admit.runtime_timestamp_ns, record.turn_open_at_ns) << "measured, not filled at the end";
  EXPECT_TRUE(admit.event_id.view().ends_with("-admit"));

  TurnEvidence gaps = bare_record();
  fill_gaps(gaps, ended_at_ms(3));
  ASSERT_EQ(gaps.decision_count, 1U);
  EXPECT_TRUE(is_valid(gaps.decision_items[0]));
  EXPECT_EQ(gaps.decision_items[0].runtime_timestamp_ns, milliseconds(3).value);
}

// contract: Appendix B row 7, T8
TEST(TurnRecord, ADeauthorizationIsADecisionOfTheTurnItEnded) {
  EngineDriver driver;
  driver.until_speaking();
  Event snapshot = driver.event(K::control_snapshot);
  snapshot.argument_a = control_all_granted & ~control_bit(ControlBit::authorized);
  driver.say(snapshot);
  const TurnEvidence& record = *driver.engine->finished_evidence();
  ASSERT_EQ(record.decision_count, 2U);
  EXPECT_EQ(record.decision_items[1].kind, wire::DecisionKind::deauthorized_drain);
  EXPECT_EQ(record.decision_items[1].phase, wire::DecisionPhase::active_turn);
  EXPECT_TRUE(is_valid(record.decision_items[1]));
}

// Found while writing this: no call was ever told that it had succeeded, so each stood there as cancelled.
// contract: Appendix B row 8
TEST(TurnRecord, EachProviderThatAnsweredSucceededAndTookItsTime) {
  EngineDriver driver;
  const TurnEvidence record = answered_turn(driver);
  ASSERT_EQ(record.invocation_count, 3U);
  std::set<std::string> ids;
  for (const EvidenceInvocation& call : record.invocation_outcomes()) {
    EXPECT_TRUE(is_valid(call));
    EXPECT_EQ(call.outcome_class, wire::OutcomeClass::success) << static_cast<int>(call.modality);
    EXPECT_EQ(call.retry_decision, wire::RetryDecision::none);
    EXPECT_EQ(call.attempt_count, 1U);
    EXPECT_GE(call.total_invocation_latency_ns, call.final_attempt_latency_ns);
    EXPECT_TRUE(ids.emplace(call.provider_invocation_id.view()).second) << "an id names one call";
    EXPECT_TRUE(call.provider_invocation_id.view().starts_with("pvi/test/turn-000001/evt-"));
  }
  const SessionStart start;
  ASSERT_NE(call_of(record, wire::EvidenceModality::llm), nullptr);
  const EvidenceInvocation& dialogue = *call_of(record, wire::EvidenceModality::llm);
  EXPECT_EQ(dialogue.provider_id, start.symbol(SessionSymbol::llm_provider));
  EXPECT_EQ(dialogue.final_attempt_latency_ns, milliseconds(3000).value) << "asked, then three seconds to its end";
  EXPECT_EQ(call_of(record, wire::EvidenceModality::tts)->final_attempt_latency_ns, milliseconds(2000).value);
}

// contract: Appendix B row 8, 6.5
TEST(TurnRecord, ACallThatWasCutOffIsCancelledAlsoWhenAnEarlierSentenceWasVoiced) {
  EngineDriver driver;
  driver.until_speaking();
  driver.sentence_voiced();
  driver.sentence(1);  // asked again: it owes another answer
  driver.user_speaks(200);
  driver.heard_partially(UtteranceClass::words);
  const TurnEvidence& record = *driver.engine->finished_evidence();
  EXPECT_EQ(call_of(record, wire::EvidenceModality::stt)->outcome_class, wire::OutcomeClass::success);
  EXPECT_EQ(call_of(record, wire::EvidenceModality::llm)->outcome_class, wire::OutcomeClass::cancelled);
  EXPECT_EQ(call_of(record, wire::EvidenceModality::tts)->outcome_class, wire::OutcomeClass::cancelled);
}

// contract: Appendix B row 8, F2
TEST(TurnRecord, ACallThatNeverAnsweredTimedOutAndSaysWhatWasDoneInstead) {
  EngineDriver driver;
  driver.user_says(UtteranceClass::words);  // the dialogue says nothing, and then nobody plays the apology
  while (driver.engine->finished_evidence() == nullptr) {
    const auto deadline = driver.engine->next_deadline();
    ASSERT_TRUE(deadline.has_value());
    driver.now_ns = deadline->value;
    driver.say(*driver.engine->due_tick(*deadline, WallTime{deadline->value}));
  }
  const TurnEvidence& record = *driver.engine->finished_evidence();
  const EvidenceInvocation& dialogue = *call_of(record, wire::EvidenceModality::llm);
  EXPECT_EQ(dialogue.outcome_class, wire::OutcomeClass::timeout);
  EXPECT_EQ(dialogue.retry_decision, wire::RetryDecision::fallback);
  EXPECT_EQ(dialogue.final_attempt_latency_ns, milliseconds(1000).value);
  const EvidenceInvocation& apology = *call_of(record, wire::EvidenceModality::tts);
  EXPECT_EQ(apology.outcome_class, wire::OutcomeClass::timeout);
  EXPECT_EQ(apology.retry_decision, wire::RetryDecision::none) << "nothing was left to fall back to";
}

// contract: Appendix B row 8, F3
TEST(TurnRecord, ACallThatFailedSaysHow) {
  EngineDriver broken;
  broken.user_says(UtteranceClass::words);
  broken.pass(5);
  Event failed = broken.result(K::node_failed, testing::dialogue_node);
  failed.lane = Lane::control;
  broken.say(failed);
  ASSERT_NE(broken.engine->finished_evidence(), nullptr);
  const EvidenceInvocation& call = *call_of(*broken.engine->finished_evidence(), wire::EvidenceModality::llm);
  EXPECT_EQ(call.outcome_class, wire::OutcomeClass::infrastructure_failure);
  EXPECT_EQ(call.final_attempt_latency_ns, milliseconds(5).value);

  TurnEvidence unnamed = bare_record();
  FillContext context = ended_at_ms(1);
  context.outcome = wire::TerminalOutcome::abort;
  context.reason = Reason::provider_failure;
  fill_gaps(unnamed, context);
  ASSERT_EQ(unnamed.invocation_count, 1U);
  EXPECT_EQ(unnamed.invocation_items[0].provider_invocation_id.view(), "pvi/turn-000007");
  EXPECT_EQ(unnamed.invocation_items[0].modality, wire::EvidenceModality::external);
  EXPECT_EQ(unnamed.invocation_items[0].outcome_class, wire::OutcomeClass::infrastructure_failure);
}

// contract: Appendix B row 9, 9.1
TEST(TurnRecord, DeterminismIsThePlansAndWithoutAPlanTheSequences) {
  EngineDriver driver;
  const TurnEvidence record = answered_turn(driver);
  static ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(driver.engine->prepared(), "turn-000001", Epoch{0}, plan));
  EXPECT_EQ(record.determinism_seed, plan.determinism.seed);
  ASSERT_EQ(record.ordering_markers.size(), 2U);
  EXPECT_EQ(record.ordering_markers[0].view(), "runtime_sequence");
  EXPECT_EQ(record.ordering_markers[1].view(), "event_id");
  const SessionStart start;
  EXPECT_EQ(record.merge_rule_id, start.symbol(SessionSymbol::merge_rule_id));
  EXPECT_EQ(record.merge_rule_version, start.symbol(SessionSymbol::merge_rule_version));

  TurnEvidence gaps = bare_record();
  FillContext context = ended_at_ms(1);
  context.caller_supplied_record = false;
  fill_gaps(gaps, context);
  EXPECT_EQ(gaps.determinism_seed, 41);
  ASSERT_EQ(gaps.ordering_markers.size(), 1U);
  EXPECT_EQ(gaps.ordering_markers[0].view(), "runtime_sequence:41");
  EXPECT_EQ(well_known_text(gaps.merge_rule_id), "merge/default");
  EXPECT_EQ(well_known_text(gaps.merge_rule_version), "v1.0");
}

// contract: Appendix B row 10
TEST(TurnRecord, TheEpochIsThePlansAndNeverNegative) {
  EngineDriver driver;
  Event snapshot = driver.event(K::control_snapshot);
  snapshot.argument_a = control_all_granted;
  snapshot.authority_epoch = 5;
  snapshot.argument_b = 5;
  driver.say(snapshot);
  const TurnEvidence record = answered_turn(driver);
  EXPECT_EQ(record.authority_epoch, 5);
  EXPECT_EQ(record.lease_epoch_at_turn_open, 5);
  EXPECT_TRUE(record.migration_markers.empty());
  TurnEvidence gaps = bare_record();
  fill_gaps(gaps, ended_at_ms(1));
  gaps.authority_epoch = -1;
  EXPECT_EQ(first_missing_field(gaps), EvidenceField::authority_epoch);
  fill_gaps(gaps, ended_at_ms(1));
  EXPECT_EQ(gaps.authority_epoch, 0);
}

// contract: Appendix B row 11
TEST(TurnRecord, TheTerminalIsWhatWasPublished) {
  EngineDriver committed;
  const TurnEvidence good = answered_turn(committed);
  EXPECT_EQ(good.terminal_outcome, wire::TerminalOutcome::commit);
  EXPECT_TRUE(good.close_emitted);
  EngineDriver cancelled;
  const TurnEvidence cut = interrupted_turn(cancelled);
  EXPECT_EQ(cut.terminal_outcome, wire::TerminalOutcome::abort);
  EXPECT_EQ(cut.terminal_reason, cancelled.find(K::abort)->reason);

  TurnEvidence contradicted = bare_record();
  contradicted.terminal_outcome = wire::TerminalOutcome::abort;
  contradicted.terminal_reason = Reason::cancelled;
  fill_gaps(contradicted, ended_at_ms(1));
  EXPECT_EQ(contradicted.terminal_outcome, wire::TerminalOutcome::commit) << "the arbiter's word stands";
  contradicted.terminal_outcome = wire::TerminalOutcome::abort;
  EXPECT_EQ(first_missing_field(contradicted), EvidenceField::terminal_reason);
}

// contract: Appendix B row 12, Appendix E rows 1-2
TEST(TurnRecord, TimesAreMeasuredAndOnlyGapsAreFilled) {
  EngineDriver driver;
  const std::int64_t began_ns = driver.now_ns;
  const TurnEvidence record = answered_turn(driver);
  const std::int64_t asked_ns = began_ns + milliseconds(300).value;  // an utterance lasts that long
  EXPECT_EQ(record.turn_open_proposed_at_ns, began_ns);
  EXPECT_EQ(record.turn_open_at_ns, began_ns);
  // The last frame came then and reaches 10 ms beyond the last sample of speech (D3: the wait begins in silence).
  EXPECT_EQ(record.audio_input_ingress_at_ns, asked_ns - milliseconds(10).value);
  EXPECT_EQ(record.first_output_at_ns, asked_ns + milliseconds(2000).value);
  EXPECT_EQ(record.assistant_audio_playback_started_at_ns, asked_ns + milliseconds(3000).value);
  EXPECT_EQ(record.turn_terminal_at_ns, asked_ns + milliseconds(4000).value);
  EXPECT_EQ(record.required_fields_filled, 0U);

  TurnEvidence gaps = bare_record();
  gaps.snapshot_provenance = baseline_provenance;
  EXPECT_EQ(fill_gaps(gaps, ended_at_ms(50)), 4U) << "a decision and three times";
  EXPECT_EQ(gaps.turn_open_proposed_at_ns, milliseconds(49).value);
  EXPECT_EQ(gaps.turn_open_at_ns, milliseconds(50).value);
  EXPECT_EQ(gaps.turn_terminal_at_ns, milliseconds(50).value);
  gaps.turn_terminal_at_ns = gaps.turn_open_at_ns - 1;
  EXPECT_EQ(first_missing_field(gaps), EvidenceField::turn_terminal_at);
}

// contract: Appendix B row 13
TEST(TurnRecord, AnAcceptedCancelHasItsFenceAndWhenItWasSent) {
  EngineDriver driver;
  const TurnEvidence record = interrupted_turn(driver);
  const std::int64_t at_ns = driver.find(K::cancel)->mono_ns;
  EXPECT_EQ(record.cancel_accepted_at_ns, at_ns);
  EXPECT_EQ(record.cancel_fence_applied_at_ns, at_ns) << "the same step";
  EXPECT_EQ(record.cancel_sent_at_ns, at_ns);
  EXPECT_EQ(record.cancel_scope, Scope::turn);
  EngineDriver uncut;
  EXPECT_EQ(answered_turn(uncut).cancel_accepted_at_ns, absent);

  TurnEvidence gaps = bare_record();
  FillContext context = ended_at_ms(50);
  context.cancel_accepted = true;
  fill_gaps(gaps, context);
  EXPECT_EQ(gaps.cancel_fence_applied_at_ns - gaps.cancel_accepted_at_ns, milliseconds(1).value);
  EXPECT_EQ(gaps.cancel_sent_at_ns, gaps.cancel_accepted_at_ns);
  EXPECT_EQ(gaps.cancel_ack_at_ns, gaps.cancel_fence_applied_at_ns);
}

}  // namespace
}  // namespace phalarope
