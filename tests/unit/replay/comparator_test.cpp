// The comparator's rows, one by one and in their order; decisions field by field; lineage; and what holds always.
#include "core/replay/comparator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "tests/unit/replay/artifact_samples.hpp"

namespace phalarope::replay {
namespace {

using test::entry;
using test::message_classes;
using test::trace_of;
using testing::ElementsAre;
using testing::IsEmpty;

Divergences between(const TraceEntry& was, const TraceEntry& is, std::int64_t tolerance_ms = 0) {
  Divergences out;
  compare_traces({&was, 1}, {&is, 1}, tolerance_ms, out);
  return out;
}

struct Row {
  MessageClass message_class;
  const char* class_name;
  void (*bend)(TraceEntry& entry);
};
const Row rows[] = {
    {MessageClass::plan_hash, "PLAN_DIVERGENCE", [](TraceEntry& e) { e.plan_hash += "x"; }},
    {MessageClass::snapshot_provenance, "PLAN_DIVERGENCE", [](TraceEntry& e) { e.snapshot_provenance_ref += "x"; }},
    {MessageClass::decision, "OUTCOME_DIVERGENCE", [](TraceEntry& e) { e.decision.reason += "x"; }},
    {MessageClass::ordering_marker, "ORDERING_DIVERGENCE", [](TraceEntry& e) { e.ordering_marker += "x"; }},
    {MessageClass::provider_choice, "PROVIDER_CHOICE_DIVERGENCE", [](TraceEntry& e) { e.provider_id += "x"; }},
    {MessageClass::provider_choice, "PROVIDER_CHOICE_DIVERGENCE", [](TraceEntry& e) { e.provider_model += "x"; }},
    {MessageClass::authority_epoch, "AUTHORITY_DIVERGENCE", [](TraceEntry& e) { ++e.authority_epoch; }},
    {MessageClass::timing, "TIMING_DIVERGENCE", [](TraceEntry& e) { ++e.runtime_timestamp_ms; }},
};

// contract: evidence 2.4
TEST(Comparator, EachRowRaisesItsOwnClassAndNoOther) {
  for (const Row& row : rows) {
    TraceEntry bent = entry(1);
    row.bend(bent);
    const Divergences found = between(entry(1), bent);
    ASSERT_EQ(found.size(), 1U) << name_of(row.message_class);
    EXPECT_EQ(found[0].message_class, row.message_class);
    EXPECT_EQ(found[0].class_name, row.class_name);
    EXPECT_EQ(found[0].scope, "turn:turn-1");
    EXPECT_FALSE(found[0].message.empty());
    EXPECT_EQ(found[0].diff_ms.has_value(), row.message_class == MessageClass::timing);
  }
}

// contract: evidence 2.4
TEST(Comparator, AllRowsOfOneEntryStandInTheContractsOrder) {
  TraceEntry bent = entry(1);
  for (const Row& row : rows) row.bend(bent);
  EXPECT_THAT(message_classes(between(entry(1), bent)),
              ElementsAre(MessageClass::plan_hash, MessageClass::snapshot_provenance, MessageClass::decision,
                          MessageClass::ordering_marker, MessageClass::provider_choice, MessageClass::authority_epoch,
                          MessageClass::timing));
}

// contract: evidence 2.4
TEST(Comparator, LaneAndSequenceAreNotCompared) {
  TraceEntry bent = entry(1);
  bent.lane = Lane::telemetry;
  bent.runtime_sequence += 5;
  EXPECT_THAT(between(entry(1), bent), IsEmpty());
}

// contract: evidence 2.4
TEST(Comparator, EveryFieldOfADecisionCountsButTheTimestampMirror) {
  void (*const bends[])(Decision&) = {[](Decision& d) { d.outcome_kind = "reject"; },
                                      [](Decision& d) { d.phase = "active_turn"; },
                                      [](Decision& d) { d.scope = "session"; },
                                      [](Decision& d) { d.session_id += "x"; },
                                      [](Decision& d) { d.turn_id = ""; },
                                      [](Decision& d) { d.event_id += "x"; },
                                      [](Decision& d) { ++d.runtime_timestamp_ms; },
                                      [](Decision& d) { ++d.wall_clock_timestamp_ms; },
                                      [](Decision& d) { d.emitted_by = "CP-05"; },
                                      [](Decision& d) { d.reason += "x"; },
                                      [](Decision& d) { d.authority_epoch.reset(); },
                                      [](Decision& d) { d.authority_epoch = 8; }};
  for (const auto bend : bends) {
    TraceEntry bent = entry(1);
    bend(bent.decision);
    EXPECT_THAT(message_classes(between(entry(1), bent)), ElementsAre(MessageClass::decision));
    EXPECT_THAT(message_classes(between(bent, entry(1))), ElementsAre(MessageClass::decision));
  }
  TraceEntry without_epoch = entry(1);
  without_epoch.decision.authority_epoch.reset();
  EXPECT_THAT(between(without_epoch, without_epoch), IsEmpty()) << "both absent is equal";
}

// contract: evidence 2.4
TEST(Comparator, TheScopeIsTheBaselinesTurnElseItsSession) {
  TraceEntry was = entry(1);
  TraceEntry is = entry(2);
  EXPECT_EQ(between(was, is)[0].scope, "turn:turn-1");
  was.decision.turn_id.clear();
  EXPECT_EQ(between(was, is)[0].scope, "session:kitchen");
}

// contract: evidence 2.4
TEST(Comparator, ALengthDifferenceComesFirstAndTheCommonPrefixIsStillCompared) {
  auto was = trace_of(3);
  auto is = trace_of(2);
  is[1].plan_hash = "other";
  Divergences out;
  compare_traces(was, is, 0, out);
  EXPECT_THAT(message_classes(out), ElementsAre(MessageClass::length, MessageClass::plan_hash));
  EXPECT_EQ(out[0].class_name, "OUTCOME_DIVERGENCE");
  EXPECT_EQ(out[0].scope, "trace");
  out.clear();
  compare_traces(is, was, 0, out);
  EXPECT_THAT(message_classes(out), ElementsAre(MessageClass::length, MessageClass::plan_hash));
}

// contract: evidence 2.4
TEST(Comparator, TimeMayBeApartByTheToleranceAndNoMoreEitherWay) {
  TraceEntry late = entry(1);
  late.runtime_timestamp_ms += 12;
  EXPECT_THAT(between(entry(1), late, 12), IsEmpty());
  EXPECT_THAT(between(late, entry(1), 12), IsEmpty());
  EXPECT_EQ(between(entry(1), late, 11)[0].diff_ms, 12);
  EXPECT_EQ(between(late, entry(1), 11)[0].diff_ms, 12);
  EXPECT_EQ(between(entry(1), late, -100)[0].diff_ms, 12) << "a negative tolerance is 0";
  EXPECT_THAT(between(entry(1), entry(1), -100), IsEmpty());
}

TEST(Comparator, ADistanceThatNoNumberHoldsIsToldAsTheLargest) {
  constexpr auto smallest = std::numeric_limits<std::int64_t>::min();
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  TraceEntry was = entry(1);
  TraceEntry is = entry(1);
  was.runtime_timestamp_ms = smallest;
  is.runtime_timestamp_ms = largest;
  EXPECT_EQ(between(was, is)[0].diff_ms, largest);
  EXPECT_EQ(between(is, was)[0].diff_ms, largest);
}

// contract: evidence 2.4
TEST(Comparator, DecisionListsAreComparedByLengthAndIndex) {
  const Decision first = test::decision(1);
  const Decision second = test::decision(2);
  Decision bent = second;
  bent.outcome_kind = "reject";
  const Decision* was[] = {&first, &second, &first};
  const Decision* is[] = {&first, &bent};
  Divergences out;
  compare_decisions(was, is, out);
  EXPECT_THAT(message_classes(out), ElementsAre(MessageClass::length, MessageClass::decision));
  EXPECT_EQ(out[0].scope, "trace");
  EXPECT_EQ(out[1].class_name, "OUTCOME_DIVERGENCE");
  EXPECT_EQ(out[1].scope, "turn:turn-2");
}

// contract: evidence 2.4
TEST(Comparator, LineageTellsADropFromAnAbsence) {
  const std::vector<LineageEntry> was = {{"a", "", true}, {"b", "g1", false}, {"c", "", false}, {"d", "g1", false}};
  const std::vector<LineageEntry> is = {
      {"b", "g2", true}, {"d", "", true}, {"a", "", true}, {"extra", "", true}, {"d", "g1", false}};
  Divergences out;
  compare_lineage(was, is, out);
  EXPECT_THAT(message_classes(out), ElementsAre(MessageClass::lineage_dropped, MessageClass::lineage_merge_group,
                                                MessageClass::lineage_absent))
      << "a dropped is equal, b differs twice, c is absent, of the two d the last counts";
  EXPECT_EQ(out[0].scope, "event:b");
  EXPECT_EQ(out[2].scope, "event:c");
  for (const Divergence& divergence : out) EXPECT_EQ(divergence.class_name, "OUTCOME_DIVERGENCE");
}

// contract: evidence 2.4
TEST(Comparator, EveryBaselineEntryIsLookedForAlsoARepeatedOne) {
  Divergences out;
  compare_lineage(std::vector<LineageEntry>{{"a", "", false}, {"a", "", false}}, {}, out);
  EXPECT_EQ(out.size(), 2U);
}

// ---- what holds for all traces ---------------------------------------------------------------------------

std::vector<TraceEntry> any_trace() {
  auto trace = trace_of(*rc::gen::inRange(0, 6));
  for (TraceEntry& one : trace) {
    for (const Row& row : rows) {
      if (*rc::gen::inRange(0, 4) == 0) row.bend(one);
    }
  }
  return trace;
}

RC_GTEST_PROP(ComparatorProperty, ATraceComparedWithItselfHasNoDivergence, ()) {
  const auto trace = any_trace();
  Divergences out;
  compare_traces(trace, trace, *rc::gen::inRange(-5, 5), out);
  RC_ASSERT(out.empty());
}

RC_GTEST_PROP(ComparatorProperty, SwappingTheSidesRaisesTheSameRulesInTheSameOrder, ()) {
  const auto one = any_trace();
  const auto other = any_trace();
  Divergences there;
  Divergences back;
  compare_traces(one, other, 0, there);
  compare_traces(other, one, 0, back);
  RC_ASSERT(message_classes(there) == message_classes(back));
  for (std::size_t i = 0; i < there.size(); ++i) RC_ASSERT(there[i].diff_ms == back[i].diff_ms);
}

RC_GTEST_PROP(ComparatorProperty, AWiderToleranceOnlyTakesTimingDivergencesAway, ()) {
  const auto one = any_trace();
  const auto other = any_trace();
  Divergences narrow;
  Divergences wide;
  compare_traces(one, other, 0, narrow);
  compare_traces(one, other, 1, wide);
  std::erase_if(narrow, [](const Divergence& divergence) { return divergence.diff_ms == 1; });
  RC_ASSERT(narrow == wide);
}

}  // namespace
}  // namespace phalarope::replay
