// What a session does with words of the world that come too late, too often, or for somebody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using phalarope::testing::EngineDriver;
using ::testing::Contains;
using ::testing::ElementsAre;
using K = EventKind;

TEST(SessionPaths, APayloadOfAKindThatNobodyTakesIsGivenBack) {
  EngineDriver driver;
  Event stray = driver.event(K::telemetry_sample);
  stray.payload = driver.payload();
  driver.say(stray);
  ASSERT_NE(driver.find(K::command_release_payload), nullptr);
  EXPECT_EQ(driver.find(K::command_release_payload)->payload, stray.payload);
  driver.say(driver.event(K::telemetry_sample));
  EXPECT_TRUE(driver.given.empty());
}

TEST(SessionPaths, AnIdleSessionListens) {
  EngineDriver driver;
  EXPECT_EQ(driver.session().phase(), ConversationPhase::listening);
  driver.user_speaks(100);
  EXPECT_EQ(driver.session().phase(), ConversationPhase::listening) << "to the user whose turn it is";
  driver.frame();
  driver.user_stops();
  driver.frame();
  driver.recognised(UtteranceClass::words);
  EXPECT_EQ(driver.session().phase(), ConversationPhase::thinking);
  driver.sentence(0);
  driver.synthesised_frame(0);
  driver.playback(K::playback_started);
  EXPECT_EQ(driver.session().phase(), ConversationPhase::speaking);
}

// contract: D4
TEST(SessionPaths, ADuckOfAnotherTicketDoesNotSayWhereThisVoiceWas) {
  EngineDriver driver;
  driver.until_speaking();
  driver.user_speaks(0);
  Event of_another = driver.event(K::duck_applied);
  of_another.ticket = driver.ticket + 1;
  of_another.argument_a = 2000;
  driver.say(of_another);
  driver.user_stops();
  driver.frame();
  driver.recognised(UtteranceClass::empty);
  ASSERT_NE(driver.find(K::command_resume), nullptr);
  EXPECT_EQ(driver.find(K::command_resume)->argument_a, -1) << "only the duck is lifted";
}

TEST(SessionPaths, TheEndOfAnotherUtteranceEndsNothing) {
  EngineDriver driver;
  driver.user_speaks(300);
  Event ended = driver.event(K::speech_ended);
  ended.argument_a = driver.utterance + 1;
  driver.say(ended);
  EXPECT_TRUE(driver.given.empty());
  driver.frame();
  EXPECT_EQ(driver.count(K::command_recognise_finalise), 0U);
}

TEST(SessionPaths, AGuessThatIsStillUndecidedNeitherConfirmsNorDismisses) {
  EngineDriver driver;
  driver.until_speaking();
  driver.user_speaks(100);
  driver.heard_partially(UtteranceClass::undecided);
  EXPECT_TRUE(driver.session().held());
  EXPECT_THAT(driver.kinds(), ElementsAre(K::command_release_payload));
}

// contract: I5, 1.11 row 7
TEST(SessionPaths, ASentenceThatFindsNoRoomIsDroppedByName) {
  EngineDriver driver;
  driver.user_says(UtteranceClass::words);
  const std::size_t edge_items = 64;  // simple/v1
  for (std::size_t i = 0; i <= sentences_waiting_max + edge_items; ++i) driver.sentence(static_cast<std::int64_t>(i));
  EXPECT_EQ(driver.count(K::drop_notice), 0U)
      << "one is being voiced, the others wait at the synthesiser or on its edge";
  Event one_more = driver.result(K::dialogue_sentence, testing::dialogue_node);
  one_more.payload = driver.payload();
  one_more.transport_sequence = 77;
  driver.say(one_more);
  const Event* notice = driver.find(K::drop_notice);
  ASSERT_NE(notice, nullptr);
  EXPECT_EQ(notice->range_start, 77);
  EXPECT_EQ(notice->range_end, 77);
  EXPECT_TRUE(notice->has(EventFlag::has_range));
  EXPECT_EQ(driver.find(K::command_release_payload)->payload, one_more.payload);
}

// contract: T2a, T2b, T3, T5a, G1, G2, G3, G5, G7
TEST(SessionPaths, EachAnswerOfTheControlPlaneOpensOrRefusesByItsName) {
  using enum ControlBit;
  const std::int64_t granted = control_all_granted;
  const struct {
    std::int64_t bits;
    K kind;
    Reason reason;
  } rows[] = {
      {granted, K::turn_open, Reason::none},
      {granted & ~control_bit(snapshot_valid), K::defer, Reason::snapshot_invalid_or_missing},
      {(granted & ~control_bit(snapshot_valid)) | control_bit(snapshot_failure_rejects), K::reject,
       Reason::snapshot_invalid_or_missing},
      {granted | control_bit(capacity_reject), K::reject, Reason::admission_capacity_reject},
      {granted | control_bit(capacity_defer), K::defer, Reason::admission_capacity_defer},
      {granted & ~control_bit(epoch_valid), K::stale_epoch_reject, Reason::authority_epoch_mismatch},
      {granted & ~control_bit(bundle_resolves), K::defer, Reason::turn_start_bundle_resolution_failed},
      {(granted & ~control_bit(bundle_resolves)) | control_bit(plan_failure_rejects), K::reject,
       Reason::turn_start_bundle_resolution_failed},
      {granted & ~control_bit(lease_valid), K::stale_epoch_reject, Reason::authority_epoch_mismatch},
      {granted & ~control_bit(lease_granted), K::deauthorized_drain, Reason::authority_revoked_before_open},
      {granted | control_bit(admission_reject), K::reject, Reason::cp_admission_reject_policy},
      {granted | control_bit(admission_defer), K::defer, Reason::cp_admission_defer_capacity},
  };
  for (const auto& row : rows) {
    EngineDriver driver;
    Event snapshot = driver.event(K::control_snapshot);
    snapshot.argument_a = row.bits;
    driver.say(snapshot);
    driver.user_speaks(10);
    const Event* said = driver.find(row.kind);
    ASSERT_NE(said, nullptr) << name_of(row.kind) << " " << row.bits;
    EXPECT_EQ(said->reason, row.reason);
    EXPECT_EQ(driver.session().turn_active(), row.kind == K::turn_open);
  }
}

TEST(SessionPaths, AnIdThatIsTooLongIsRefusedAndTheOldOneStays) {
  SessionStart start;
  ASSERT_TRUE(start.set_session_id("first"));
  EXPECT_FALSE(start.set_session_id(std::string(session_id_bytes_max + 1, 's')));
  EXPECT_EQ(start.session_id_text(), "first");
  EXPECT_TRUE(start.set_session_id(std::string(session_id_bytes_max, 's')));
}

// contract: 12.3 row 3, F2
TEST(SessionPaths, AProviderThatTimesOutIsReplacedWithinTheTurnOrEndsIt) {
  EngineDriver driver;
  driver.user_says(UtteranceClass::words);
  driver.wait(1000);  // the dialogue's deadline
  ASSERT_NE(driver.find(K::fallback), nullptr);
  EXPECT_EQ(driver.find(K::budget_exhausted)->reason, Reason::node_timeout_or_failure);
  EXPECT_EQ(driver.find(K::budget_exhausted)->node, testing::dialogue_node);
  EXPECT_TRUE(driver.session().turn_active()) << "the turn goes on without it";
  driver.synthesised_frame(0);
  driver.sentence_voiced();
  driver.playback(K::playback_started);
  driver.playback(K::playback_completed, 320);
  EXPECT_THAT(driver.kinds(), ElementsAre(K::commit, K::close)) << "the apology was heard";
}

// contract: F1, 6.4
TEST(SessionPaths, WorkThatNoPoolTakesIsShedByNameAndEndsTheTurn) {
  EngineDriver driver;
  driver.user_says(UtteranceClass::words);
  Event refused = driver.result(K::node_failed, testing::dialogue_node);
  refused.lane = Lane::control;
  refused.reason = Reason::execution_pool_saturated;
  driver.say(refused);
  ASSERT_NE(driver.find(K::shed), nullptr);
  EXPECT_EQ(driver.find(K::shed)->reason, Reason::execution_pool_saturated);
  ASSERT_NE(driver.find(K::budget_exhausted), nullptr);
  EXPECT_EQ(driver.count(K::fallback), 0U) << "a failure before its threshold leaves no branch (6.4)";
  EXPECT_FALSE(driver.session().turn_active());
}

TEST(SessionPaths, SpeechThatGoesOnUnderAnotherNumberIsNotOurs) {
  EngineDriver driver;
  driver.until_speaking();
  driver.user_speaks(100);
  ASSERT_TRUE(driver.session().held());
  Event continues = driver.event(K::speech_continues);
  continues.argument_a = driver.utterance + 1;
  continues.argument_b = 60'000;
  driver.say(continues);
  EXPECT_TRUE(driver.given.empty());
  EXPECT_TRUE(driver.session().held()) << "somebody else's long speech confirms nothing";
}

}  // namespace
}  // namespace phalarope
