// How often the offline recogniser is right, refuses and stays calm. Prints its figures as a table.
//
//   commands of home.yaml, three voices and human clips of demo.yaml    >= 95 % right
//   speech that is no command                                          <= 5 % accepted
//   back-channel words                                                 classed back_channel, never confirmed as words
//   stop phrases                                                       stop_phrase, spotted before the clip's end
//   noise bursts, coughs                                               never a word, never a partial
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "clips.hpp"
#include "commands.hpp"
#include "hal/speech/intents_matcher.hpp"
#include "hal/speech/pocketsphinx_recogniser.hpp"
#include "hal/speech/recognise_clip.hpp"

namespace phalarope::hal::test {
namespace {

constexpr std::array<const char*, 30> other_sentences = {"the train to the coast leaves at seven in the morning",
                                                         "my sister bought a new bicycle last week",
                                                         "have you ever been to the mountains in winter",
                                                         "i think we should call the doctor tomorrow",
                                                         "there is a big dog sitting in front of the shop",
                                                         "the government announced a new plan for schools",
                                                         "could you pass me the salt and the pepper",
                                                         "yesterday it rained for almost the whole day",
                                                         "he never told me where he put the keys",
                                                         "the children are playing football in the park",
                                                         "we need more bread and some milk from the store",
                                                         "i have no idea what she is talking about",
                                                         "this book was written more than a hundred years ago",
                                                         "the meeting has been moved to thursday afternoon",
                                                         "do not forget to feed the cat before you leave",
                                                         "an apple a day keeps the doctor away",
                                                         "the old man walked slowly across the bridge",
                                                         "it takes about three hours to drive to the city",
                                                         "she speaks four languages and plays the piano",
                                                         "the water in the lake is too cold for swimming",
                                                         "our neighbours are going on holiday next month",
                                                         "he asked for a cup of coffee without sugar",
                                                         "the museum is closed on mondays",
                                                         "they watched the ships sail into the harbour",
                                                         "i would like to book a table for two people",
                                                         "the phone has been ringing all morning",
                                                         "most birds fly south before the first snow",
                                                         "she opened a letter from her grandmother",
                                                         "where did you learn to cook so well",
                                                         "the bus was late because of the traffic"};

constexpr std::array<const char*, 7> other_human_clips = {"something.raw",
                                                          "numbers.raw",
                                                          "librivox/sense_and_sensibility_01_austen_64kb-0870.wav",
                                                          "librivox/sense_and_sensibility_01_austen_64kb-0880.wav",
                                                          "librivox/sense_and_sensibility_01_austen_64kb-0890.wav",
                                                          "librivox/sense_and_sensibility_01_austen_64kb-0920.wav",
                                                          "librivox/sense_and_sensibility_01_austen_64kb-0930.wav"};

struct Transcript {
  const char* clip;
  const char* text;
};
constexpr std::array<Transcript, 6> human_commands = {
    {{"goforward.raw", "go forward ten meters"},
     {"cards/001.wav", "ten of clubs"},
     {"cards/002.wav", "four queen of clubs"},
     {"cards/003.wav", "seven of clubs"},
     {"cards/004.wav", "five five"},
     {"cards/005.wav", "eight of spades four of clubs seven of hearts"}}};

/// "mhm" is spelled as flite and espeak-ng can say it.
constexpr std::array<const char*, 5> back_channel = {"um hum", "uh-huh", "yeah", "okay", "right"};
constexpr std::array<const char*, 3> stop_phrases = {"stop", "be quiet", "never mind"};

struct Tally {
  int right = 0;
  int all = 0;
  double share() const { return all == 0 ? 0.0 : static_cast<double>(right) / all; }
};

class Accuracy : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    home = open("home.yaml");
    demo = open("demo.yaml");
  }
  static void TearDownTestSuite() {
    home.reset();
    demo.reset();
    std::printf("cost: %.3f CPU s per s of audio; slowest finalise %.1f ms of CPU\n", cpu_seconds / audio_seconds,
                static_cast<double>(finalise_max_ns) / 1e6);
    EXPECT_LT(finalise_max_ns, 30'000'000) << "a final must be out 30 ms after finalise";
  }
  static std::unique_ptr<RecogniserNode> open(const char* name) {
    const auto read = read_intents({std::string(PHALAROPE_SOURCE_DIR "/firmware_images/conf/intents/") + name});
    if (!read) {
      ADD_FAILURE() << read.error().front().text();
      return nullptr;
    }
    auto node = std::make_unique<RecogniserNode>(RecogniserConfig{}, *read);
    const auto trouble = node->init();
    EXPECT_FALSE(trouble) << *trouble;
    return node;
  }
  static ClipResult recognise(RecogniserNode& node, const Samples& clip, bool while_speaking = false) {
    ClipResult result = recognise_clip(node, clip, while_speaking);
    cpu_seconds += static_cast<double>(result.cpu_ns) / 1e9;
    audio_seconds += static_cast<double>(clip.size()) / 16000;
    finalise_max_ns = std::max(finalise_max_ns, result.finalise_cpu_ns);
    return result;
  }
  static void row(const char* what, const char* who, const Tally& tally) {
    std::printf("%-28s %-12s %3d / %3d  %5.1f %%\n", what, who, tally.right, tally.all, 100 * tally.share());
  }
  static void wrong(const char* said, const ClipResult& heard) {
    std::printf("    \"%s\" was heard as class %d \"%s\"\n", said, static_cast<int>(heard.utterance_class),
                heard.text.c_str());
  }

  static std::unique_ptr<RecogniserNode> home, demo;
  static double cpu_seconds, audio_seconds;
  static std::int64_t finalise_max_ns;
};
std::unique_ptr<RecogniserNode> Accuracy::home, Accuracy::demo;
double Accuracy::cpu_seconds = 0;
double Accuracy::audio_seconds = 0;
std::int64_t Accuracy::finalise_max_ns = 0;

TEST_F(Accuracy, CommandsAreRecognisedInNinetyFivePercent) {
  Tally all;
  for (const Voice voice : voices) {
    if (!available(voice)) continue;
    Tally tally;
    for (const char* command : commands) {
      const ClipResult heard = recognise(*home, say(voice, command));
      const bool right = heard.utterance_class == UtteranceClass::words && heard.text == command;
      if (!right) wrong(command, heard);
      tally.right += right ? 1 : 0;
      ++tally.all;
    }
    row("home commands", name_of(voice), tally);
    all.right += tally.right;
    all.all += tally.all;
  }
  for (const Transcript& clip : human_commands) {
    const Samples samples = human_clip(clip.clip);
    ASSERT_FALSE(samples.empty()) << "install the package pocketsphinx-testdata";
    const ClipResult heard = recognise(*demo, samples);
    const bool right = heard.utterance_class == UtteranceClass::words && heard.text == clip.text;
    if (!right) wrong(clip.text, heard);
    all.right += right ? 1 : 0;
    ++all.all;
  }
  row("all commands", "+ 6 human", all);
  EXPECT_GE(all.share(), 0.95);
}

TEST_F(Accuracy, AtMostFivePercentOfOtherSpeechIsAccepted) {
  Tally accepted;
  const auto count = [&](const char* said, const ClipResult& heard) {
    const bool taken =
        heard.utterance_class != UtteranceClass::rejected && heard.utterance_class != UtteranceClass::empty;
    if (taken) wrong(said, heard);
    accepted.right += taken ? 1 : 0;
    ++accepted.all;
  };
  for (std::size_t i = 0; i < other_sentences.size(); ++i) {
    for (const Voice voice : {Voice::slt, Voice::kal16}) {
      count(other_sentences[i], recognise(*home, say(voice, other_sentences[i])));
    }
  }
  for (const char* clip : other_human_clips) {
    const Samples samples = human_clip(clip);
    ASSERT_FALSE(samples.empty()) << "install the package pocketsphinx-testdata";
    count(clip, recognise(*home, samples));
    count(clip, recognise(*demo, samples));
  }
  row("other speech accepted", "+ human", accepted);
  EXPECT_LE(accepted.share(), 0.05);
}

TEST_F(Accuracy, BackChannelWordsAreClassedAndNeverConfirmAsWords) {
  Tally classed;
  Tally calm;
  for (const Voice voice : {Voice::slt, Voice::kal16}) {
    for (const char* word : back_channel) {
      const ClipResult heard = recognise(*home, say(voice, word), true);
      const bool right = heard.utterance_class == UtteranceClass::back_channel;
      if (!right) wrong(word, heard);
      classed.right += right ? 1 : 0;
      ++classed.all;
      const bool silent = heard.first_partial_sample < 0 || heard.first_partial_class == UtteranceClass::back_channel;
      if (!silent) std::printf("    \"%s\" raised a partial \"%s\"\n", word, heard.first_partial_text.c_str());
      calm.right += silent ? 1 : 0;
      ++calm.all;
    }
  }
  row("back-channel classed", "slt + kal16", classed);
  row("back-channel not confirming", "slt + kal16", calm);
  EXPECT_GE(classed.share(), 0.95);
  EXPECT_GE(calm.share(), 0.95);
}

TEST_F(Accuracy, StopPhrasesAreSpottedBeforeTheClipEnds) {
  Tally spotted;
  for (const Voice voice : voices) {
    if (!available(voice)) continue;
    for (const char* phrase : stop_phrases) {
      const Samples clip = say(voice, phrase);
      const ClipResult heard = recognise(*home, clip, true);
      const bool right = heard.utterance_class == UtteranceClass::stop_phrase && heard.stop_partial_sample > 0 &&
                         heard.stop_partial_sample < static_cast<std::int64_t>(clip.size());
      if (!right) wrong(phrase, heard);
      spotted.right += right ? 1 : 0;
      ++spotted.all;
    }
  }
  row("stop phrases", "all voices", spotted);
  EXPECT_EQ(spotted.right, spotted.all);
}

TEST_F(Accuracy, NoiseBurstsAndCoughsNeverGiveAWord) {
  Tally words;
  for (std::uint32_t seed = 1; seed <= 24; ++seed) {
    const std::int64_t length_ms = 80 + 40 * (seed % 8);
    const ClipResult heard = recognise(
        *home, noise_burst(seed, length_ms, static_cast<int>(seed % 4), 1 + static_cast<int>(seed % 3)), true);
    const bool word = heard.first_partial_sample >= 0 || heard.utterance_class == UtteranceClass::words ||
                      heard.utterance_class == UtteranceClass::stop_phrase ||
                      heard.utterance_class == UtteranceClass::back_channel;
    if (word) wrong("a noise", heard);
    words.right += word ? 1 : 0;
    ++words.all;
  }
  row("noise taken for words", "24 bursts", words);
  EXPECT_EQ(words.right, 0);
}

}  // namespace
}  // namespace phalarope::hal::test
