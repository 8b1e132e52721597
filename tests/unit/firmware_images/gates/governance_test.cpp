// Governance: the shipped documents pass, and each bent one is told by its part.
#include "firmware_images/gates/governance.hpp"

#include <gtest/gtest.h>

#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/utc_time.hpp"
#include "tests/unit/firmware_images/gates/gate_samples.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;

Json shipped(const std::string& name) {
  const auto text = read_file(test::repository("firmware_images/artifacts/governance/" + name + "_v1.json"));
  EXPECT_TRUE(text) << text.error();
  return Json::parse(*text);
}

bool tells(const std::vector<std::string>& violations, std::string_view part) {
  return std::ranges::any_of(violations, [&](const std::string& one) { return one.find(part) != std::string::npos; });
}

// contract: evidence 4.9
TEST(VersionSkew, TheShippedMatrixHolds) {
  const SkewVerdict verdict = judge_version_skew(test::parsed(shipped("version_skew_policy")));
  EXPECT_TRUE(verdict.violations.empty());
  EXPECT_EQ(verdict.allowed_test_count, 3);
  EXPECT_EQ(verdict.disallowed_test_count, 2);
}

// contract: evidence 4.9
TEST(VersionSkew, ACellThatIsNotAsTestedIsNamed) {
  Json policy = shipped("version_skew_policy");
  policy["matrix_tests"][3]["allowed"] = true;  // v2.0.0/v1.1.0/v1.1.0 is not listed
  EXPECT_TRUE(tells(judge_version_skew(test::parsed(policy)).violations, "v2.0.0/v1.1.0/v1.1.0"));
  policy = shipped("version_skew_policy");
  policy["allowed_cells"].push_back(
      {{"runtime_version", "v1.1.0"}, {"control_plane_version", "v1.1.0"}, {"schema_version", "v1.0.0"}});
  EXPECT_TRUE(tells(judge_version_skew(test::parsed(policy)).violations, "v1.1.0/v1.1.0/v1.0.0"));
  policy = shipped("version_skew_policy");
  policy["matrix_tests"] = Json::array({policy["matrix_tests"][0]});
  EXPECT_TRUE(tells(judge_version_skew(test::parsed(policy)).violations, "no test of a refused cell"));
  policy["allowed_cells"] = Json::array();
  EXPECT_TRUE(tells(judge_version_skew(test::parsed(policy)).violations, "allowed_cells: needs at least 1 entry"));
  policy["schema_version"] = "phalarope.version-skew-policy.v2";
  EXPECT_TRUE(tells(judge_version_skew(test::parsed(policy)).violations, "schema_version"));
}

// contract: evidence 4.9
TEST(Deprecation, ABoundaryBelongsToTheLaterState) {
  const auto rules = read_deprecation_rules(test::parsed(shipped("deprecation_policy")));
  ASSERT_TRUE(rules) << rules.error();
  const DeprecationRule& rule = rules->at(0);
  const auto at = [&](const char* text) { return name_of(state_at(rule, utc_ms_from(text).value_or(0))); };
  EXPECT_EQ(at("2025-12-31T23:59:59.999Z"), "allowed");
  EXPECT_EQ(at("2026-01-01T00:00:00Z"), "warning");
  EXPECT_EQ(at("2026-02-28T23:59:59.999Z"), "warning");
  EXPECT_EQ(at("2026-03-01T00:00:00Z"), "enforced");
  EXPECT_EQ(at("2026-05-31T23:59:59.999Z"), "enforced");
  EXPECT_EQ(at("2026-06-01T00:00:00Z"), "removed");
}

// contract: evidence 4.9
TEST(Deprecation, TheShippedRulesHoldAndBentOnesAreTold) {
  EXPECT_TRUE(judge_deprecation(test::parsed(shipped("deprecation_policy"))).violations.empty());
  Json policy = shipped("deprecation_policy");
  policy["usage_checks"][0]["expected_state"] = "warning";
  EXPECT_TRUE(tells(judge_deprecation(test::parsed(policy)).violations, "is allowed, expected warning"));
  policy = shipped("deprecation_policy");
  policy["usage_checks"].erase(3);
  EXPECT_TRUE(tells(judge_deprecation(test::parsed(policy)).violations, "no check covers the state removed"));
  policy["usage_checks"][1]["field_path"] = "policy.other";
  EXPECT_TRUE(tells(judge_deprecation(test::parsed(policy)).violations, "no rule knows the field policy.other"));
  policy = shipped("deprecation_policy");
  policy["rules"][0]["enforce_from_utc"] = "2026-01-01T00:00:00Z";
  EXPECT_TRUE(tells(judge_deprecation(test::parsed(policy)).violations, "must be after warning_from_utc"));
  policy["rules"][0]["enforce_from_utc"] = "spring";
  EXPECT_TRUE(tells(judge_deprecation(test::parsed(policy)).violations, "rules[0].enforce_from_utc: must be a time"));
}

// contract: evidence 4.9
TEST(Conformance, EachMandatoryCategoryMustBeThereAndTrue) {
  const Json profile = shipped("conformance_profile");
  Json results = shipped("conformance_results");
  EXPECT_TRUE(judge_conformance(test::parsed(profile), test::parsed(results)).violations.empty());
  results["categories"].erase("provider_adapter");
  results["categories"]["transport_adapter"] = false;
  const ConformanceVerdict verdict = judge_conformance(test::parsed(profile), test::parsed(results));
  EXPECT_EQ(verdict.mandatory_count, 3);
  EXPECT_EQ(verdict.missing, (std::vector<std::string>{"provider_adapter"}));
  EXPECT_EQ(verdict.failed, (std::vector<std::string>{"transport_adapter"}));
  results["profile_id"] = "another";
  EXPECT_EQ(judge_conformance(test::parsed(profile), test::parsed(results)).violations.size(), 3U);
}

// contract: evidence 4.9, D26
TEST(FeatureStatus, AClaimMustAgreeWithItsResult) {
  Json catalogue = shipped("feature_catalogue");
  EXPECT_TRUE(judge_features(test::parsed(catalogue)).violations.empty());
  catalogue["features"][2]["passes"] = false;  // F-162 claims to be verified
  catalogue["features"][1]["source_refs"] = Json::array();
  catalogue["features"][0]["release_phase"] = "post_mvp";
  const FeatureVerdict verdict = judge_features(test::parsed(catalogue));
  EXPECT_EQ(verdict.checked_count, 5);
  EXPECT_TRUE(tells(verdict.violations, "F-162: status verified does not agree"));
  EXPECT_TRUE(tells(verdict.violations, "NF-032: names no source"));
  EXPECT_TRUE(tells(verdict.violations, "NF-010: phase must be mvp"));
  catalogue["features"].erase(0);
  EXPECT_TRUE(tells(judge_features(test::parsed(catalogue)).violations, "NF-010: not in the catalogue"));
}

}  // namespace
}  // namespace phalarope::gates
