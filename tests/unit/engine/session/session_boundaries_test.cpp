// What crosses the boundary of a turn and what does not: plans, epochs, adaptive actions, and the user's own word
// that an utterance is over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "core/engine/base/digest.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using phalarope::testing::EngineDriver;
using ::testing::ElementsAre;
using K = EventKind;

void grant(EngineDriver& driver, std::uint64_t epoch, std::int64_t bits = control_all_granted) {
  Event snapshot = driver.event(K::control_snapshot);
  snapshot.argument_a = bits;
  snapshot.authority_epoch = epoch;
  snapshot.argument_b = static_cast<std::int64_t>(epoch);
  driver.say(snapshot);
}

void finish_speaking(EngineDriver& driver) {
  driver.sentence_voiced();
  driver.dialogue_done();
  driver.playback(K::playback_completed, 320);
}

// contract: I1
TEST(SessionBoundaries, APolicyThatChangesInATurnBindsTheNextOne) {
  EngineDriver driver;
  grant(driver, 5);
  driver.until_speaking();
  grant(driver, 6, control_all_granted | control_bit(ControlBit::capacity_defer));
  EXPECT_TRUE(driver.session().turn_active()) << "a full board ends no running turn";
  finish_speaking(driver);
  const TurnEvidence first = *driver.engine->finished_evidence();
  EXPECT_EQ(first.terminal_outcome, wire::TerminalOutcome::commit);
  EXPECT_EQ(first.authority_epoch, 5) << "the plan's";
  static ResolvedTurnPlan plan;  // too large for a test's stack
  ASSERT_TRUE(materialize(driver.engine->prepared(), "turn-000001", Epoch{5}, plan));
  EXPECT_EQ(first.plan_hash.view(), plan.plan_hash.view()) << "frozen at the open";
  driver.user_speaks(100);
  EXPECT_FALSE(driver.session().turn_active()) << "the next turn meets the new answer";
  grant(driver, 6);
  driver.user_stops();
  driver.until_speaking();
  finish_speaking(driver);
  EXPECT_EQ(driver.engine->finished_evidence()->authority_epoch, 6);
  EXPECT_NE(driver.engine->finished_evidence()->plan_hash, first.plan_hash);
}

// contract: 3.1 row 4
TEST(SessionBoundaries, AManualEndOfUtteranceAsksForTheVerdictAtOnce) {
  EngineDriver driver;
  driver.user_speaks(300);
  driver.frame();
  driver.say(driver.event(K::end_of_utterance));
  ASSERT_NE(driver.find(K::command_recognise_finalise), nullptr) << "no word of the voice activity was needed";
  driver.recognised(UtteranceClass::words);
  EXPECT_NE(driver.find(K::command_dialogue_ask), nullptr);
  driver.user_stops();
  EXPECT_EQ(driver.count(K::command_recognise_finalise), 1U) << "the later word of the voice activity changes nothing";
  driver.say(driver.event(K::end_of_utterance));
  EXPECT_TRUE(driver.given.empty()) << "nobody is speaking";
}

// contract: 3.1 row 5, I8
TEST(SessionBoundaries, TwoCandidatesInEveryOrderAreArbitratedTheSameEachTime) {
  const auto digest = [](bool cancel_first, bool dismiss) {
    EngineDriver driver;
    driver.until_speaking();
    if (cancel_first) driver.say(driver.event(K::user_cancel_requested));
    driver.user_speaks(200);
    driver.heard_partially(dismiss ? UtteranceClass::back_channel : UtteranceClass::words);
    if (!cancel_first) driver.say(driver.event(K::user_cancel_requested));
    driver.wait(5000);
    RunningDigest running;
    for (const Event& event : driver.all) running.add(event);
    return running.value();
  };
  std::set<std::uint64_t> different;
  for (const bool cancel_first : {false, true}) {
    for (const bool dismiss : {false, true}) {
      EXPECT_EQ(digest(cancel_first, dismiss), digest(cancel_first, dismiss));
      different.insert(digest(cancel_first, dismiss));
    }
  }
  EXPECT_GE(different.size(), 3U) << "the digest would see a difference";
}

CompiledPipeline pipeline_allowing(std::initializer_list<AdaptiveAction> actions) {
  CompiledPipeline pipeline = testing::small_pipeline();
  pipeline.plan.allowed_adaptive_actions.clear();
  for (const AdaptiveAction action : actions) {
    EXPECT_TRUE(pipeline.plan.allowed_adaptive_actions.push_back(action));
  }
  return pipeline;
}

// contract: 4.2 row 6, 6.6
TEST(SessionBoundaries, AChangeWithinATurnNeedsItsActionAndIsSaid) {
  const auto silent_dialogue = [](const CompiledPipeline& pipeline) {
    EngineDriver driver(pipeline);
    driver.user_says(UtteranceClass::words);
    driver.wait(1500);
    return std::tuple(driver.count(K::fallback), driver.count(K::degrade), driver.count(K::command_apology),
                      driver.session().turn_active());
  };
  using enum AdaptiveAction;
  EXPECT_EQ(silent_dialogue(pipeline_allowing({})), std::tuple(0U, 0U, 0U, false)) << "nothing is allowed";
  EXPECT_EQ(silent_dialogue(pipeline_allowing({retry, provider_switch})), std::tuple(0U, 0U, 0U, false));
  EXPECT_EQ(silent_dialogue(pipeline_allowing({fallback})), std::tuple(1U, 0U, 1U, true));
  EXPECT_EQ(silent_dialogue(pipeline_allowing({degrade})), std::tuple(0U, 1U, 1U, true));
}

// contract: 10.2 row 4, T14
TEST(SessionBoundaries, AnOlderAuthorityIsRefusedAndChangesNothing) {
  EngineDriver driver;
  grant(driver, 7);
  driver.until_speaking();
  grant(driver, 6, 0);  // would revoke everything
  EXPECT_THAT(driver.kinds(), ElementsAre(K::stale_epoch_reject));
  const Event& refused = *driver.find(K::stale_epoch_reject);
  EXPECT_EQ(refused.emitter, Emitter::authority);
  EXPECT_EQ(refused.reason, Reason::authority_epoch_mismatch);
  EXPECT_EQ(refused.authority_epoch, 7U) << "said with the current epoch";
  EXPECT_EQ(refused.argument_a, 6) << "about the offending one";
  EXPECT_TRUE(driver.session().turn_active());
  finish_speaking(driver);
  EXPECT_THAT(driver.kinds(), ElementsAre(K::commit, K::close));
}

}  // namespace
}  // namespace phalarope
