// The recogniser's life cycle, classes and repeatability; how often it is right is tests/integration/speech.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <vector>

#include "fake_context.hpp"
#include "hal/speech/flite_synthesiser.hpp"
#include "hal/speech/pocketsphinx_recogniser.hpp"
#include "hal/speech/recognise_clip.hpp"

namespace phalarope::hal {
namespace {

using test::FakeContext;
using testing::HasSubstr;
using testing::IsEmpty;
using Samples = std::vector<std::int16_t>;

const Intents& home() {
  static const Intents intents = [] {
    auto read = read_intents({PHALAROPE_SOURCE_DIR "/firmware_images/conf/intents/home.yaml"});
    return read ? *read : Intents{};
  }();
  return intents;
}

/// One voice for all: `text` as the built-in synthesiser says it, between two silences.
Samples spoken(std::string_view text) {
  static SynthesiserNode voice;
  static const bool ready = !voice.init();
  static std::uint64_t ticket = 0;
  EXPECT_TRUE(ready);
  FakeContext context;
  ++ticket;
  voice.handle(context.command(EventKind::command_node_credit, {}, 3000, ticket), context);
  voice.handle(context.command(EventKind::command_synthesise, text, 0, ticket), context);
  Samples samples(3200);
  for (const auto& frame : context.of(EventKind::synthesis_frame)) {
    const auto* first = reinterpret_cast<const std::int16_t*>(frame.payload.data());
    samples.insert(samples.end(), first, first + synthesis_frame_samples);
  }
  samples.resize(samples.size() + 3200);
  return samples;
}

class Recogniser : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    sut = new RecogniserNode({}, home());
    const auto trouble = sut->init();
    ASSERT_FALSE(trouble) << *trouble;
  }
  static void TearDownTestSuite() {
    delete sut;
    sut = nullptr;
  }
  static RecogniserNode* sut;
  FakeContext context;
};
RecogniserNode* Recogniser::sut = nullptr;

TEST_F(Recogniser, AMissingModelIsNamedWithItsCure) {
  RecogniserNode lost({.model_directory = "/does/not/exist"}, home());
  const auto trouble = lost.init();
  ASSERT_TRUE(trouble);
  EXPECT_THAT(std::string(*trouble), HasSubstr("install pocketsphinx-en-us"));
}

TEST_F(Recogniser, AWordWithoutPronunciationIsNamed) {
  const auto read = parse_intents(
      "format: phalarope-intents/v1\nnot_understood: What?\nintents: [{name: a, phrases: [xyzzyq], answer: Ok.}]\n",
      "f");
  ASSERT_TRUE(read);
  RecogniserNode lost({}, *read);
  const auto trouble = lost.init();
  ASSERT_TRUE(trouble);
  EXPECT_THAT(std::string(*trouble), HasSubstr("'xyzzyq'"));
}

TEST_F(Recogniser, HearsACommandAndItsClass) {
  const ClipResult result = recognise_clip(*sut, spoken("turn on the kitchen light"));
  EXPECT_EQ(result.utterance_class, UtteranceClass::words);
  EXPECT_EQ(result.text, "turn on the kitchen light");
  EXPECT_GT(result.confidence_permille, 500);
  EXPECT_GT(result.first_partial_sample, 0);
}

TEST_F(Recogniser, TheSameClipGivesTheSameResultWhateverCameBefore) {
  const Samples clip = spoken("set a timer for five minutes");
  const ClipResult first = recognise_clip(*sut, clip);
  for (const char* between : {"play some jazz", "the train leaves at seven", "stop"}) {
    recognise_clip(*sut, spoken(between), true);
    const ClipResult again = recognise_clip(*sut, clip);
    EXPECT_EQ(again.text, first.text);
    EXPECT_EQ(again.confidence_permille, first.confidence_permille);
    EXPECT_EQ(again.first_partial_sample, first.first_partial_sample);
  }
  RecogniserNode fresh({}, home());
  ASSERT_FALSE(fresh.init());
  EXPECT_EQ(recognise_clip(fresh, clip).confidence_permille, first.confidence_permille);
}

TEST_F(Recogniser, AStopPhraseIsSpottedWhileTheBoardSpeaksOnly) {
  const Samples clip = spoken("stop");
  EXPECT_GT(recognise_clip(*sut, clip, true).stop_partial_sample, 0);
  EXPECT_LT(recognise_clip(*sut, clip, true).stop_partial_sample, static_cast<std::int64_t>(clip.size()));
  EXPECT_EQ(recognise_clip(*sut, clip, false).utterance_class, UtteranceClass::stop_phrase);
}

TEST_F(Recogniser, SilenceIsEmpty) {
  const ClipResult result = recognise_clip(*sut, Samples(16000));
  EXPECT_EQ(result.utterance_class, UtteranceClass::empty);
  EXPECT_EQ(result.text, "");
  EXPECT_EQ(result.first_partial_sample, -1);
}

TEST_F(Recogniser, AnAbandonedUtteranceGivesNoFinalAndTheNextStartsClean) {
  const auto say = [&](EventKind kind, std::uint32_t utterance) {
    Event command = context.command(kind);
    command.provider_invocation = utterance;
    sut->handle(command, context);
  };
  say(EventKind::command_recognise_start, 7);
  say(EventKind::command_recognise_abandon, 7);
  say(EventKind::command_recognise_finalise, 7);
  EXPECT_THAT(context.emitted, IsEmpty());
  say(EventKind::command_recognise_start, 8);
  say(EventKind::command_recognise_finalise, 7);  // of another utterance: too late to matter
  EXPECT_THAT(context.emitted, IsEmpty());
  say(EventKind::command_recognise_finalise, 8);
  say(EventKind::command_recognise_finalise, 8);
  ASSERT_EQ(context.of(EventKind::recognition_final).size(), 1U);
  EXPECT_EQ(context.emitted.front().event.provider_invocation, 8U);
}

TEST_F(Recogniser, AnEndlessUtteranceIsListenedToUpToItsBound) {
  const Samples second(16000, 0);
  FakeContext quiet;
  Event start = quiet.command(EventKind::command_recognise_start);
  sut->handle(start, quiet);
  for (int i = 0; i < 25; ++i) {
    Event audio = quiet.command(EventKind::command_recognise_audio);
    audio.payload = *quiet.put_payload(std::as_bytes(std::span(second)));
    sut->handle(audio, quiet);
  }
  sut->handle(quiet.command(EventKind::command_recognise_finalise), quiet);
  EXPECT_EQ(quiet.of(EventKind::recognition_final).size(), 1U);
}

}  // namespace
}  // namespace phalarope::hal
