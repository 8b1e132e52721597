// What is remembered, by whom it may be written, and what is gone when a turn ends or a session moves.
#include "core/engine/graph/state_store.hpp"

#include <gtest/gtest.h>

#include <string>

namespace phalarope {
namespace {

constexpr TurnNumber first_turn{1};
constexpr TurnNumber second_turn{2};

struct Store : testing::Test {
  Authority authority;
  StateStore sut{SymbolId{1}, authority};
};

StateRefusal refusal_of(const Result<void, StateError>& answer) {
  EXPECT_FALSE(answer.has_value());
  return answer.error().refusal;
}

// contract: 10.1 row 1
TEST_F(Store, StateOfATurnEndsWithItsTurnAndIsNobodyElses) {
  StateOfTurn one(sut, first_turn, 5);
  StateOfTurn other(sut, second_turn, 5);
  const StateOfSession session(sut, 5);
  ASSERT_TRUE(one.put("draft", "hello"));
  EXPECT_EQ(one.get("draft"), "hello");
  EXPECT_EQ(other.get("draft"), std::nullopt) << "turns never see each other's";
  EXPECT_EQ(session.get("draft"), std::nullopt) << "nor does session-scoped code";
  EXPECT_EQ(sut.of_turn(no_turn, "draft"), std::nullopt);
  ASSERT_TRUE(other.put("draft", "again"));
  sut.clear_turn(first_turn);
  EXPECT_EQ(one.get("draft"), std::nullopt);
  EXPECT_EQ(other.get("draft"), "again");
}

// contract: 10.1 row 2, 10.1 operations row 4, F8
TEST_F(Store, SessionHotStateIsGoneAfterAResetAndComesBackUnderTheNewEpoch) {
  StateOfSession old_placement(sut, 7);
  ASSERT_TRUE(old_placement.put("name", "Ada"));
  ASSERT_TRUE(sut.put_of_turn(7, first_turn, "draft", "hello"));
  EXPECT_EQ(StateOfTurn(sut, first_turn, 7).of_session("name"), "Ada");
  EXPECT_EQ(refusal_of(sut.reset_hot(6)), StateRefusal::authority) << "an older epoch resets nothing";
  EXPECT_EQ(old_placement.get("name"), "Ada");
  ASSERT_TRUE(sut.reset_hot(8));
  EXPECT_EQ(old_placement.get("name"), std::nullopt);
  EXPECT_EQ(sut.of_turn(first_turn, "draft"), "hello") << "a turn's state ends with its turn";
  EXPECT_EQ(refusal_of(old_placement.put("name", "Eve")), StateRefusal::authority);
  ASSERT_TRUE(sut.put_hot(8, "name", "Bob"));
  EXPECT_EQ(sut.hot("name"), "Bob");
}

// contract: 10.1 operations row 1
TEST_F(Store, TheEpochIsJudgedBeforeTheKeyAndMayAdvanceThoughTheKeyIsRefused) {
  ASSERT_TRUE(sut.put_hot(5, "a", "1"));
  EXPECT_EQ(refusal_of(sut.put_hot(4, " ", "2")), StateRefusal::authority);
  const auto stale = sut.put_of_turn(4, first_turn, "a", "2");
  EXPECT_EQ(stale.error().authority, (AuthorityError{AuthorityRefusal::stale_authority, 5, 4}));
  EXPECT_EQ(refusal_of(sut.put_hot(6, "\t ", "2")), StateRefusal::key_required);
  EXPECT_EQ(authority.current(), Epoch{6});
  EXPECT_EQ(refusal_of(sut.put_of_turn(7, no_turn, "a", "2")), StateRefusal::turn_required);
  EXPECT_EQ(refusal_of(sut.put_of_turn(7, first_turn, "", "2")), StateRefusal::key_required);
  EXPECT_EQ(authority.current(), Epoch{7});
  EXPECT_EQ(sut.hot("a"), "1") << "refused calls change no value";
}

// contract: 10.1 operations row 2
TEST_F(Store, ReadingAsksForNoAuthorityAndAbsentIsNoError) {
  ASSERT_TRUE(sut.put_hot(5, "a", "1"));
  ASSERT_TRUE(authority.accept(SymbolId{1}, 9));
  EXPECT_EQ(sut.hot("a"), "1");
  EXPECT_EQ(sut.hot("b"), std::nullopt);
  EXPECT_EQ(sut.of_turn(first_turn, "a"), std::nullopt);
  EXPECT_EQ(authority.current(), Epoch{9});
}

// contract: 10.1 operations row 3
TEST_F(Store, ClearingATurnAsksForNoAuthorityAndLeavesTheSession) {
  ASSERT_TRUE(sut.put_hot(5, "a", "1"));
  ASSERT_TRUE(sut.put_of_turn(5, first_turn, "a", "2"));
  ASSERT_TRUE(sut.put_of_turn(5, first_turn, "b", "3"));
  sut.clear_turn(no_turn);
  EXPECT_EQ(sut.size(), 3U) << "no turn is not the session";
  sut.clear_turn(first_turn);
  EXPECT_EQ(sut.hot("a"), "1");
  EXPECT_EQ(sut.size(), 1U);
  EXPECT_EQ(authority.current(), Epoch{5});
}

// contract: I10
TEST_F(Store, AFullStoreRefusesByNameAndStillTakesWhatItKnows) {
  for (std::size_t i = 0; i < state_entries_max; ++i) ASSERT_TRUE(sut.put_hot(1, "key" + std::to_string(i), "v"));
  EXPECT_EQ(refusal_of(sut.put_hot(1, "one more", "v")), StateRefusal::state_full);
  ASSERT_TRUE(sut.put_hot(1, "key0", "new"));
  EXPECT_EQ(sut.hot("key0"), "new");
  EXPECT_EQ(sut.size(), state_entries_max);
}

TEST_F(Store, WhatIsTooLongIsRefusedWhole) {
  EXPECT_EQ(refusal_of(sut.put_hot(1, std::string(state_key_bytes_max + 1, 'k'), "v")), StateRefusal::too_long);
  EXPECT_EQ(refusal_of(sut.put_hot(1, "k", std::string(state_value_bytes_max + 1, 'v'))), StateRefusal::too_long);
  EXPECT_TRUE(sut.put_hot(1, std::string(state_key_bytes_max, 'k'), std::string(state_value_bytes_max, 'v')));
  EXPECT_EQ(sut.size(), 1U);
}

TEST(StateRefusal, EachHasItsSentence) {
  using enum StateRefusal;
  for (const auto refusal : {authority, key_required, turn_required, too_long, state_full}) {
    EXPECT_NE(describe(refusal).find(": "), std::string_view::npos);
  }
}

}  // namespace
}  // namespace phalarope
