// A recorded node answers again: as long as it is asked the same, and where a question stands for itself.
#include "core/replay/node_script.hpp"

#include <gtest/gtest.h>

#include "tests/unit/replay/memory_recording.hpp"

namespace phalarope::replay {
namespace {

Event command(EventKind kind, std::int64_t a = 0, std::uint32_t utterance = 0) {
  Event event{};
  event.kind = kind;
  event.argument_a = a;
  event.provider_invocation = utterance;
  event.set(EventFlag::output);
  return event;
}

class Script : public ::testing::Test {
 protected:
  void recorded(const Event& event, std::string_view words = {}) {
    tape.items.push_back({.kind = TapeItem::Kind::output, .event = event});
    script.add({.item = tape.items.size() - 1, .words = words, .answers = {}});
  }
  std::optional<std::size_t> follow(const Event& event, std::string_view words = {}) {
    const ScriptedCommand* found = script.follow(event, words, tape);
    return found == nullptr ? std::nullopt : std::optional(found->item);
  }

  Tape tape;
  NodeScript script;
};

TEST_F(Script, IsFollowedWhileTheCommandsAreTheSame) {
  recorded(command(EventKind::command_node_credit, 30));
  recorded(command(EventKind::command_synthesise), "one");
  Event now = command(EventKind::command_node_credit, 30);
  now.runtime_sequence = 99;
  now.ticket = 7;
  now.mono_ns = 5;
  EXPECT_EQ(follow(now), 0U) << "numbers and times do not count";
  EXPECT_EQ(follow(command(EventKind::command_synthesise), "two"), std::nullopt) << "other words";
  EXPECT_FALSE(script.on_script());
  EXPECT_EQ(follow(command(EventKind::command_synthesise), "one"), std::nullopt) << "a voice depends on what it said";
}

TEST_F(Script, AQuestionInTheSameWordsIsFoundAgain) {
  recorded(command(EventKind::command_dialogue_ask, 1), "first");
  recorded(command(EventKind::command_heard, 3));
  recorded(command(EventKind::command_dialogue_ask, 1), "second");
  EXPECT_EQ(follow(command(EventKind::command_heard, 9)), std::nullopt);
  EXPECT_EQ(follow(command(EventKind::command_dialogue_ask, 1), "third"), std::nullopt);
  EXPECT_EQ(follow(command(EventKind::command_dialogue_ask, 1), "second"), 2U);
  EXPECT_TRUE(script.on_script());
  EXPECT_EQ(follow(command(EventKind::command_dialogue_ask, 1), "first"), std::nullopt) << "never backwards";
}

TEST_F(Script, AnUtteranceIsListenedToFromItsStart) {
  recorded(command(EventKind::command_recognise_start, 0, 1));
  recorded(command(EventKind::command_recognise_finalise, 0, 1));
  recorded(command(EventKind::command_recognise_start, 0, 2));
  recorded(command(EventKind::command_recognise_audio, 0, 2));
  EXPECT_EQ(follow(command(EventKind::command_recognise_start, 1, 2)), 2U) << "whether the board speaks does not count";
  EXPECT_EQ(follow(command(EventKind::command_recognise_finalise, 0, 2)), std::nullopt) << "less sound than then";
}

TEST_F(Script, GoesOnFromWhereThePastHasBroughtIt) {
  for (int i = 0; i < 3; ++i) recorded(command(EventKind::command_node_credit, i));
  script.skip_to(2);
  EXPECT_EQ(follow(command(EventKind::command_node_credit, 2)), 2U);
  EXPECT_EQ(follow(command(EventKind::command_node_credit, 3)), std::nullopt) << "the script is at its end";
}

TEST(Tape, HoldsARunWithItsWordsAndItsSeats) {
  MemoryRecording recording;
  recording.begin();
  recording.add_symbol(40, "text");
  Event input{};
  input.kind = EventKind::speech_started;
  recording.add(input);
  recording.add_text("words");
  Event output = command(EventKind::command_fence);
  output.runtime_sequence = 2;
  recording.add(output);
  const std::byte seat{2};
  recording.add(RecordType::session, {&seat, 1});
  const auto tapes = read_tapes(recording);
  ASSERT_TRUE(tapes.has_value()) << tapes.error();
  ASSERT_EQ(tapes->size(), 1U);
  const Tape& tape = tapes->front();
  ASSERT_EQ(tape.items.size(), 3U);
  EXPECT_EQ(tape.text_of(tape.items[0]), "words");
  EXPECT_EQ(tape.step_of(1), 0U);
  EXPECT_EQ(tape.find_output(0, 2), 1U);
  EXPECT_EQ(tape.find_output(0, 3), std::nullopt);
  EXPECT_EQ(tape.items[2].kind, TapeItem::Kind::seat);
  EXPECT_EQ(tape.first_free_symbol(), 41U);
}

TEST(Tape, EachStartOfTheProgramIsARunOfItsOwn) {
  MemoryRecording first;
  first.begin();
  first.add(Event{});
  MemoryRecording both;
  both.append(first);
  first.add(Event{});
  both.append(first);
  const auto tapes = read_tapes(both);
  ASSERT_TRUE(tapes.has_value());
  ASSERT_EQ(tapes->size(), 2U);
  EXPECT_EQ(tapes->at(0).items.size(), 1U);
  EXPECT_EQ(tapes->at(1).items.size(), 2U);
}

TEST(Tape, WhatIsNotWholeIsNone) {
  MemoryRecording damaged;
  damaged.begin();
  damaged.add(Event{});
  damaged.report_damage({.position = {"memory.phr", 3, 0}, .what = "a block's checksum is wrong", .bytes = 64});
  EXPECT_NE(read_tapes(damaged).error().find("damaged"), std::string::npos);
  MemoryRecording holed;
  holed.begin();
  for (int i = 0; i < 3; ++i) holed.add(Event{});
  holed.leave_out(3);
  EXPECT_NE(read_tapes(holed).error().find("lost 1 records"), std::string::npos);
  MemoryRecording headless;
  headless.add(Event{});
  EXPECT_NE(read_tapes(headless).error().find("begin"), std::string::npos);
  MemoryRecording empty;
  EXPECT_FALSE(read_tapes(empty).has_value());
}

}  // namespace
}  // namespace phalarope::replay
