// A cancel covers what is inside its scope and nothing outside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using phalarope::testing::EngineDriver;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using K = EventKind;

Event cancel_of(const EngineDriver& driver, Scope scope, std::uint8_t node, std::uint32_t call = 0) {
  Event cancel = driver.event(K::user_cancel_requested);
  cancel.scope = scope;
  cancel.node = node;
  cancel.provider_invocation = call;
  return cancel;
}

wire::OutcomeClass outcome_of(const EngineDriver& driver, wire::EvidenceModality modality) {
  for (const EvidenceInvocation& call : driver.engine->finished_evidence()->invocation_outcomes()) {
    if (call.modality == modality) return call.outcome_class;
  }
  return wire::OutcomeClass::none;
}

/// The sequence of the command that began a node's work: the call's number.
std::uint32_t call_of(const EngineDriver& driver, K command) {
  for (const Event& event : driver.all) {
    if (event.kind == command) return static_cast<std::uint32_t>(event.runtime_sequence);
  }
  return 0;
}

// contract: 7.1 row 3, 7.2
TEST(SessionCancel, ACancelledDialogueSaysNoMoreAndWhatItSaidIsHeardToTheEnd) {
  EngineDriver driver;
  driver.until_speaking();
  driver.pass(100);
  driver.say(cancel_of(driver, Scope::node, testing::dialogue_node));
  driver.pass(100);
  EXPECT_THAT(driver.kinds(), ElementsAre(K::command_node_cancel, K::cancel));
  const Event* cancel = driver.find(K::cancel);
  EXPECT_EQ(cancel->scope, Scope::node);
  EXPECT_EQ(cancel->node, testing::dialogue_node);
  EXPECT_EQ(cancel->reason, Reason::user_cancel);
  EXPECT_TRUE(driver.session().turn_active()) << "the scope is the node, not the turn";
  driver.sentence(1);
  EXPECT_THAT(driver.kinds(), ElementsAre(K::command_release_payload, K::drop_notice)) << "fenced, and said";
  driver.synthesised_frame(320);
  EXPECT_NE(driver.find(K::command_play_frame), nullptr) << "outside the scope nothing changes";
  driver.sentence_voiced();
  driver.playback(K::playback_completed, 640);
  EXPECT_THAT(driver.kinds(), ElementsAre(K::commit, K::close));
  EXPECT_EQ(outcome_of(driver, wire::EvidenceModality::llm), wire::OutcomeClass::cancelled);
  EXPECT_EQ(outcome_of(driver, wire::EvidenceModality::tts), wire::OutcomeClass::success);
  for (const EvidenceInvocation& call : driver.engine->finished_evidence()->invocation_outcomes()) {
    if (call.modality != wire::EvidenceModality::llm) continue;
    EXPECT_EQ(call.final_attempt_latency_ns, milliseconds(100).value) << "it took until its cancel, not until the end";
  }
}

// contract: 7.1 row 3, I6
TEST(SessionCancel, ACancelledVoiceFallsSilentAndEverySentenceIsGivenBack) {
  EngineDriver driver;
  driver.until_speaking();
  driver.sentence(1);
  driver.say(cancel_of(driver, Scope::node, testing::synthesiser_node));
  EXPECT_THAT(driver.kinds(),
              ElementsAre(K::command_node_cancel, K::cancel, K::command_release_payload, K::drop_notice));
  driver.synthesised_frame(320);
  EXPECT_THAT(driver.kinds(), Not(Contains(K::command_play_frame)));
  EXPECT_NE(driver.find(K::playback_cancelled), nullptr);
  driver.sentence(2);
  EXPECT_EQ(driver.find(K::command_synthesise), nullptr) << "its inputs are fenced too";
  driver.dialogue_done();
  ASSERT_NE(driver.find(K::command_play_end), nullptr) << "what was voiced before is played";
  driver.playback(K::playback_completed, 320);
  EXPECT_THAT(driver.kinds(), ElementsAre(K::commit, K::close));
}

// contract: 7.1 row 3, D14
TEST(SessionCancel, ACancelledRecogniserLeavesATurnAboutNothing) {
  EngineDriver driver;
  driver.user_speaks(300);
  driver.frame();
  driver.say(cancel_of(driver, Scope::node, testing::recogniser_node));
  EXPECT_THAT(driver.kinds(), ::testing::IsSupersetOf({K::cancel, K::command_recognise_abandon, K::commit, K::close}));
  driver.recognised(UtteranceClass::words);
  EXPECT_EQ(driver.count(K::command_dialogue_ask), 0U);
  driver.user_says(UtteranceClass::words);
  EXPECT_EQ(driver.count(K::command_dialogue_ask), 1U) << "nothing leaks into the next turn";
}

// contract: 7.1 row 4, 6.5
TEST(SessionCancel, ACancelledCallIsNamedByItsNumberAndItsOutcomeIsCancelled) {
  EngineDriver driver;
  driver.until_speaking();
  const std::uint32_t call = call_of(driver, K::command_dialogue_ask);
  driver.say(cancel_of(driver, Scope::provider_invocation, no_node.value, call + 1000));
  EXPECT_TRUE(driver.given.empty()) << "nobody was called by that number";
  driver.say(cancel_of(driver, Scope::provider_invocation, no_node.value, call));
  ASSERT_NE(driver.find(K::cancel), nullptr);
  EXPECT_EQ(driver.find(K::cancel)->scope, Scope::provider_invocation);
  EXPECT_EQ(driver.find(K::cancel)->provider_invocation, call);
  EXPECT_TRUE(driver.session().turn_active());
  driver.sentence_voiced();
  driver.playback(K::playback_completed, 320);
  EXPECT_EQ(outcome_of(driver, wire::EvidenceModality::llm), wire::OutcomeClass::cancelled);
}

// contract: 7.2 "Accepting twice is a no-op"
TEST(SessionCancel, ASecondCancelAndOneForNobodySayNothing) {
  EngineDriver driver;
  driver.say(cancel_of(driver, Scope::node, testing::dialogue_node));
  EXPECT_TRUE(driver.given.empty()) << "no turn is active";
  driver.until_speaking();
  driver.say(cancel_of(driver, Scope::node, testing::dialogue_node));
  driver.say(cancel_of(driver, Scope::node, testing::dialogue_node));
  EXPECT_TRUE(driver.given.empty());
  for (const std::uint8_t nobody : {std::uint8_t{0}, std::uint8_t{4}, std::uint8_t{9}}) {
    driver.say(cancel_of(driver, Scope::node, nobody));
    EXPECT_TRUE(driver.given.empty()) << "microphone, playback and strangers call no provider";
  }
  EXPECT_TRUE(driver.session().turn_active());
}

// contract: 7.1 row 1, T7
TEST(SessionCancel, ACancelOfTheSessionEndsItsTurnAndSaysItsScope) {
  EngineDriver driver;
  driver.until_speaking();
  driver.say(cancel_of(driver, Scope::session, no_node.value));
  ASSERT_NE(driver.find(K::cancel), nullptr);
  EXPECT_EQ(driver.find(K::cancel)->scope, Scope::session);
  EXPECT_EQ(driver.find(K::abort)->reason, Reason::cancelled);
  EXPECT_FALSE(driver.session().turn_active());
  driver.say(cancel_of(driver, Scope::session, no_node.value));
  EXPECT_TRUE(driver.given.empty()) << "nothing is left inside the scope";
}

// contract: 7.1 row 2, T7
TEST(SessionCancel, ACancelOfTheTurnEndsItAndAllItsNodes) {
  EngineDriver driver;
  driver.until_speaking();
  driver.say(cancel_of(driver, Scope::turn, no_node.value));
  std::size_t told = 0;
  for (const Event& given : driver.given) told += given.kind == K::command_node_cancel ? 1U : 0U;
  EXPECT_EQ(told, 2U) << "dialogue and synthesiser were at work";
  EXPECT_FALSE(driver.session().turn_active());
}

// contract: 7.1 row 3
TEST(SessionCancel, ARecogniserThatHasGivenItsWordsIsNotMissed) {
  EngineDriver driver;
  driver.until_speaking();
  driver.say(cancel_of(driver, Scope::node, testing::recogniser_node));
  EXPECT_THAT(driver.kinds(), ElementsAre(K::cancel)) << "it had nothing left to do for this turn";
  driver.sentence(1);
  driver.sentence_voiced();
  EXPECT_NE(driver.find(K::command_synthesise), nullptr) << "the dialogue goes on";
}

// contract: 7.1 row 4
TEST(SessionCancel, ACallThatHasNotBegunHasNoNumber) {
  EngineDriver driver;
  driver.user_speaks(100);
  driver.say(cancel_of(driver, Scope::provider_invocation, no_node.value, 0));
  EXPECT_TRUE(driver.given.empty());
  EXPECT_TRUE(driver.session().turn_active());
}

}  // namespace
}  // namespace phalarope
