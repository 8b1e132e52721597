// Sync drops: what each policy says, what it refuses, and that a group falls whole.
#include "core/engine/sync/sync_engine.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

namespace phalarope {
namespace {

constexpr SyncSubject complete{.session = SymbolId{1},
                               .pipeline_version = SymbolId{2},
                               .edge = EdgeIndex{3},
                               .target_lane = Lane::data,
                               .sync_domain = SymbolId{4},
                               .discontinuity_id = SymbolId{5}};
constexpr DropRange range{10, 12};

Event cause() {
  Event event{};
  event.runtime_sequence = 9;
  event.turn_number = 1;
  return event;
}

std::string told(const SyncSignals& signals) {
  std::string text;
  for (const PressureSignal& signal : signals) {
    text += text.empty() ? "" : " ";
    text += std::string(name_of(signal.event.kind)) + std::string(text_of(signal.suffix)) + ":" +
            name_of(signal.event.reason);
  }
  return text;
}

// contract: 8.3 row 1, F5
TEST(SyncEngine, AtomicDropSaysOneNoticeOverTheRange) {
  const auto decided = decide_sync_drop(SyncPolicy::atomic_drop, complete, range, cause());
  ASSERT_TRUE(decided.has_value());
  EXPECT_EQ(told(*decided), "drop_notice-drop:sync_atomic_drop");
  const Event& notice = (*decided)[0].event;
  EXPECT_EQ(notice.emitter, Emitter::edge_buffer);
  EXPECT_EQ(notice.edge, 3U);
  EXPECT_EQ(notice.range_start, 10);
  EXPECT_EQ(notice.range_end, 12);
  EXPECT_TRUE(notice.has(EventFlag::has_range));
}

// contract: 8.3 row 2, F5
TEST(SyncEngine, DropWithDiscontinuitySaysTheNoticeThenTheMarker) {
  const auto decided = decide_sync_drop(SyncPolicy::drop_with_discontinuity, complete, range, cause());
  ASSERT_TRUE(decided.has_value());
  EXPECT_EQ(told(*decided),
            "drop_notice-drop:sync_drop_with_discontinuity discontinuity-discontinuity:sync_domain_partial_loss");
  const Event& marker = (*decided)[1].event;
  EXPECT_EQ(marker.emitter, Emitter::sync_integrity);
  EXPECT_EQ(marker.lane, Lane::control);
  EXPECT_EQ(marker.argument_a, 4);
  EXPECT_EQ(marker.sync_or_merge_group, 5U);
}

// contract: 8.3 "needs sync_domain and discontinuity_id"
TEST(SyncEngine, ADiscontinuityNeedsItsDomainAndIdAndAnAtomicDropDoesNot) {
  SyncSubject subject = complete;
  subject.sync_domain = {};
  EXPECT_EQ(decide_sync_drop(SyncPolicy::drop_with_discontinuity, subject, range, cause()).error(),
            SyncError::domain_missing);
  subject = complete;
  subject.discontinuity_id = {};
  EXPECT_EQ(decide_sync_drop(SyncPolicy::drop_with_discontinuity, subject, range, cause()).error(),
            SyncError::discontinuity_id_missing);
  EXPECT_TRUE(decide_sync_drop(SyncPolicy::atomic_drop, subject, range, cause()).has_value());
}

// contract: 8.3 row 3
TEST(SyncEngine, OtherPoliciesAreRefused) {
  for (const SyncPolicy policy : {SyncPolicy::none, SyncPolicy::no_sync, static_cast<SyncPolicy>(9)}) {
    EXPECT_EQ(decide_sync_drop(policy, complete, range, cause()).error(), SyncError::policy_not_synchronised);
  }
}

// contract: 8.3 "all required"
TEST(SyncEngine, EachMissingInputIsRefusedByName) {
  const auto error_of = [](const SyncSubject& subject, const Event& event) {
    return decide_sync_drop(SyncPolicy::atomic_drop, subject, range, event).error();
  };
  SyncSubject subject = complete;
  subject.session = {};
  EXPECT_EQ(error_of(subject, cause()), SyncError::session_missing);
  subject = complete;
  subject.pipeline_version = {};
  EXPECT_EQ(error_of(subject, cause()), SyncError::pipeline_version_missing);
  subject = complete;
  subject.edge = no_edge;
  EXPECT_EQ(error_of(subject, cause()), SyncError::edge_missing);
  subject = complete;
  subject.target_lane = static_cast<Lane>(7);
  EXPECT_EQ(error_of(subject, cause()), SyncError::target_lane_unknown);
  EXPECT_EQ(error_of(complete, Event{}), SyncError::event_id_missing);
  EXPECT_EQ(decide_sync_drop(SyncPolicy::atomic_drop, complete, {3, 2}, cause()).error(), SyncError::range_invalid);
}

// contract: 8.3 "Bare sync-loss report"
TEST(SyncEngine, ABareReportIsOneMarkerUnderItsOwnIdOrOneNotice) {
  const auto marker = report_sync_loss(SyncLoss::discontinuity, complete, {}, cause());
  ASSERT_TRUE(marker.has_value());
  EXPECT_EQ(marker->event.kind, EventKind::discontinuity);
  EXPECT_EQ(marker->suffix, IdSuffix::none);
  const auto notice = report_sync_loss(SyncLoss::atomic_drop, complete, range, cause());
  ASSERT_TRUE(notice.has_value());
  EXPECT_EQ(notice->event.reason, Reason::sync_atomic_drop);
  SyncSubject subject = complete;
  subject.discontinuity_id = {};
  EXPECT_EQ(report_sync_loss(SyncLoss::discontinuity, subject, {}, cause()).error(),
            SyncError::discontinuity_id_missing);
}

// contract: 8.3 "dropping one member drops all members of the group on that edge"
TEST(SyncEngine, AGroupFallsWhole) {
  std::array<Event, 6> queued{};
  for (std::size_t i = 0; i < queued.size(); ++i) {
    queued[i].runtime_sequence = i + 1;
    queued[i].sync_or_merge_group = i % 2 == 0 ? 77 : 88;
  }
  std::vector<std::size_t> fallen;
  const auto drop = [&](std::size_t index) { fallen.push_back(index); };
  EXPECT_EQ(drop_group(queued, queued[2], SyncGroupBy::none, drop), 3U);
  EXPECT_EQ(fallen, (std::vector<std::size_t>{0, 2, 4})) << "sync_id is the default key";
  fallen.clear();
  EXPECT_EQ(drop_group(queued, queued[2], SyncGroupBy::event_id, drop), 1U);
  EXPECT_EQ(fallen, (std::vector<std::size_t>{2}));
  EXPECT_EQ(drop_group(queued, Event{}, SyncGroupBy::sync_id, drop), 0U) << "no group, nobody else";
}

// contract: 8.3 "plan_wide"
TEST(SyncEngine, PlanWideRepeatsTheMarkerOnEveryOtherEdge) {
  const auto marker = report_sync_loss(SyncLoss::discontinuity, complete, {}, cause());
  ASSERT_TRUE(marker.has_value());
  const std::array edges{EdgeIndex{1}, EdgeIndex{3}, EdgeIndex{8}};
  std::vector<std::uint8_t> marked;
  repeat_on_domain(*marker, edges, [&](const PressureSignal& signal) {
    marked.push_back(signal.event.edge);
    EXPECT_EQ(signal.event.sync_or_merge_group, 5U);
  });
  EXPECT_EQ(marked, (std::vector<std::uint8_t>{1, 8}));
}

// contract: 8.3 "all required", "Bare sync-loss report"
TEST(SyncEngine, ABareReportNeedsWhatItsSignalCarries) {
  SyncSubject subject = complete;
  subject.edge = no_edge;
  EXPECT_EQ(report_sync_loss(SyncLoss::atomic_drop, subject, range, cause()).error(), SyncError::edge_missing);
  EXPECT_EQ(report_sync_loss(SyncLoss::atomic_drop, complete, {3, 2}, cause()).error(), SyncError::range_invalid);
  EXPECT_TRUE(report_sync_loss(SyncLoss::discontinuity, complete, {3, 2}, cause()).has_value())
      << "a discontinuity is about no range";
  EXPECT_EQ(report_sync_loss(static_cast<SyncLoss>(9), complete, range, cause()).error(),
            SyncError::policy_not_synchronised);
}

// contract: 8.3 "the group key is the member named by group_by"
TEST(SyncEngine, TheGroupIsTheMemberThatGroupByNames) {
  Event item{};
  item.sync_or_merge_group = 77;
  item.runtime_sequence = 5;
  EXPECT_EQ(sync_group_of(item, SyncGroupBy::none), 77U) << "the default is the sync id";
  EXPECT_EQ(sync_group_of(item, SyncGroupBy::sync_id), 77U);
  EXPECT_EQ(sync_group_of(item, SyncGroupBy::custom), 77U);
  EXPECT_EQ(sync_group_of(item, SyncGroupBy::event_id), 5U);
  EXPECT_EQ(sync_group_of(item, static_cast<SyncGroupBy>(9)), 0U) << "an unknown key groups nobody";
}

TEST(SyncError, EachSaysItsIdAndWhatToDo) {
  std::set<std::string> ids;
  for (std::uint8_t error = 0; error <= static_cast<std::uint8_t>(SyncError::policy_not_synchronised); ++error) {
    const std::string sentence = describe(static_cast<SyncError>(error));
    EXPECT_NE(sentence.find(": "), std::string::npos) << sentence;
    EXPECT_TRUE(ids.insert(sentence.substr(0, sentence.find(':'))).second) << sentence;
  }
  EXPECT_TRUE(ids.contains("policy_not_synchronised"));
}

}  // namespace
}  // namespace phalarope
