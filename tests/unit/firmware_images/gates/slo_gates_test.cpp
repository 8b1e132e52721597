// The seven gates: each limit at its edge and one beyond, each owed anchor, each count.
#include "firmware_images/gates/slo_gates.hpp"

#include <gtest/gtest.h>

#include "firmware_images/gates/percentile.hpp"
#include "tests/unit/firmware_images/gates/gate_samples.hpp"

namespace phalarope::gates {
namespace {

std::vector<std::string> violations_of(const BaselineRecord& record) { return judge_slo({record}).violations; }

bool tells(const std::vector<std::string>& violations, std::string_view start) {
  return std::ranges::any_of(violations, [&](const std::string& one) { return one.starts_with(start); });
}

// contract: evidence 4.4
TEST(Percentile, IsTheValueAtTheCeilingRank) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 1; i <= 20; ++i) values.push_back(21 - i);
  EXPECT_EQ(percentile(values, 95), 19);
  EXPECT_EQ(percentile(values, 50), 10);
  EXPECT_EQ(percentile({7}, 95), 7);
  EXPECT_EQ(percentile({1, 2, 3}, 50), 2);
  EXPECT_FALSE(percentile({}, 50).has_value());
}

// contract: evidence 4.5
TEST(SloGates, ALimitMetExactlyIsMet) {
  BaselineRecord record = test::complete_record();
  record.turn_open_at_ms = 120;
  record.first_output_at_ms = 120 + 1500;
  record.turn_terminal_at_ms = 120 + 1500;
  record.cancel_accepted_at_ms = 10;
  record.cancel_sent_at_ms = 10;
  record.cancel_fence_applied_at_ms = 160;
  const SloReport report = judge_slo({record});
  EXPECT_TRUE(report.passed()) << report.violations.front();
  EXPECT_EQ(report.turn_open_decision_p95_ms, 120);
  EXPECT_EQ(report.first_output_p95_ms, 1500);
  EXPECT_EQ(report.cancel_fence_p95_ms, 150);
  EXPECT_EQ(report.cancel_observed_turns, 1);
  EXPECT_EQ(report.happy_path_turns, 1);
}

// contract: evidence 4.5
TEST(SloGates, OneMillisecondBeyondALimitFailsItsGate) {
  BaselineRecord open = test::complete_record();
  open.turn_open_at_ms = 121;
  EXPECT_TRUE(tells(violations_of(open), "turn_open: p95 121 ms"));
  BaselineRecord first = test::complete_record();
  first.first_output_at_ms = 1601;
  first.turn_terminal_at_ms = 1600;
  EXPECT_TRUE(tells(violations_of(first), "first_output: p95 1501 ms"));
  BaselineRecord fence = test::complete_record();
  fence.cancel_accepted_at_ms = 0;
  fence.cancel_fence_applied_at_ms = 151;
  EXPECT_TRUE(tells(violations_of(fence), "cancel_fence: p95 151 ms"));
  BaselineRecord whole = test::complete_record();
  whole.turn_terminal_at_ms = 100 + 1501;
  EXPECT_EQ(violations_of(whole), (std::vector<std::string>{"end_to_end: p50 1501 ms, the limit is 1500 ms"}));
  whole.turn_terminal_at_ms = 100 + 2001;
  EXPECT_EQ(violations_of(whole).size(), 2U);
}

// contract: evidence 4.5
TEST(SloGates, AnOwedAnchorAndANegativeIntervalAreViolations) {
  BaselineRecord proposed = test::complete_record();
  proposed.turn_open_proposed_at_ms.reset();
  EXPECT_TRUE(tells(violations_of(proposed), "turn_open: turn turn-1 lacks an anchor"));
  BaselineRecord fence = test::complete_record();
  fence.cancel_accepted_at_ms = 5;
  EXPECT_TRUE(tells(violations_of(fence), "cancel_fence: turn turn-1 lacks an anchor"));
  BaselineRecord end = test::complete_record();
  end.turn_terminal_at_ms.reset();
  EXPECT_TRUE(tells(violations_of(end), "end_to_end: turn turn-1 lacks an anchor"));
  BaselineRecord backwards = test::complete_record();
  backwards.first_output_at_ms = 99;
  EXPECT_TRUE(tells(violations_of(backwards), "first_output: turn turn-1 has a negative interval"));
  BaselineRecord silent = test::complete_record();
  silent.first_output_at_ms.reset();
  EXPECT_TRUE(violations_of(silent).empty()) << "a turn may have nothing to say";
  silent.invocation_outcomes = {{"i", "tts", "p", "success", false, "none", 1, 1, 1}};
  EXPECT_TRUE(tells(violations_of(silent), "first_output: turn turn-1 lacks an anchor"));
}

// contract: evidence 4.5
TEST(SloGates, StaleOutputsIncompleteEvidenceAndWrongEndsFail) {
  BaselineRecord stale = test::complete_record();
  stale.accepted_stale_epoch_output = true;
  EXPECT_EQ(judge_slo({stale}).stale_epoch_accepted_outputs, 1);
  EXPECT_TRUE(tells(violations_of(stale), "authority: 1 stale"));
  BaselineRecord incomplete = test::complete_record();
  incomplete.plan_hash.clear();
  EXPECT_TRUE(tells(violations_of(incomplete), "completeness: incomplete turns: turn-1"));
  BaselineRecord open_end = test::complete_record();
  open_end.close_emitted = false;
  EXPECT_TRUE(tells(violations_of(open_end), "lifecycle: turn turn-1"));
  EXPECT_DOUBLE_EQ(judge_slo({open_end, test::complete_record()}).terminal_correctness_ratio, 0.5);
}

// contract: evidence 4.5
TEST(SloGates, NoAcceptedTurnShowsNothing) {
  BaselineRecord refused = test::complete_record();
  refused.turn_open_at_ms.reset();
  EXPECT_EQ(violations_of(refused), (std::vector<std::string>{"no turn was accepted, so nothing is shown"}));
  EXPECT_FALSE(judge_slo({}).passed());
}

// contract: evidence 4.5
TEST(SloGates, TheAnchoredFormOfGateSevenIsJudgedWhereBothAnchorsAre) {
  BaselineRecord record = test::complete_record();
  record.audio_input_ingress_at_ms = 0;
  record.assistant_audio_playback_started_at_ms = 2100;
  const SloReport report = judge_slo({record, test::complete_record()});
  EXPECT_EQ(report.audio_to_playback_p50_ms, 2100);
  EXPECT_TRUE(tells(report.violations, "audio_to_playback: p50"));
  EXPECT_TRUE(tells(report.violations, "audio_to_playback: p95"));
}

// contract: evidence 4.5, decisions D3
TEST(SloGates, ATurnWithBothAnchorsIsJudgedByTheUsersWaitAlone) {
  BaselineRecord record = test::complete_record();
  record.turn_terminal_at_ms = *record.turn_open_at_ms + 30'000;  // a long answer
  EXPECT_TRUE(tells(judge_slo({record}).violations, "end_to_end: p50"));
  record.audio_input_ingress_at_ms = *record.turn_open_at_ms + 2'000;
  record.assistant_audio_playback_started_at_ms = *record.turn_open_at_ms + 2'250;
  const SloReport report = judge_slo({record});
  EXPECT_FALSE(tells(report.violations, "end_to_end"));
  EXPECT_EQ(report.end_to_end_p50_ms, 30'000) << "told all the same";
  EXPECT_EQ(report.audio_to_playback_p95_ms, 250);
  record.turn_terminal_at_ms = 0;
  EXPECT_TRUE(tells(judge_slo({record}).violations, "end_to_end")) << "a negative interval is one";
}

// contract: evidence 4.5
TEST(SloGates, TheReportLeavesOutWhatWasNotMeasured) {
  const SloGatesDocument document{.generated_at_utc = "2026-01-01T00:00:00Z",
                                  .baseline_artifact_path = "b.json",
                                  .thresholds = {},
                                  .report = judge_slo({test::complete_record()})};
  const auto json = nlohmann::json::parse(to_json(document));
  EXPECT_EQ(json["schema_version"], "phalarope.tooling.slo-gates-report.v1");
  EXPECT_FALSE(json["report"].contains("cancel_fence_p95_ms"));
  EXPECT_EQ(json["report"]["end_to_end_p50_ms"], 800);
  EXPECT_EQ(json["thresholds"]["cancel_fence_p95_ms"], 150);
  EXPECT_EQ(json["report"]["passed"], true);
  EXPECT_NE(to_markdown(document).find("Status: PASS"), std::string::npos);
}

}  // namespace
}  // namespace phalarope::gates
