// The dialogue's answers, actions, memory and silence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "fake_context.hpp"
#include "hal/speech/intents_dialogue.hpp"

namespace phalarope::hal {
namespace {

using test::FakeContext;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Intents read(const std::string& intents) {
  auto result = parse_intents(
      "format: phalarope-intents/v1\nnot_understood: I did not understand.\naction_failed: That failed.\n"
      "slots: {room: [kitchen, living room]}\nintents:\n" +
          intents,
      "test.yaml");
  if (!result) ADD_FAILURE() << result.error().front().text();
  return result ? *result : Intents{};
}

class Dialogue : public testing::Test {
 protected:
  void ask(DialogueNode& node, std::string_view text, UtteranceClass what = UtteranceClass::words) {
    context.clear();
    node.handle(context.command(EventKind::command_dialogue_ask, text, static_cast<std::int64_t>(what)), context);
  }
  std::vector<EventKind> kinds() const {
    std::vector<EventKind> all;
    for (const auto& one : context.emitted) all.push_back(one.event.kind);
    return all;
  }
  std::vector<std::string> sentences() const { return context.texts(EventKind::dialogue_sentence); }
  Event done() const {
    const auto all = context.of(EventKind::dialogue_done);
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Event{} : all.front().event;
  }
  FakeContext context;
};

TEST_F(Dialogue, AnswersSentenceBySentenceThenIsDone) {
  DialogueNode sut({}, read("  - {name: a, phrases: [hello], answer: 'Good day. How are you?'}\n"));
  ASSERT_FALSE(sut.init());
  ask(sut, "hello");
  EXPECT_THAT(sentences(), ElementsAre("Good day.", "How are you?"));
  EXPECT_EQ(context.emitted[1].event.argument_a, 1);
  EXPECT_EQ(context.emitted.back().event.kind, EventKind::dialogue_done);
  EXPECT_EQ(done().argument_a, 2);
  EXPECT_EQ(done().argument_b, 0);
}

TEST_F(Dialogue, RejectedSpeechIsToldSoAndControlWordsGetNoAnswer) {
  DialogueNode sut({}, read("  - {name: a, phrases: [hello], answer: Hi.}\n"));
  ask(sut, "hello", UtteranceClass::rejected);
  EXPECT_THAT(sentences(), ElementsAre("I did not understand."));
  for (const auto what : {UtteranceClass::stop_phrase, UtteranceClass::back_channel, UtteranceClass::empty}) {
    ask(sut, "stop", what);
    EXPECT_THAT(sentences(), IsEmpty());
    EXPECT_EQ(done().argument_a, 0);
  }
}

TEST_F(Dialogue, AnOpenSlotIsAskedForAndTheNextUtteranceFillsIt) {
  DialogueNode sut({}, read("  - {name: light, phrases: ['light [in the {room}]'], ask: {room: 'Which room?'},"
                            " answer: 'Light in the {room}.'}\n"));
  ask(sut, "light");
  EXPECT_THAT(sentences(), ElementsAre("Which room?"));
  EXPECT_EQ(done().argument_b, 1);
  ask(sut, "the living room");
  EXPECT_THAT(sentences(), ElementsAre("Light in the living room."));
  ask(sut, "kitchen");  // the question is answered: a bare room means nothing now
  EXPECT_THAT(sentences(), ElementsAre("I did not understand."));
}

TEST_F(Dialogue, TellsWhatWasHeardAndWhatWasNot) {
  DialogueNode sut({}, read("  - {name: a, phrases: [hello], answer: One two three four.}\n"
                            "  - {name: said, phrases: [what did you say], answer: '{said}'}\n"));
  ask(sut, "what did you say");
  EXPECT_THAT(sentences(), ElementsAre("I have not said anything yet."));
  ask(sut, "hello");
  Event heard = context.command(EventKind::command_heard, {}, 2);
  heard.argument_b = 4;
  sut.handle(heard, context);
  ask(sut, "what did you say");
  EXPECT_THAT(sentences(), ElementsAre("You heard: One two.", "The rest was: three four."));
}

TEST_F(Dialogue, AnswersAreTakenInTurn) {
  DialogueNode sut({}, read("  - {name: a, phrases: [hello], answers: [One., Two.]}\n"));
  for (const char* expected : {"One.", "Two.", "One."}) {
    ask(sut, "hello");
    EXPECT_THAT(sentences(), ElementsAre(expected));
  }
}

TEST_F(Dialogue, TheTimeIsTheClocksTime) {
  const VirtualClock clock{WallTime{0}};
  DialogueNode sut({.clock = &clock}, read("  - {name: a, phrases: [time], answer: 'It is {time}.'}\n"));
  ask(sut, "time");
  EXPECT_THAT(sentences().front(), testing::MatchesRegex("It is [0-9][0-9]:[0-9][0-9]\\."));
}

TEST_F(Dialogue, AProgramRunsWithItsArgumentsAndWithoutAShell) {
  DialogueNode sut({.allowed_programs = {"/bin/echo"}},
                   read("  - {name: a, phrases: ['say {room}'], answer: 'Got {result}.',"
                        " action: {program: [/bin/echo, '{room}; $HOME']}}\n"));
  ASSERT_FALSE(sut.init());
  ask(sut, "say living room");
  EXPECT_THAT(sentences(), ElementsAre("Got living room; $HOME."));
}

TEST_F(Dialogue, AProgramThatIsNotAllowedIsRefusedBeforeAnythingRuns) {
  DialogueNode sut({}, read("  - {name: a, phrases: [go], answer: Ok., action: {program: [/bin/echo]}}\n"));
  const auto trouble = sut.init();
  ASSERT_TRUE(trouble);
  EXPECT_THAT(std::string(*trouble),
              HasSubstr("test.yaml:6: intents.a.action: '/bin/echo' is not in allowed_programs"));
}

TEST_F(Dialogue, AProgramThatFailsIsToldAndOneThatHangsIsKilled) {
  DialogueNode sut({.allowed_programs = {"/bin/false", "/bin/sleep"}},
                   read("  - {name: a, phrases: [fail], answer: Ok., action: {program: [/bin/false]}}\n"
                        "  - {name: b, phrases: [hang], answer: Ok., failed: Too slow.,"
                        " action: {program: [/bin/sleep, '30'], timeout_ms: 50}}\n"));
  ask(sut, "fail");
  EXPECT_THAT(sentences(), ElementsAre("That failed."));
  const auto before = std::chrono::steady_clock::now();
  ask(sut, "hang");
  EXPECT_THAT(sentences(), ElementsAre("Too slow."));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
}

// contract: D4
TEST_F(Dialogue, AnActionIsToldAsAToolThatBeginsAndEnds) {
  DialogueNode sut({.allowed_programs = {"/bin/false"}},
                   read("  - {name: a, phrases: [fail], answer: Ok., action: {program: [/bin/false]}}\n"
                        "  - {name: b, phrases: [hello], answer: Hi.}\n"));
  ask(sut, "fail");
  const std::vector<EventKind> expected{EventKind::tool_started, EventKind::tool_ended, EventKind::dialogue_sentence,
                                        EventKind::dialogue_done};
  EXPECT_EQ(kinds(), expected) << "also where the tool fails";
  ask(sut, "hello");
  EXPECT_THAT(context.of(EventKind::tool_started), IsEmpty()) << "an answer without an action needs no tool";
}

TEST_F(Dialogue, AToolWhoseAskIsCancelledEndsWithoutAWord) {
  DialogueNode sut({.allowed_programs = {"/bin/sleep"}},
                   read("  - {name: a, phrases: [wait], answer: Ok., action: {program: [/bin/sleep, '30']}}\n"));
  context.cancel_after_emits = 1;
  ask(sut, "wait");
  EXPECT_EQ(kinds(), std::vector<EventKind>{EventKind::tool_started});
}

TEST_F(Dialogue, AnOptionalProgramThatIsNotThereIsAnsweredAllTheSame) {
  DialogueNode sut({.allowed_programs = {"/does/not/exist"}},
                   read("  - {name: a, phrases: [go], answer: Ok.,"
                        " action: {program: [/does/not/exist], required: false}}\n"));
  ask(sut, "go");
  EXPECT_THAT(sentences(), ElementsAre("Ok."));
}

TEST_F(Dialogue, AnHttpHostThatIsNotConfiguredIsRefused) {
  const std::string call = "  - {name: a, phrases: [go], answer: Ok., action: {http: {url: 'http://localhost:1/x'}}}\n";
  DialogueNode closed({}, read(call));
  EXPECT_TRUE(closed.init());
  DialogueNode open({.allowed_hosts = {"localhost:1"}}, read(call));
  EXPECT_FALSE(open.init());
  ask(open, "go");
  EXPECT_THAT(sentences(), ElementsAre("That failed."));
}

TEST_F(Dialogue, ACancelledAskEmitsNothingMore) {
  DialogueNode sut({}, read("  - {name: a, phrases: [hello], answer: One. Two. Three.}\n"));
  context.cancel_after_emits = 1;
  ask(sut, "hello");
  EXPECT_THAT(sentences(), ElementsAre("One."));
  EXPECT_THAT(context.of(EventKind::dialogue_done), IsEmpty());
  context.is_cancelled = false;
  context.cancel_after_emits = -1;
  sut.cancel(Ticket{1});
  ask(sut, "hello");
  EXPECT_THAT(context.emitted, IsEmpty());
}

TEST_F(Dialogue, AFullIngressIsTriedAgain) {
  DialogueNode sut({}, read("  - {name: a, phrases: [hello], answer: Hi.}\n"));
  context.refuse_next = 3;
  ask(sut, "hello");
  EXPECT_THAT(sentences(), ElementsAre("Hi."));
}

}  // namespace
}  // namespace phalarope::hal
