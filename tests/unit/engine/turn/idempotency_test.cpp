// Seen keys: a known one is a duplicate, the oldest gives way and is named, a stale caller learns nothing.
//
// contract: runtime.md 10.4, F11, I10
#include "core/engine/turn/idempotency.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>

namespace phalarope {
namespace {

constexpr SymbolId session{1};

template <std::size_t keys_max>
KeyRegistered registered(IdempotencyRegistry<keys_max>& sut, Authority& authority, std::uint64_t key) {
  const auto answer = sut.register_key(authority, session, 1, key);
  EXPECT_TRUE(answer.has_value());
  return *answer;
}

TEST(Idempotency, ANewKeyIsFreshAndARepeatedOneADuplicate) {
  IdempotencyRegistry<8> sut;
  Authority authority;
  EXPECT_EQ(registered(sut, authority, 17), (KeyRegistered{KeyVerdict::fresh, std::nullopt}));
  EXPECT_EQ(registered(sut, authority, 17), (KeyRegistered{KeyVerdict::duplicate, std::nullopt}));
  EXPECT_EQ(sut.size(), 1U);
}

TEST(Idempotency, TheEpochIsJudgedBeforeTheKey) {
  IdempotencyRegistry<8> sut;
  Authority authority;
  ASSERT_TRUE(authority.accept(session, 5));
  const auto stale = sut.register_key(authority, session, 4, 17);
  ASSERT_FALSE(stale.has_value());
  EXPECT_EQ(stale.error().refusal, KeyRefusal::authority);
  EXPECT_EQ(stale.error().authority, (AuthorityError{AuthorityRefusal::stale_authority, 5, 4}));
  EXPECT_FALSE(sut.knows(17));
  EXPECT_FALSE(sut.knows(0)) << "free places are no key";
  const auto blank = sut.register_key(authority, session, 6, 0);
  ASSERT_FALSE(blank.has_value());
  EXPECT_EQ(blank.error().refusal, KeyRefusal::blank_key);
  EXPECT_EQ(authority.current(), Epoch{6}) << "the epoch check happens first and may advance the epoch";
}

TEST(Idempotency, WhenFullTheOldestKeyGivesWayAndIsNamed) {
  IdempotencyRegistry<4> sut;
  Authority authority;
  for (const std::uint64_t key : {10U, 20U, 30U, 40U}) EXPECT_EQ(registered(sut, authority, key).evicted, std::nullopt);
  EXPECT_EQ(registered(sut, authority, 50), (KeyRegistered{KeyVerdict::fresh, 10}));
  EXPECT_FALSE(sut.knows(10));
  EXPECT_EQ(registered(sut, authority, 20).verdict, KeyVerdict::duplicate);
  EXPECT_EQ(registered(sut, authority, 10), (KeyRegistered{KeyVerdict::fresh, 20}))
      << "a duplicate does not grow younger";
  EXPECT_EQ(sut.size(), 4U);
  EXPECT_EQ(sut.evictions(), 2U);
}

TEST(Idempotency, HoldsTheContracts4096Keys) {
  const auto sut = std::make_unique<IdempotencyRegistry<>>();
  Authority authority;
  static_assert(IdempotencyRegistry<>::capacity() == 4096);
  for (std::uint64_t key = 1; key <= 4096; ++key) EXPECT_EQ(registered(*sut, authority, key).evicted, std::nullopt);
  for (std::uint64_t key = 1; key <= 4096; ++key) EXPECT_TRUE(sut->knows(key));
  EXPECT_EQ(registered(*sut, authority, 4097).evicted, 1U);
}

RC_GTEST_PROP(IdempotencyProperty, BehavesLikeAListOfTheLastKeys, (const std::vector<std::uint8_t>& drawn)) {
  constexpr std::size_t keys_max = 16;
  IdempotencyRegistry<keys_max> sut;
  Authority authority;
  std::deque<std::uint64_t> model;
  for (const std::uint8_t byte : drawn) {
    const std::uint64_t key = 1 + byte % 48U;
    const auto answer = sut.register_key(authority, session, 1, key);
    RC_ASSERT(answer.has_value());
    const bool known = std::find(model.begin(), model.end(), key) != model.end();
    RC_ASSERT((answer->verdict == KeyVerdict::duplicate) == known);
    std::optional<std::uint64_t> evicted;
    if (!known) {
      if (model.size() == keys_max) {
        evicted = model.front();
        model.pop_front();
      }
      model.push_back(key);
    }
    RC_ASSERT(answer->evicted == evicted);
    for (std::uint64_t each = 1; each <= 48; ++each)
      RC_ASSERT(sut.knows(each) == (std::find(model.begin(), model.end(), each) != model.end()));
  }
}

}  // namespace
}  // namespace phalarope
