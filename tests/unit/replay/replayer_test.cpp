// Replay finds every difference, names its field, and never calls a wounded recording identical.
#include "core/replay/replayer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/engine/session/power_loss.hpp"
#include "tests/unit/replay/memory_recording.hpp"

namespace phalarope::replay {
namespace {

using testing::HasSubstr;

/// A toy engine: numbers what it takes, answers every third input with two outputs and every other with none.
class ToyEngine final : public StepFunction {
 public:
  bool start(const RunStart& run) override {
    sum_ = 0;
    sequence_ = 0;
    pipelines = run.pipelines.size();
    sessions = run.sessions.size();
    return !refuses && !run.pipelines.empty();
  }
  bool seat(std::span<const std::byte>) override {
    ++seated;
    return !refuses_seats;
  }
  std::span<const Event> step(const Event& input) override {
    outputs_.clear();
    sum_ += input.argument_a;
    if (++sequence_ % 3 != 0) return outputs_;
    for (const EventKind kind : {EventKind::turn_open, EventKind::command_duck}) {
      Event output{};
      output.kind = kind;
      output.runtime_sequence = sequence_;
      output.argument_a = sum_;
      output.mono_ns = input.mono_ns + bend;
      outputs_.push_back(output);
    }
    if (surplus) outputs_.push_back(outputs_.back());
    if (deficit) outputs_.pop_back();
    return outputs_;
  }

  std::int64_t bend = 0;
  bool surplus = false;
  bool deficit = false;
  bool refuses = false;
  bool refuses_seats = false;
  std::size_t pipelines = 0;
  std::size_t sessions = 0;
  std::size_t seated = 0;

 private:
  std::vector<Event> outputs_;
  std::int64_t sum_ = 0;
  std::uint64_t sequence_ = 0;
};

MemoryRecording record(int inputs) {
  MemoryRecording recording;
  recording.begin();
  ToyEngine engine;
  const std::vector<std::vector<std::byte>> word{{std::byte{1}}};
  engine.start({.pipelines = word, .sessions = {}});
  for (int i = 0; i < inputs; ++i) {
    Event input{};
    input.kind = EventKind::tick;
    input.argument_a = i;
    input.mono_ns = i * 1000;
    recording.add(input);
    for (Event output : engine.step(input)) {
      output.set(EventFlag::output);
      recording.add(output);
    }
  }
  return recording;
}

// contract: I8
TEST(Replay, TheSameEngineGivesTheSameDigestAndNoDifference) {
  auto recording = record(30);
  ToyEngine engine;
  const auto report = replay(recording, engine);
  EXPECT_EQ(report.verdict, ReplayVerdict::identical);
  EXPECT_EQ(report.inputs, 30U);
  EXPECT_EQ(report.outputs_recorded, 20U);
  EXPECT_EQ(report.outputs_replayed, 20U);
  EXPECT_EQ(report.digest_recorded, report.digest_replayed);
  EXPECT_TRUE(report.differences.empty());
}

/// Two pipelines, two sessions, and a third session between two steps.
MemoryRecording record_many() {
  MemoryRecording recording;
  const std::byte word{1};
  recording.add(RecordType::pipeline, {&word, 1});
  recording.begin();
  recording.add(RecordType::session, {&word, 1});
  const MemoryRecording inputs = record(6);
  for (std::size_t i = 2; i < inputs.size(); ++i) {
    recording.add(inputs.event_at(i));
    if (i == 6) recording.add(RecordType::session, {&word, 1});
  }
  return recording;
}

// contract: I8
TEST(Replay, PipelinesThatStandTogetherAreOneRunAndALaterSessionIsSeatedWhereItCame) {
  auto recording = record_many();
  ToyEngine engine;
  const auto report = replay(recording, engine);
  EXPECT_EQ(report.verdict, ReplayVerdict::identical);
  EXPECT_EQ(report.runs, 1U);
  EXPECT_EQ(engine.pipelines, 2U);
  EXPECT_EQ(engine.sessions, 2U);
  EXPECT_EQ(engine.seated, 1U);
}

TEST(Replay, ASeatTheEngineDoesNotGiveIsNeverCalledIdentical) {
  auto recording = record_many();
  ToyEngine engine;
  engine.refuses_seats = true;
  EXPECT_EQ(replay(recording, engine).verdict, ReplayVerdict::not_startable);
}

TEST(Replay, ARunThatEndedBeforeItsFirstEventLeavesNothingToTheNext) {
  MemoryRecording recording;
  recording.begin();
  recording.append(record(6));
  ToyEngine engine;
  const auto report = replay(recording, engine);
  EXPECT_EQ(report.verdict, ReplayVerdict::identical);
  EXPECT_EQ(engine.pipelines, 1U);
  EXPECT_EQ(engine.sessions, 1U);
}

TEST(Replay, ADifferenceNamesRecordSequenceAndField) {
  auto recording = record(9);
  ToyEngine engine;
  engine.bend = 5;
  const auto report = replay(recording, engine);
  ASSERT_EQ(report.verdict, ReplayVerdict::different);
  ASSERT_EQ(report.differences.size(), 6U);
  const Difference& first = report.differences[0];
  EXPECT_EQ(first.field, "mono_ns");
  EXPECT_EQ(first.recorded, "2000");
  EXPECT_EQ(first.replayed, "2005");
  EXPECT_EQ(first.runtime_sequence, 3U);
  EXPECT_EQ(first.record, 5U) << "pipeline, session, three inputs stand before it";
  EXPECT_EQ(first.position.file, "memory.phr");
  EXPECT_NE(report.digest_recorded, report.digest_replayed);
  EXPECT_THAT(report_text(report), HasSubstr("event 3 turn_open: mono_ns was 2000, is 2005"));
}

TEST(Replay, EveryFieldOfAnEventIsHeldAgainstTheRecording) {
  for (const EventField& field : event_fields) {
    if (field.name == "flags") continue;  // the output flag is how replay knows an output
    auto recording = record(3);
    Event bent = recording.event_at(5);
    reinterpret_cast<std::uint8_t*>(&bent)[field.offset] ^= 1;
    recording.replace(5, bent);
    ToyEngine engine;
    const auto report = replay(recording, engine);
    ASSERT_EQ(report.differences.size(), 1U) << field.name;
    EXPECT_EQ(report.differences[0].field, field.name);
    EXPECT_NE(report.differences[0].recorded, report.differences[0].replayed) << field.name;
  }
}

TEST(Replay, AnIgnoredFieldIsNotADifference) {
  auto recording = record(9);
  ToyEngine engine;
  engine.bend = 5;
  EXPECT_EQ(replay(recording, engine, {.ignored_fields = {"mono_ns"}}).verdict, ReplayVerdict::identical);
}

TEST(Replay, AMissingAndASurplusOutputAreNamedAsSuch) {
  auto recording = record(3);
  ToyEngine fewer;
  fewer.deficit = true;
  const auto missing = replay(recording, fewer);
  ASSERT_EQ(missing.differences.size(), 1U);
  EXPECT_EQ(missing.differences[0].kind, DifferenceKind::output_missing);
  EXPECT_EQ(missing.differences[0].event, EventKind::command_duck);
  recording.rewind();
  ToyEngine more;
  more.surplus = true;
  const auto unexpected = replay(recording, more);
  ASSERT_EQ(unexpected.differences.size(), 1U);
  EXPECT_EQ(unexpected.differences[0].kind, DifferenceKind::output_unexpected);
}

TEST(Replay, StopsAtTheFirstDifferenceWhenAsked) {
  auto recording = record(300);
  ToyEngine engine;
  engine.bend = 1;
  const auto report = replay(recording, engine, {.differences_max = 1});
  EXPECT_TRUE(report.stopped_early);
  EXPECT_EQ(report.differences.size(), 1U);
  EXPECT_LT(report.inputs, 10U);
}

TEST(Replay, AGapOrDamageIsNeverCalledIdentical) {
  auto gap = record(5);
  gap.leave_out(gap.size() - 2);  // an input that gave no output
  ToyEngine engine;
  const auto with_gap = replay(gap, engine);
  EXPECT_EQ(with_gap.verdict, ReplayVerdict::not_trusted);
  ASSERT_EQ(with_gap.gaps.size(), 1U);
  EXPECT_EQ(with_gap.gaps[0].count, 1U);

  auto wounded = record(5);
  wounded.report_damage({{"segment-000001.phr", 3, 4096}, "checksum mismatch", 512});
  const auto with_damage = replay(wounded, engine);
  EXPECT_EQ(with_damage.verdict, ReplayVerdict::not_trusted);
  EXPECT_THAT(report_text(with_damage), HasSubstr("checksum mismatch, 512 bytes, segment-000001.phr block 3"));
}

TEST(Replay, AGapThatTheRecorderSaysHeldNoEventCastsNoDoubt) {
  auto recording = record(5);
  recording.add_text("words that found no room");
  recording.add_text("something after it");
  LossRecord loss{};
  const auto text = recording.size() - 2;
  loss.first_sequence = loss.last_sequence = text;
  loss.lost[static_cast<std::size_t>(RecordType::text)] = 1;
  recording.leave_out(text);
  auto unexplained = recording;
  recording.add(RecordType::loss, std::as_bytes(std::span(&loss, 1)));
  ToyEngine engine;
  EXPECT_EQ(replay(recording, engine).verdict, ReplayVerdict::identical);
  EXPECT_EQ(replay(unexplained, engine).verdict, ReplayVerdict::not_trusted);
  loss.lost[static_cast<std::size_t>(RecordType::event)] = 1;
  unexplained.rewind();
  unexplained.add(RecordType::loss, std::as_bytes(std::span(&loss, 1)));
  EXPECT_EQ(replay(unexplained, engine).verdict, ReplayVerdict::not_trusted);
}

TEST(Replay, WithoutAPipelineItDoesNotStart) {
  auto recording = record(3);
  recording.leave_out(0);
  ToyEngine engine;
  EXPECT_EQ(replay(recording, engine).verdict, ReplayVerdict::not_startable);
  auto whole = record(3);
  ToyEngine refusing;
  refusing.refuses = true;
  EXPECT_EQ(replay(whole, refusing).verdict, ReplayVerdict::not_startable);
}

TEST(Replay, ARecordingWithoutInputsIsEmptyAndABodyOfAnotherSizeIsAGap) {
  MemoryRecording recording;
  recording.begin();
  ToyEngine engine;
  EXPECT_EQ(replay(recording, engine).verdict, ReplayVerdict::empty);
  const std::byte few[4]{};
  MemoryRecording odd;
  odd.begin();
  odd.add(RecordType::event, few);
  EXPECT_EQ(replay(odd, engine).verdict, ReplayVerdict::not_trusted);
}

TEST(ReplayReport, TheJsonCarriesWhatTheTextCarries) {
  auto recording = record(9);
  ToyEngine engine;
  engine.bend = 5;
  auto report = replay(recording, engine);
  report.elapsed_ns = 2 * ns_per_second;
  const auto json = nlohmann::json::parse(report_json(report));
  EXPECT_EQ(json["verdict"], "different");
  EXPECT_EQ(json["differences"][0]["field"], "mono_ns");
  EXPECT_EQ(json["differences"][0]["position"]["file"], "memory.phr");
  EXPECT_EQ(json["events_per_second"], report.events / 2);
  EXPECT_EQ(json["outputs_different"], 6);
}

TEST(Replay, ProgressIsToldWhileItRuns) {
  auto recording = record(30);
  ToyEngine engine;
  std::uint64_t told = 0;
  auto progress = [&](std::uint64_t records) { told = records; };
  replay(recording, engine, {.progress_every_records = 10}, progress);
  EXPECT_EQ(told, 50U);
}

TEST(EventFields, NumbersWithoutANameAreShownAsNumbers) {
  Event event{};
  event.kind = static_cast<EventKind>(9999);
  event.set(EventFlag::output);
  event.set(EventFlag::has_range);
  const auto text_of = [&](std::string_view name) {
    for (const auto& field : event_fields) {
      if (field.name == name) return field_text(event, field);
    }
    return std::string("no such field");
  };
  EXPECT_EQ(text_of("kind"), "9999 (?)");
  EXPECT_EQ(text_of("node"), "none");
  EXPECT_EQ(text_of("flags"), "output|has_range");
  EXPECT_EQ(text_of("reason"), "none");
}

/// Two runs in one folder; between them, if asked, what a start writes behind a power cut.
MemoryRecording record_two_runs(int inputs_first, bool cut_off) {
  MemoryRecording recording = record(inputs_first);
  if (cut_off) {
    Event opened{};
    opened.turn_number = 4;
    opened.ticket = 9;
    const Event found = power_loss_event(opened, recording.event_at(recording.size() - 1), WallTime{5});
    recording.add(found);
    for (const Event& output : close_after_power_loss(found)) recording.add(output);
  }
  MemoryRecording second = record(6);
  recording.append(second);
  return recording;
}

TEST(Replay, ASecondRunIsReplayedByAFreshEngine) {
  auto recording = record_two_runs(7, false);
  ToyEngine engine;
  const auto report = replay(recording, engine);
  EXPECT_EQ(report.verdict, ReplayVerdict::identical);
  EXPECT_EQ(report.runs, 2U);
  EXPECT_EQ(report.inputs, 13U);
}

// contract: D19
TEST(Replay, WhatClosedATurnAfterAPowerCutIsComputedAgainAndCompared) {
  auto recording = record_two_runs(7, true);
  ToyEngine engine;
  EXPECT_EQ(replay(recording, engine).verdict, ReplayVerdict::identical);

  const std::size_t close_at = 2 + 7 + 4 + 2;
  Event bent = recording.event_at(close_at);
  ASSERT_EQ(bent.kind, EventKind::close);
  bent.turn_number = 5;
  recording.replace(close_at, bent);
  recording.rewind();
  const auto report = replay(recording, engine);
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_EQ(report.differences[0].field, "turn_number");
  EXPECT_EQ(report.differences[0].replayed, "4");
}

TEST(Replay, OutputsThatNeverReachedTheDiskBeforeAPowerCutAreCountedAndNotADifference) {
  auto recording = record_two_runs(6, true);
  recording.truncate_run(2 + 6 + 3);  // the sixth input's second output was not written
  ToyEngine engine;
  const auto report = replay(recording, engine);
  EXPECT_EQ(report.verdict, ReplayVerdict::identical);
  EXPECT_EQ(report.outputs_cut_off, 1U);
  EXPECT_THAT(report_text(report), HasSubstr("cut off  1 outputs"));
}

TEST(Replay, OutputsMissingAtTheEndOfARunThatWasClosedAreADifference) {
  auto recording = record_two_runs(6, false);
  recording.truncate_run(2 + 6 + 3);
  ToyEngine engine;
  EXPECT_EQ(replay(recording, engine).verdict, ReplayVerdict::different);
}

TEST(Replay, ADifferenceNamesNodeAndEdgeByTheirIds) {
  auto recording = record(3);
  Event bent = recording.event_at(5);
  bent.node = 1;
  bent.edge = 0;
  recording.replace(5, bent);
  ToyEngine engine;
  const auto name = [](std::span<const std::byte>, RecordingNames& names) {
    names.node_ids = {"microphone", "recogniser"};
    names.edge_ids = {"speech"};
  };
  const auto report = replay(recording, engine, {.name_pipeline = name});
  ASSERT_EQ(report.differences.size(), 2U);
  EXPECT_EQ(report.differences[0].field, "node");
  EXPECT_EQ(report.differences[0].recorded, "recogniser");
  EXPECT_EQ(report.differences[0].replayed, "none");
  EXPECT_EQ(report.differences[1].recorded, "speech");
  EXPECT_THAT(report_text(report), HasSubstr("node recogniser, edge speech: edge was speech, is none"));
  EXPECT_THAT(report_json(report), HasSubstr("\"node_id\": \"recogniser\""));
}

TEST(Replay, WithoutTheirIdsNodesAreNumbered) {
  auto recording = record(3);
  Event bent = recording.event_at(5);
  bent.node = 1;
  recording.replace(5, bent);
  ToyEngine engine;
  EXPECT_EQ(replay(recording, engine).differences[0].recorded, "node-1");
}

}  // namespace
}  // namespace phalarope::replay
