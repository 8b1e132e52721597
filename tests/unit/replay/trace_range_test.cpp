// Ranges and steps over two traces, and the cursor's text.
#include "core/replay/trace_range.hpp"

#include <gtest/gtest.h>

#include "tests/unit/replay/artifact_samples.hpp"

namespace phalarope::replay {
namespace {

using test::entry;
using test::trace_of;

ReplayArtifact artifact(std::vector<TraceEntry> trace) {
  return {.trace = std::move(trace), .decisions = {}, .lineage = {}};
}

struct Cut {
  std::optional<ReplayCursor> next;
  std::optional<ComparisonError> error;
  std::size_t baseline;
  std::size_t candidate;
};
Cut cut(const TraceRange& range, std::vector<TraceEntry> was, std::vector<TraceEntry> is) {
  ReplayArtifact baseline = artifact(std::move(was));
  ReplayArtifact candidate = artifact(std::move(is));
  const auto next = cut_behind(range, baseline, candidate);
  return {.next = next.value_or(std::nullopt),
          .error = next ? std::nullopt : std::optional(next.error()),
          .baseline = baseline.trace.size(),
          .candidate = candidate.trace.size()};
}

TEST(TraceRange, WithoutEndsNothingIsCut) {
  const Cut all = cut({}, trace_of(3), trace_of(5));
  EXPECT_EQ(all.next, std::nullopt);
  EXPECT_EQ(all.baseline, 3U);
  EXPECT_EQ(all.candidate, 5U);
}

TEST(TraceRange, TheLastEntryIsIncludedAndTheNextOneNamed) {
  const Cut some = cut({.to = cursor_of(entry(2))}, trace_of(5), trace_of(5));
  EXPECT_EQ(some.next, std::make_optional(cursor_of(entry(3))));
  EXPECT_EQ(some.baseline, 3U);
  EXPECT_EQ(some.candidate, 3U);
}

TEST(TraceRange, TheCandidateEndsBehindItsOwnCopyOfTheLastEntry) {
  auto shifted = trace_of(5);
  shifted.insert(shifted.begin(), entry(9));
  EXPECT_EQ(cut({.to = cursor_of(entry(2))}, trace_of(5), shifted).candidate, 4U);
  auto without = trace_of(5);
  without[2].decision.event_id = "another";
  EXPECT_EQ(cut({.to = cursor_of(entry(2))}, trace_of(5), without).candidate, 3U) << "as long as the baseline's part";
  EXPECT_EQ(cut({.to = cursor_of(entry(2))}, trace_of(5), trace_of(1)).candidate, 1U);
}

// contract: evidence 2.3
TEST(TraceRange, AStepIsOneEntryAndSkipsNoneThatHasNoName) {
  EXPECT_EQ(cut({.steps = 1}, trace_of(3), trace_of(3)).next, std::make_optional(cursor_of(entry(1))));
  auto nameless = trace_of(4);
  nameless[1].decision.turn_id.clear();
  const Cut step = cut({.from = cursor_of(entry(0)), .steps = 1}, nameless, nameless);
  EXPECT_EQ(step.next, std::make_optional(cursor_of(entry(2))));
  EXPECT_EQ(step.baseline, 2U);
}

// contract: evidence 2.3
TEST(TraceRange, StepsFromBeginToEndSeeEveryEntryOnce) {
  auto trace = trace_of(6);
  trace[2].decision.turn_id.clear();
  trace[3].decision.turn_id.clear();
  std::size_t seen = 0;
  std::optional<ReplayCursor> at;
  for (int steps = 0; steps < 4; ++steps) {
    const Cut step = cut({.from = at, .steps = 1}, trace, trace);
    ASSERT_FALSE(step.error.has_value());
    ASSERT_GT(step.baseline, seen);
    seen = step.baseline;
    at = step.next;
  }
  EXPECT_EQ(seen, 6U);
  EXPECT_EQ(at, std::nullopt);
}

TEST(TraceRange, SeveralStepsAreOneAfterTheOther) {
  auto trace = trace_of(6);
  trace[2].decision.turn_id.clear();
  const Cut two = cut({.from = cursor_of(entry(0)), .steps = 2}, trace, trace);
  EXPECT_EQ(two.baseline, 3U) << "the nameless entry belongs to the step before it";
  EXPECT_EQ(two.next, std::make_optional(cursor_of(entry(3))));
  EXPECT_EQ(cut({.steps = 99}, trace, trace).next, std::nullopt);
  EXPECT_EQ(cut({.steps = 99}, trace, trace).baseline, 6U);
}

TEST(TraceRange, CursorsThatAreNotThereOrStandBackwardsAreErrors) {
  EXPECT_EQ(cut({.to = cursor_of(entry(7))}, trace_of(3), trace_of(3)).error, ComparisonError::cursor_not_found);
  EXPECT_EQ(cut({.from = cursor_of(entry(7))}, trace_of(3), trace_of(3)).error, ComparisonError::cursor_not_found);
  EXPECT_EQ(cut({.from = cursor_of(entry(2)), .to = cursor_of(entry(1))}, trace_of(3), trace_of(3)).error,
            ComparisonError::invalid_request);
}

TEST(TraceRange, EmptyTracesHaveNothingToStepOver) {
  const Cut none = cut({.steps = 1}, {}, trace_of(2));
  EXPECT_EQ(none.next, std::nullopt);
  EXPECT_EQ(none.candidate, 0U);
}

// contract: evidence 2.2 rule 7
TEST(CursorText, ReadsBackWhatItWrote) {
  EXPECT_EQ(to_text(cursor_of(entry(1))), "kitchen|turn-1|ControlLane|11|event-1");
  EXPECT_EQ(cursor_from_text("kitchen|turn-1|ControlLane|11|event-1"), cursor_of(entry(1)));
  EXPECT_EQ(cursor_from_text("s|t|DataLane|0|a|b")->event_id, "a|b") << "the last part is the rest";
}

// contract: evidence 2.3
TEST(CursorName, IsACursorAnEventOrATurn) {
  auto trace = trace_of(4);
  trace[2].decision.turn_id = trace[3].decision.turn_id = "turn-000002";
  EXPECT_EQ(cursor_named("kitchen|turn-1|ControlLane|11|event-1", trace), cursor_of(trace[1]));
  EXPECT_EQ(cursor_named("event-3", trace), cursor_of(trace[3]));
  EXPECT_EQ(cursor_named("turn-000002", trace), cursor_of(trace[2])) << "the turn's first entry";
  EXPECT_EQ(cursor_named("2", trace), cursor_of(trace[2]));
  EXPECT_EQ(cursor_named("2", trace, EntryOfTurn::last), cursor_of(trace[3]));
}

TEST(CursorName, ThatNamesNothingSaysSo) {
  const auto trace = trace_of(2);
  for (const char* name : {"", "7", "99999999999999999999", "event-9", "a|b", "kitchen|turn-1|DataLane|11|event-1"}) {
    EXPECT_FALSE(cursor_named(name, trace).has_value()) << name;
  }
  EXPECT_NE(cursor_named("event-9", trace).error().find("kitchen|turn-1|ControlLane|11|event-1"), std::string::npos);
  EXPECT_FALSE(cursor_named("1", {}).has_value());
}

TEST(CursorName, OfSeveralSessionsAsksWhichIsMeant) {
  auto trace = trace_of(2);
  trace[1].decision = trace[0].decision;
  trace[1].decision.session_id = "hall";
  const auto either = cursor_named("turn-0", trace);
  ASSERT_FALSE(either.has_value());
  EXPECT_NE(either.error().find("hall|turn-0|ControlLane|11|event-0"), std::string::npos) << either.error();
}

TEST(CursorText, WhatIsNoCursorIsNotRead) {
  for (const char* text : {"", "s|t|ControlLane|1", "|t|ControlLane|1|e", "s||ControlLane|1|e", "s|t|ControlLane|1|",
                           "s|t|controllane|1|e", "s|t|ControlLane|-1|e", "s|t|ControlLane|x|e",
                           "s|t|ControlLane|9223372036854775808|e", "s|t|ControlLane||e"}) {
    EXPECT_FALSE(cursor_from_text(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace phalarope::replay
