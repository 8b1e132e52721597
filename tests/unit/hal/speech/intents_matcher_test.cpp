// From words to intent and slots, and the class of what was said.
#include "hal/speech/intents_matcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phalarope::hal {
namespace {

using testing::ElementsAre;

Intents home() {
  auto read = read_intents({PHALAROPE_SOURCE_DIR "/firmware_images/conf/intents/home.yaml"});
  return read ? *read : Intents{};
}

TEST(IntentsMatcher, FindsTheIntentAndItsSlots) {
  const Intents intents = home();
  const auto match = match_intent(intents, "turn off the living room lights", "");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->intent->name, "light_switch");
  EXPECT_EQ(match->slots.at("room"), "living room");
  EXPECT_EQ(match->slots.at("switch"), "off");
}

TEST(IntentsMatcher, UnderstandsTextOfRecognisersThatWriteFreely) {
  const Intents intents = home();
  const auto match = match_intent(intents, "Please set a timer for 25 minutes!", "");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->slots.at("minutes"), "25");
  EXPECT_TRUE(match_intent(intents, "Turn on kitchen lights", ""));
}

TEST(IntentsMatcher, AWordTooManyIsNotUnderstood) {
  const Intents intents = home();
  EXPECT_FALSE(match_intent(intents, "turn on the kitchen light tomorrow", ""));
  EXPECT_FALSE(match_intent(intents, "", ""));
}

TEST(IntentsMatcher, AnIntentWithAfterIsOnlyUnderstoodAfterIt) {
  Intents intents = home();
  intents.intents.front().after = {"time"};
  EXPECT_FALSE(match_intent(intents, "turn on the kitchen light", ""));
  EXPECT_TRUE(match_intent(intents, "turn on the kitchen light", "time"));
}

TEST(IntentsMatcher, ClassesAreExact) {
  const Intents intents = home();
  EXPECT_EQ(classify(intents, ""), SpokenClass::empty);
  EXPECT_EQ(classify(intents, "stop"), SpokenClass::stop_phrase);
  EXPECT_EQ(classify(intents, "be quiet"), SpokenClass::stop_phrase);
  EXPECT_EQ(classify(intents, "yeah okay"), SpokenClass::back_channel);
  EXPECT_EQ(classify(intents, "uh-huh"), SpokenClass::back_channel);
  EXPECT_EQ(classify(intents, "okay stop the music"), SpokenClass::words);
  EXPECT_EQ(classify(intents, "stop the music"), SpokenClass::words);
}

TEST(IntentsMatcher, WordsAreNormalisedAndBounded) {
  EXPECT_THAT(normalise_words(" Turn-on, \"21\" lights' "), ElementsAre("turn-on", "twenty", "one", "lights"));
  std::string many;
  for (int i = 0; i < 500; ++i) many += "999 ";
  EXPECT_EQ(normalise_words(many).size(), utterance_words_max);
}

TEST(IntentsMatcher, ATemplateMadeToExplodeEndsAtItsBound) {
  Intents intents;
  Intent intent;
  const auto word = [](std::string text) { return PhrasePart{PhrasePart::Kind::word, std::move(text), {}}; };
  PhrasePart sequence{PhrasePart::Kind::sequence, {}, {}};
  for (int i = 0; i < 60; ++i) sequence.parts.push_back({PhrasePart::Kind::optional, {}, {word("a")}});
  sequence.parts.push_back(word("b"));
  intent.phrases.push_back(sequence);
  intents.intents.push_back(intent);
  std::string text;
  for (int i = 0; i < 40; ++i) text += "a ";
  EXPECT_FALSE(match_intent(intents, text, ""));
}

TEST(IntentsMatcher, ASlotAnswerMayHaveSmallWordsBeforeIt) {
  const Intents intents = home();
  EXPECT_EQ(match_slot(intents.slots.at("room"), "in the kitchen"), "kitchen");
  EXPECT_EQ(match_slot(intents.slots.at("room"), "the moon"), std::nullopt);
}

}  // namespace
}  // namespace phalarope::hal
