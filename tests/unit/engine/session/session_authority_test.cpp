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

// contract: T14, I7, 10.2 row 4
TEST(SessionAuthority, WhatTheBootstrapAskedForIsRefusedUnderTheFirstLease) {
  EngineDriver sut;
  sut.user_says(UtteranceClass::words);
  Event late = sut.result(K::dialogue_sentence, dialogue_node);
  ASSERT_EQ(late.authority_epoch, 0U) << "asked for before anybody told an epoch";
  sut.say(snapshot(sut, 1));
  late.payload = sut.payload();
  sut.say(late);
  EXPECT_THAT(sut.kinds(), ElementsAre(K::command_release_payload, K::stale_epoch_reject));
  EXPECT_EQ(sut.find(K::stale_epoch_reject)->argument_a, 0);
  sut.wait(30'000);
  EXPECT_FALSE(sut.session().turn_active()) << "no silence is for ever";
}

// contract: T14, I2, I7; 7.3 row 1
TEST(SessionAuthority, ATurnGoesOnWithWhatItAsksForUnderTheNewEpoch) {
  EngineDriver sut;
  sut.say(snapshot(sut, 1));
  sut.until_speaking();
  sut.sentence(1);
  Event late = sut.result(K::synthesis_frame, phalarope::testing::synthesiser_node);
  sut.say(snapshot(sut, 2));
  for (int i = 0; i < 3; ++i) {
    late.payload = sut.payload();
    sut.say(late);
    EXPECT_THAT(signals(sut.given), ElementsAre(K::stale_epoch_reject)) << "each of them, by name";
  }
  EXPECT_EQ(sut.session().counters().foreign_epochs_refused, 3U);
  sut.epoch = 2;
  sut.sentence_voiced();
  ASSERT_NE(sut.find(K::command_synthesise), nullptr) << "the next sentence is asked for under the new epoch";
  EXPECT_EQ(sut.find(K::command_synthesise)->authority_epoch, 2U);
  sut.synthesised_frame(320);
  EXPECT_NE(sut.find(K::command_play_frame), nullptr);
  sut.dialogue_done();
  sut.sentence_voiced();
  sut.playback(K::playback_completed);
  EXPECT_THAT(signals(sut.given), ElementsAre(K::commit, K::close));
}

// contract: 7.3 row 1, I7
TEST(SessionAuthority, AVoiceThatBeginsUnderAnOlderEpochIsNoAcceptedOutput) {
  EngineDriver sut;
  sut.say(snapshot(sut, 1));
  sut.user_says(UtteranceClass::words);
  sut.sentence(0);
  sut.synthesised_frame(0);
  sut.say(snapshot(sut, 2));
  sut.epoch = 1;
  sut.playback(K::playback_started);
  EXPECT_THAT(signals(sut.given), ElementsAre(K::stale_epoch_reject));
  sut.wait(60'000);
  ASSERT_FALSE(sut.session().turn_active());
  ASSERT_TRUE(sut.evidence.has_value());
  EXPECT_EQ(sut.evidence->assistant_audio_playback_started_at_ns, absent);
  EXPECT_FALSE(sut.evidence->accepted_stale_epoch_output);
}

TEST(SessionAuthority, AStuckWorkerIsTheRunningTurnsFailureUnderWhateverEpoch) {
  EngineDriver sut;
  sut.say(snapshot(sut, 7));
  sut.user_says(UtteranceClass::words);
  Event stuck = sut.event(K::node_failed);
  stuck.node = dialogue_node;
  stuck.argument_a = 1;
  sut.say(stuck);
  EXPECT_EQ(sut.find(K::stale_epoch_reject), nullptr);
  EXPECT_NE(sut.find(K::budget_exhausted), nullptr);
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
