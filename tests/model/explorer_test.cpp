// The explorer itself: the classical small programs, each with the outcomes C++ allows and no others.
#include "tests/model/explorer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "tests/model/atomic.hpp"
#include "tests/model/judge.hpp"

namespace phalarope::model {
namespace {

using enum std::memory_order;

/// Message passing: data behind a flag.
template <std::memory_order store_order, std::memory_order load_order>
struct MessagePassing {
  static constexpr std::size_t threads = 2;
  Atomic<int> flag{0};
  Item data{0};
  Item seen;

  void run(std::size_t thread) {
    if (thread == 1) {
      data = Item(7);
      flag.store(1, store_order);
    } else if (flag.load(load_order) == 1) {
      seen = data;
      check(seen.get() == 7, "whoever sees the flag sees the data");
    }
  }
  void finish() {}
};

TEST(Explorer, ReleaseAndAcquireHandDataOver) { EXPECT_TRUE((sound<MessagePassing<release, acquire>>())); }
TEST(Explorer, ARelaxedStoreHandsNothingOver) { EXPECT_TRUE((broken<MessagePassing<relaxed, acquire>>())); }
TEST(Explorer, ARelaxedLoadTakesNothingOver) { EXPECT_TRUE((broken<MessagePassing<release, relaxed>>())); }

/// Two flags, each raised before the other is looked at (Dekker).
template <std::memory_order store_order, std::memory_order load_order>
struct StoreBuffering {
  static constexpr std::size_t threads = 2;
  Atomic<int> flags[2]{0, 0};
  int other[3] = {};

  void run(std::size_t thread) {
    flags[thread - 1].store(1, store_order);
    other[thread] = flags[2 - thread].load(load_order);
  }
  void finish() { check(other[1] + other[2] > 0, "one of the two sees the other"); }
};

TEST(Explorer, SequentialConsistencyLetsOneSeeTheOther) { EXPECT_TRUE((sound<StoreBuffering<seq_cst, seq_cst>>())); }
TEST(Explorer, ReleaseAndAcquireLetBothMiss) { EXPECT_TRUE((broken<StoreBuffering<release, acquire>>())); }

/// A third thread reads what the second made of the first one's message.
template <bool by_exchange>
struct ReleaseSequence {
  static constexpr std::size_t threads = 3;
  Atomic<int> flag{0};
  Item data{0};
  Item seen;

  void run(std::size_t thread) {
    if (thread == 1) {
      data = Item(7);
      flag.store(1, release);
    } else if (thread == 2) {
      if (by_exchange) {
        flag.fetch_add(1, relaxed);
      } else if (flag.load(relaxed) == 1) {
        flag.store(2, relaxed);
      }
    } else if (flag.load(acquire) == 2) {
      seen = data;
    }
  }
  void finish() {}
};

TEST(Explorer, AReadModifyWritePassesOnWhatItRead) { EXPECT_TRUE((sound<ReleaseSequence<true>>())); }
TEST(Explorer, AStoreInBetweenEndsTheReleaseSequence) { EXPECT_TRUE((broken<ReleaseSequence<false>>())); }

/// All outcomes of two relaxed loads of one place that is written twice.
struct Coherence {
  static constexpr std::size_t threads = 2;
  static inline std::set<std::pair<int, int>> outcomes;
  Atomic<int> place{0};
  std::pair<int, int> seen;

  void run(std::size_t thread) {
    if (thread == 1) {
      place.store(1, relaxed);
      place.store(2, relaxed);
    } else {
      seen.first = place.load(relaxed);
      seen.second = place.load(relaxed);
    }
  }
  void finish() { outcomes.insert(seen); }
};

TEST(Explorer, LoadsOfOnePlaceNeverGoBack) {
  EXPECT_TRUE(sound<Coherence>());
  const std::set<std::pair<int, int>> never_back = {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}};
  EXPECT_EQ(Coherence::outcomes, never_back);
}

/// Three threads add to one counter; all 3! orders lead to one sum, each before-value comes once.
struct Counting {
  static constexpr std::size_t threads = 3;
  static inline std::set<std::array<int, 3>> outcomes;
  Atomic<int> count{0};
  std::array<int, 3> before{};

  void run(std::size_t thread) { before[thread - 1] = count.fetch_add(1, relaxed); }
  void finish() {
    outcomes.insert(before);
    check(count.load() == 3, "no addition is lost");
  }
};

TEST(Explorer, ReadModifyWritesLoseNothingInAnyOrder) {
  const Report report = explore<Counting>();
  EXPECT_EQ(report.failure, "");
  EXPECT_EQ(report.executions, 6U);
  EXPECT_EQ(Counting::outcomes.size(), 6U);
}

/// Steps on places of their own may change places: one order stands for all.
struct Apart {
  static constexpr std::size_t threads = 3;
  Atomic<int> places[3]{0, 0, 0};

  void run(std::size_t thread) {
    for (int i = 0; i < 3; ++i) places[thread - 1].store(i, release);
  }
  void finish() {}
};

TEST(Explorer, OrdersThatShowNothingNewAreLeftOut) {
  const Report report = explore<Apart>();
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.executions, 1U);
}

/// Loads, stores and additions of two places by three threads: many outcomes, few of them alike.
struct Mixture {
  static constexpr std::size_t threads = 3;
  static inline std::set<std::array<int, 4>> outcomes;
  Atomic<int> x{0};
  Atomic<int> y{0};
  std::array<int, 4> seen{};

  void run(std::size_t thread) {
    if (thread == 1) {
      x.store(1, relaxed);
      seen[0] = y.load(acquire);
    } else if (thread == 2) {
      seen[1] = x.load(relaxed);
      seen[2] = y.fetch_add(1, release);
    } else {
      y.fetch_add(10, acq_rel);
      seen[3] = x.load(relaxed);
    }
  }
  void finish() { outcomes.insert(seen); }
};

TEST(Explorer, WhatIsLeftOutWouldShowNoOtherOutcome) {
  const Report some = explore<Mixture>();
  const auto outcomes_of_some = std::exchange(Mixture::outcomes, {});
  const Report all = explore<Mixture>({.leaves_out_same = false});
  EXPECT_TRUE(some.complete && all.complete);
  EXPECT_LT(some.executions, all.executions);
  EXPECT_EQ(outcomes_of_some, Mixture::outcomes);
  EXPECT_GT(outcomes_of_some.size(), 10U);
}

struct WaitsForEver {
  static constexpr std::size_t threads = 1;
  Token token;
  void run(std::size_t) { token.take(); }
  void finish() {}
};

TEST(Explorer, AWaitThatNobodyEndsIsAFailure) {
  EXPECT_NE(explore<WaitsForEver>().failure.find("every thread waits"), std::string::npos);
}

struct Spins {
  static constexpr std::size_t threads = 1;
  Atomic<int> place{0};
  void run(std::size_t) {
    while (place.load(relaxed) == 0) {
    }
  }
  void finish() {}
};

TEST(Explorer, AProgramThatDoesNotEndIsAFailure) {
  EXPECT_NE(explore<Spins>().failure.find("does not end"), std::string::npos);
}

}  // namespace
}  // namespace phalarope::model
