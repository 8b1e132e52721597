// A policy file is read whole, or every complaint names its line and field.
#include "firmware_images/phalarope/divergence_policy_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phalarope::program {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// contract: evidence 2.5
TEST(DivergencePolicyFile, ReadsToleranceAndExpectationsInTheirOrder) {
  const auto policy = parse_divergence_policy(
      "spec: divergence-policy/v1\n"
      "timing_tolerance_ms: 40\n"
      "expected:\n"
      "  - {class: ORDERING_DIVERGENCE, scope: 'turn:turn-000002', approved: true}\n"
      "  - class: PLAN_DIVERGENCE\n"
      "    scope: turn:turn-000001\n",
      "policy.yaml");
  ASSERT_TRUE(policy.has_value()) << policy.error();
  EXPECT_EQ(policy->timing_tolerance_ms, 40);
  EXPECT_THAT(policy->expected, ElementsAre(replay::Expectation{"ORDERING_DIVERGENCE", "turn:turn-000002", true},
                                            replay::Expectation{"PLAN_DIVERGENCE", "turn:turn-000001", false}));
}

TEST(DivergencePolicyFile, AnEmptyPolicyToleratesFifteenMillisecondsAndExpectsNothing) {
  const auto policy = parse_divergence_policy("spec: divergence-policy/v1\n", "policy.yaml");
  ASSERT_TRUE(policy.has_value());
  EXPECT_EQ(policy->timing_tolerance_ms, 15);
  EXPECT_TRUE(policy->expected.empty());
}

TEST(DivergencePolicyFile, EachMistakeIsNamedWithItsLineAndField) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"spec: divergence-policy/v2\n", "policy.yaml:1"},
      {"timing_tolerance_ms: 15\n", "spec"},
      {"spec: divergence-policy/v1\ntiming_tolerance_ms: -1\n", "policy.yaml:2"},
      {"spec: divergence-policy/v1\ntolerance: 15\n", "tolerance"},
      {"spec: divergence-policy/v1\nexpected:\n  - {class: PLAN, scope: x}\n", "expected[0].class"},
      {"spec: divergence-policy/v1\nexpected:\n  - {class: PLAN_DIVERGENCE}\n", "expected[0].scope"},
      {"spec: divergence-policy/v1\nexpected:\n  - {class: PLAN_DIVERGENCE, scope: x, aproved: true}\n", "aproved"},
      {"spec: [\n", "policy.yaml"}};
  for (const auto& [text, named] : mistakes) {
    const auto policy = parse_divergence_policy(text, "policy.yaml");
    ASSERT_FALSE(policy.has_value()) << text;
    EXPECT_THAT(policy.error(), HasSubstr(named)) << text;
  }
  EXPECT_FALSE(load_divergence_policy("/nowhere/policy.yaml").has_value());
}

}  // namespace
}  // namespace phalarope::program
