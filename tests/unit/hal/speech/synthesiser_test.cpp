// The voice: credit, the answer's axis, word times, and silence after a cancel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "fake_context.hpp"
#include "hal/speech/flite_synthesiser.hpp"
#include "hal/speech/sentence_splitter.hpp"

namespace phalarope::hal {
namespace {

using test::FakeContext;
using testing::IsEmpty;

constexpr std::int64_t plenty = 3000;  // frames: 60 s
constexpr std::string_view long_sentence =
    "I will keep an eye on the floor while I am moving and I will slow down when something comes close to me and stop.";

class Synthesiser : public testing::TestWithParam<FliteVoice> {
 protected:
  void SetUp() override { ASSERT_FALSE(sut.init()); }
  void credit(std::int64_t frames, std::uint64_t ticket = 1) {
    sut.handle(context.command(EventKind::command_node_credit, {}, frames, ticket), context);
  }
  void speak(std::string_view sentence, std::int64_t index = 0, std::uint64_t ticket = 1) {
    sut.handle(context.command(EventKind::command_synthesise, sentence, index, ticket), context);
  }
  std::size_t frames() const { return context.of(EventKind::synthesis_frame).size(); }

  SynthesiserNode sut{{.voice = GetParam()}};
  FakeContext context;
};

INSTANTIATE_TEST_SUITE_P(Voices, Synthesiser, testing::Values(FliteVoice::slt, FliteVoice::kal16));

TEST_P(Synthesiser, SendsNoFrameWithoutCreditAndNeverMoreThanGranted) {
  speak("Good morning.");
  EXPECT_THAT(context.emitted, IsEmpty());
  credit(3);
  EXPECT_EQ(frames(), 3U);
  credit(1);
  EXPECT_EQ(frames(), 4U);
  credit(-5);
  EXPECT_EQ(frames(), 4U);
}

TEST_P(Synthesiser, TheAxisRunsOnOverSentencesWithoutGaps) {
  credit(plenty);
  speak("Good morning.", 0);
  speak("How are you?", 1);
  std::int64_t expected = 0;
  for (const auto& frame : context.of(EventKind::synthesis_frame)) {
    EXPECT_EQ(frame.event.argument_a, expected);
    EXPECT_EQ(frame.event.argument_b, synthesis_frame_samples);
    EXPECT_EQ(frame.payload.size(), 2U * static_cast<std::size_t>(synthesis_frame_samples));
    expected += frame.event.argument_b;
  }
  const auto done = context.of(EventKind::synthesis_done);
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[1].event.argument_a, 1);
  EXPECT_EQ(done[1].event.argument_b, expected);
  EXPECT_EQ(context.emitted.back().event.kind, EventKind::synthesis_done);
}

TEST_P(Synthesiser, FramesComeInPiecesAreTheSameAsFramesAtOnce) {
  credit(plenty);
  speak(long_sentence);
  const auto at_once = context.texts(EventKind::synthesis_frame);
  context.clear();
  speak(long_sentence, 0, 2);
  while (context.of(EventKind::synthesis_done).empty()) credit(3, 2);
  EXPECT_TRUE(context.texts(EventKind::synthesis_frame) == at_once);
  EXPECT_GT(at_once.size(), 200U);
}

TEST_P(Synthesiser, EveryWordHasItsTimeBeforeItsFrameAndInOrder) {
  credit(plenty);
  speak("Going forward, 10 meters.");
  speak("Just say stop - please.", 1);
  const auto words = context.of(EventKind::synthesis_word);
  ASSERT_EQ(words.size(), 8U);
  EXPECT_EQ(words[2].payload, "10");
  EXPECT_EQ(words[7].payload, "please.");
  std::int64_t sent = 0;
  std::int64_t last = -1;
  std::int64_t index = 0;
  for (const auto& one : context.emitted) {
    if (one.event.kind == EventKind::synthesis_frame) sent = one.event.argument_a + one.event.argument_b;
    if (one.event.kind != EventKind::synthesis_word) continue;
    EXPECT_EQ(one.event.argument_b, index++);
    EXPECT_GE(one.event.argument_a, sent);
    EXPECT_GT(one.event.argument_a, last);
    last = one.event.argument_a;
  }
}

TEST_P(Synthesiser,
       AWordStartsWhereTheSilenceBeforeItEnds) {  // D22: the first phone follows the pause flite puts first
  credit(plenty);
  speak("Stop.");
  const std::int64_t start = context.of(EventKind::synthesis_word).front().event.argument_a;
  std::int64_t first_loud = -1;
  for (const auto& frame : context.of(EventKind::synthesis_frame)) {
    for (std::size_t i = 0; i < frame.payload.size() / 2 && first_loud < 0; ++i) {
      std::int16_t sample = 0;
      std::memcpy(&sample, frame.payload.data() + 2 * i, 2);
      if (std::abs(sample) > 300) first_loud = frame.event.argument_a + static_cast<std::int64_t>(i);
    }
  }
  EXPECT_NEAR(static_cast<double>(start), static_cast<double>(first_loud), 0.06 * synthesis_sample_rate_hz);
}

TEST_P(Synthesiser, AfterACancelNothingOfTheTicketIsEmittedAndTheNextStartsClean) {
  speak(long_sentence);
  credit(5);
  ASSERT_EQ(frames(), 5U);
  sut.cancel(Ticket{1});
  context.clear();
  credit(plenty);
  speak("More of the old.", 1);
  EXPECT_THAT(context.emitted, IsEmpty());
  credit(plenty, 2);
  EXPECT_THAT(context.emitted, IsEmpty());
  speak("New.", 0, 2);
  EXPECT_EQ(context.of(EventKind::synthesis_frame).front().event.argument_a, 0);
  EXPECT_EQ(context.of(EventKind::synthesis_word).front().event.argument_b, 0);
}

TEST_P(Synthesiser, ACancelFromAnotherThreadEndsTheSentenceAtOnce) {
  credit(plenty);
  context.cancel_after_emits = 20;  // in the middle of the stream
  const auto before = std::chrono::steady_clock::now();
  std::thread engine([this] { sut.cancel(Ticket{99}); });
  speak(long_sentence);
  engine.join();
  EXPECT_EQ(context.emitted.size(), 20U);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
}

TEST_P(Synthesiser, AnEmptySentenceIsDoneAtOnce) {
  credit(plenty);
  speak("...");
  ASSERT_EQ(context.emitted.size(), 1U);
  EXPECT_EQ(context.emitted.front().event.kind, EventKind::synthesis_done);
  EXPECT_EQ(context.emitted.front().event.argument_b, 0);
}

TEST_P(Synthesiser, ASentenceLongerThanTheBufferIsCutAndCounted) {
  std::string text;
  while (text.size() < sentence_bytes_max) text += "forward ";
  for (int i = 0; i < 3; ++i) speak(text, i);
  EXPECT_GE(sut.truncated_count(), 1U);
  credit(10 * plenty);
  EXPECT_EQ(static_cast<std::int64_t>(frames()) * synthesis_frame_samples, answer_buffer_samples_max);
  EXPECT_EQ(context.of(EventKind::synthesis_done).size(), 3U);
}

TEST_P(Synthesiser, AnApologyIsSpokenWithoutText) {
  credit(plenty);
  sut.handle(context.command(EventKind::command_apology, {}, 1), context);
  EXPECT_EQ(context.texts(EventKind::synthesis_word).size(),
            spoken_words(apology_text(Apology::no_answer_in_time)).size());
  sut.handle(context.command(EventKind::command_apology, {}, 7777), context);
  EXPECT_EQ(context.of(EventKind::synthesis_done).size(), 2U);
}

TEST_P(Synthesiser, AFullIngressLosesNoFrame) {
  credit(plenty);
  context.refuse_next = 5;
  speak("Good morning.");
  EXPECT_EQ(context.of(EventKind::synthesis_frame).front().event.argument_a, 0);
  EXPECT_EQ(context.of(EventKind::synthesis_done).size(), 1U);
}

}  // namespace
}  // namespace phalarope::hal
