// Epochs and leases: nothing of an older epoch is taken, and a turn does not outlive its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/session/session_input.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using phalarope::testing::dialogue_node;
using phalarope::testing::EngineDriver;
using ::testing::ElementsAre;
using K = EventKind;

Event snapshot(const EngineDriver& driver, std::uint64_t epoch, std::int64_t expires_ns = 0) {
  Event told = driver.event(K::control_snapshot);
  told.argument_a = control_all_granted;
  told.argument_b = static_cast<std::int64_t>(epoch);
  told.authority_epoch = epoch;
  told.range_end = expires_ns;
  return told;
}

std::vector<K> signals(const std::vector<Event>& events) {
  std::vector<K> kinds;
  for (const Event& event : events) {
    if (is_contract_signal(event.kind)) kinds.push_back(event.kind);
  }
  return kinds;
}

// contract: T14, I7; runtime.md 10.2
TEST(SessionAuthority, AResultOfAnOlderEpochIsRefusedByNameAndItsPayloadGivenBack) {
  EngineDriver sut;
  sut.say(snapshot(sut, 5));
  sut.until_speaking();
  Event late = sut.result(K::dialogue_sentence, dialogue_node);
  late.payload = sut.payload();
  late.authority_epoch = 4;
  sut.say(late);
  EXPECT_THAT(sut.kinds(), ElementsAre(K::command_release_payload, K::stale_epoch_reject));
  const Event* told = sut.find(K::stale_epoch_reject);
  EXPECT_EQ(told->reason, Reason::authority_epoch_mismatch);
  EXPECT_EQ(told->emitter, Emitter::authority);
  EXPECT_EQ(told->authority_epoch, 5U);
  EXPECT_EQ(told->argument_a, 4);
  EXPECT_TRUE(sut.session().turn_active()) << "the turn is unchanged";
  EXPECT_EQ(sut.session().counters().foreign_epochs_refused, 1U);

  late.payload = sut.payload();
  late.authority_epoch = 6;
  sut.say(late);
  ASSERT_NE(sut.find(K::stale_epoch_reject), nullptr) << "no authority has told of epoch 6";
  EXPECT_EQ(sut.find(K::stale_epoch_reject)->reason, Reason::authority_validation_failed);

  late.payload = sut.payload();
  late.authority_epoch = 5;
  sut.say(late);
  EXPECT_EQ(sut.find(K::stale_epoch_reject), nullptr);
}

// contract: T14, I1, I7
TEST(SessionAuthority, ARunningTurnKeepsItsPlanAndWhatItAskedForUnderTheOldEpochIsRefused) {
  EngineDriver sut;
  sut.say(snapshot(sut, 1));
  sut.until_speaking();
  Event late = sut.result(K::synthesis_frame, phalarope::testing::synthesiser_node);
  sut.say(snapshot(sut, 2));
  EXPECT_TRUE(sut.session().turn_active());
  late.authority_epoch = 1;
  late.payload = sut.payload();
  sut.say(late);
  EXPECT_THAT(signals(sut.given), ElementsAre(K::stale_epoch_reject));
  sut.wait(30'000);
  EXPECT_FALSE(sut.session().turn_active()) << "no silence is for ever";
  sut.say(sut.event(K::user_turn_requested));
  EXPECT_TRUE(sut.session().turn_active()) << "the new epoch opens turns of its own";
}

// contract: runtime.md 10.2 "lease lifetime"
TEST(SessionAuthority, PastItsLeaseTheSessionDrainsByItself) {
  EngineDriver sut;
  sut.say(snapshot(sut, 1, sut.now_ns + milliseconds(500).value));
  sut.until_speaking();
  sut.say(snapshot(sut, 1, sut.now_ns + milliseconds(500).value));
  EXPECT_TRUE(sut.session().turn_active()) << "renewed in time";
  sut.wait(501);
  EXPECT_FALSE(sut.session().turn_active());
  EXPECT_TRUE(sut.session().ended());
  std::vector<K> ends;
  for (const Event& event : sut.all) {
    if (event.kind == K::deauthorized_drain || event.kind == K::abort) ends.push_back(event.kind);
  }
  EXPECT_THAT(ends, ElementsAre(K::deauthorized_drain, K::abort));
  EXPECT_FALSE(sut.engine->next_deadline()) << "a session that has ended waits for nothing";
}

}  // namespace
}  // namespace phalarope
