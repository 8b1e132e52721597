// What counts as an interruption depends on what the board is doing: thinking, working with a tool, speaking (D4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using phalarope::testing::dialogue_node;
using phalarope::testing::EngineDriver;
using phalarope::testing::small_pipeline;
using K = EventKind;
using Phase = ConversationPhase;

constexpr std::int64_t thinking_ms = 300;
constexpr std::int64_t tool_ms = 650;

/// A word confirms while the board thinks; while a tool works only enough speech or a stop phrase does.
CompiledPipeline with_phases_of_their_own() {
  CompiledPipeline pipeline = small_pipeline();
  InterruptionPolicy& policy = pipeline.interruption;
  policy.enough_speech[static_cast<std::size_t>(Phase::thinking)] = milliseconds(thinking_ms);
  policy.enough_speech[static_cast<std::size_t>(Phase::tool_running)] = milliseconds(tool_ms);
  policy.word_confirms[static_cast<std::size_t>(Phase::tool_running)] = false;
  return pipeline;
}

/// A board whose dialogue has been asked and has said nothing yet.
struct Asked : EngineDriver {
  Asked() : EngineDriver(with_phases_of_their_own()) { user_says(UtteranceClass::words); }
  void tool(K what) { say(result(what, dialogue_node)); }
  bool interrupts() const { return find(K::interruption_confirmed) != nullptr; }
};

// contract: D4
TEST(SessionPhases, WhileAToolWorksItsOwnSensitivityDecides) {
  Asked thinking;
  thinking.user_speaks(thinking_ms);
  thinking.speech_continues(thinking_ms);
  EXPECT_TRUE(thinking.interrupts());

  Asked working;
  working.tool(K::tool_started);
  EXPECT_EQ(working.session().phase(), Phase::tool_running);
  working.user_speaks(thinking_ms);
  working.speech_continues(thinking_ms);
  EXPECT_FALSE(working.interrupts()) << "enough for a board that thinks, not for one whose tool works";
  working.pass(tool_ms - thinking_ms);
  working.speech_continues(tool_ms);
  EXPECT_TRUE(working.interrupts());
}

// contract: D4
TEST(SessionPhases, AWordThatEndsThinkingNeedNotEndATool) {
  for (const bool with_tool : {false, true}) {
    Asked sut;
    if (with_tool) sut.tool(K::tool_started);
    sut.user_speaks(100);
    sut.heard_partially(UtteranceClass::words);
    EXPECT_EQ(sut.interrupts(), !with_tool);
  }
  Asked stopped;
  stopped.tool(K::tool_started);
  stopped.user_speaks(100);
  stopped.heard_partially(UtteranceClass::stop_phrase);
  EXPECT_TRUE(stopped.interrupts()) << "a stop phrase confirms in every phase";
}

TEST(SessionPhases, ThePhaseEndsWithTheLastToolAndWithTheAnswer) {
  Asked sut;
  sut.tool(K::tool_started);
  sut.tool(K::tool_started);
  sut.tool(K::tool_ended);
  EXPECT_EQ(sut.session().phase(), Phase::tool_running) << "the other one still works";
  sut.tool(K::tool_ended);
  EXPECT_EQ(sut.session().phase(), Phase::thinking);
  sut.tool(K::tool_ended);
  EXPECT_EQ(sut.session().phase(), Phase::thinking) << "an end without its beginning";
  sut.tool(K::tool_started);
  EXPECT_EQ(sut.session().phase(), Phase::tool_running);
  sut.sentence(0);
  sut.dialogue_done();
  EXPECT_EQ(sut.session().phase(), Phase::thinking) << "whoever is done with the answer is done with the tool";
}

TEST(SessionPhases, AVoiceThatIsHeardCountsMoreThanAToolThatWorks) {
  Asked sut;
  sut.tool(K::tool_started);
  sut.sentence(0);
  sut.synthesised_frame(0);
  sut.playback(K::playback_started);
  EXPECT_EQ(sut.session().phase(), Phase::speaking);
}

TEST(SessionPhases, ATurnDoesNotInheritTheToolOfTheOneBefore) {
  Asked sut;
  sut.tool(K::tool_started);
  const Event of_the_old_turn = sut.result(K::tool_started, dialogue_node);
  sut.say(sut.event(K::user_cancel_requested));
  sut.user_says(UtteranceClass::words);
  EXPECT_EQ(sut.session().phase(), Phase::thinking);
  sut.say(of_the_old_turn);
  EXPECT_EQ(sut.session().phase(), Phase::thinking) << "a tool of a turn that is over";
}

// contract: D2
TEST(SessionPhases, AToolThatBeginsOrEndsIsProgress) {
  Asked sut;
  const auto before = sut.engine->next_deadline();
  sut.pass(400);
  sut.tool(K::tool_started);
  ASSERT_TRUE(before && sut.engine->next_deadline());
  EXPECT_GT(*sut.engine->next_deadline(), *before);
}

}  // namespace
}  // namespace phalarope
