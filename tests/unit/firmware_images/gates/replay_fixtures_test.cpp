// Replay fixtures: metadata, selection, latency thresholds, and the shipped stories against today's engine.
#include "firmware_images/gates/replay_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/regression_report.hpp"
#include "firmware_images/gates/runtime_baseline.hpp"
#include "tests/unit/firmware_images/gates/gate_samples.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;

std::vector<FixtureMetadata> metadata_of(const Json& fixtures) {
  const auto all = read_fixture_metadata(test::parsed(Json{{"fixtures", fixtures}}));
  EXPECT_TRUE(all) << all.error();
  return all ? *all : std::vector<FixtureMetadata>{};
}

std::vector<FixtureMetadata> shipped() {
  const auto json = read_json(test::repository("tests/contract/replay_fixtures/metadata.json"));
  EXPECT_TRUE(json) << json.error();
  return *read_fixture_metadata(*json);
}

// contract: evidence 2.6
TEST(FixtureMetadata, DefaultsNegativesAndScopesAreSettled) {
  const FixtureMetadata plain = metadata_of({{"rd-002-x", Json::object()}}).at(0);
  EXPECT_EQ(plain.gate, FixtureGate::full);
  EXPECT_EQ(plain.policy.timing_tolerance_ms, 15);
  EXPECT_FALSE(plain.final_attempt_threshold_ms.has_value());
  const FixtureMetadata bent = metadata_of({{"a",
                                             {{"gate", "both"},
                                              {"timing_tolerance_ms", -5},
                                              {"final_attempt_latency_threshold_ms", -1},
                                              {"invocation_latency_scopes", {" b ", "a", "b"}}}}})
                                   .at(0);
  EXPECT_EQ(bent.policy.timing_tolerance_ms, 0);
  EXPECT_EQ(bent.final_attempt_threshold_ms, 0);
  EXPECT_EQ(bent.invocation_latency_scopes, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(read_fixture_metadata(test::parsed(Json{{"fixtures", Json::object()}})));
  EXPECT_FALSE(read_fixture_metadata(test::parsed(Json{{"fixtures", {{"a", {{"gate", "slow"}}}}}})));
}

// contract: evidence 2.6
TEST(FixtureSelection, TakesTheGateAndBothSortedById) {
  const Json fixtures = {{"c", {{"gate", "quick"}}}, {"b", {{"gate", "both"}}}, {"a", {{"gate", "full"}}}};
  const auto quick = select_fixtures(metadata_of(fixtures), FixtureGate::quick);
  ASSERT_TRUE(quick);
  EXPECT_EQ(quick->at(0).id, "b");
  EXPECT_EQ(quick->at(1).id, "c");
  EXPECT_FALSE(select_fixtures(metadata_of({{"a", {{"gate", "full"}}}}), FixtureGate::quick));
}

// contract: evidence 2.6
TEST(LatencyThresholds, TellTheExcessFinalBeforeTotal) {
  const auto baseline = run_baseline_scenarios();
  ASSERT_TRUE(baseline);
  FixtureMetadata metadata = metadata_of({{"rd-002-x", Json::object()}}).at(0);  // turn-rd-002: final 14, total 31
  metadata.final_attempt_threshold_ms = 14;
  metadata.total_invocation_threshold_ms = 30;
  auto found = latency_divergences(metadata, &*baseline);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].scope, "invocation_latency_total:turn:turn-rd-002");
  EXPECT_EQ(found[0].diff_ms, 1);
  metadata.final_attempt_threshold_ms = 10;
  found = latency_divergences(metadata, &*baseline);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].scope, "invocation_latency_final:turn:turn-rd-002");
  EXPECT_EQ(found[0].diff_ms, 4);
}

// contract: evidence 2.6
TEST(LatencyThresholds, WithoutASampleThereIsNoExcess) {
  const auto baseline = run_baseline_scenarios();
  ASSERT_TRUE(baseline) << baseline.error();
  FixtureMetadata unknown_turn = metadata_of({{"rd-999-x", {{"final_attempt_latency_threshold_ms", 20}}}}).at(0);
  const auto no_sample = latency_divergences(unknown_turn, &*baseline);
  ASSERT_EQ(no_sample.size(), 1U);
  EXPECT_EQ(no_sample[0].scope, "invocation_latency_final:turn:turn-rd-999");
  EXPECT_FALSE(no_sample[0].diff_ms.has_value());
  const FixtureMetadata no_scope = metadata_of({{"smoke", {{"total_invocation_latency_threshold_ms", 20}}}}).at(0);
  EXPECT_EQ(latency_divergences(no_scope, &*baseline)[0].scope, "invocation_latency_total:fixture:smoke");
  EXPECT_EQ(latency_divergences(unknown_turn, nullptr)[0].scope, "invocation_latency_final:fixture:rd-999-x");
}

// contract: evidence 2.7
TEST(ShippedFixtures, AreTheRequiredTwentySixAndPass) {
  const std::vector<FixtureMetadata> all = shipped();
  EXPECT_EQ(all.size(), 26U);
  const auto baseline = run_baseline_scenarios();
  ASSERT_TRUE(baseline);
  for (const FixtureMetadata& metadata : all) {
    const auto result = run_fixture(test::repository("tests/contract/replay_fixtures"), metadata, &*baseline);
    ASSERT_TRUE(result) << result.error();
    EXPECT_TRUE(result->verdict.passes()) << metadata.id;
    EXPECT_EQ(result->divergences.size(), metadata.policy.expected.size()) << metadata.id;
  }
}

// contract: evidence 2.7
TEST(ShippedFixtures, FailWhenTheEngineTellsAnotherStory) {
  const std::string folder = test::repository("tests/contract/replay_fixtures");
  const auto fixture = read_json(folder + "/cf-001-cancel-fence.json");
  ASSERT_TRUE(fixture);
  const auto told = tell_story(*fixture);
  ASSERT_TRUE(told) << told.error();
  ASSERT_GE(told->trace.size(), 5U);
  replay::ReplayArtifact other = *told;
  other.trace[3].decision.reason = "budget_exhausted";
  const auto compared =
      replay::compare(*told, other, {.mode = ReplayMode::re_simulate_nodes, .cursor = {}, .tolerance_ms = 15});
  ASSERT_TRUE(compared);
  EXPECT_FALSE(replay::judge(compared->divergences, {}).passes());
}

// contract: evidence 2.9
TEST(RegressionReport, ListsAllClassesAndNamesFilesSafely) {
  const auto all = shipped();
  RegressionReport report{.generated_at_utc = "t", .metadata_path = "m", .gate = FixtureGate::full, .fixtures = {}};
  const auto approved = std::ranges::find(all, "rd-ordering-approved-1", &FixtureMetadata::id);
  ASSERT_NE(approved, all.end());
  const auto baseline = run_baseline_scenarios();
  ASSERT_TRUE(baseline) << baseline.error();
  report.fixtures.push_back(*run_fixture(test::repository("tests/contract/replay_fixtures"), *approved, &*baseline));
  const auto json = nlohmann::json::parse(regression_json(report));
  EXPECT_EQ(json["by_class"].size(), 6U);
  EXPECT_EQ(json["by_class"]["ORDERING_DIVERGENCE"], 1);
  EXPECT_EQ(json["failing_count"], 0);
  EXPECT_TRUE(json["fixtures"][0].contains("request_cursor"));
  EXPECT_TRUE(json["fixtures"][0]["replay_run_id"].get<std::string>().starts_with("run:re_simulate_nodes|"));
  EXPECT_EQ(fixture_file_name("a/b:c d\\e"), "a_b_c_d_e");
  EXPECT_EQ(fixture_file_name(" "), "fixture");
}

}  // namespace
}  // namespace phalarope::gates
