// Who is served next: lanes first, then keys in turn, then first in, first out. contract: decisions.md D24.
#include "core/engine/graph/fair_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <vector>

namespace phalarope {
namespace {

using ::testing::ElementsAre;

struct Job {
  std::uint64_t key = 0;
  std::uint64_t number = 0;
  std::uint64_t cost = 0;
};
constexpr std::size_t jobs_max = 64;
using Queue = FairQueue<Job, jobs_max>;

std::vector<std::uint64_t> keys_served(Queue& sut, std::size_t count) {
  std::vector<std::uint64_t> keys;
  for (Job job; keys.size() < count && sut.try_pop(job);) keys.push_back(job.key);
  return keys;
}
void push(Queue& sut, std::uint64_t key, std::size_t count, std::uint64_t cost, Lane lane = Lane::data) {
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(sut.try_push(key, lane, cost, {.key = key, .cost = cost}));
}

// contract: D24
TEST(FairQueue, WhoFloodsDelaysNobodyByMoreThanOneQuantum) {
  Queue sut;
  push(sut, 1, 40, fair_quantum_bytes / 2);
  push(sut, 2, 2, fair_quantum_bytes / 2);
  EXPECT_THAT(keys_served(sut, 6), ElementsAre(1, 1, 2, 2, 1, 1));
}

// contract: D24
TEST(FairQueue, SmallTasksMakeUpForTheirSizeByTheirNumber) {
  Queue sut;
  push(sut, 1, 4, fair_quantum_bytes);
  push(sut, 2, 16, fair_quantum_bytes / 4);
  EXPECT_THAT(keys_served(sut, 10), ElementsAre(1, 2, 2, 2, 2, 1, 2, 2, 2, 2));
}

// contract: D24, I4
TEST(FairQueue, AHigherLaneIsServedBeforeAnyKeyOfALowerOne) {
  Queue sut;
  push(sut, 1, 2, 1, Lane::telemetry);
  push(sut, 2, 2, 1, Lane::data);
  push(sut, 3, 2, 1, Lane::control);
  EXPECT_THAT(keys_served(sut, 3), ElementsAre(3, 3, 2));
  push(sut, 1, 1, 1, Lane::control);
  EXPECT_THAT(keys_served(sut, 9), ElementsAre(1, 2, 1, 1));
}

TEST(FairQueue, AKeyThatComesBackHasSavedNothingUp) {
  Queue sut;
  push(sut, 1, 1, 1);
  EXPECT_THAT(keys_served(sut, 9), ElementsAre(1)) << "almost all of its quantum is left";
  push(sut, 2, 2, fair_quantum_bytes);
  push(sut, 1, 2, fair_quantum_bytes);
  EXPECT_THAT(keys_served(sut, 9), ElementsAre(2, 1, 2, 1));
}

// contract: 6.1 row 5, I10
TEST(FairQueue, AFullQueueRefusesAndForgetsNobody) {
  Queue sut;
  push(sut, 1, jobs_max, 1);
  EXPECT_FALSE(sut.try_push(2, Lane::data, 1, {}));
  EXPECT_EQ(sut.size(), jobs_max);
  EXPECT_EQ(keys_served(sut, 100).size(), jobs_max);
  EXPECT_TRUE(sut.empty());
  push(sut, 2, jobs_max, 0);
  EXPECT_EQ(sut.keys_waiting(Lane::data), 1U);
}

// contract: D24
TEST(FairQueue, WhoeverWaitsIsServedInEveryRoundAndNoKeyGetsAheadByMoreThanAQuantum) {
  const bool held = rc::check([] {
    Queue sut;
    const std::uint64_t keys = *rc::gen::inRange<std::uint64_t>(2, 6);
    std::map<std::uint64_t, std::uint64_t> pushed;
    std::map<std::uint64_t, std::uint64_t> popped;
    std::map<std::uint64_t, std::uint64_t> waiting;
    std::map<std::uint64_t, std::uint64_t> served;  // cost, since all keys have waited
    const auto refill = [&](std::uint64_t key) {
      const auto cost = *rc::gen::inRange<std::uint64_t>(1, fair_quantum_bytes + 1);
      RC_ASSERT(sut.try_push(key, Lane::data, cost, {.key = key, .number = pushed[key]++, .cost = cost}));
      ++waiting[key];
    };
    for (std::uint64_t key = 0; key < keys; ++key) {
      for (int i = 0; i < 4; ++i) refill(key);
    }
    std::uint64_t visited = 0;
    for (int step = 0; step < 200; ++step) {
      Job job;
      RC_ASSERT(sut.try_pop(job));
      RC_ASSERT(job.number == popped[job.key]++);
      RC_ASSERT(job.key == visited || job.key == (visited + 1) % keys);  // nobody is passed over
      if (job.key == 0 && visited != 0) {
        for (std::uint64_t a = 0; a < keys; ++a) {
          for (std::uint64_t b = 0; b < keys; ++b) RC_ASSERT(served[a] < served[b] + fair_quantum_bytes);
        }
      }
      visited = job.key;
      served[job.key] += job.cost;
      --waiting[job.key];
      while (waiting[job.key] < 2) refill(job.key);
    }
  });
  EXPECT_TRUE(held);
}

// contract: D24, 1.11 row 5
TEST(FairQueue, WhateverIsPushedIsPoppedOnceInItsKeysOrder) {
  const bool held = rc::check([] {
    Queue sut;
    std::map<std::uint64_t, std::uint64_t> pushed;
    std::map<std::uint64_t, std::uint64_t> popped;
    std::size_t inside = 0;
    for (const std::uint8_t operation :
         *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>())) {
      const std::uint64_t key = operation / 4 % 5;
      const auto lane = static_cast<Lane>(key % 3);  // a key keeps to its lane
      if (operation % 4 == 0) {
        Job job;
        if (!sut.try_pop(job)) continue;
        RC_ASSERT(job.number == popped[job.key]++);
        --inside;
      } else if (sut.try_push(key, lane, operation * 50U, {.key = key, .number = pushed[key]})) {
        ++pushed[key];
        ++inside;
      }
      RC_ASSERT(sut.size() == inside);
    }
    for (Job job; sut.try_pop(job);) RC_ASSERT(job.number == popped[job.key]++);
    RC_ASSERT(pushed == popped);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace phalarope
