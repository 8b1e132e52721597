// The log says of a conversation what is true of it, and nothing that the recording does not hold.
#include "core/replay/conversation_log.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/unit/replay/sample_conversation.hpp"

namespace phalarope::replay {
namespace {

constexpr std::int64_t at(std::int64_t ms) { return SampleConversation::start_ns + ms * ns_per_ms; }
ConversationLog sample() {
  SampleConversation conversation;
  return read_conversation(conversation.recording);
}

const TimeSpan* find(const TurnLog& turn, SpanKind kind) {
  for (const auto& span : turn.spans) {
    if (span.kind == kind) return &span;
  }
  return nullptr;
}
void expect_span(const TurnLog& turn, SpanKind kind, std::int64_t from_ms, std::int64_t to_ms) {
  const auto* span = find(turn, kind);
  ASSERT_NE(span, nullptr) << name_of(kind);
  EXPECT_EQ(span->start_ns, at(from_ms)) << name_of(kind);
  EXPECT_EQ(span->end_ns, at(to_ms)) << name_of(kind);
  EXPECT_FALSE(span->open);
}

TEST(ConversationLog, KnowsTheSessionAndItsTurns) {
  const auto log = sample();
  EXPECT_EQ(log.names.session_id, "kitchen-board");
  EXPECT_EQ(log.names.pipeline_version, "home/v3");
  ASSERT_EQ(log.turns.size(), 3U);
  EXPECT_EQ(log.turns[0].terminal, EventKind::commit);
  EXPECT_EQ(log.turns[1].terminal, EventKind::abort);
  EXPECT_EQ(log.turns[1].reason, Reason::cancelled);
  EXPECT_EQ(log.turns[1].ticket, 42U);
  EXPECT_EQ(log.turns[2].closed_ns, at(9011));
}

TEST(ConversationLog, KnowsWhatWasSaidAndAnswered) {
  const auto log = sample();
  const TurnLog& turn = log.turns[0];
  EXPECT_EQ(turn.user_words, "what is the weather like");
  EXPECT_EQ(turn.utterance_class, UtteranceClass::words);
  EXPECT_EQ(turn.confidence_permille, 930);
  ASSERT_EQ(turn.sentences.size(), 1U);
  EXPECT_EQ(turn.sentences[0].text, "it is sunny today with a light wind");
}

TEST(ConversationLog, DividesATurnIntoListeningThinkingAndSpeaking) {
  const auto log = sample();
  expect_span(log.turns[0], SpanKind::listening, 400, 1500);
  expect_span(log.turns[0], SpanKind::thinking, 1500, 1620);
  expect_span(log.turns[0], SpanKind::speaking, 1620, 4200);
  expect_span(log.turns[0], SpanKind::held, 2302, 2480);
}

TEST(ConversationLog, ACoughIsDismissedAndBelongsToNoTurn) {
  const auto log = sample();
  ASSERT_EQ(log.turns[0].interruptions.size(), 1U);
  const Interruption& cough = log.turns[0].interruptions[0];
  EXPECT_EQ(cough.verdict, InterruptionVerdict::dismissed);
  EXPECT_EQ(cough.verdict_reason, Reason::speech_too_short);
  EXPECT_EQ(cough.suspicion_to_duck_ns(), 8 * ns_per_ms);
  EXPECT_FALSE(cough.confirm_to_fence_ns().has_value());
  EXPECT_EQ(log.voice.size(), 4U);
  EXPECT_EQ(log.turns[1].spans[0].start_ns, at(4900)) << "the next turn begins with its own words";
}

// decisions.md D17
TEST(ConversationLog, MeasuresAnInterruptionByThreeClocks) {
  const auto log = sample();
  ASSERT_EQ(log.turns[1].interruptions.size(), 1U);
  const Interruption& barge_in = log.turns[1].interruptions[0];
  EXPECT_EQ(barge_in.verdict, InterruptionVerdict::confirmed);
  EXPECT_EQ(barge_in.suspicion_to_duck_ns(), 9 * ns_per_ms);
  EXPECT_EQ(barge_in.confirm_to_fence_ns(), 8 * ns_per_ms);
  EXPECT_EQ(barge_in.fence_to_silence_samples(), 160);
  EXPECT_EQ(barge_in.onset_to_silence_ns(16000), (7188 - 6900 + 10) * ns_per_ms);
  expect_span(log.turns[1], SpanKind::speaking, 5990, 7198);
}

// decisions.md D22
TEST(ConversationLog, KnowsWhichWordsWereHeardCutAndUnheard) {
  const auto log = sample();
  const auto& words = log.turns[1].words;
  ASSERT_EQ(words.size(), 10U);
  EXPECT_EQ(log.turns[1].words_heard(), 4U) << "19000 samples at 4000 a word";
  EXPECT_EQ(words[3].text, "has");
  EXPECT_EQ(words[3].state, WordState::heard);
  EXPECT_EQ(words[4].state, WordState::cut);
  EXPECT_EQ(words[5].state, WordState::unheard);
  EXPECT_EQ(log.turns[0].words_heard(), log.turns[0].words.size()) << "heard to its end";
}

TEST(ConversationLog, MeasuresTheAnswerFromTheEndOfSpeech) {
  const auto log = sample();
  EXPECT_EQ(log.turns[0].response_ns(), 120 * ns_per_ms);
  EXPECT_EQ(log.turns[2].response_ns(), 130 * ns_per_ms);
}

TEST(ConversationLog, TheInterruptingWordsOpenTheNextTurn) {
  const auto log = sample();
  expect_span(log.turns[2], SpanKind::listening, 6900, 7800);
  EXPECT_EQ(log.turns[2].user_words, "stop, turn on the light");
}

TEST(ConversationLog, ListsDecisionsLaneMarksAndXruns) {
  const auto log = sample();
  ASSERT_EQ(log.lane_marks.size(), 3U);
  EXPECT_EQ(log.lane_marks[0].event.target_lane, Lane::data);
  ASSERT_EQ(log.xruns.size(), 1U);
  EXPECT_EQ(log.xruns[0].reason, Reason::playback_underrun);
  EXPECT_EQ(log.xruns[0].last_sample - log.xruns[0].first_sample, 319);
  EXPECT_EQ(log.decisions.front().event.kind, EventKind::connected);
}

TEST(ConversationLog, ATurnThatNeverEndedStaysOpenAndSaysSo) {
  SampleConversation sample;
  while (sample.recording.event_at(sample.recording.size() - 1).kind != EventKind::playback_started) {
    sample.recording.leave_out(sample.recording.size() - 1);
  }
  const auto log = read_conversation(sample.recording);
  const TurnLog& turn = log.turns.back();
  EXPECT_EQ(turn.terminal, EventKind::none);
  EXPECT_FALSE(turn.closed_ns.has_value());
  ASSERT_NE(find(turn, SpanKind::speaking), nullptr);
  EXPECT_TRUE(find(turn, SpanKind::speaking)->open);
}

TEST(ConversationLog, LostRecordsAreCounted) {
  SampleConversation sample;
  sample.recording.leave_out(10);
  EXPECT_EQ(read_conversation(sample.recording).records_lost, 1U);
}

TEST(ConversationLog, NoOrderOfEventsBreaksItsInvariants) {
  const bool held = rc::check([] {
    MemoryRecording recording;
    const auto count = *rc::gen::inRange(0, 200);
    for (int i = 0; i < count; ++i) {
      Event event{};
      const auto kinds = {EventKind::turn_open,
                          EventKind::close,
                          EventKind::commit,
                          EventKind::speech_started,
                          EventKind::speech_ended,
                          EventKind::interruption_held,
                          EventKind::interruption_confirmed,
                          EventKind::interruption_dismissed,
                          EventKind::fence_applied,
                          EventKind::playback_started,
                          EventKind::playback_completed,
                          EventKind::synthesis_word,
                          EventKind::recognition_final};
      event.kind = *rc::gen::elementOf(std::vector<EventKind>(kinds));
      event.turn_number = *rc::gen::inRange<std::uint32_t>(0, 4);
      event.ticket = *rc::gen::inRange<std::uint64_t>(0, 4);
      event.mono_ns = *rc::gen::inRange<std::int64_t>(0, 1000);
      recording.add(event);
      if (i % 3 == 0) recording.add_text("x");
    }
    const auto log = read_conversation(recording);
    for (const auto& turn : log.turns) {
      RC_ASSERT(turn.number != 0U);
      for (const auto& span : turn.spans) RC_ASSERT(span.end_ns >= span.start_ns);
    }
  });
  EXPECT_TRUE(held);
}

TEST(ConversationLog, ARunsClockMayStartAnywhereAndItsTurnsStandBehindTheOnesBefore) {
  SampleConversation conversation;
  const SampleConversation again;
  conversation.recording.append(again.recording);
  const ConversationLog log = read_conversation(conversation.recording);
  EXPECT_EQ(log.runs, 2U);
  ASSERT_EQ(log.turns.size(), 6U) << "turn numbers that a run used again are turns of their own";
  const std::int64_t shift = log.turns[3].opened_ns.value() - log.turns[0].opened_ns.value();
  EXPECT_EQ(shift, 9'011 * ns_per_ms + run_gap_ns);
  EXPECT_EQ(log.turns[3].user_words, log.turns[0].user_words);
  EXPECT_EQ(log.turns[3].response_ns(), log.turns[0].response_ns());
  ASSERT_EQ(log.anchors.size(), 2U);
  EXPECT_EQ(log.time_of_sample(100, 1).value() - log.time_of_sample(100, 0).value(), shift);
}

TEST(ConversationLog, WhatARunLeftOpenEndsWithIt) {
  MemoryRecording recording;
  recording.begin();
  const auto event = [](EventKind kind, std::int64_t ms) {
    Event made{};
    made.kind = kind;
    made.mono_ns = ms * ns_per_ms;
    made.turn_number = 1;
    made.ticket = 1;
    return made;
  };
  for (const Event& seen : {event(EventKind::turn_open_proposed, 10), event(EventKind::turn_open, 10),
                            event(EventKind::playback_started, 50), event(EventKind::tick, 90)}) {
    recording.add(seen);
  }
  recording.begin();
  recording.add(event(EventKind::connected, 5));
  const ConversationLog log = read_conversation(recording);
  ASSERT_EQ(log.turns.size(), 1U);
  ASSERT_FALSE(log.turns[0].spans.empty());
  EXPECT_FALSE(log.turns[0].spans.back().open);
  EXPECT_EQ(log.turns[0].spans.back().end_ns, 90 * ns_per_ms);
}

TEST(ConversationLog, NodesAndEdgesHaveTheNamesOfTheRecordedPipeline) {
  MemoryRecording recording;
  recording.begin();
  const ConversationLog log = read_conversation(
      recording, [](std::span<const std::byte>, RecordingNames& names) { names.node_ids = {"microphone"}; });
  EXPECT_EQ(log.names.node_id(0), "microphone");
}

}  // namespace
}  // namespace phalarope::replay
