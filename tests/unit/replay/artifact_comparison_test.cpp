// Modes, normalisation, cursors and their boundaries, and the cursor that comes back.
#include "core/replay/artifact_comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/replay/artifact_samples.hpp"

namespace phalarope::replay {
namespace {

using test::decision;
using test::entry;
using test::message_classes;
using test::trace_of;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr ReplayMode trace_modes[] = {ReplayMode::re_simulate_nodes, ReplayMode::playback_recorded_provider_outputs,
                                      ReplayMode::recompute_decisions};

ReplayArtifact artifact(std::vector<TraceEntry> trace) {
  return {.trace = std::move(trace), .decisions = {}, .lineage = {}};
}
ReplayArtifact artifact(std::vector<Decision> decisions) {
  return {.trace = {}, .decisions = std::move(decisions), .lineage = {}};
}

ComparisonResult compared(const ReplayArtifact& was, const ReplayArtifact& is,
                          const ComparisonRequest& request = {.mode = ReplayMode::re_simulate_nodes}) {
  const auto result = compare(was, is, request);
  EXPECT_TRUE(result.has_value());
  return result.value_or(ComparisonResult{});
}

// contract: D7
TEST(ReplayMode, OldNamesReadAsTheirModes) {
  EXPECT_EQ(replay_mode_named("audit"), ReplayMode::replay_decisions);
  EXPECT_EQ(replay_mode_named("regression"), ReplayMode::recompute_decisions);
  EXPECT_EQ(replay_mode_named("replay_decisions"), ReplayMode::replay_decisions);
  EXPECT_EQ(replay_mode_named("recompute_decisions"), ReplayMode::recompute_decisions);
  EXPECT_EQ(replay_mode_named("re_simulate_nodes"), ReplayMode::re_simulate_nodes);
  EXPECT_EQ(replay_mode_named("playback_recorded_provider_outputs"), ReplayMode::playback_recorded_provider_outputs);
  for (const char* unknown : {"", "Audit", "audit ", "rewind_tape"})
    EXPECT_FALSE(replay_mode_named(unknown)) << unknown;
}

// contract: evidence 2.2 rule 2
TEST(Normalise, FillsLaneSequenceAndMarker) {
  struct Case {
    std::int64_t sequence;
    const char* marker;
    std::int64_t sequence_after;
    const char* marker_after;
  };
  const Case cases[] = {{5, "runtime_sequence:9", 5, "runtime_sequence:9"},
                        {0, "", 0, "runtime_sequence:0"},
                        {-1, "runtime_sequence:9", 9, "runtime_sequence:9"},
                        {-1, "runtime_sequence:007", 7, "runtime_sequence:007"},
                        {-1, "", 1, "runtime_sequence:1"},
                        {-1, " \t\xC2\xA0", 1, "runtime_sequence:1"},
                        {-1, "runtime_sequence:", 1, "runtime_sequence:"},
                        {-1, "runtime_sequence:-4", 1, "runtime_sequence:-4"},
                        {-1, "runtime_sequence:+4", 1, "runtime_sequence:+4"},
                        {-1, "runtime_sequence:4 ", 1, "runtime_sequence:4 "},
                        {-1, "runtime_sequence:9223372036854775807", 9223372036854775807, nullptr},
                        {-1, "runtime_sequence:9223372036854775808", 1, nullptr},
                        {-7, "marker-3", 1, "marker-3"}};
  for (const Case& one : cases) {
    auto trace = trace_of(2);
    trace[1].lane.reset();
    trace[1].runtime_sequence = one.sequence;
    trace[1].ordering_marker = one.marker;
    normalise(trace);
    EXPECT_EQ(trace[1].lane, Lane::data);
    EXPECT_EQ(trace[0].lane, Lane::control) << "a known lane is kept";
    EXPECT_EQ(trace[1].runtime_sequence, one.sequence_after) << one.marker;
    EXPECT_EQ(trace[1].ordering_marker, one.marker_after != nullptr ? one.marker_after : one.marker);
  }
}

// contract: evidence 2.2 rule 2
TEST(Comparison, EntriesAreComparedAsNormalised) {
  auto was = trace_of(2);
  auto is = trace_of(2);
  was[1].runtime_sequence = 1;
  was[1].ordering_marker = "runtime_sequence:1";
  is[1].runtime_sequence = -1;
  is[1].ordering_marker = " ";
  EXPECT_THAT(compared(artifact(was), artifact(is)).divergences, IsEmpty());
}

// contract: evidence 2.2 rule 4
TEST(Comparison, ReplayDecisionsSeesDecisionsOnlyAndTheOtherModesSeeAll) {
  auto is = trace_of(2);
  is[0].plan_hash = "other";
  is[1].decision.reason = "other";
  const auto found = compared(artifact(trace_of(2)), artifact(is), {.mode = ReplayMode::replay_decisions});
  EXPECT_THAT(message_classes(found.divergences), ElementsAre(MessageClass::decision));
  for (const ReplayMode mode : trace_modes) {
    EXPECT_THAT(message_classes(compared(artifact(trace_of(2)), artifact(is), {.mode = mode}).divergences),
                ElementsAre(MessageClass::plan_hash, MessageClass::decision));
  }
}

// contract: evidence 2.2 rule 4
TEST(Comparison, DecisionsComeFromTheTraceElseFromTheList) {
  const ComparisonRequest decisions{.mode = ReplayMode::replay_decisions};
  const ReplayArtifact listed = artifact(std::vector{decision(0), decision(1)});
  EXPECT_THAT(compared(artifact(trace_of(2)), listed, decisions).divergences, IsEmpty());
  EXPECT_THAT(compared(listed, artifact(trace_of(2)), decisions).divergences, IsEmpty());
  EXPECT_THAT(compared(listed, listed, decisions).divergences, IsEmpty());
  ReplayArtifact both = artifact(trace_of(2));
  both.decisions = {decision(5)};
  EXPECT_THAT(compared(both, listed, decisions).divergences, IsEmpty()) << "a trace stands above the list";
  EXPECT_THAT(message_classes(compared(listed, artifact(std::vector{decision(0)}), decisions).divergences),
              ElementsAre(MessageClass::length));
  EXPECT_THAT(compared(listed, artifact(std::vector<Decision>{})).divergences, IsEmpty())
      << "the other modes look at traces only";
}

// contract: evidence 2.2 rule 5
TEST(Comparison, LineageIsComparedInEveryModeAndFromBeforeTheCursor) {
  ReplayArtifact was = artifact(trace_of(3));
  was.lineage = {{"event-0", "", true}};
  for (const ReplayMode mode : {ReplayMode::replay_decisions, ReplayMode::re_simulate_nodes}) {
    const auto found = compared(was, artifact(trace_of(3)), {.mode = mode, .cursor = cursor_of(entry(2))});
    EXPECT_THAT(message_classes(found.divergences), ElementsAre(MessageClass::lineage_absent));
  }
  EXPECT_THAT(compared(artifact(trace_of(3)), was).divergences, IsEmpty()) << "extra entries are ignored";
}

// contract: evidence 2.3
TEST(Cursor, MatchesAnEntryByAllFiveFields) {
  void (*const bends[])(ReplayCursor&) = {
      [](ReplayCursor& c) { c.session_id += "x"; }, [](ReplayCursor& c) { c.turn_id += "x"; },
      [](ReplayCursor& c) { c.lane = Lane::data; }, [](ReplayCursor& c) { ++c.runtime_sequence; },
      [](ReplayCursor& c) { c.event_id += "x"; }};
  for (const auto bend : bends) {
    ReplayCursor cursor = cursor_of(entry(1));
    bend(cursor);
    const auto result = compare(artifact(trace_of(3)), artifact(trace_of(3)), {.cursor = cursor});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error(), ComparisonError::cursor_not_found);
  }
  EXPECT_TRUE(compare(artifact(trace_of(3)), artifact(trace_of(3)), {.cursor = cursor_of(entry(1))}).has_value());
}

// contract: evidence 2.3
TEST(Cursor, MatchesAfterNormalisation) {
  auto trace = trace_of(2);
  trace[1].lane.reset();
  trace[1].runtime_sequence = -1;
  trace[1].ordering_marker = "";
  ReplayCursor cursor = cursor_of(entry(1));
  cursor.lane = Lane::data;
  cursor.runtime_sequence = 1;
  EXPECT_TRUE(compare(artifact(trace), artifact(trace), {.cursor = cursor}).has_value());
}

// contract: evidence 2.1
TEST(Cursor, OneThatIsNotWholeIsRefusedBeforeAnythingIsLookedFor) {
  void (*const bends[])(ReplayCursor&) = {
      [](ReplayCursor& c) { c.session_id.clear(); }, [](ReplayCursor& c) { c.turn_id.clear(); },
      [](ReplayCursor& c) { c.event_id.clear(); }, [](ReplayCursor& c) { c.runtime_sequence = -1; }};
  for (const auto bend : bends) {
    ReplayCursor cursor = cursor_of(entry(1));
    bend(cursor);
    const auto result = compare(artifact(trace_of(3)), artifact(trace_of(3)), {.cursor = cursor});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error(), ComparisonError::invalid_request);
  }
}

// contract: evidence 2.3
TEST(Cursor, EachSideStartsAtItsOwnPlaceAndTheBoundaryEntryIsCompared) {
  auto shifted = trace_of(3);
  shifted.insert(shifted.begin(), entry(9));
  auto bent = shifted;
  bent[2].plan_hash = "other";
  const ComparisonRequest request{.mode = ReplayMode::re_simulate_nodes, .cursor = cursor_of(entry(1))};
  EXPECT_THAT(compared(artifact(trace_of(3)), artifact(shifted), request).divergences, IsEmpty());
  EXPECT_THAT(message_classes(compared(artifact(trace_of(3)), artifact(bent), request).divergences),
              ElementsAre(MessageClass::plan_hash));
}

// contract: evidence 2.3
TEST(Cursor, MissingFromTheCandidateItStartsAtTheBaselinesIndex) {
  const ComparisonRequest request{.mode = ReplayMode::re_simulate_nodes, .cursor = cursor_of(entry(2))};
  auto other = trace_of(4);
  other[2].decision.event_id = "another";
  const auto found = compared(artifact(trace_of(4)), artifact(other), request);
  EXPECT_THAT(message_classes(found.divergences), ElementsAre(MessageClass::cursor_boundary, MessageClass::decision));
  EXPECT_EQ(found.divergences[0].class_name, "ORDERING_DIVERGENCE");
  EXPECT_EQ(found.divergences[0].scope, "turn:turn-2");

  EXPECT_THAT(message_classes(compared(artifact(trace_of(4)), artifact(trace_of(2)), request).divergences),
              ElementsAre(MessageClass::cursor_boundary, MessageClass::length))
      << "as long as the index: it starts at its end";
  EXPECT_THAT(message_classes(compared(artifact(trace_of(4)), artifact(trace_of(1)), request).divergences),
              ElementsAre(MessageClass::cursor_boundary, MessageClass::length))
      << "shorter: exhausted";
}

// contract: evidence 2.3
TEST(Cursor, ACandidateWithoutATraceIsNotExhaustedAtItsBeginning) {
  const ComparisonRequest request{.mode = ReplayMode::replay_decisions, .cursor = cursor_of(entry(0))};
  const ReplayArtifact listed = artifact(std::vector{decision(0), decision(1)});
  EXPECT_THAT(message_classes(compared(artifact(trace_of(2)), listed, request).divergences),
              ElementsAre(MessageClass::cursor_boundary));
}

// contract: evidence 2.3
TEST(Cursor, AnExhaustedCandidateHasNoDecisionsEither) {
  const ComparisonRequest request{.mode = ReplayMode::replay_decisions, .cursor = cursor_of(entry(2))};
  const ReplayArtifact listed = artifact(std::vector{decision(2), decision(3)});
  EXPECT_THAT(message_classes(compared(artifact(trace_of(4)), listed, request).divergences),
              ElementsAre(MessageClass::cursor_boundary, MessageClass::length));
}

// contract: evidence 2.3
TEST(Cursor, ABaselineWithoutATraceHasNoEntryToName) {
  const auto result = compare(artifact(std::vector{decision(1)}), artifact(std::vector{decision(1)}),
                              {.mode = ReplayMode::replay_decisions, .cursor = cursor_of(entry(1))});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error(), ComparisonError::cursor_not_found);
}

// contract: evidence 2.2 rule 6
TEST(Cursor, TheResultNamesTheLastEntryOfTheBaselineThatHasATurn) {
  auto trace = trace_of(3);
  EXPECT_EQ(compared(artifact(trace), artifact(trace_of(1))).cursor, cursor_of(entry(2)));
  trace[2].decision.turn_id.clear();
  EXPECT_EQ(compared(artifact(trace), artifact(trace)).cursor, std::nullopt);
  EXPECT_EQ(compared(artifact(trace_of(0)), artifact(trace_of(2))).cursor, std::nullopt);
}

RC_GTEST_PROP(ComparisonProperty, EveryArtifactEqualsItselfFromEveryCursorInEveryMode, ()) {
  auto trace = trace_of(*rc::gen::inRange(1, 6));
  for (TraceEntry& one : trace) {
    if (*rc::gen::arbitrary<bool>()) one.lane.reset();
    if (*rc::gen::arbitrary<bool>()) one.runtime_sequence = -1;
    if (*rc::gen::arbitrary<bool>()) one.ordering_marker = " ";
  }
  auto normal = trace;
  normalise(normal);
  const auto again = [&] {
    auto twice = normal;
    normalise(twice);
    return cursor_of(twice.back()) == cursor_of(normal.back());
  };
  RC_ASSERT(again());
  const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(trace.size())));
  const auto mode = static_cast<ReplayMode>(*rc::gen::inRange(0, 4));
  const auto result = compare(artifact(trace), artifact(trace), {.mode = mode, .cursor = cursor_of(normal[at])});
  RC_ASSERT(result.has_value());
  RC_ASSERT(result->divergences.empty());
  RC_ASSERT(result->cursor == cursor_of(normal.back()));
}

RC_GTEST_PROP(ComparisonProperty, TheResultsCursorResumesAtThatEntry, ()) {
  const auto trace = trace_of(*rc::gen::inRange(1, 6));
  const auto first = compare(artifact(trace), artifact(trace), {});
  RC_ASSERT(first.has_value());
  const auto resumed = compare(artifact(trace), artifact(trace), {.cursor = first->cursor});
  RC_ASSERT(resumed.has_value() && resumed->divergences.empty() && resumed->cursor == first->cursor);
}

}  // namespace
}  // namespace phalarope::replay
