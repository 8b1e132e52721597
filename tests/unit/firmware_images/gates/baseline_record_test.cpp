// Baseline records as documents: the completeness check, its report, the artifact's JSON.
#include "firmware_images/gates/baseline_record.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "firmware_images/gates/runtime_baseline.hpp"
#include "tests/unit/firmware_images/gates/gate_samples.hpp"

namespace phalarope::gates {
namespace {

using Bend = std::function<void(BaselineRecord&)>;
struct Case {
  EvidenceField missing;
  const char* what;
  Bend bend;
};

std::vector<Case> one_fault_each() {
  return {
      {EvidenceField::identity, "session", [](auto& r) { r.session_id.clear(); }},
      {EvidenceField::identity, "turn", [](auto& r) { r.turn_id.clear(); }},
      {EvidenceField::identity, "pipeline", [](auto& r) { r.pipeline_version.clear(); }},
      {EvidenceField::identity, "event", [](auto& r) { r.event_id.clear(); }},
      {EvidenceField::envelope_snapshot, "envelope", [](auto& r) { r.envelope_snapshot.clear(); }},
      {EvidenceField::payload_tags, "no tag", [](auto& r) { r.payload_tags.clear(); }},
      {EvidenceField::payload_tags, "unknown tag", [](auto& r) { r.payload_tags = {"gossip"}; }},
      {EvidenceField::redaction_decisions, "none", [](auto& r) { r.redaction_decisions.clear(); }},
      {EvidenceField::redaction_decisions, "unknown action", [](auto& r) { r.redaction_decisions[0].action = "none"; }},
      {EvidenceField::redaction_decisions, "twice",
       [](auto& r) { r.redaction_decisions.push_back({"metadata", "drop"}); }},
      {EvidenceField::redaction_decisions, "tag not covered", [](auto& r) { r.payload_tags.push_back("PII"); }},
      {EvidenceField::plan_hash, "hash", [](auto& r) { r.plan_hash.clear(); }},
      {EvidenceField::snapshot_provenance, "last ref", [](auto& r) { r.snapshot_provenance[5].clear(); }},
      {EvidenceField::decision_outcomes, "none", [](auto& r) { r.decision_outcomes.clear(); }},
      {EvidenceField::decision_outcomes, "emitter", [](auto& r) { r.decision_outcomes[0].emitted_by = "RK-24"; }},
      {EvidenceField::invocation_outcomes, "no attempt",
       [](auto& r) { r.invocation_outcomes.push_back({"i", "llm", "p", "success", false, "none", 0, 0, 0}); }},
      {EvidenceField::invocation_outcomes, "total below final",
       [](auto& r) { r.invocation_outcomes.push_back({"i", "llm", "p", "success", false, "none", 1, 5, 4}); }},
      {EvidenceField::invocation_outcomes, "retry unset",
       [](auto& r) { r.invocation_outcomes.push_back({"i", "llm", "p", "success", false, "unset", 1, 1, 1}); }},
      {EvidenceField::ordering_markers, "none", [](auto& r) { r.ordering_markers.clear(); }},
      {EvidenceField::ordering_markers, "blank", [](auto& r) { r.ordering_markers.push_back(" "); }},
      {EvidenceField::ordering_markers, "twice", [](auto& r) { r.ordering_markers.push_back(r.ordering_markers[0]); }},
      {EvidenceField::merge_rule, "version", [](auto& r) { r.merge_rule_version.clear(); }},
      {EvidenceField::authority_epoch, "negative", [](auto& r) { r.authority_epoch = -1; }},
      {EvidenceField::terminal_outcome, "unknown", [](auto& r) { r.terminal_outcome = "done"; }},
      {EvidenceField::close_emitted, "not closed", [](auto& r) { r.close_emitted = false; }},
      {EvidenceField::terminal_reason, "abort without reason", [](auto& r) { r.terminal_outcome = "abort"; }},
      {EvidenceField::turn_terminal_at, "absent", [](auto& r) { r.turn_terminal_at_ms.reset(); }},
      {EvidenceField::turn_terminal_at, "before open", [](auto& r) { r.turn_terminal_at_ms = 99; }},
      {EvidenceField::cancel_markers, "no fence",
       [](auto& r) {
         r.cancel_accepted_at_ms = 1;
         r.cancel_sent_at_ms = 1;
       }},
      {EvidenceField::cancel_markers, "not sent",
       [](auto& r) {
         r.cancel_accepted_at_ms = 1;
         r.cancel_fence_applied_at_ms = 1;
       }},
  };
}

// contract: evidence 1.1
TEST(BaselineRecord, EachFaultIsToldByItsField) {
  EXPECT_EQ(first_missing_field(test::complete_record()), EvidenceField::none);
  for (const Case& one : one_fault_each()) {
    BaselineRecord record = test::complete_record();
    one.bend(record);
    EXPECT_EQ(first_missing_field(record), one.missing) << one.what;
  }
}

// contract: evidence 1.1
TEST(BaselineRecord, OfTwoFaultsTheEarlierInTheFixedOrderIsTold) {
  const std::vector<Case> cases = one_fault_each();
  for (const Case& first : cases) {
    for (const Case& second : cases) {
      if (first.missing == second.missing) continue;
      BaselineRecord record = test::complete_record();
      first.bend(record);
      second.bend(record);
      // Two bends mend what the first one bent: a tag is added, an outcome is named. The later is told then.
      const std::string pair = std::string(first.what) + ", " + second.what;
      const bool mended = pair == "no tag, tag not covered" || pair == "unknown, abort without reason";
      const EvidenceField told = mended ? second.missing : std::min(first.missing, second.missing);
      EXPECT_EQ(first_missing_field(record), told) << pair;
    }
  }
}

// contract: evidence 1.1
TEST(BaselineRecord, WithoutATurnOpenNoEndTimeIsOwed) {
  BaselineRecord record = test::complete_record();
  record.turn_open_at_ms.reset();
  record.turn_terminal_at_ms.reset();
  EXPECT_EQ(first_missing_field(record), EvidenceField::none);
}

// contract: evidence 1.1
TEST(BaselineRecord, TheReportCountsAcceptedTurnsAndSortsTheIncompleteOnes) {
  std::vector<BaselineRecord> records(4, test::complete_record());
  records[0].turn_id = "turn-b";
  records[0].plan_hash.clear();
  records[1].turn_id = "turn-a";
  records[1].close_emitted = false;
  records[2].turn_open_at_ms.reset();  // not accepted: not counted
  const Completeness found = completeness_of(records);
  EXPECT_EQ(found.total_accepted_turns, 3);
  EXPECT_EQ(found.complete_accepted_turns, 1);
  EXPECT_EQ(found.incomplete_accepted_turn_ids, (std::vector<std::string>{"turn-a", "turn-b"}));
  EXPECT_DOUBLE_EQ(found.ratio(), 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(completeness_of({}).ratio(), 0);
}

// contract: evidence 1.11
TEST(BaselineArtifact, ReadsBackWhatItWrote) {
  const auto records = run_baseline_scenarios();
  ASSERT_TRUE(records) << records.error();
  const BaselineArtifact written{.generated_at_utc = "2026-01-01T00:00:00Z", .entries = *records};
  const auto read = read_baseline_artifact(to_json(written));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(to_json(*read), to_json(written));
}

// contract: evidence 1.11
TEST(BaselineArtifact, RefusesAnotherVersionNoEntriesAndUnknownMembers) {
  const std::string sound = to_json(BaselineArtifact{.generated_at_utc = "t", .entries = {test::complete_record()}});
  ASSERT_TRUE(read_baseline_artifact(sound));
  const auto error_after = [&](const std::string& from, const std::string& to) {
    std::string text = sound;
    text.replace(text.find(from), from.size(), to);
    const auto read = read_baseline_artifact(text);
    return read ? std::string("accepted") : read.error();
  };
  EXPECT_EQ(error_after("\"v1\"", "\"v2\""), "schema_version: must be `v1`");
  EXPECT_EQ(error_after("\"session_id\"", "\"session_name\""), "entries[0].session_name: unknown field");
  EXPECT_EQ(error_after("\"turn_open_at_ms\": 100", "\"turn_open_at_ms\": \"100\""),
            "entries[0].turn_open_at_ms: must be a whole number");
  EXPECT_EQ(read_baseline_artifact(R"({"schema_version":"v1","generated_at_utc":"t","entries":[]})").error(),
            "entries: needs at least 1 entry");
}

// contract: evidence 2.8
TEST(RuntimeBaseline, HasNineClosedTurnsWithTheTimesOfTheTable) {
  const auto records = run_baseline_scenarios();
  ASSERT_TRUE(records) << records.error();
  ASSERT_EQ(records->size(), 9U);
  for (const BaselineRecord& record : *records) {
    EXPECT_EQ(first_missing_field(record), EvidenceField::none) << record.turn_id;
    EXPECT_EQ(record.authority_epoch, 7);
    EXPECT_EQ(record.turn_open_proposed_at_ms, 0);
  }
  const BaselineRecord& cancelled = records->at(2);
  EXPECT_EQ(cancelled.turn_id, "turn-slo-3");
  EXPECT_EQ(cancelled.terminal_outcome, "abort");
  EXPECT_EQ(cancelled.terminal_reason, "cancelled");
  EXPECT_EQ(cancelled.cancel_sent_at_ms, 498);
  EXPECT_EQ(cancelled.cancel_accepted_at_ms, 500);
  EXPECT_EQ(cancelled.cancel_fence_applied_at_ms, 620);
  EXPECT_EQ(cancelled.cancel_ack_at_ms, 621);
  const BaselineRecord& recompute = records->at(3);
  ASSERT_EQ(recompute.invocation_outcomes.size(), 2U);
  EXPECT_EQ(recompute.invocation_outcomes[1].provider_id, "llm-b");
  EXPECT_EQ(recompute.invocation_outcomes[1].total_invocation_latency_ms, 31);
  EXPECT_EQ(records->at(8).session_id, "sess-ordering-runtime");
}

}  // namespace
}  // namespace phalarope::gates
