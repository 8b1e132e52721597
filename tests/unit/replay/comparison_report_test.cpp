// The report's three faces: equal facts, and nothing of a recording gets out of its place.
#include "core/replay/comparison_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/replay/artifact_samples.hpp"

namespace phalarope::replay {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

ComparisonReport report_on(Divergences divergences, DivergencePolicy policy = {}) {
  ComparisonReport report;
  report.baseline_ref = "before";
  report.candidate_ref = "after";
  report.policy = std::move(policy);
  report.result.divergences = std::move(divergences);
  report.result.cursor = cursor_of(test::entry(1));
  report.verdict = judge(report.result.divergences, report.policy);
  return report;
}

Divergence plan_divergence(std::string message = "plan hash was a, is b") {
  return {.message_class = MessageClass::plan_hash,
          .class_name = "PLAN_DIVERGENCE",
          .scope = "turn:t",
          .message = std::move(message)};
}

TEST(ComparisonReport, NothingDivergedIsAPassInEveryFace) {
  const ComparisonReport report = report_on({});
  EXPECT_TRUE(report.passes());
  EXPECT_THAT(report_text(report), HasSubstr("passes: no divergence"));
  EXPECT_THAT(report_html(report), HasSubstr("passes: no divergence"));
  const Json json = Json::parse(report_json(report));
  EXPECT_EQ(json["verdict"], "pass");
  EXPECT_EQ(json["mode"], "replay_decisions");
  EXPECT_EQ(json["by_class"].size(), 6U);
  EXPECT_EQ(json["cursor"]["event_id"], "event-1");
}

TEST(ComparisonReport, AFailureIsCountedAndShownInEveryFace) {
  const ComparisonReport report = report_on({plan_divergence(), plan_divergence("second")});
  EXPECT_FALSE(report.passes());
  EXPECT_THAT(report_text(report), HasSubstr("fails     PLAN_DIVERGENCE turn:t: plan hash was a, is b"));
  EXPECT_THAT(report_html(report), HasSubstr("<td>plan hash was a, is b</td>"));
  const Json json = Json::parse(report_json(report));
  EXPECT_EQ(json["verdict"], "fail");
  EXPECT_EQ(json["by_class"]["PLAN_DIVERGENCE"], 2);
  EXPECT_EQ(json["by_class"]["AUTHORITY_DIVERGENCE"], 0);
  EXPECT_EQ(json["failing_count"], 2);
  EXPECT_EQ(json["unexplained_count"], 2);
}

TEST(ComparisonReport, ADoubtTakesThePassAwayAndIsNoFailure) {
  ComparisonReport report = report_on({});
  report.doubts = {"before: torn block"};
  EXPECT_FALSE(report.passes());
  EXPECT_EQ(Json::parse(report_json(report))["verdict"], "not_trusted");
  EXPECT_THAT(report_text(report), HasSubstr("before: torn block"));
}

TEST(ComparisonReport, AllowedDivergencesAreShownAndPass) {
  const ComparisonReport report = report_on(
      {plan_divergence()}, {.expected = {{.class_name = "PLAN_DIVERGENCE", .scope = "turn:t", .approved = false}}});
  EXPECT_TRUE(report.passes());
  EXPECT_THAT(report_text(report), HasSubstr("all allowed by the policy"));
  EXPECT_THAT(report_text(report), HasSubstr("differs   PLAN_DIVERGENCE"));
}

TEST(ComparisonReport, HostileTextSteersNoTerminalAndBecomesNoMarkup) {
  const ComparisonReport report = report_on({plan_divergence("\x1b[2J</td><script>alert(1)</script>\xff\"&'")});
  EXPECT_THAT(report_text(report), Not(HasSubstr("\x1b")));
  EXPECT_THAT(report_html(report), Not(HasSubstr("<script")));
  EXPECT_THAT(report_html(report), HasSubstr("&lt;script&gt;"));
  EXPECT_TRUE(Json::accept(report_json(report)));
  EXPECT_TRUE(Json::accept(comparison_json(report.result, report.verdict)));
}

}  // namespace
}  // namespace phalarope::replay
