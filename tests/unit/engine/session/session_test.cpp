// A session from the outside: what a conversation says to the engine, and what the engine must give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "core/engine/base/digest.hpp"
#include "tests/digest_file.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using phalarope::testing::EngineDriver;
using ::testing::ElementsAre;
using ::testing::Not;
using K = EventKind;

std::vector<EventKind> signals_of(const std::vector<Event>& events) {
  std::vector<EventKind> result;
  for (const Event& event : events) {
    if (is_contract_signal(event.kind)) result.push_back(event.kind);
  }
  return result;
}

// contract: T1, T5
TEST(Session, SpeechProposesATurnAndOpensIt) {
  EngineDriver sut;
  sut.user_speaks(100);
  EXPECT_THAT(sut.kinds(),
              ElementsAre(K::command_recognise_start, K::turn_open_proposed, K::command_fence, K::turn_open));
  EXPECT_TRUE(sut.session().turn_active());
  EXPECT_NE(sut.ticket, 0U);
}

// contract: T6, I2
TEST(Session, AnAnsweredTurnIsCommittedOnceWhenTheLastSampleHasSounded) {
  EngineDriver sut;
  sut.until_speaking();
  sut.sentence_voiced();
  EXPECT_EQ(sut.find(K::command_play_end), nullptr) << "the dialogue may have more to say";
  sut.dialogue_done();
  ASSERT_NE(sut.find(K::command_play_end), nullptr);
  EXPECT_EQ(sut.find(K::command_play_end)->argument_a, 320);
  EXPECT_TRUE(sut.session().turn_active());
  sut.playback(K::playback_completed, 320);
  EXPECT_THAT(sut.kinds(), ElementsAre(K::commit, K::close));
  ASSERT_NE(sut.engine->finished_evidence(), nullptr);
  EXPECT_EQ(first_missing_field(*sut.engine->finished_evidence()), EvidenceField::none);
  EXPECT_EQ(sut.engine->finished_evidence()->required_fields_filled, 0U) << "every anchor was measured";
  EXPECT_FALSE(sut.session().turn_active());
}

// contract: T7a, 3.1 rule 2, 7.1 row 2, 7.5; D4
TEST(Session, AConfirmedInterruptionFencesBeforeItSpeaksAndOpensTheNextTurn) {
  EngineDriver sut;
  sut.until_speaking();
  const std::uint64_t old_ticket = sut.ticket;
  sut.user_speaks(0);
  EXPECT_THAT(sut.kinds(), ElementsAre(K::command_recognise_start, K::command_duck, K::interruption_held));
  EXPECT_TRUE(sut.session().held());
  sut.pass(200);
  sut.heard_partially(UtteranceClass::words);
  EXPECT_THAT(signals_of(sut.given), ElementsAre(K::barge_in, K::cancel, K::playback_cancelled, K::abort, K::close,
                                                 K::turn_open_proposed, K::turn_open));
  std::size_t fence = 0;
  std::size_t barge_in = 0;
  for (std::size_t i = 0; i < sut.given.size(); ++i) {
    if (sut.given[i].kind == K::command_fence && fence == 0) fence = i;
    if (sut.given[i].kind == K::barge_in) barge_in = i;
  }
  EXPECT_LT(fence, barge_in) << "silence first, words after";
  EXPECT_GT(sut.ticket, old_ticket);
  ASSERT_NE(sut.engine->finished_evidence(), nullptr);
  EXPECT_EQ(sut.engine->finished_evidence()->terminal_reason, Reason::cancelled);
}

TEST(Session, TheInterruptingWordsAreAnsweredByTheNextTurn) {
  EngineDriver sut;
  sut.until_speaking();
  sut.user_speaks(200);
  sut.heard_partially(UtteranceClass::words);
  sut.user_stops();
  sut.frame();
  sut.recognised(UtteranceClass::words);
  EXPECT_NE(sut.find(K::command_dialogue_ask), nullptr);
}

TEST(Session, AShortCommandThatEndsBeforeAnyPartialStillInterrupts) {
  EngineDriver sut;
  sut.until_speaking();
  sut.user_speaks(250);
  sut.user_stops();
  sut.frame();
  EXPECT_NE(sut.find(K::command_recognise_finalise), nullptr);
  sut.recognised(UtteranceClass::words);
  EXPECT_THAT(signals_of(sut.given), ::testing::Contains(K::barge_in));
  EXPECT_NE(sut.find(K::command_dialogue_ask), nullptr) << "the words are not lost with the turn they end";
}

// contract: D4
TEST(Session, ACoughHoldsAndTheVoiceReturnsAtTheStartOfTheInterruptedWord) {
  EngineDriver sut;
  sut.until_speaking();
  const std::uint64_t ticket = sut.ticket;
  sut.user_speaks(0);
  sut.playback(K::duck_applied, 2000);
  sut.pass(200);
  sut.user_stops();
  sut.frame();
  sut.recognised(UtteranceClass::empty);
  const Event* resume = sut.find(K::command_resume);
  ASSERT_NE(resume, nullptr);
  EXPECT_EQ(resume->argument_a, 1600) << "the word that began at 1600 was being said at 2000";
  EXPECT_NE(sut.find(K::interruption_dismissed), nullptr);
  EXPECT_EQ(sut.ticket, ticket) << "nothing was cancelled";
  EXPECT_TRUE(sut.session().turn_active());
}

TEST(Session, BackChannelDoesNotStopTheVoice) {
  EngineDriver sut;
  sut.until_speaking();
  sut.user_speaks(200);
  sut.heard_partially(UtteranceClass::back_channel);
  sut.user_stops();
  sut.frame();
  sut.recognised(UtteranceClass::back_channel);
  EXPECT_NE(sut.find(K::command_resume), nullptr);
  EXPECT_EQ(sut.count(K::barge_in), 0U);
}

TEST(Session, AHoldIsDecidedWithinItsBoundWhateverComes) {
  EngineDriver sut;
  sut.until_speaking();
  sut.user_speaks(0);
  sut.wait(701);
  EXPECT_FALSE(sut.session().held());
  EXPECT_EQ(sut.session().counters().holds_confirmed, 1U) << "somebody still speaks: enough speech";
}

TEST(Session, AStopPhraseStopsAtOnceAndItsTurnSaysNothing) {
  EngineDriver sut;
  sut.until_speaking();
  sut.user_speaks(100);
  sut.heard_partially(UtteranceClass::stop_phrase);
  EXPECT_THAT(signals_of(sut.given), ::testing::Contains(K::abort));
  sut.user_stops();
  sut.frame();
  sut.recognised(UtteranceClass::stop_phrase);
  ASSERT_NE(sut.find(K::command_dialogue_ask), nullptr);
  sut.dialogue_done();
  EXPECT_THAT(sut.kinds(), ElementsAre(K::commit, K::close)) << "a control-only turn ends well";
}

// contract: I6, 3.3, 7.3 row 3
TEST(Session, OutputOfACancelledTurnIsNeverHandedToTheLoudspeaker) {
  EngineDriver sut;
  sut.until_speaking();
  Event late = sut.result(K::synthesis_frame, testing::synthesiser_node);
  sut.user_speaks(100);
  sut.heard_partially(UtteranceClass::words);
  late.payload = sut.payload();
  sut.say(late);
  EXPECT_EQ(sut.find(K::command_play_frame), nullptr);
  ASSERT_NE(sut.find(K::playback_cancelled), nullptr);
  EXPECT_TRUE(sut.find(K::playback_cancelled)->has(EventFlag::late_after_cancel));
  EXPECT_NE(sut.find(K::command_release_payload), nullptr);
  late.payload = sut.payload();
  sut.say(late);
  EXPECT_EQ(sut.find(K::playback_cancelled), nullptr) << "told once for a ticket";
  EXPECT_EQ(sut.session().counters().late_outputs_refused, 2U);
}

// contract: D17, D22
TEST(Session, TheDialogueLearnsHowManyWordsWereHeard) {
  EngineDriver sut;
  sut.until_speaking();
  const std::uint64_t old_ticket = sut.ticket;
  sut.user_speaks(100);
  sut.heard_partially(UtteranceClass::words);
  Event applied = sut.event(K::fence_applied);
  applied.ticket = old_ticket;
  applied.argument_a = 3000;
  sut.say(applied);
  const Event* heard = sut.find(K::command_heard);
  ASSERT_NE(heard, nullptr);
  EXPECT_EQ(heard->argument_a, 1) << "the second word was cut, the third never began";
  EXPECT_EQ(heard->argument_b, 3);
}

// contract: T4, G4
TEST(Session, WithoutAuthorityNoTurnOpens) {
  EngineDriver sut;
  Event snapshot = sut.event(K::control_snapshot);
  snapshot.argument_a = control_all_granted & ~control_bit(ControlBit::authorized);
  sut.say(snapshot);
  sut.user_speaks(100);
  EXPECT_THAT(signals_of(sut.given), ElementsAre(K::turn_open_proposed, K::deauthorized_drain));
  EXPECT_FALSE(sut.session().turn_active());
}

// contract: T8
TEST(Session, ARevokedAuthorityEndsTheTurn) {
  EngineDriver sut;
  sut.until_speaking();
  Event snapshot = sut.event(K::control_snapshot);
  snapshot.argument_a = control_all_granted & ~control_bit(ControlBit::authorized);
  sut.say(snapshot);
  EXPECT_THAT(signals_of(sut.given), ElementsAre(K::deauthorized_drain, K::abort, K::close));
  EXPECT_EQ(sut.given.back().kind, K::close);
}

// contract: I7
TEST(Session, AnOlderEpochIsRefusedByName) {
  EngineDriver sut;
  Event snapshot = sut.event(K::control_snapshot);
  snapshot.argument_a = control_all_granted;
  snapshot.authority_epoch = 7;
  snapshot.argument_b = 7;
  sut.say(snapshot);
  snapshot.authority_epoch = 6;
  snapshot.argument_b = 6;
  sut.say(snapshot);
  EXPECT_THAT(sut.kinds(), ElementsAre(K::stale_epoch_reject));
}

// contract: 2.7, I10
TEST(Session, NoTurnOpensWithoutRoomForItsEvidence) {
  EngineDriver sut;
  Event full = sut.event(K::evidence_state);
  full.argument_a = 0;
  sut.say(full);
  sut.user_speaks(100);
  EXPECT_THAT(signals_of(sut.given), ElementsAre(K::turn_open_proposed, K::defer));
  EXPECT_EQ(sut.given.back().reason, Reason::admission_capacity_defer);
}

// contract: T9
TEST(Session, ATurnWhoseEvidenceIsLostAborts) {
  EngineDriver sut;
  sut.until_speaking();
  Event full = sut.event(K::evidence_state);
  full.argument_a = static_cast<std::int64_t>(EvidenceRoom::lost);
  sut.say(full);
  sut.sentence_voiced();
  sut.dialogue_done();
  sut.playback(K::playback_completed, 320);
  EXPECT_THAT(signals_of(sut.given), ElementsAre(K::abort, K::close));
  EXPECT_EQ(sut.find(K::abort)->reason, Reason::recording_evidence_unavailable);
}

// contract: 2.7 row 3
TEST(Session, ARunningTurnWhoseRoomIsHeldCommitsAlsoWhenTheNextOneFindsNone) {
  EngineDriver sut;
  sut.until_speaking();
  Event full = sut.event(K::evidence_state);
  full.argument_a = static_cast<std::int64_t>(EvidenceRoom::running_only);
  sut.say(full);
  sut.sentence_voiced();
  sut.dialogue_done();
  sut.playback(K::playback_completed, 320);
  EXPECT_THAT(signals_of(sut.given), ElementsAre(K::commit, K::close));
}

// contract: 2.3
TEST(Session, AfterItsConnectionEndedARunningTurnEndsAndTheNextIsDeferred) {
  EngineDriver sut;
  sut.until_speaking();
  sut.say(sut.event(K::ended));
  EXPECT_FALSE(sut.session().ended()) << "a turn is still active";
  sut.user_speaks(100);
  sut.wait(60'000);
  EXPECT_TRUE(sut.session().ended());
  EXPECT_EQ(sut.count(K::turn_open), 1U);
  EXPECT_EQ(sut.count(K::close), 1U);
}

// contract: 2.2, 2.3
TEST(Session, EndsWhenADisconnectOutlastsItsDeadline) {
  EngineDriver sut;
  sut.say(sut.event(K::disconnected));
  sut.wait(29'000);
  EXPECT_FALSE(sut.session().ended());
  sut.wait(2'000);
  EXPECT_TRUE(sut.session().ended());
}

// contract: 2.2; D14
TEST(Session, WaitsForItsDeviceHoweverLongAndHearsAgain) {
  EngineDriver sut;
  sut.say(sut.event(K::device_lost));
  sut.wait(3'600'000);
  sut.say(sut.event(K::device_restored));
  EXPECT_FALSE(sut.session().ended());
  sut.user_speaks(100);
  EXPECT_EQ(sut.count(K::turn_open), 1U);
}

// contract: 6.4, T10b; D14
TEST(Session, ANodeThatNeverAnswersEndsInAnApologyOrAnAbortNeverInSilence) {
  EngineDriver sut;
  sut.user_says(UtteranceClass::words);  // the dialogue is asked and says nothing
  sut.wait(60'000);
  EXPECT_FALSE(sut.session().turn_active());
  EXPECT_EQ(sut.count(K::close), 1U);
  EXPECT_EQ(sut.count(K::abort), 1U) << "nobody plays the apology in this world, so it cannot complete either";
  for (const Event& event : sut.all) {
    if (event.kind != K::budget_warning && event.kind != K::budget_exhausted) continue;
    EXPECT_NE(event.turn_number, 0U) << "a budget is a turn's";
  }
}

// Found by the simulator (seed 1): the hold outlived its turn, and whoever was speaking got no turn.
TEST(Session, AHoldDissolvesWithItsTurnAndTheSpeakerGetsTheirOwn) {
  EngineDriver sut;
  sut.until_speaking();
  sut.sentence_voiced();
  sut.dialogue_done();
  sut.user_speaks(100);
  ASSERT_TRUE(sut.session().held());
  sut.playback(K::playback_completed, 320);
  EXPECT_FALSE(sut.session().held());
  ASSERT_NE(sut.find(K::interruption_dismissed), nullptr);
  EXPECT_EQ(sut.find(K::interruption_dismissed)->reason, Reason::turn_ended);
  EXPECT_THAT(signals_of(sut.given), ElementsAre(K::commit, K::close, K::turn_open_proposed, K::turn_open));
}

// Found by the simulator (seed 1): a deadline's signals carried the tick's epoch.
// contract: 10.2 row 3, I7
TEST(Session, WhatADeadlineSaysCarriesTheCurrentEpoch) {
  EngineDriver sut;
  Event snapshot = sut.event(K::control_snapshot);
  snapshot.argument_a = control_all_granted;
  snapshot.authority_epoch = 5;
  snapshot.argument_b = 5;
  sut.say(snapshot);
  sut.user_says(UtteranceClass::words);
  sut.wait(60'000);
  ASSERT_GT(sut.count(K::budget_warning), 0U);
  for (const Event& event : sut.all) {
    if (is_contract_signal(event.kind) && event.has(EventFlag::output) && event.kind != K::connected) {
      EXPECT_EQ(event.authority_epoch, 5U) << name_of(event.kind);
    }
  }
}

TEST(Session, TheVerdictIsAskedAtOnceWhenItsFramesHaveAlreadyCome) {
  EngineDriver sut;
  sut.user_speaks(300);
  sut.frame();
  Event ended = sut.event(K::speech_ended);
  ended.argument_a = sut.utterance;
  ended.media_sample = 100;  // the speech ended before the last frame that was passed on
  sut.say(ended);
  EXPECT_NE(sut.find(K::command_recognise_finalise), nullptr);
}

TEST(Session, SomebodyWhoOnlyBreathesGetsNoAnswer) {
  EngineDriver sut;
  sut.user_says(UtteranceClass::empty);
  EXPECT_THAT(signals_of(sut.given), ElementsAre(K::commit, K::close));
  EXPECT_EQ(sut.count(K::command_dialogue_ask), 0U);
}

// contract: F-018, D14
TEST(Session, WordsThatNoEdgeTakesEndTheirTurnAtOnce) {
  CompiledPipeline pipeline = testing::small_pipeline();
  pipeline.graph.edges[1].when.confidence_permille.min = 600;
  EngineDriver sut(pipeline);
  sut.user_says(UtteranceClass::words);  // the driver's recogniser is never confident
  EXPECT_THAT(signals_of(sut.given), ElementsAre(K::commit, K::close));
  EXPECT_EQ(sut.count(K::command_dialogue_ask), 0U);
  EXPECT_NE(sut.find(K::command_release_payload), nullptr) << "and its words are given back";
}

TEST(Session, TheVerdictIsAskedOnlyAfterTheLastFrameOfSpeech) {
  EngineDriver sut;
  sut.user_speaks(300);
  sut.user_stops();
  EXPECT_EQ(sut.find(K::command_recognise_finalise), nullptr);
  sut.frame();
  EXPECT_NE(sut.find(K::command_recognise_finalise), nullptr);
}

TEST(Session, LostFramesDoNotDelayTheVerdictForEver) {
  EngineDriver sut;
  sut.user_speaks(300);
  sut.user_stops();
  sut.wait(101);
  EXPECT_EQ(sut.count(K::command_recognise_finalise), 1U);
  EXPECT_EQ(sut.session().counters().frames_lost_at_close, 1U);
}

TEST(Session, SynthesisRunsAheadOfTheLoudspeakerOnlyAsFarAsThePlanAllows) {
  EngineDriver sut;
  sut.user_says(UtteranceClass::words);
  sut.sentence(0);
  const Event* credit = sut.find(K::command_node_credit);
  ASSERT_NE(credit, nullptr);
  EXPECT_EQ(credit->argument_a, 9600 / 320);
  sut.synthesised_frame(0);
  EXPECT_EQ(sut.find(K::command_node_credit), nullptr);
  sut.playback(K::playback_started);
  sut.playback(K::playback_position, 1600);
  ASSERT_NE(sut.find(K::command_node_credit), nullptr);
  EXPECT_EQ(sut.find(K::command_node_credit)->argument_a, 5);
}

TEST(Session, ShutdownEndsTheTurnAndOpensNoOther) {
  EngineDriver sut;
  sut.until_speaking();
  sut.say(sut.event(K::shutdown_requested));
  EXPECT_THAT(signals_of(sut.given), ::testing::IsSupersetOf({K::abort, K::close}));
  sut.user_speaks(100);
  EXPECT_FALSE(sut.session().turn_active());
}

TEST(Session, EveryPayloadThatComesInGoesOutOnce) {
  EngineDriver sut;
  sut.until_speaking();
  sut.sentence(1);
  sut.sentence(2);
  sut.user_speaks(200);
  sut.frame();
  sut.heard_partially(UtteranceClass::words);  // cancels with two sentences waiting
  sut.user_stops();
  sut.frame();
  sut.recognised(UtteranceClass::rejected);
  sut.frame();  // belongs to nobody any more
  std::map<std::uint32_t, int> balance;
  for (const Event& event : sut.all) {
    if (!event.payload.present()) continue;
    balance[event.payload.generation] += event.has(EventFlag::output) ? -1 : 1;
  }
  // The sentence that the synthesiser was given is the node's to release: handed out counts as out.
  for (const auto& [generation, left] : balance) EXPECT_EQ(left, 0) << "payload " << generation;
}

// contract: I8; decisions.md D23
TEST(Session, TheSameLogGivesTheSameDigest) {
  const auto digest = [] {
    EngineDriver sut;
    sut.until_speaking();
    sut.user_speaks(200);
    sut.heard_partially(UtteranceClass::words);
    sut.user_stops();
    sut.frame();
    sut.recognised(UtteranceClass::words);
    sut.wait(10'000);
    RunningDigest running;
    for (const Event& event : sut.all) running.add(event);
    return running.value();
  };
  EXPECT_EQ(digest(), digest());
  testing::leave_digest("session_conversation", digest());
}

}  // namespace
}  // namespace phalarope
