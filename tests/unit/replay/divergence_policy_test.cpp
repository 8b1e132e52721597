// The policy table in full, how expectations are used up, and the order of what fails.
#include "core/replay/divergence_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

namespace phalarope::replay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Divergence divergence(std::string_view class_name, std::string_view scope = "turn:t",
                      std::optional<std::int64_t> diff_ms = {}) {
  return {.message_class = MessageClass::appended,
          .class_name = std::string(class_name),
          .scope = std::string(scope),
          .message = "m",
          .diff_ms = diff_ms};
}

Expectation expectation(std::string_view class_name, std::string_view scope = "turn:t", bool approved = false) {
  return {.class_name = std::string(class_name), .scope = std::string(scope), .approved = approved};
}

enum class Expected { no, yes, approved };

PolicyVerdict judge_one(const Divergence& one, Expected expected) {
  DivergencePolicy policy{.timing_tolerance_ms = 15, .expected = {}};
  if (expected != Expected::no) {
    policy.expected.push_back(expectation(one.class_name, one.scope, expected == Expected::approved));
  }
  return judge({&one, 1}, policy);
}

struct Row {
  const char* class_name;
  Expected expected;
  bool passes;
  bool unexplained;
};
// clang-format off
const Row rows[] = {
    {"PLAN_DIVERGENCE",            Expected::no,       false, true},
    {"PLAN_DIVERGENCE",            Expected::yes,      true,  false},
    {"PLAN_DIVERGENCE",            Expected::approved, true,  false},
    {"OUTCOME_DIVERGENCE",         Expected::no,       false, true},
    {"OUTCOME_DIVERGENCE",         Expected::yes,      true,  false},
    {"OUTCOME_DIVERGENCE",         Expected::approved, true,  false},
    {"PROVIDER_CHOICE_DIVERGENCE", Expected::no,       false, true},
    {"PROVIDER_CHOICE_DIVERGENCE", Expected::yes,      true,  false},
    {"PROVIDER_CHOICE_DIVERGENCE", Expected::approved, true,  false},
    {"ORDERING_DIVERGENCE",        Expected::no,       false, true},
    {"ORDERING_DIVERGENCE",        Expected::yes,      false, false},
    {"ORDERING_DIVERGENCE",        Expected::approved, true,  false},
    {"AUTHORITY_DIVERGENCE",       Expected::no,       false, false},
    {"AUTHORITY_DIVERGENCE",       Expected::yes,      false, false},
    {"AUTHORITY_DIVERGENCE",       Expected::approved, false, false},
    {"TIMING_DIVERGENCE",          Expected::no,       false, false},
    {"TIMING_DIVERGENCE",          Expected::approved, false, false},
    {"WEATHER_DIVERGENCE",         Expected::no,       false, false},
    {"WEATHER_DIVERGENCE",         Expected::approved, false, false},
    {"plan_divergence",            Expected::approved, false, false}};
// clang-format on

// contract: evidence 2.5
TEST(DivergencePolicy, EveryRowOfTheTablePassesAndFailsAsWritten) {
  for (const Row& row : rows) {
    const PolicyVerdict verdict = judge_one(divergence(row.class_name), row.expected);
    EXPECT_EQ(verdict.passes(), row.passes) << row.class_name;
    EXPECT_EQ(verdict.failing.size(), row.passes ? 0U : 1U) << row.class_name;
    EXPECT_EQ(verdict.unexplained.size(), row.unexplained ? 1U : 0U) << row.class_name;
    EXPECT_THAT(verdict.missing_expected, IsEmpty()) << "consumed, also where it excuses nothing: " << row.class_name;
    if (!row.passes) {
      EXPECT_EQ(verdict.failing[0].expected, row.expected != Expected::no) << row.class_name;
    }
  }
}

// contract: evidence 2.5
TEST(DivergencePolicy, TimingPassesWithinTheToleranceAndNeverWithoutAMeasure) {
  EXPECT_TRUE(judge_one(divergence("TIMING_DIVERGENCE", "turn:t", 15), Expected::no).passes());
  EXPECT_FALSE(judge_one(divergence("TIMING_DIVERGENCE", "turn:t", 16), Expected::no).passes());
  EXPECT_FALSE(judge_one(divergence("TIMING_DIVERGENCE", "turn:t", 16), Expected::approved).passes());
  EXPECT_FALSE(judge_one(divergence("TIMING_DIVERGENCE", "turn:t"), Expected::approved).passes());
  const Divergence exact = divergence("TIMING_DIVERGENCE", "turn:t", 0);
  EXPECT_TRUE(judge({&exact, 1}, {.timing_tolerance_ms = -3, .expected = {}}).passes()) << "negative counts as 0";
  const Divergence late = divergence("TIMING_DIVERGENCE", "turn:t", 1);
  EXPECT_FALSE(judge({&late, 1}, {.timing_tolerance_ms = -3, .expected = {}}).passes());
}

// contract: evidence 2.5, 2.6
TEST(DivergencePolicy, ALatencyThresholdThatWasBrokenIsNotForgivenByTheTimingTolerance) {
  for (const char* scope : {"invocation_latency_final:turn:t", "invocation_latency_total:turn:t",
                            "invocation_latency_final:fixture:rd-002"}) {
    EXPECT_FALSE(judge_one(divergence("TIMING_DIVERGENCE", scope, 1), Expected::approved).passes()) << scope;
  }
  for (const char* scope : {"turn:invocation_latency_final:", "invocation_latency_finals:t", "invocation_latency:t"}) {
    EXPECT_TRUE(judge_one(divergence("TIMING_DIVERGENCE", scope, 1), Expected::no).passes()) << scope;
  }
}

// contract: evidence 2.5
TEST(DivergencePolicy, AnExpectationIsUsedUpByItsFirstMatch) {
  const Divergence both[] = {divergence("PLAN_DIVERGENCE"), divergence("PLAN_DIVERGENCE")};
  const PolicyVerdict once = judge(both, {.expected = {expectation("PLAN_DIVERGENCE")}});
  EXPECT_THAT(once.failing, SizeIs(1));
  EXPECT_THAT(once.unexplained, SizeIs(1));
  EXPECT_FALSE(once.failing[0].expected);
  EXPECT_TRUE(judge(both, {.expected = {expectation("PLAN_DIVERGENCE"), expectation("PLAN_DIVERGENCE")}}).passes());
}

// contract: evidence 2.5
TEST(DivergencePolicy, ExpectationsOfOneKindAreUsedInTheirOrder) {
  const Divergence both[] = {divergence("ORDERING_DIVERGENCE", "turn:t"), divergence("ORDERING_DIVERGENCE", "turn:t")};
  const Expectation approved = expectation("ORDERING_DIVERGENCE", "turn:t", true);
  const Expectation doubtful = expectation("ORDERING_DIVERGENCE", "turn:t", false);
  EXPECT_TRUE(judge({both, 1}, {.expected = {approved}}).passes());
  const PolicyVerdict first = judge({both, 1}, {.expected = {doubtful, approved}});
  EXPECT_THAT(first.failing, SizeIs(2)) << "the doubtful one is taken, the approved one is missing";
  EXPECT_THAT(first.missing_expected, ElementsAre(approved));
  EXPECT_THAT(first.unexplained, IsEmpty());
  EXPECT_THAT(judge(both, {.expected = {approved, doubtful}}).failing, SizeIs(1));
}

// contract: evidence 2.5
TEST(DivergencePolicy, AMatchNeedsBothClassAndScope) {
  const Divergence one = divergence("PLAN_DIVERGENCE", "turn:t");
  const PolicyVerdict verdict = judge(
      {&one, 1}, {.expected = {expectation("PLAN_DIVERGENCE", "turn:u"), expectation("OUTCOME_DIVERGENCE", "turn:t")}});
  EXPECT_THAT(verdict.failing, SizeIs(3));
  EXPECT_THAT(verdict.unexplained, SizeIs(1));
  EXPECT_THAT(verdict.missing_expected, SizeIs(2));
}

// contract: evidence 2.5
TEST(DivergencePolicy, AWithinToleranceTimingStillUsesItsExpectation) {
  const Divergence one = divergence("TIMING_DIVERGENCE", "turn:t", 1);
  const PolicyVerdict verdict = judge({&one, 1}, {.expected = {expectation("TIMING_DIVERGENCE")}});
  EXPECT_TRUE(verdict.passes());
  EXPECT_THAT(verdict.missing_expected, IsEmpty());
}

// contract: evidence 2.5
TEST(DivergencePolicy, MissingExpectationsComeLastSortedByClassThenScope) {
  const Divergence late = divergence("ZZZ", "z");
  const PolicyVerdict verdict =
      judge({&late, 1}, {.expected = {expectation("TIMING_DIVERGENCE", "b"), expectation("PLAN_DIVERGENCE", "c"),
                                      expectation("TIMING_DIVERGENCE", "a"), expectation("PLAN_DIVERGENCE", "c")}});
  EXPECT_THAT(verdict.missing_expected,
              ElementsAre(expectation("PLAN_DIVERGENCE", "c"), expectation("PLAN_DIVERGENCE", "c"),
                          expectation("TIMING_DIVERGENCE", "a"), expectation("TIMING_DIVERGENCE", "b")));
  ASSERT_THAT(verdict.failing, SizeIs(5));
  EXPECT_EQ(verdict.failing[0].class_name, "ZZZ");
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(verdict.failing[i].message_class, MessageClass::missing_expected);
    EXPECT_EQ(verdict.failing[i].class_name, verdict.missing_expected[i - 1].class_name);
    EXPECT_EQ(verdict.failing[i].scope, verdict.missing_expected[i - 1].scope);
  }
  EXPECT_THAT(verdict.unexplained, IsEmpty());
}

// ---- what holds for all inputs ---------------------------------------------------------------------------

constexpr const char* some_classes[] = {"PLAN_DIVERGENCE", "ORDERING_DIVERGENCE", "TIMING_DIVERGENCE", "OTHER"};
constexpr const char* some_scopes[] = {"a", "b"};
std::string_view any_class() { return some_classes[*rc::gen::inRange(0, 4)]; }
std::string_view any_scope() { return some_scopes[*rc::gen::inRange(0, 2)]; }

DivergencePolicy any_policy() {
  DivergencePolicy policy;
  for (int left = *rc::gen::inRange(0, 6); left > 0; --left) {
    policy.expected.push_back(expectation(any_class(), any_scope(), *rc::gen::arbitrary<bool>()));
  }
  return policy;
}

std::vector<Divergence> any_divergences() {
  std::vector<Divergence> all;
  for (int left = *rc::gen::inRange(0, 6); left > 0; --left) all.push_back(divergence(any_class(), any_scope(), 20));
  return all;
}

/// The contract's sentences, written down as plainly as they stand.
PolicyVerdict naive_verdict(const std::vector<Divergence>& all, DivergencePolicy policy) {
  PolicyVerdict verdict;
  for (Divergence one : all) {
    const auto match = std::ranges::find_if(
        policy.expected, [&](const Expectation& e) { return e.class_name == one.class_name && e.scope == one.scope; });
    const bool expected = match != policy.expected.end();
    const bool approved = expected && match->approved;
    if (expected) policy.expected.erase(match);
    one.expected = expected;
    if (one.class_name == "PLAN_DIVERGENCE" && expected) continue;
    if (one.class_name == "ORDERING_DIVERGENCE" && approved) continue;
    verdict.failing.push_back(one);
    const bool explicable = one.class_name == "PLAN_DIVERGENCE" || one.class_name == "ORDERING_DIVERGENCE";
    if (explicable && !expected) verdict.unexplained.push_back(one);
  }
  // A multimap keeps the order of equal keys.
  std::multimap<std::pair<std::string, std::string>, Expectation> left;
  for (const Expectation& e : policy.expected) left.insert({{e.class_name, e.scope}, e});
  for (const auto& [key, e] : left) verdict.missing_expected.push_back(e);
  return verdict;
}

RC_GTEST_PROP(DivergencePolicyProperty, AgreesWithTheContractsSentencesOneByOne, ()) {
  const auto divergences = any_divergences();
  const auto policy = any_policy();
  const PolicyVerdict verdict = judge(divergences, policy);
  const PolicyVerdict naive = naive_verdict(divergences, policy);
  RC_ASSERT(verdict.unexplained == naive.unexplained);
  RC_ASSERT(verdict.missing_expected == naive.missing_expected);
  RC_ASSERT(verdict.failing.size() == naive.failing.size() + naive.missing_expected.size());
  RC_ASSERT(std::equal(naive.failing.begin(), naive.failing.end(), verdict.failing.begin()));
}

RC_GTEST_PROP(DivergencePolicyProperty, NothingFailsWhenNothingDivergedAndNothingWasExpected,
              (std::int64_t tolerance)) {
  RC_ASSERT(judge({}, {.timing_tolerance_ms = tolerance, .expected = {}}).passes());
}

}  // namespace
}  // namespace phalarope::replay
