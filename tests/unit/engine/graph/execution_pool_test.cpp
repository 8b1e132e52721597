// Who may enter the pool, in the order of the checks, and what is counted.
#include "core/engine/graph/execution_pool.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <vector>

namespace phalarope {
namespace {

constexpr PoolKey key_a{1};
constexpr PoolKey key_b{2};
PoolTask task(PoolKey key, std::int64_t limit = 0) { return {.id = 1, .has_action = true, .key = key, .limit = limit}; }

// contract: 6.1 row 1
TEST(PoolAdmission, ATaskWithoutIdOrActionIsInvalidAndNotCounted) {
  PoolAdmission sut;
  EXPECT_EQ(sut.submit({.id = 0, .key = key_a}).error(), PoolRefusal::task_invalid);
  EXPECT_EQ(sut.submit({.id = 1, .has_action = false, .key = key_a}).error(), PoolRefusal::task_invalid);
  EXPECT_EQ(sut.counters().rejected, 0U);
}

// contract: 6.1 row 2, 6.1 row 3
TEST(PoolAdmission, ANegativeLimitIsInvalidAndCountedEvenWhenThePoolIsClosed) {
  PoolAdmission sut;
  sut.close();
  EXPECT_EQ(sut.submit(task(key_a, -1)).error(), PoolRefusal::task_invalid);
  EXPECT_EQ(sut.submit(task(key_a)).error(), PoolRefusal::pool_closed);
  EXPECT_EQ(sut.counters().rejected, 2U);
}

// contract: 6.1 row 4
TEST(PoolAdmission, TheLimitCountsQueuedAndRunningTasksOfTheKeyOnly) {
  PoolAdmission sut;
  ASSERT_TRUE(sut.submit(task(key_a, 2)).has_value());
  sut.begin(key_a);
  ASSERT_TRUE(sut.submit(task(key_a, 2)).has_value());
  EXPECT_EQ(sut.submit(task(key_a, 2)).error(), PoolRefusal::node_concurrency_exceeded);
  EXPECT_EQ(sut.counters().rejected_by_concurrency, 1U);
  EXPECT_TRUE(sut.submit(task(key_b, 1)).has_value()) << "keys never block each other";
  sut.end(key_a);
  EXPECT_TRUE(sut.submit(task(key_a, 2)).has_value());
}

// contract: 6.1 row 5
TEST(PoolAdmission, AFullQueueRefusesAndReleasesTheReservation) {
  PoolAdmission sut;
  for (std::size_t i = 0; i < pool_queue_tasks_max; ++i) ASSERT_TRUE(sut.submit(task(key_a)).has_value());
  EXPECT_EQ(sut.submit(task(key_b, 1)).error(), PoolRefusal::pool_queue_full);
  EXPECT_EQ(sut.outstanding(key_b), 0U);
  sut.begin(key_a);
  EXPECT_TRUE(sut.submit(task(key_b, 1)).has_value()) << "a running task leaves its place in the queue";
}

TEST(PoolAdmission, AClosedPoolStillFinishesWhatItHas) {
  PoolAdmission sut;
  ASSERT_TRUE(sut.submit(task(key_a)).has_value());
  sut.close();
  EXPECT_FALSE(sut.idle());
  sut.begin(key_a);
  sut.end(key_a);
  EXPECT_TRUE(sut.idle());
  EXPECT_EQ(sut.counters().completed, 1U);
}

TEST(PoolAdmission, WhateverHappensTheCountsAgreeWithANaiveModel) {
  const bool held = rc::check([] {
    PoolAdmission sut(4);
    std::vector<std::uint8_t> queued;
    std::vector<std::uint8_t> running;
    const auto operations = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>());
    for (const std::uint32_t operation : operations) {
      const PoolKey key{static_cast<std::uint8_t>(operation / 3 % 3)};
      if (operation % 3 == 0) {
        std::size_t outstanding = 0;
        for (const auto* list : {&queued, &running}) {
          for (const auto other : *list) outstanding += other == key.value;
        }
        const auto answer = sut.submit(task(key, 2));
        RC_ASSERT(answer.has_value() == (outstanding < 2 && queued.size() < 4));
        if (answer) queued.push_back(key.value);
      } else if (operation % 3 == 1 && !queued.empty()) {
        sut.begin(PoolKey{queued.front()});
        running.push_back(queued.front());
        queued.erase(queued.begin());
      } else if (operation % 3 == 2 && !running.empty()) {
        sut.end(PoolKey{running.back()});
        running.pop_back();
      }
      RC_ASSERT(sut.counters().queue_depth == queued.size());
      RC_ASSERT(sut.counters().in_flight == running.size());
      RC_ASSERT(sut.idle() == (queued.empty() && running.empty()));
    }
  });
  EXPECT_TRUE(held);
}

// contract: runtime.md 6.2
TEST(PoolRefusals, EachBecomesTheShedReasonOfTheContract) {
  EXPECT_EQ(describe(PoolRefusal::pool_queue_full).shed_reason, Reason::execution_pool_saturated);
  EXPECT_EQ(describe(PoolRefusal::node_concurrency_exceeded).shed_reason, Reason::node_concurrency_limited);
  EXPECT_EQ(describe(PoolRefusal::pool_closed).shed_reason, Reason::execution_pool_closed);
}

TEST(NodeShare, TheNodesOwnComesFirstThenItsPolicyThenTheEdgeDefaultThenItsId) {
  NodeDefinition node;
  ASSERT_TRUE(node.id.assign("stt"));
  EXPECT_EQ(share_of(node, {}, "").fairness_key, "stt");
  EXPECT_EQ(share_of(node, {}, " tenant ").fairness_key, "tenant");
  EXPECT_EQ(share_of(node, {.concurrency_limit = 2, .fairness_key = "heavy"}, "tenant").fairness_key, "heavy");
  EXPECT_EQ(share_of(node, {.concurrency_limit = 2, .fairness_key = "heavy"}, "tenant").concurrency_limit, 2);
  ASSERT_TRUE(node.fairness_key.assign(" own "));
  node.concurrency_limit = 5;
  EXPECT_EQ(share_of(node, {.concurrency_limit = 2, .fairness_key = "heavy"}, "tenant").fairness_key, "own");
  EXPECT_EQ(share_of(node, {.concurrency_limit = 2, .fairness_key = "heavy"}, "tenant").concurrency_limit, 5);
}

TEST(PoolAdmission, AKeyThatNobodyInternedIsInvalid) {
  PoolAdmission sut;
  EXPECT_EQ(sut.submit(task(PoolKey{pool_keys_max})).error(), PoolRefusal::task_invalid);
  EXPECT_EQ(sut.counters().rejected, 0U);
}

TEST(NodeShareOf, WithoutAnyKeyThereIsNone) {
  NodeDefinition nameless;
  EXPECT_TRUE(share_of(nameless, {.concurrency_limit = 3, .fairness_key = " "}, "\t").fairness_key.empty());
  EXPECT_EQ(share_of(nameless, {.concurrency_limit = 3, .fairness_key = {}}, {}).concurrency_limit, 3);
}

}  // namespace
}  // namespace phalarope
