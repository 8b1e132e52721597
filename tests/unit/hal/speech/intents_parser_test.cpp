// What people get wrong in an intents file, and what they are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "hal/speech/intents.hpp"
#include "hal/speech/intents_grammar.hpp"
#include "hal/speech/number_words.hpp"
#include "hal/speech/phrase_template.hpp"

namespace phalarope::hal {
namespace {

using testing::Contains;
using testing::HasSubstr;

const std::string head = "format: phalarope-intents/v1\nnot_understood: What?\n";

std::string first_fault(const std::string& yaml) {
  const auto read = parse_intents(yaml, "test.yaml");
  return read ? "" : read.error().front().text();
}

TEST(IntentsParser, TheShippedFilesAreRight) {
  for (const char* name : {"home.yaml", "demo.yaml"}) {
    const auto read = read_intents({std::string(PHALAROPE_SOURCE_DIR "/firmware_images/conf/intents/") + name});
    ASSERT_TRUE(read) << read.error().front().text();
    EXPECT_GE(read->intents.size(), 6U);
  }
}

TEST(IntentsParser, AnUnknownFieldIsNamedWithFileLineAndTheNearestField) {
  EXPECT_EQ(first_fault(head + "intents:\n  - name: a\n    phrase: [hello]\n    answer: Hi.\n"),
            "test.yaml:5: intents[].phrase: is not a field here; did you mean 'phrases'?");
}

TEST(IntentsParser, AFieldGivenTwiceIsAFault) {
  EXPECT_THAT(first_fault(head + "language: en\nlanguage: de\n"), HasSubstr("test.yaml:4: language: is given twice"));
}

TEST(IntentsParser, ABrokenYamlFileNamesItsLine) {
  EXPECT_THAT(first_fault(head + "slots: [unclosed\n"), HasSubstr("test.yaml:"));
  EXPECT_THAT(first_fault(head + "slots: [unclosed\n"), HasSubstr("(yaml)"));
}

TEST(IntentsParser, AFileOfAnotherFormatIsRefused) {
  EXPECT_THAT(first_fault("format: other/v2\n"), HasSubstr("must be 'phalarope-intents/v1'"));
}

TEST(IntentsParser, APhraseWithAnUnknownSlotIsAFault) {
  EXPECT_THAT(first_fault(head + "intents:\n  - {name: a, phrases: ['go {where}'], answer: Ok.}\n"),
              HasSubstr("names the slot 'where'"));
}

TEST(IntentsParser, APhraseThatIsAlsoAStopPhraseIsAFault) {
  EXPECT_THAT(
      first_fault(head + "stop_phrases: [stop]\nintents:\n  - {name: a, phrases: ['stop [now]'], answer: Ok.}\n"),
      HasSubstr("can be said as 'stop'"));
}

TEST(IntentsParser, AProgramWithoutAnAbsolutePathIsAFault) {
  EXPECT_THAT(first_fault(head + "intents:\n  - {name: a, phrases: [hi], answer: Ok., action: {program: [ls]}}\n"),
              HasSubstr("absolute path"));
}

TEST(IntentsParser, AnIntentNeedsAName) {
  EXPECT_THAT(first_fault(head + "intents:\n  - {phrases: [hi], answer: Ok.}\n"), HasSubstr("give the intent a name"));
}

TEST(IntentsParser, TwoIntentsOfOneNameAreAFault) {
  const std::string one = "  - {name: a, phrases: [hi], answer: Ok.}\n";
  EXPECT_THAT(first_fault(head + "intents:\n" + one + one), HasSubstr("the name of an earlier intent"));
}

TEST(IntentsParser, AllFaultsOfAFileAreShownAtOnce) {
  const auto read = parse_intents(head + "colour: red\nintents:\n  - {name: a, phrases: ['go 3'], answer: Ok.}\n", "f");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().size(), 2U);
}

TEST(IntentsParser, AMissingFileIsAFaultThatSaysSo) {
  const auto read = read_intents({"/does/not/exist.yaml"});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().front().text(), HasSubstr("/does/not/exist.yaml:0: (file): cannot be read"));
}

TEST(IntentsParser, ARangeSlotIsSpokenInWords) {
  const auto read = parse_intents(head + "slots:\n  n: {from: 8, to: 12, step: 2}\n", "f");
  ASSERT_TRUE(read);
  const auto& values = read->slots.at("n").values;
  ASSERT_EQ(values.size(), 3U);
  EXPECT_EQ(values[2].spoken, "twelve");
  EXPECT_EQ(values[2].value, "12");
}

TEST(PhraseTemplate, WhatNobodyCanSayIsRefused) {
  for (const char* text : {"", "[all]", "(a", "a)", "{room", "set 3", "a |", "a & b", "((((((((a))))))))"}) {
    EXPECT_FALSE(parse_phrase(text)) << text;
  }
}

TEST(PhraseTemplate, OptionalAndAlternativesBecomeTheGrammarOfTheSameShape) {
  const auto read = parse_intents(head +
                                      "slots: {room: [kitchen]}\nback_channel: [mhm]\nintents:\n"
                                      "  - {name: a, phrases: ['turn (on|off) [the] {room} light'], answer: Ok.}\n",
                                  "f");
  ASSERT_TRUE(read) << read.error().front().text();
  const std::string grammar = jsgf_grammar(*read);
  EXPECT_THAT(grammar, HasSubstr("turn ( on | off ) [ the ] <slot_room> light"));
  EXPECT_THAT(grammar, HasSubstr("public <utterance> = <back_channel> [ <back_channel> ] | <command> ;"));
  EXPECT_THAT(grammar_words(*read), Contains("kitchen"));
}

TEST(NumberWords, AreRightAtTheirEdges) {
  EXPECT_EQ(number_words(0), "zero");
  EXPECT_EQ(number_words(19), "nineteen");
  EXPECT_EQ(number_words(20), "twenty");
  EXPECT_EQ(number_words(100), "one hundred");
  EXPECT_EQ(number_words(999), "nine hundred ninety nine");
  EXPECT_EQ(number_words(1000), "");
  EXPECT_EQ(number_words(-1), "");
}

}  // namespace
}  // namespace phalarope::hal
