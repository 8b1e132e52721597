// A recording as an artifact: what stands in it, and what two recordings of one conversation share.
#include "core/replay/recording_artifact.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/replay/artifact_comparison.hpp"
#include "tests/unit/replay/artifact_samples.hpp"
#include "tests/unit/replay/memory_recording.hpp"
#include "tests/unit/replay/sample_conversation.hpp"

namespace phalarope::replay {
namespace {

using test::message_classes;
using testing::ElementsAre;
using testing::IsEmpty;

RecordedOutputs read_sample() {
  SampleConversation sample;
  return read_outputs(sample.recording);
}

/// Answers each input with the outputs that the recording holds behind it.
class RememberingEngine final : public StepFunction {
 public:
  explicit RememberingEngine(MemoryRecording recording) : recording_(std::move(recording)) { pending_ = next_event(); }
  bool start(const RunStart&) override { return true; }
  bool seat(std::span<const std::byte>) override { return true; }
  std::span<const Event> step(const Event&) override {
    outputs_.clear();
    pending_ = next_event();
    while (pending_ && pending_->has(EventFlag::output)) {
      outputs_.push_back(*pending_);
      if (bend) bend(outputs_.back());
      pending_ = next_event();
    }
    return outputs_;
  }
  void (*bend)(Event&) = nullptr;

 private:
  std::optional<Event> next_event() {
    while (const auto record = recording_.next()) {
      if (record->header.type != RecordType::event) continue;
      Event event{};
      std::memcpy(&event, record->body.data(), sizeof event);
      return event;
    }
    return std::nullopt;
  }

  MemoryRecording recording_;
  std::optional<Event> pending_;
  std::vector<Event> outputs_;
};

/// The same conversation, on another day.
MemoryRecording made_later(MemoryRecording recording) {
  MemoryRecording later;
  while (const auto record = recording.next()) {
    std::vector<std::byte> body(record->body.begin(), record->body.end());
    if (record->header.type == RecordType::event) {
      Event event{};
      std::memcpy(&event, body.data(), sizeof event);
      event.mono_ns += 77 * ns_per_second;
      event.wall_ns += 99 * ns_per_second;
      std::memcpy(body.data(), &event, sizeof event);
    }
    later.add(record->header.type, body);
  }
  return later;
}

TEST(RecordingArtifact, HoldsEveryDecisionInRecordedOrder) {
  const RecordedOutputs outputs = read_sample();
  const ReplayArtifact artifact = artifact_of(outputs.context, outputs.recorded, EntryTimes::of_the_engine);
  ASSERT_GT(artifact.trace.size(), 20U);
  EXPECT_EQ(artifact.trace.size(), outputs.recorded.size());
  EXPECT_TRUE(std::ranges::is_sorted(artifact.trace, {}, &TraceEntry::runtime_sequence));
  const auto abort =
      std::ranges::find(artifact.trace, "abort", [](const TraceEntry& e) { return e.decision.outcome_kind; });
  ASSERT_NE(abort, artifact.trace.end());
  EXPECT_EQ(abort->decision.turn_id, "turn-000002");
  EXPECT_EQ(abort->decision.emitted_by, "RK-03");
  EXPECT_EQ(abort->decision.reason, "cancelled");
  EXPECT_EQ(abort->decision.session_id, "kitchen-board");
  EXPECT_EQ(abort->authority_epoch, 7);
  EXPECT_EQ(abort->plan_hash.size(), 64U);
}

TEST(RecordingArtifact, EveryEntryOfATurnCanBeNamedByACursor) {
  const RecordedOutputs outputs = read_sample();
  const ReplayArtifact artifact = artifact_of(outputs.context, outputs.recorded, EntryTimes::from_the_start);
  for (const TraceEntry& one : artifact.trace) {
    if (one.decision.turn_id.empty()) continue;
    EXPECT_TRUE(is_valid(cursor_of(one)));
    EXPECT_EQ(std::ranges::count(artifact.trace, cursor_of(one), cursor_of), 1);
  }
}

TEST(RecordingArtifact, TwoRecordingsOfOneConversationAgreeWhateverTheirClocksSay) {
  SampleConversation sample;
  MemoryRecording later = made_later(SampleConversation().recording);
  const RecordedOutputs was = read_outputs(sample.recording);
  const RecordedOutputs is = read_outputs(later);
  const auto artifact = [](const RecordedOutputs& one, EntryTimes times) {
    return artifact_of(one.context, one.recorded, times);
  };
  const ComparisonRequest request{.mode = ReplayMode::re_simulate_nodes};
  EXPECT_THAT(compare(artifact(was, EntryTimes::from_the_start), artifact(is, EntryTimes::from_the_start), request)
                  ->divergences,
              IsEmpty());
  EXPECT_FALSE(compare(artifact(was, EntryTimes::of_the_engine), artifact(is, EntryTimes::of_the_engine), request)
                   ->divergences.empty());
}

TEST(RecordingArtifact, ADropNoticeIsLineage) {
  MemoryRecording recording;
  recording.begin();
  Event drop{};
  drop.kind = EventKind::drop_notice;
  drop.edge = 3;
  drop.target_lane = Lane::data;
  drop.set(EventFlag::output);
  recording.add(drop);
  recording.add(drop);
  const RecordedOutputs outputs = read_outputs(recording);
  const ReplayArtifact artifact = artifact_of(outputs.context, outputs.recorded, EntryTimes::of_the_engine);
  ASSERT_EQ(artifact.lineage.size(), 2U);
  EXPECT_EQ(artifact.lineage[0].event_id, "drop/edge-3/DataLane/1");
  EXPECT_EQ(artifact.lineage[1].event_id, "drop/edge-3/DataLane/2");
  EXPECT_TRUE(artifact.lineage[0].dropped);
}

TEST(RecordingArtifact, AnEngineThatAnswersAsRecordedDoesNotDivergeAndOneThatBendsDoes) {
  SampleConversation sample;
  RememberingEngine engine{SampleConversation().recording};
  const RecordedOutputs same = rerun_outputs(sample.recording, engine);
  EXPECT_EQ(same.recorded, same.replayed);
  EXPECT_EQ(same.replay.verdict, ReplayVerdict::identical);

  SampleConversation again;
  RememberingEngine bent{SampleConversation().recording};
  bent.bend = [](Event& event) {
    if (event.kind == EventKind::abort) event.reason = Reason::barge_in;
  };
  const RecordedOutputs outputs = rerun_outputs(again.recording, bent);
  const auto result = compare(artifact_of(outputs.context, outputs.recorded, EntryTimes::of_the_engine),
                              artifact_of(outputs.context, outputs.replayed, EntryTimes::of_the_engine), {});
  EXPECT_THAT(message_classes(result->divergences), ElementsAre(MessageClass::decision));
  EXPECT_EQ(result->divergences[0].scope, "turn:turn-000002");
}

TEST(RecordingArtifact, ReadingNamesTheWoundsOfARecording) {
  SampleConversation sample;
  const ReplayReport sound = read_outputs(sample.recording).replay;
  EXPECT_TRUE(sound.gaps.empty() && sound.damage.empty());
  sample.recording.rewind();
  sample.recording.leave_out(9);
  const ReplayReport gapped = read_outputs(sample.recording).replay;
  ASSERT_EQ(gapped.gaps.size(), 1U);
  EXPECT_EQ(gapped.gaps[0].first_missing, 9U);
  EXPECT_TRUE(gapped.gaps[0].may_hold_events);
  SampleConversation damaged;
  damaged.recording.report_damage({.position = {"memory.phr", 1, 0}, .what = "torn", .bytes = 9});
  EXPECT_EQ(read_outputs(damaged.recording).replay.damage.size(), 1U);
}

}  // namespace
}  // namespace phalarope::replay
