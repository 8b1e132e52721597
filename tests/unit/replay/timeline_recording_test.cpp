// One recording, several sessions, several runs: each event has its row, each session its conversation, one axis.
#include "core/replay/timeline_recording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/replay/sample_conversation.hpp"

namespace phalarope::replay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void seat(MemoryRecording& recording, std::uint16_t slot, std::string_view id) {
  SessionStart start;
  start.session_slot = slot;
  ASSERT_TRUE(start.set_session_id(id));
  recording.add(RecordType::session, std::as_bytes(std::span(&start, 1)));
}
void happens(MemoryRecording& recording, std::uint16_t slot, EventKind kind, std::int64_t ms, std::uint32_t turn = 0) {
  Event event{};
  event.kind = kind;
  event.session_slot = slot;
  event.mono_ns = ms * ns_per_ms;
  event.turn_number = turn;
  event.ticket = turn;
  if (is_contract_signal(kind)) event.set(EventFlag::output);
  recording.add(event);
}
std::vector<std::string> ids(const TimelineRecording& recording) {
  std::vector<std::string> all;
  for (const ConversationLog& session : recording.sessions) all.push_back(session.names.session_id);
  return all;
}

TEST(TimelineRecording, ASingleSessionIsTheConversationAsItIsReadAlone) {
  SampleConversation sample;
  const auto recording = read_timeline(sample.recording);
  sample.recording.rewind();
  const auto alone = read_conversation(sample.recording);
  ASSERT_EQ(recording.sessions.size(), 1U);
  EXPECT_EQ(recording.rows, alone.events);
  EXPECT_EQ(recording.start_ns, alone.start_ns);
  EXPECT_EQ(recording.end_ns, alone.end_ns);
  ASSERT_EQ(recording.sessions[0].turns.size(), alone.turns.size());
  for (std::size_t i = 0; i < alone.turns.size(); ++i) {
    EXPECT_EQ(recording.sessions[0].turns[i].end_ns(), alone.turns[i].end_ns());
    EXPECT_EQ(recording.sessions[0].turns[i].user_words, alone.turns[i].user_words);
  }
  EXPECT_EQ(recording.texts.front().text, "what is the weather like");
}

TEST(TimelineRecording, TurnsOfEqualNumberInTwoSeatsStayApart) {
  MemoryRecording recording;
  seat(recording, 0, "kitchen");
  seat(recording, 1, "hall");
  happens(recording, 0, EventKind::turn_open, 10, 1);
  happens(recording, 1, EventKind::turn_open, 12, 1);
  happens(recording, 0, EventKind::commit, 20, 1);
  happens(recording, 1, EventKind::abort, 25, 1);
  const auto read = read_timeline(recording);
  EXPECT_THAT(ids(read), ElementsAre("kitchen", "hall"));
  ASSERT_EQ(read.sessions[0].turns.size(), 1U);
  ASSERT_EQ(read.sessions[1].turns.size(), 1U);
  EXPECT_EQ(read.sessions[0].turns[0].terminal, EventKind::commit);
  EXPECT_EQ(read.sessions[1].turns[0].terminal, EventKind::abort);
  EXPECT_THAT(read.trace_rows, ElementsAre(0, 1, 2, 3));
}

TEST(TimelineRecording, ASeatTakenByAnotherIdIsAnotherSessionAndTheSameIdGoesOn) {
  MemoryRecording recording;
  seat(recording, 0, "first");
  happens(recording, 0, EventKind::connected, 1);
  seat(recording, 0, "second");
  happens(recording, 0, EventKind::connected, 2);
  seat(recording, 0, "second");
  happens(recording, 0, EventKind::connected, 3);
  const auto read = read_timeline(recording);
  EXPECT_THAT(ids(read), ElementsAre("first", "second"));
  EXPECT_EQ(read.sessions[1].events, 2U);
}

TEST(TimelineRecording, ALaterRunStandsBehindTheOneBeforeForAllSessions) {
  MemoryRecording recording;
  const std::byte pipeline{1};
  recording.add(RecordType::pipeline, {&pipeline, 1});
  happens(recording, 0, EventKind::connected, 1000);
  happens(recording, 1, EventKind::connected, 3000);
  recording.add(RecordType::pipeline, {&pipeline, 1});
  happens(recording, 0, EventKind::connected, 5);
  const auto read = read_timeline(recording);
  EXPECT_EQ(read.end_ns, 3000 * ns_per_ms + run_gap_ns);
  EXPECT_EQ(read.sessions[0].end_ns, read.end_ns) << "the axis is one, though the other session ended later";
  EXPECT_EQ(read.sessions[1].end_ns, 3000 * ns_per_ms);
}

TEST(TimelineRecording, ATextBelongsToTheEventBeforeItWhoseSessionSaidIt) {
  MemoryRecording recording;
  happens(recording, 0, EventKind::turn_open, 1, 1);
  happens(recording, 1, EventKind::turn_open, 1, 1);
  Event final{};
  final.kind = EventKind::recognition_final;
  final.session_slot = 1;
  final.turn_number = 1;
  recording.add(final);
  recording.add_text("lights on");
  const auto read = read_timeline(recording);
  ASSERT_EQ(read.texts.size(), 1U);
  EXPECT_EQ(read.texts[0].row, 2U);
  EXPECT_EQ(read.sessions[1].turns[0].user_words, "lights on");
  EXPECT_EQ(read.sessions[0].turns[0].user_words, "");
}

TEST(TimelineRecording, AGapIsCountedOnceForTheWholeRecording) {
  MemoryRecording recording;
  for (std::int64_t i = 0; i < 6; ++i) happens(recording, static_cast<std::uint16_t>(i % 2), EventKind::tick, i);
  recording.leave_out(3);
  EXPECT_EQ(read_timeline(recording).records_lost, 1U);
}

TEST(TimelineRecording, NothingIsOneEmptySession) {
  MemoryRecording nothing;
  const auto read = read_timeline(nothing);
  ASSERT_EQ(read.sessions.size(), 1U);
  EXPECT_THAT(read.sessions[0].turns, IsEmpty());
  EXPECT_EQ(read.rows, 0U);
}

}  // namespace
}  // namespace phalarope::replay
