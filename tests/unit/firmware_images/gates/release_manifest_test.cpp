// Publish readiness: three sound reports make a manifest, and each fault has its reason.
#include "firmware_images/gates/release_manifest.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "firmware_images/gates/utc_time.hpp"
#include "tests/unit/firmware_images/gates/gate_samples.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t now_ms = 1'770'000'000'000;

struct Reports {
  Json contracts = {{"schema_version", "phalarope.tooling.contracts-report.v1"},
                    {"generated_at_utc", utc_text(now_ms)},
                    {"passed", true}};
  Json replay = {{"schema_version", "phalarope.tooling.replay-regression-report.v1"},
                 {"generated_at_utc", utc_text(now_ms)},
                 {"failing_count", 0}};
  Json slo = {{"schema_version", "phalarope.tooling.slo-gates-report.v1"},
              {"generated_at_utc", utc_text(now_ms)},
              {"report", {{"passed", true}}}};

  Readiness judge(std::int64_t at_ms = now_ms) const {
    return judge_readiness(
        {ReportFile{"c.json", contracts.dump()}, ReportFile{"r.json", replay.dump()}, ReportFile{"s.json", slo.dump()}},
        at_ms);
  }
};

// contract: evidence 4.10
TEST(Readiness, MinimalAndFullReportsAreAccepted) {
  Reports reports;
  EXPECT_TRUE(reports.judge().passed());
  reports.contracts["fixture_root"] = "f";
  reports.contracts["summary"] = {{"total", 41}, {"failed", 0}, {"failures", Json::array()}};
  reports.slo["thresholds"] = Json::object();
  EXPECT_TRUE(reports.judge().passed());
}

// contract: evidence 4.10
TEST(Readiness, EachFaultIsToldByItsCheckAndAllAreMade) {
  Reports reports;
  reports.contracts["passed"] = false;
  reports.replay["failing_count"] = 1;
  reports.slo["report"]["passed"] = false;
  EXPECT_EQ(reports.judge().violations(),
            (std::vector<std::string>{"contracts_report: `passed` must be true",
                                      "replay_regression_report: `failing_count` must be 0",
                                      "slo_gates_report: `report.passed` must be true"}));
  reports = {};
  reports.slo["schema_version"] = "phalarope.tooling.slo-gates-report.v2";
  reports.replay["mood"] = "fine";
  reports.contracts.erase("generated_at_utc");
  EXPECT_EQ(reports.judge().violations(),
            (std::vector<std::string>{
                "contracts_report: generated_at_utc: is missing", "replay_regression_report: mood: unknown field",
                "slo_gates_report: schema_version: must be `phalarope.tooling.slo-gates-report.v1`"}));
  const Readiness unread = judge_readiness(
      {ReportFile{"c", std::unexpected(std::string("cannot be read"))}, ReportFile{"r", "{"}, ReportFile{"s", "[]"}},
      now_ms);
  EXPECT_EQ(unread.violations().size(), 3U);
}

// contract: evidence 4.10
TEST(Readiness, AReportIsFreshForADayAndMayBeFiveMinutesAhead) {
  const Reports reports;
  EXPECT_TRUE(reports.judge(now_ms + artifact_age_ms_max).passed());
  EXPECT_FALSE(reports.judge(now_ms + artifact_age_ms_max + 1).passed());
  EXPECT_TRUE(reports.judge(now_ms - artifact_ahead_ms_max).passed());
  EXPECT_FALSE(reports.judge(now_ms - artifact_ahead_ms_max - 1).passed());
  EXPECT_EQ(reports.judge(now_ms + 1500).checks[0].age_ms, 1500);
}

// contract: evidence 4.10
TEST(RolloutConfig, IsReadStrictlyAndKeptAsWritten) {
  const Json sound = {{"pipeline_version", "pipeline-v1"},
                      {"strategy", " Canary "},
                      {"rollback_posture", {{"mode", "AUTOMATIC"}, {"trigger", "unit_health"}}}};
  const auto read = read_rollout_config(sound.dump());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->strategy, " Canary ");
  const auto error_with = [&](const std::function<void(Json&)>& bend) {
    Json bent = sound;
    bend(bent);
    const auto refused = read_rollout_config(bent.dump());
    return refused ? std::string("accepted") : refused.error();
  };
  EXPECT_TRUE(error_with([](Json& j) { j["strategy"] = "big-bang"; }).starts_with("strategy: unknown value"));
  EXPECT_TRUE(
      error_with([](Json& j) { j["rollback_posture"]["mode"] = "never"; }).starts_with("rollback_posture.mode"));
  EXPECT_EQ(error_with([](Json& j) { j["rollback_posture"].erase("trigger"); }),
            "rollback_posture.trigger: is missing");
  EXPECT_EQ(error_with([](Json& j) { j["region"] = "x"; }), "region: unknown field");
  EXPECT_EQ(error_with([](Json& j) { j["pipeline_version"] = " "; }), "pipeline_version: must not be blank");
}

// contract: evidence 4.10
TEST(ReleaseManifest, NamesWhatItStandsOn) {
  ReleaseRequest request{.spec_ref = "specs/voice.json",
                         .rollout_path = "rollout.json",
                         .rollout_text = "{}",
                         .rollout = {"pipeline-v1", "canary", "automatic", "unit_health"},
                         .readiness = Reports().judge(),
                         .now_utc_ms = 1'770'000'000'999};
  const auto json = nlohmann::json::parse(manifest_json(request));
  // printf 'specs/voice.json|pipeline-v1|canary|automatic|unit_health' | sha256sum
  EXPECT_EQ(json["release_id"], "rel-20260202024000-582859e0ad");
  EXPECT_EQ(json["source_artifacts"].size(), 4U);
  EXPECT_EQ(json["source_artifacts"]["slo_gates_report"]["sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(json["readiness"]["max_artifact_age_ms"], 86'400'000);
}

}  // namespace
}  // namespace phalarope::gates
