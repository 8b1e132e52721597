// The tracker on made-up sequences of voiced frames, and the frame history beside it.
#include "hal/audio/speech_tracker.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string_view>

namespace phalarope::hal {
namespace {

struct Course {
  std::vector<SpeechFacts> facts;
  std::vector<int> at;
};

/// Feeds '1' and '.' frames; the voice of a '1' begins at frame offset 32.
Course feed(SpeechTracker& tracker, std::string_view frames, std::int64_t first = 0) {
  Course course;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto facts = tracker.take(first + static_cast<std::int64_t>(i) * 160, frames[i] == '1', 32);
    if (facts.started || facts.continues || facts.ended) {
      course.facts.push_back(facts);
      course.at.push_back(static_cast<int>(i));
    }
  }
  return course;
}

TEST(SpeechTracker, ThreeVoicedOfFiveStartAndTheFirstOfThemIsTheOnset) {
  SpeechTracker tracker({});
  const Course course = feed(tracker, "..1.11");
  ASSERT_EQ(course.facts.size(), 1U);
  EXPECT_TRUE(course.facts[0].started);
  EXPECT_EQ(course.at[0], 5);
  EXPECT_EQ(course.facts[0].first_sample, 2 * 160 + 32);
}

TEST(SpeechTracker, TwoVoicedFramesAreNoSpeech) {
  SpeechTracker tracker({});
  EXPECT_TRUE(feed(tracker, "11....1.1....1....11...").facts.empty());
}

TEST(SpeechTracker, EndIsDecidedAfterTheSilenceAndNamesTheLastVoicedSample) {
  SpeechTracker tracker({.stop_ms = 100});
  const Course course = feed(tracker, "111111............");
  ASSERT_EQ(course.facts.size(), 2U);
  EXPECT_TRUE(course.facts[1].ended);
  EXPECT_EQ(course.facts[1].last_sample, 6 * 160 - 1);
  EXPECT_EQ(course.at[1], 15) << "ten silent frames after the last voiced one";
}

TEST(SpeechTracker, AClickInTheSilenceDoesNotKeepSpeechAlive) {
  SpeechTracker tracker({.stop_ms = 100});
  const Course course = feed(tracker, "111.......1....");
  ASSERT_EQ(course.facts.size(), 2U);
  EXPECT_EQ(course.facts[1].last_sample, 3 * 160 - 1);
}

TEST(SpeechTracker, TheSilenceBeforeTheEndDoesNotCountAsSpeech) {
  SpeechTracker tracker({.stop_ms = 500});
  const Course course = feed(tracker, std::string(20, '1') + std::string(60, '.'));
  ASSERT_EQ(course.facts.size(), 3U) << "start, one step of 100 ms, end";
  EXPECT_EQ(course.facts[1].speech_ms, 108) << "the first frame that ends 100 ms after the onset";
}

TEST(SpeechTracker, StepsComeEveryHundredMilliseconds) {
  SpeechTracker tracker({});
  const Course course = feed(tracker, std::string(100, '1'));
  ASSERT_EQ(course.facts.size(), 10U);
  for (std::size_t i = 1; i < course.facts.size(); ++i) {
    EXPECT_TRUE(course.facts[i].continues);
    EXPECT_GE(course.facts[i].speech_ms, static_cast<std::int64_t>(i) * 100);
    EXPECT_LT(course.facts[i].speech_ms, static_cast<std::int64_t>(i) * 100 + 10);
  }
}

TEST(SpeechTracker, AnInterruptedMicrophoneEndsSpeechOnce) {
  SpeechTracker tracker({});
  feed(tracker, "11111");
  EXPECT_TRUE(tracker.interrupt().ended);
  EXPECT_FALSE(tracker.interrupt().ended);
  EXPECT_FALSE(tracker.speaking());
}

RC_GTEST_PROP(SpeechTrackerProperty, StartsAndEndsAlternateAndNeverGoBack, (const std::vector<bool>& voiced)) {
  SpeechTracker tracker({.stop_ms = 50});
  bool speaking = false;
  std::int64_t last_sample = -1;
  std::uint32_t utterance = 0;
  for (std::size_t i = 0; i < voiced.size(); ++i) {
    const auto facts = tracker.take(static_cast<std::int64_t>(i) * 160, voiced[i], 0);
    RC_ASSERT(facts.started + facts.continues + facts.ended <= 1);
    if (facts.started) {
      RC_ASSERT(!speaking);
      RC_ASSERT(facts.utterance == ++utterance);
      RC_ASSERT(facts.first_sample > last_sample);
      speaking = true;
    }
    if (facts.continues || facts.ended) {
      RC_ASSERT(speaking);
      RC_ASSERT(facts.last_sample >= last_sample);
      last_sample = facts.last_sample;
    }
    if (facts.ended) speaking = false;
  }
}

}  // namespace
}  // namespace phalarope::hal
