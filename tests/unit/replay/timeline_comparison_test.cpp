// Two recordings side by side: one more decision is one difference, and a difference says where it is in both.
#include "core/replay/timeline_comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/replay/sample_conversation.hpp"

namespace phalarope::replay {
namespace {

using testing::HasSubstr;

RecordedOutputs outputs() {
  SampleConversation sample;
  return read_outputs(sample.recording);
}
std::size_t place_of(const RecordedOutputs& of, EventKind kind) {
  for (std::size_t i = 0; i < of.recorded.size(); ++i) {
    if (of.recorded[i].event.kind == kind) return i;
  }
  return of.recorded.size();
}

TEST(TimelineComparison, ARecordingDoesNotDifferFromItself) {
  const auto comparison = compare_timelines(outputs(), outputs(), 0);
  EXPECT_TRUE(comparison.differences.empty());
  EXPECT_EQ(comparison.paired, outputs().recorded.size());
}

TEST(TimelineComparison, OneMoreDecisionIsOneDifferenceAndShiftsNothing) {
  auto candidate = outputs();
  const std::size_t at = place_of(candidate, EventKind::abort);
  SessionOutput more = candidate.recorded[at];
  more.event.kind = EventKind::degrade;
  candidate.recorded.insert(candidate.recorded.begin() + static_cast<std::ptrdiff_t>(at), more);
  const auto comparison = compare_timelines(outputs(), candidate, 0);
  ASSERT_EQ(comparison.differences.size(), 1U);
  EXPECT_FALSE(comparison.differences[0].a);
  EXPECT_EQ(comparison.differences[0].b, at);
  EXPECT_THAT(comparison.differences[0].divergence.message, HasSubstr("only in the candidate: degrade"));
}

TEST(TimelineComparison, AChangedReasonIsToldAtItsPlaceInBoth) {
  auto candidate = outputs();
  const std::size_t at = place_of(candidate, EventKind::abort);
  candidate.recorded[at].event.reason = Reason::provider_failure;
  const auto comparison = compare_timelines(outputs(), candidate, 0);
  ASSERT_EQ(comparison.differences.size(), 1U);
  EXPECT_EQ(comparison.differences[0].a, at);
  EXPECT_EQ(comparison.differences[0].b, at);
  EXPECT_EQ(comparison.differences[0].divergence.message_class, MessageClass::decision);
}

TEST(TimelineComparison, TimesWithinTheToleranceAreTheSame) {
  auto candidate = outputs();
  const std::size_t at = place_of(candidate, EventKind::commit);
  candidate.recorded[at].event.mono_ns += 5 * ns_per_ms;
  EXPECT_EQ(compare_timelines(outputs(), candidate, 4).differences.size(), 1U);
  EXPECT_EQ(compare_timelines(outputs(), candidate, 5).differences.size(), 0U);
}

TEST(TimelineComparison, WhatTheWholeRecordingSharesIsToldOnce) {
  auto candidate = outputs();
  candidate.context.sessions[0].session_id = "hall-board";
  candidate.context.sessions[0].plan_hash = "another";
  const auto comparison = compare_timelines(outputs(), candidate, 0);
  ASSERT_EQ(comparison.differences.size(), 2U);
  EXPECT_THAT(comparison.differences[0].divergence.message, HasSubstr("kitchen-board"));
  EXPECT_FALSE(comparison.differences[1].a || comparison.differences[1].b);
}

TEST(TimelineComparison, DifferencesStandInTheOrderOfTime) {
  auto candidate = outputs();
  for (auto& [event, session] : candidate.recorded) {
    if (event.kind == EventKind::close || event.kind == EventKind::turn_open) event.reason = Reason::timeout;
  }
  const auto comparison = compare_timelines(outputs(), candidate, 0);
  ASSERT_GT(comparison.differences.size(), 4U);
  for (std::size_t i = 1; i < comparison.differences.size(); ++i) {
    EXPECT_LE(*comparison.differences[i - 1].a, *comparison.differences[i].a);
  }
}

TEST(TimelineComparison, AnEndlessTurnIsPairedByPlace) {
  auto many = outputs();
  const SessionOutput again = many.recorded[place_of(many, EventKind::output_accepted)];
  many.recorded.assign(paired_decisions_max + 2, again);
  auto fewer = many;
  fewer.recorded.pop_back();
  const auto comparison = compare_timelines(many, fewer, 0);
  ASSERT_EQ(comparison.differences.size(), 1U);
  EXPECT_EQ(comparison.differences[0].a, paired_decisions_max + 1);
}

TEST(TimelineComparison, AgainstNothingEveryDecisionIsAlone) {
  RecordedOutputs nothing;
  nothing.context = outputs().context;
  const auto comparison = compare_timelines(outputs(), nothing, 0);
  EXPECT_EQ(comparison.differences.size(), outputs().recorded.size());
  EXPECT_EQ(comparison.paired, 0U);
}

TEST(TimelineComparison, OfSeveralSessionsEachIsComparedWithItsNamesake) {
  auto two = outputs();
  two.context.sessions.push_back(two.context.sessions[0]);
  two.context.sessions[1].session_id = "hall-board";
  const std::size_t before = two.recorded.size();
  for (std::size_t i = 0; i < before; ++i) two.recorded.push_back({two.recorded[i].event, 1});
  EXPECT_TRUE(compare_timelines(two, two, 0).differences.empty());
  auto swapped = two;
  std::ranges::rotate(swapped.recorded, swapped.recorded.begin() + static_cast<std::ptrdiff_t>(before));
  EXPECT_TRUE(compare_timelines(two, swapped, 0).differences.empty()) << "turn 1 of one is not turn 1 of the other";
  const auto comparison = compare_timelines(two, outputs(), 0);
  EXPECT_EQ(comparison.differences.size(), 1 + before);
  EXPECT_THAT(comparison.differences[0].divergence.message, HasSubstr("hall-board is only in the baseline"));
}

}  // namespace
}  // namespace phalarope::replay
