// The ledger: whatever is lost on the way, the point never passes it, and a pass over the store brings it.
#include "core/fleet/export_ledger.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <set>
#include <vector>

namespace phalarope::fleet {
namespace {

StorePlace place_of(std::uint64_t sequence) { return {.segment_number = sequence / 10, .sequence = sequence}; }

/// Runs one pass over `store`; every record arrives. Answers what was sent.
std::vector<std::uint64_t> run_pass(ExportLedger& sut, const std::set<std::uint64_t>& store, PassResult* result) {
  std::vector<std::uint64_t> sent;
  const CatchUpPass pass = sut.begin_pass();
  for (auto at = store.lower_bound(pass.from.sequence); at != store.end() && *at < pass.until_sequence; ++at) {
    if (!sut.wants(place_of(*at))) continue;
    sut.caught_up(place_of(*at));
    sent.push_back(*at);
  }
  *result = sut.end_pass();
  return sent;
}

// contract: evidence 8
TEST(ExportLedger, ThePointFollowsWhatArrives) {
  ExportLedger sut({}, 0, 0);
  EXPECT_FALSE(sut.behind());
  sut.stored(place_of(3));
  sut.stored(place_of(27));
  sut.acknowledged(place_of(3));
  EXPECT_EQ(sut.point(), (StorePlace{.segment_number = 0, .sequence = 4}));
  sut.acknowledged(place_of(27));
  EXPECT_EQ(sut.point(), (StorePlace{.segment_number = 2, .sequence = 28}));
}

TEST(ExportLedger, WhatWasLostIsSentFromTheStoreAndWhatArrivedIsNotSentAgain) {
  ExportLedger sut({}, 0, 0);
  for (const std::uint64_t i : {1U, 2U, 3U, 4U}) sut.stored(place_of(i));
  sut.acknowledged(place_of(1));
  sut.lost();  // 2
  sut.acknowledged(place_of(3));
  sut.lost();  // 4
  EXPECT_TRUE(sut.behind());
  EXPECT_EQ(sut.point().sequence, 2U);
  EXPECT_EQ(sut.unacknowledged(), 2U);
  PassResult result;
  EXPECT_EQ(run_pass(sut, {1, 2, 3, 4}, &result), (std::vector<std::uint64_t>{2, 4}));
  EXPECT_EQ(result.delivered, 2U);
  EXPECT_EQ(result.evicted, 0U);
  EXPECT_FALSE(sut.behind());
  EXPECT_EQ(sut.point().sequence, 5U);
  EXPECT_EQ(sut.unacknowledged(), 0U);
}

TEST(ExportLedger, WhatTheStoreNoLongerHoldsIsCountedAsEvicted) {
  ExportLedger sut({}, 0, 0);
  for (const std::uint64_t i : {1U, 2U, 3U}) {
    sut.stored(place_of(i));
    sut.lost();
  }
  PassResult result;
  EXPECT_EQ(run_pass(sut, {3}, &result), (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(result.evicted, 2U);
  EXPECT_EQ(sut.unacknowledged(), 0U);
  EXPECT_EQ(sut.point().sequence, 4U);
}

TEST(ExportLedger, ALossDuringAPassIsFoundByTheNextOne) {
  ExportLedger sut({}, 0, 2);  // two from before the start that nobody counted
  const CatchUpPass pass = sut.begin_pass();
  EXPECT_EQ(pass.until_sequence, 2U);
  sut.stored(place_of(5));
  sut.lost();
  sut.stored(place_of(6));
  sut.acknowledged(place_of(6));
  for (const std::uint64_t i : {0U, 1U}) {
    ASSERT_TRUE(sut.wants(place_of(i)));
    sut.caught_up(place_of(i));
  }
  EXPECT_EQ(sut.end_pass().delivered, 2U);
  EXPECT_TRUE(sut.behind());
  EXPECT_EQ(sut.point().sequence, 2U);
  PassResult result;
  EXPECT_EQ(run_pass(sut, {0, 1, 5, 6}, &result), (std::vector<std::uint64_t>{5}));
  EXPECT_EQ(sut.point().sequence, 7U);
  EXPECT_FALSE(sut.behind());
}

TEST(ExportLedger, ABrokenPassGoesOnWhereItStoodAndTellsAllItDelivered) {
  ExportLedger sut({}, 0, 0);
  for (const std::uint64_t i : {1U, 2U}) {
    sut.stored(place_of(i));
    sut.lost();
  }
  sut.begin_pass();
  ASSERT_TRUE(sut.wants(place_of(1)));
  sut.caught_up(place_of(1));
  sut.break_off();
  EXPECT_FALSE(sut.in_pass());
  PassResult result;
  EXPECT_EQ(run_pass(sut, {1, 2}, &result), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(result.delivered, 2U);
  EXPECT_EQ(result.evicted, 0U);
}

TEST(ExportLedger, AStoreThatLostItsTailTakesThePointBack) {
  ExportLedger sut({.segment_number = 4, .sequence = 90}, 0, 70);
  EXPECT_EQ(sut.point().sequence, 70U);
  EXPECT_FALSE(sut.behind());
  sut.stored(place_of(71));
  sut.acknowledged(place_of(71));
  EXPECT_EQ(sut.point().sequence, 72U);
}

TEST(ExportLedger, WhatCanNeverBeSentIsPassedOver) {
  ExportLedger sut({}, 0, 0);
  sut.stored(place_of(1));
  sut.lost();
  sut.begin_pass();
  ASSERT_TRUE(sut.wants(place_of(1)));
  sut.passed_over(place_of(1));
  const PassResult result = sut.end_pass();
  EXPECT_EQ(result.delivered + result.evicted, 0U);
  EXPECT_FALSE(sut.behind());
}

/// The exporter around the ledger as a model: a queue whose records arrive or are lost, and a store that evicts.
RC_GTEST_PROP(ExportLedger, NothingIsPassedThatDidNotArriveOrIsNotGone, ()) {
  ExportLedger sut({}, 0, 0);
  std::set<std::uint64_t> store;
  std::set<std::uint64_t> owed;  // stored, not arrived
  std::deque<std::uint64_t> queue;
  std::optional<CatchUpPass> pass;
  std::uint64_t next = 0;
  const auto check = [&] {
    for (const std::uint64_t sequence : owed) {
      RC_ASSERT(sequence >= sut.point().sequence || !store.contains(sequence));
    }
  };
  for (const int step : *rc::gen::container<std::vector<int>>(400, rc::gen::inRange(0, 12))) {
    if (step <= 3) {  // a turn ends; sometimes the queue has no room
      next += 1 + static_cast<std::uint64_t>(step);
      store.insert(next);
      owed.insert(next);
      sut.stored(place_of(next));
      if (queue.size() < 3) {
        queue.push_back(next);
      } else {
        sut.lost();
      }
    } else if (step <= 6 && !queue.empty()) {  // the front arrives, or is given up
      const std::uint64_t front = queue.front();
      queue.pop_front();
      if (step == 6) {
        sut.lost();
      } else {
        owed.erase(front);
        sut.acknowledged(place_of(front));
      }
    } else if (step == 7 && !store.empty()) {
      store.erase(store.begin());
    } else if (step >= 8 && !pass && queue.empty() && sut.behind()) {
      pass = sut.begin_pass();
    } else if (step >= 8 && pass) {
      const auto at = store.lower_bound(sut.point().sequence);
      if (at == store.end() || *at >= pass->until_sequence) {
        sut.end_pass();
        pass.reset();
      } else if (step == 11) {
        sut.break_off();
        pass.reset();
      } else if (sut.wants(place_of(*at))) {
        owed.erase(*at);
        sut.caught_up(place_of(*at));
      }
    }
    check();
  }
  if (pass) sut.break_off();
  for (; !queue.empty(); queue.pop_front()) sut.lost();
  PassResult result;
  for (int i = 0; i < 3 && sut.behind(); ++i) {
    for (const std::uint64_t sequence : run_pass(sut, store, &result)) owed.erase(sequence);
  }
  RC_ASSERT(!sut.behind());
  for (const std::uint64_t sequence : owed) RC_ASSERT(!store.contains(sequence));
}

}  // namespace
}  // namespace phalarope::fleet
