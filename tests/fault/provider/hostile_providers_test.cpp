// Forty ways in which a recogniser, a dialogue or a synthesiser may misbehave, each against a whole conversation (Q24):
// the turn ends within its budget, nothing late is heard, nothing leaks, the next turn works, the evidence replays.
//
// One row a behaviour. What a provider says in time is progress and restarts the budget (decisions.md D2); a row that
// talks for a while posts it as such. What is not progress must not keep a turn alive.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <limits>

#include "tests/fault/provider/stage.hpp"
#include "tests/unit/hal/audio/real_speech.hpp"

namespace phalarope::testing {
namespace {

constexpr std::int64_t turn_budget_ms = 5'000;  // simple/v1
constexpr std::int64_t grace_ms = 75;
constexpr std::int64_t period_ms = 10;
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

struct Behaviour {
  const char* name;
  NodeType node;
  Act act;
  bool late_expected = false;  // the engine is given something that it must refuse as late
  bool talks_on = false;       // there is sound to be heard all the time: a user ends it, not a budget
};

void never(Stage&, const Event&) {}
void fails(Stage& stage, const Event& command) { stage.post(10, stage.reply(command, EventKind::node_failed)); }

Event words(Stage& stage, const Event& command, UtteranceClass what = UtteranceClass::words) {
  Event verdict = stage.reply(command, EventKind::recognition_final);
  verdict.argument_a = static_cast<std::int64_t>(what);
  return stage.with_text(verdict, "go forward");
}
/// The verdict is asked for; everything else of a recogniser is left undone.
Act at_the_verdict(Act act) {
  return [act = std::move(act)](Stage& stage, const Event& command) {
    if (command.kind == EventKind::command_recognise_finalise) act(stage, command);
  };
}
/// The health provider's answer, with one lie about its envelope; and after two seconds the truth.
Act answers_in_a_lie(void (*lie)(Event&)) {
  return [lie](Stage& stage, const Event& command) {
    if (command.kind != EventKind::command_dialogue_ask) return;
    Event sentence = stage.with_text(stage.reply(command, EventKind::dialogue_sentence), "A lie.");
    Event done = stage.reply(command, EventKind::dialogue_done);
    done.argument_a = 1;
    lie(sentence);
    lie(done);
    stage.post(20, sentence);
    stage.post(20, done);
  };
}
Act voices(void (*each)(Stage&, const Event&)) {
  return [each](Stage& stage, const Event& command) {
    if (command.kind == EventKind::command_synthesise || command.kind == EventKind::command_apology) {
      each(stage, command);
    }
  };
}
Event voiced(Stage& stage, const Event& command, std::int64_t samples) {
  Event done = stage.reply(command, EventKind::synthesis_done);
  done.argument_b = samples;
  return done;
}

void say_many(Stage& stage, const Event& command, EventKind kind, int count, std::int64_t every_ms) {
  for (int i = 0; i < count; ++i) stage.post_progress(10 + i * every_ms, stage.reply(command, kind));
}

const Behaviour behaviours[] = {
    // ---- recogniser ---------------------------------------------------------------------------------------------
    {"RecogniserNeverAnswers", NodeType::recogniser, never},
    {"RecogniserFails", NodeType::recogniser, at_the_verdict(fails)},
    {"RecogniserFailsAThousandTimes", NodeType::recogniser, at_the_verdict([](Stage& stage, const Event& command) {
       for (int i = 0; i < 1000; ++i) stage.post(10, stage.reply(command, EventKind::node_failed));
     })},
    {"RecogniserAnswersTwice", NodeType::recogniser, at_the_verdict([](Stage& stage, const Event& command) {
       stage.post_progress(10, words(stage, command));
       stage.post_progress(10, words(stage, command));
     })},
    {"RecogniserSpeaksOfAnotherUtterance", NodeType::recogniser, at_the_verdict([](Stage& stage, const Event& command) {
       Event wrong = words(stage, command);
       wrong.provider_invocation += 1000;
       stage.post(10, wrong);
     })},
    {"RecogniserGivesAnUnknownClass", NodeType::recogniser, at_the_verdict([](Stage& stage, const Event& command) {
       Event wrong = words(stage, command);
       wrong.argument_a = 0x1c7;
       stage.post_progress(10, wrong);
     })},
    {"RecogniserGivesBadUtf8", NodeType::recogniser, at_the_verdict([](Stage& stage, const Event& command) {
       Event wrong = stage.reply(command, EventKind::recognition_final);
       wrong.argument_a = static_cast<std::int64_t>(UtteranceClass::words);
       stage.post_progress(10, stage.with_text(wrong, "\xff\xfe\xc0\x80 \xed\xa0\x80"));
     })},
    {"RecogniserGivesWordsWithoutText", NodeType::recogniser, at_the_verdict([](Stage& stage, const Event& command) {
       Event wrong = stage.reply(command, EventKind::recognition_final);
       wrong.argument_a = static_cast<std::int64_t>(UtteranceClass::words);
       stage.post_progress(10, wrong);
     })},
    {"RecogniserGuessesWithoutEnd", NodeType::recogniser, at_the_verdict([](Stage& stage, const Event& command) {
       say_many(stage, command, EventKind::recognition_partial, 3000, 1);
     })},
    {"RecogniserAnswersBeforeItIsAsked", NodeType::recogniser,
     [](Stage& stage, const Event& command) {
       if (command.kind == EventKind::command_recognise_start) stage.post_progress(5, words(stage, command));
     }},
    {"RecogniserAnswersAfterTheTurn", NodeType::recogniser,
     at_the_verdict([](Stage& stage, const Event& command) { stage.post(7'500, words(stage, command)); })},
    {"RecogniserIsSureBeyondMeasure", NodeType::recogniser, at_the_verdict([](Stage& stage, const Event& command) {
       Event wrong = words(stage, command);
       wrong.argument_b = most;
       stage.post_progress(10, wrong);
     })},
    // ---- dialogue -----------------------------------------------------------------------------------------------
    {"DialogueNeverAnswers", NodeType::dialogue, never},
    {"DialogueFails", NodeType::dialogue, fails},
    {"DialogueFailsInAStorm", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       for (int i = 0; i < 2000; ++i) stage.post(i, stage.reply(command, EventKind::node_failed));
     }},
    {"DialogueAnswersUnderAnotherTicket", NodeType::dialogue, answers_in_a_lie([](Event& e) { e.ticket += 9; }), true},
    {"DialogueAnswersUnderAnOldTicket", NodeType::dialogue, answers_in_a_lie([](Event& e) { e.ticket = 0; }), true},
    {"DialogueClaimsAnotherEpoch", NodeType::dialogue, answers_in_a_lie([](Event& e) { e.authority_epoch += 5; })},
    {"DialogueClaimsAnOldEpoch", NodeType::dialogue, answers_in_a_lie([](Event& e) { e.authority_epoch = 1; })},
    {"DialogueClaimsAnotherTurn", NodeType::dialogue, answers_in_a_lie([](Event& e) { e.turn_number += 7; })},
    {"DialogueClaimsToBeTheSynthesiser", NodeType::dialogue, answers_in_a_lie([](Event& e) { e.node = 3; })},
    {"DialogueClaimsANodeThatDoesNotExist", NodeType::dialogue, answers_in_a_lie([](Event& e) { e.node = 200; })},
    {"DialogueIsDoneWithoutAWord", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       stage.post_progress(10, stage.reply(command, EventKind::dialogue_done));
     }},
    {"DialogueIsDoneTwice", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       stage.behave(command);
       Event done = stage.reply(command, EventKind::dialogue_done);
       for (int i = 0; i < 20; ++i) stage.post_progress(30 + i, done);
     }},
    {"DialogueSaysHowManyAndLies", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       stage.behave(command);
       Event done = stage.reply(command, EventKind::dialogue_done);
       done.argument_a = most;
       stage.post_progress(25, done);
     }},
    {"DialogueGivesSentencesOutOfOrder", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       stage.post_progress(5, stage.reply(command, EventKind::dialogue_done));
       stage.behave(command);
     }},
    {"DialogueGivesAThousandSentencesAtOnce", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       for (int i = 0; i < 1000; ++i) {
         stage.post_progress(10, stage.with_text(stage.reply(command, EventKind::dialogue_sentence), "More."));
       }
     },
     false, true},
    {"DialogueGivesEmptySentences", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       say_many(stage, command, EventKind::dialogue_sentence, 40, 10);
       stage.post_progress(500, stage.reply(command, EventKind::dialogue_done));
     },
     false, true},
    {"DialogueGivesOneLetterASecondAndStops", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       for (int i = 0; i < 3; ++i) {
         stage.post_progress(1000 * (i + 1), stage.with_text(stage.reply(command, EventKind::dialogue_sentence), "a"));
       }
     }},
    {"DialogueAnswersAfterTheTurn", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       stage.post(8'000, stage.with_text(stage.reply(command, EventKind::dialogue_sentence), "Late."));
       stage.post(8'000, stage.reply(command, EventKind::dialogue_done));
     },
     true},
    {"DialogueSendsSoundItself", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       for (int i = 0; i < 10; ++i) stage.post(10, stage.frame(command, i * 320));
     }},
    {"DialogueRepeatsItselfAWholeAnswer", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       for (int i = 0; i < 5; ++i) stage.behave(command);
     }},
    // ---- synthesiser --------------------------------------------------------------------------------------------
    {"SynthesiserNeverAnswers", NodeType::synthesiser, never},
    {"SynthesiserFails", NodeType::synthesiser, voices(fails)},
    {"SynthesiserSaysNothingAndIsDone", NodeType::synthesiser,
     voices([](Stage& stage, const Event& command) { stage.post_progress(10, voiced(stage, command, 0)); })},
    {"SynthesiserGivesEmptyChunks", NodeType::synthesiser,
     voices([](Stage& stage, const Event& command) { say_many(stage, command, EventKind::synthesis_frame, 50, 20); })},
    {"SynthesiserCountsBeyondAllNumbers", NodeType::synthesiser, voices([](Stage& stage, const Event& command) {
       for (const std::int64_t first : {most, most - 1, std::int64_t{-1}, std::int64_t{1} << 32}) {
         stage.post_progress(10, stage.frame(command, first, most));
         stage.post_progress(10, stage.frame(command, first, -most));
       }
       stage.post_progress(20, voiced(stage, command, most));
     })},
    {"SynthesiserGivesAnotherRate", NodeType::synthesiser, voices([](Stage& stage, const Event& command) {
       // Frames that claim 48 kHz: three times the samples that they hold.
       for (int i = 0; i < 20; ++i) stage.post_progress(10 + i, stage.frame(command, i * 960, 960));
       stage.post_progress(40, voiced(stage, command, 20 * 960));
     })},
    {"SynthesiserGivesFramesTwice", NodeType::synthesiser, voices([](Stage& stage, const Event& command) {
       for (int i = 0; i < 40; ++i) stage.post_progress(10 + i, stage.frame(command, i / 2 * 320));
       stage.post_progress(60, voiced(stage, command, 20 * 320));
     })},
    {"SynthesiserGivesFramesBackwards", NodeType::synthesiser, voices([](Stage& stage, const Event& command) {
       for (int i = 0; i < 20; ++i) stage.post_progress(10 + i, stage.frame(command, (19 - i) * 320));
       stage.post_progress(60, voiced(stage, command, 20 * 320));
     })},
    {"SynthesiserIgnoresItsCredit", NodeType::synthesiser, voices([](Stage& stage, const Event& command) {
       for (int i = 0; i < 3000; ++i) stage.post_progress(10, stage.frame(command, i * 320));
       stage.post_progress(20, voiced(stage, command, 3000 * 320));
     }),
     false, true},
    {"SynthesiserIsDoneAThousandTimes", NodeType::synthesiser, voices([](Stage& stage, const Event& command) {
       stage.behave(command);
       for (int i = 0; i < 1000; ++i) stage.post_progress(20, voiced(stage, command, 8000));
     })},
    {"SynthesiserStopsInTheMiddle", NodeType::synthesiser, voices([](Stage& stage, const Event& command) {
       for (int i = 0; i < 5; ++i) stage.post_progress(10 + i, stage.frame(command, i * 320));
     })},
    {"SynthesiserSpeaksAfterTheTurn", NodeType::synthesiser, voices([](Stage& stage, const Event& command) {
       for (int i = 0; i < 50; ++i) stage.post(7'000 + i * 5, stage.frame(command, i * 320));
     }),
     true},
    {"SynthesiserGivesWordsOutOfOrder", NodeType::synthesiser, voices([](Stage& stage, const Event& command) {
       for (const std::int64_t at : {most, std::int64_t{5}, -most, std::int64_t{0}}) {
         Event word = stage.reply(command, EventKind::synthesis_word);
         word.argument_a = at;
         for (int i = 0; i < 600; ++i) stage.post(5, word);
       }
       stage.behave(command);
     })},
    // ---- anybody: what no provider may say ------------------------------------------------------------------------
    {"ProviderPosesAsTheControlPlane", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       Event snapshot = stage.reply(command, EventKind::control_snapshot);
       snapshot.authority_epoch = 1'000'000;
       stage.post(10, snapshot);
     }},
    {"ProviderPosesAsTheLoudspeaker", NodeType::dialogue,
     [](Stage& stage, const Event& command) {
       for (const EventKind kind : {EventKind::playback_started, EventKind::playback_position, EventKind::duck_applied,
                                    EventKind::fence_applied, EventKind::speech_started, EventKind::device_lost,
                                    EventKind::ended, EventKind::shutdown_requested, EventKind::evidence_state}) {
         stage.post(10, stage.reply(command, kind));
       }
     }},
};

class HostileProvider : public ::testing::TestWithParam<Behaviour> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/phalarope-hostile-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

// contract: Q24, runtime.md 3.3, 7.4, I6, I7
TEST_P(HostileProvider, TheTurnEndsInTimeNothingLateIsHeardAndTheNextTurnWorks) {
  const auto speech = hal::testing::sphinx_recording("goforward.raw");
  if (speech.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  Stage stage(folder_ + "/recording", speech, GetParam().node, GetParam().act);
  const Performance seen = stage.perform();
  EXPECT_TRUE(seen.asked) << "the hostile provider was never given work";
  EXPECT_EQ(seen.turns_opened, 2U);
  if (!seen.talked_into_the_second) {
    EXPECT_LE(seen.first_turn_ms, turn_budget_ms + grace_ms + period_ms);
  } else {
    EXPECT_TRUE(GetParam().talks_on) << "the turn does not end";
  }
  EXPECT_TRUE(seen.second_committed) << "the next turn does not work";
  EXPECT_EQ(seen.frames_without_turn, 0U) << "a late frame was taken by the loudspeaker";
  EXPECT_EQ(seen.slabs_lost, 0U) << "payloads are held by nobody";
  EXPECT_EQ(seen.evidence, "");
  EXPECT_TRUE(!GetParam().late_expected || seen.late_refused > 0);
  if (!seen.talked_into_the_second) RecordProperty("ms_to_the_end_max", std::to_string(seen.first_turn_ms));
  RecordProperty("late_refused", std::to_string(seen.late_refused));
}
INSTANTIATE_TEST_SUITE_P(Fault, HostileProvider, ::testing::ValuesIn(behaviours),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(HostileProviderTable, HoldsAtLeastFortyBehaviours) { EXPECT_GE(std::size(behaviours), 40U); }

}  // namespace
}  // namespace phalarope::testing
