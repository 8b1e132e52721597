// Ids that people and other systems read: the contract's vectors, and what makes two of them equal.
#include "core/replay/event_identity.hpp"

#include <gtest/gtest.h>

namespace phalarope::replay {
namespace {

// contract: Appendix D row 2, 10.3
TEST(EventIdentities, TheFirstOfATurn) {
  EventIdentities sut;
  const auto first = sut.next("sess-vec-1", "turn-vec-1");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->event_id, "evt/sess-vec-1/turn-vec-1/000001");
  EXPECT_EQ(first->correlation_id, "corr/sess-vec-1/turn-vec-1");
  EXPECT_EQ(first->idempotency_key, "39ab0b6cb787545644103b0540ee5886a4d7e7f95ab89ee04d309acc4e69de33");
}

// contract: Appendix D row 3, 10.3
TEST(EventIdentities, TheTwelfthOfASessionWhoseNameIsNoPartOfAnId) {
  EventIdentities sut;
  for (int i = 0; i < 11; ++i) ASSERT_TRUE(sut.next("sess vec/2", ""));
  const auto twelfth = sut.next("  sess vec/2 ", "");
  ASSERT_TRUE(twelfth);
  EXPECT_EQ(twelfth->event_id, "evt/sess_vec_2/session/000012");
  EXPECT_EQ(twelfth->correlation_id, "corr/sess_vec_2/session");
  EXPECT_EQ(twelfth->idempotency_key, "23a0fdc8c254eab9a8fbda5a27e4c50ded8964d909849d826c64a542d2976b4f");
}

// contract: 10.3
TEST(EventIdentities, EachTurnCountsForItself) {
  EventIdentities sut;
  EXPECT_EQ(sut.next_event_id("s", "t1"), "evt/s/t1/000001");
  EXPECT_EQ(sut.next_event_id("s", "t2"), "evt/s/t2/000001");
  EXPECT_EQ(sut.next_event_id("s", ""), "evt/s/session/000001");
  EXPECT_EQ(sut.next_event_id("s", "t1"), "evt/s/t1/000002");
  EXPECT_EQ(sut.next_event_id("s", " "), "evt/s/unknown/000001") << "a turn without a name is not the session";
}

// contract: 10.3
TEST(EventIdentities, AGivenEventIdReplacesOnlyTheEventId) {
  EventIdentities sut;
  const auto given = sut.next("s", "t", "mine/7");
  EXPECT_EQ(given->event_id, "mine/7");
  EXPECT_EQ(given->correlation_id, "corr/s/t");
  EXPECT_NE(given->idempotency_key, EventIdentities().next("s", "t")->idempotency_key);
  EXPECT_EQ(sut.next("s", "t")->event_id, "evt/s/t/000002");
}

// contract: 10.3
TEST(EventIdentities, ABlankSessionIsRefusedAndCountsNothing) {
  EventIdentities sut;
  EXPECT_EQ(sut.next(" \t", "t").error(), IdentityRefusal::session_id_required);
  EXPECT_EQ(sut.next("s", "t")->event_id, "evt/s/t/000001");
}

}  // namespace
}  // namespace phalarope::replay
