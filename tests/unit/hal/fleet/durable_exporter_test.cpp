// The exporter: nobody waits for it, nothing is lost uncounted, and what the store still holds arrives in the end.
#include "hal/fleet/durable_exporter.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "hal/fleet/state_file.hpp"
#include "tests/unit/hal/fleet/exporting_board.hpp"

namespace phalarope::testing {
namespace {

using std::chrono::milliseconds;
using Mood = OtherSide::Mood;

fleet::DurableRecord some_record() {
  return {
      .kind = "baseline", .session_id = "s", .turn_id = "t", .event_id = "e", .pipeline_version = "p", .payload = "{}"};
}

hal::ExporterConfig patient_config() {
  hal::ExporterConfig config = exporter_config();
  config.catch_up_wait = Duration{3600 * ns_per_second};  // no second look while the test looks
  return config;
}

// contract: evidence 1.8
TEST(DurableExporter, ATurnLeavesTheBoardOnceItIsDurableOnTheBoard) {
  BoardDisk disk;
  OtherSide other;
  ExportingBoard sut(disk, other);
  sut.recording.append_turn(1);
  EXPECT_EQ(sut.exporter->stats().enqueued, 0U) << "the local store comes first";
  while (sut.recording.flush() > 0) continue;
  EXPECT_EQ(sut.exporter->stats().enqueued, 1U);
  ASSERT_TRUE(eventually([&] { return other.taken() == 1; }));
  sut.stop();
  const auto json = nlohmann::json::parse(other.bodies().front());
  EXPECT_EQ(json["kind"], "baseline");
  EXPECT_EQ(json["session_id"], "kitchen");
  EXPECT_EQ(json["turn_id"], "turn-1");
  EXPECT_EQ(json["pipeline_version"], "pipeline-v1");
  EXPECT_EQ(json["runtime_timestamp_ms"], 5);
  EXPECT_EQ(json["wall_clock_timestamp_ms"], 5);
  EXPECT_GT(json["payload"]["bytes"], 100);
  expect_every_record_accounted_for(sut.exporter->stats(), 1);
}

// contract: evidence 1.8
TEST(DurableExporter, EnqueueTakesNoTimeWithTheQueueFullAndTheOtherSideHanging) {
  BoardDisk disk;
  OtherSide other;
  other.be(Mood::hangs);
  hal::ExporterConfig config = patient_config();
  config.close_wait = phalarope::milliseconds(50);
  ExportingBoard sut(disk, other, config);
  for (int i = 0; i < 300; ++i) sut.exporter->enqueue(some_record(), {.segment_number = 1, .sequence = 0});
  EXPECT_EQ(sut.exporter->stats().queue_depth, 256U);
  EXPECT_EQ(sut.exporter->stats().dropped, 44U);
  const auto begun = steady_clock::now();
  EXPECT_FALSE(sut.exporter->enqueue(some_record(), {}));
  EXPECT_LT(steady_clock::now() - begun, milliseconds(50));
  const auto closing = steady_clock::now();
  sut.stop();
  EXPECT_LT(steady_clock::now() - closing, milliseconds(5000)) << "a hanging other side does not hold the stop up";
  EXPECT_EQ(sut.exporter->stats().failures, 256U);
  expect_every_record_accounted_for(sut.exporter->stats(), 301);
}

// contract: evidence 1.8
TEST(DurableExporter, ATurnEndsWithinFiftyMillisecondsWithTheOtherSideDown) {
  BoardDisk disk;
  OtherSide other;
  other.be(Mood::hangs);
  hal::ExporterConfig config = patient_config();
  config.close_wait = phalarope::milliseconds(50);
  ExportingBoard sut(disk, other, config);
  for (std::uint32_t turn = 1; turn <= 20; ++turn) {
    const auto begun = steady_clock::now();
    sut.recording.append_turn(turn);
    EXPECT_LT(steady_clock::now() - begun, milliseconds(50));
    while (sut.recording.flush() > 0) continue;
  }
  EXPECT_EQ(sut.exporter->stats().enqueued, 20U);
  sut.stop();
  const ReadBack found = read_back(disk.files, disk.recording());
  EXPECT_EQ(std::ranges::count(found.types, RecordType::baseline), 20) << "the local store has them all";
}

// contract: evidence 1.8, 6 row 2
TEST(DurableExporter, WhatAnOutageAbandonedArrivesFromTheStoreAfterIt) {
  BoardDisk disk;
  OtherSide other;
  other.be(Mood::refuses);
  ExportingBoard sut(disk, other);
  sut.run_turns(10);
  ASSERT_TRUE(eventually([&] { return sut.exporter->stats().failures == 10; }));
  EXPECT_EQ(sut.exporter->stats().retries, 20U) << "three tries each";
  EXPECT_EQ(sut.exporter->state().unacknowledged, 10U);
  EXPECT_TRUE(sut.exporter->state().behind);
  EXPECT_EQ(sut.exporter->state().last_error, "refused");
  other.be(Mood::takes);
  ASSERT_TRUE(eventually([&] { return sut.is_level(); }));
  EXPECT_EQ(other.taken(), 10U);
  const fleet::ExportState state = sut.exporter->state();
  EXPECT_EQ(state.catch_up.caught_up, 10U);
  EXPECT_EQ(state.catch_up.evicted, 0U);
  EXPECT_EQ(state.unacknowledged, 0U);
  expect_every_record_accounted_for(state.stats, 10);
  sut.run_turns(1);
  ASSERT_TRUE(eventually([&] { return other.taken() == 11; }));
  sut.stop();
}

// contract: evidence 4.15, F-154
TEST(DurableExporter, TheEndOfAnOutageIsMarkedInTheStream) {
  BoardDisk disk;
  OtherSide other;
  other.be(Mood::refuses);
  ExportingBoard sut(disk, other);
  sut.run_turns(3);
  ASSERT_TRUE(eventually([&] { return sut.exporter->stats().failures == 3; }));
  other.be(Mood::takes);
  ASSERT_TRUE(eventually([&] { return other.taken(fleet::caught_up_kind) == 1; }));
  sut.stop();
  const auto marker = nlohmann::json::parse(other.bodies().back());
  EXPECT_EQ(marker["kind"], "export_caught_up");
  EXPECT_EQ(marker["payload"]["delivered"], 3);
  EXPECT_EQ(marker["payload"]["evicted"], 0);
}

TEST(DurableExporter, WhatTheQueueDroppedArrivesFromTheStore) {
  BoardDisk disk;
  OtherSide other;
  other.be(Mood::refuses);
  hal::ExporterConfig config = exporter_config();
  config.settings.queue_capacity = 2;
  config.settings.max_attempts = 1000;
  ExportingBoard sut(disk, other, config);
  sut.run_turns(12);
  EXPECT_GE(sut.exporter->stats().dropped, 10U);
  other.be(Mood::takes);
  ASSERT_TRUE(eventually([&] { return other.taken() == 12 && sut.is_level(); }));
  EXPECT_EQ(sut.exporter->state().catch_up.caught_up, sut.exporter->stats().dropped);
  expect_every_record_accounted_for(sut.exporter->stats(), 12);
  sut.stop();
}

// contract: evidence 8
TEST(DurableExporter, ARecordWhoseAnswerWasLostIsSentAgainUnderTheSameId) {
  BoardDisk disk;
  OtherSide other;
  other.be(Mood::loses_answers);
  ExportingBoard sut(disk, other);
  sut.run_turns(4);
  ASSERT_TRUE(eventually([&] { return sut.exporter->stats().failures == 4; }));
  other.be(Mood::takes);
  ASSERT_TRUE(eventually([&] { return sut.is_level(); }));
  EXPECT_EQ(other.taken(), 4U);
  EXPECT_EQ(sut.exporter->state().catch_up.duplicates, 4U);
  sut.stop();
}

TEST(DurableExporter, ABoardThatStartsAgainGoesOnWhereTheOtherSideStood) {
  BoardDisk disk;
  OtherSide other;
  {
    ExportingBoard first(disk, other);
    first.run_turns(3);
    ASSERT_TRUE(eventually([&] { return other.taken() == 3; }));
    other.be(Mood::refuses);
    first.run_turns(5);
    first.stop();
    EXPECT_EQ(first.exporter->stats().failures, 5U) << "a record that waits at the stop is a failure";
    expect_every_record_accounted_for(first.exporter->stats(), 8);
  }
  const auto saved = hal::load_export_state(disk.files, disk.recording());
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->unacknowledged, 5U);
  other.be(Mood::takes);
  ExportingBoard second(disk, other);
  ASSERT_TRUE(eventually([&] { return second.is_level(); }));
  EXPECT_EQ(other.taken(), 8U);
  EXPECT_EQ(second.exporter->state().catch_up.caught_up, 5U) << "what had arrived is not sent again";
  second.stop();
}

TEST(DurableExporter, AStateThatCannotBeReadCostsSendingAgainAndNothingElse) {
  BoardDisk disk;
  OtherSide other;
  {
    ExportingBoard first(disk, other);
    first.run_turns(3);
    ASSERT_TRUE(eventually([&] { return other.taken() == 3; }));
    first.stop();
  }
  std::ofstream(disk.recording() + "/export-state.json") << "{";
  ExportingBoard second(disk, other);
  ASSERT_TRUE(eventually([&] { return second.is_level(); }));
  EXPECT_EQ(second.exporter->state().catch_up.duplicates, 3U);
  EXPECT_EQ(other.taken(), 3U);
  second.stop();
}

TEST(DurableExporter, WhatTheLocalStoreGaveUpIsCountedAsGone) {
  BoardDisk disk;
  OtherSide other;
  other.be(Mood::refuses);
  ExportingBoard sut(disk, other, exporter_config(), 64 * 1024);
  sut.run_turns(30);
  ASSERT_TRUE(eventually([&] { return sut.exporter->stats().failures == 30; }));
  std::size_t segments = 0;
  for (const auto& entry : std::filesystem::directory_iterator(disk.recording()))
    segments += entry.path().extension() == ".phr" ? 1 : 0;
  ASSERT_GT(segments, 1U);
  std::filesystem::remove(disk.recording() + "/segment-000001.phr");
  other.be(Mood::takes);
  ASSERT_TRUE(eventually([&] { return sut.is_level(); }));
  const fleet::ExportState state = sut.exporter->state();
  EXPECT_GT(state.catch_up.evicted, 0U);
  EXPECT_EQ(state.catch_up.evicted + other.taken(), 30U);
  sut.stop();
}

// contract: evidence 3.3
TEST(DurableExporter, ItsSamplesAreThoseOfTheCatalogue) {
  BoardDisk disk;
  OtherSide other;
  other.be(Mood::refuses);
  ExportingBoard sut(disk, other, patient_config());
  sut.run_turns(1);
  ASSERT_TRUE(eventually([&] { return sut.exporter->stats().failures == 1; }));
  other.be(Mood::takes);
  sut.run_turns(1);
  ASSERT_TRUE(eventually([&] { return sut.exporter->stats().exported == 1; }));
  EXPECT_FALSE(sut.exporter->enqueue({}, {}));
  sut.stop();
  fleet::DurableRecord closed = some_record();
  EXPECT_FALSE(sut.exporter->enqueue(closed, {}));
  std::map<std::string, int> seen;
  for (const telemetry::TelemetryEvent& event : sut.exporter->take_samples()) {
    EXPECT_TRUE(telemetry::is_in_catalogue(event));
    EXPECT_EQ(event.correlation.emitted_by, "OR-02");
    const auto& metric = std::get<telemetry::MetricBody>(event.body);
    EXPECT_EQ(metric.attributes.at("kind"), "baseline");
    EXPECT_EQ(metric.attributes.at("node_id"), "timeline_exporter");
    EXPECT_EQ(metric.attributes.at("edge_id"), "timeline/durable_export");
    const auto status = metric.attributes.find("status");
    ++seen[metric.name + (status == metric.attributes.end() ? "" : " " + status->second)];
  }
  EXPECT_EQ(seen["durable_export_queue_depth enqueued"], 2);
  EXPECT_EQ(seen["durable_export_queue_depth dequeued"], 2);
  EXPECT_EQ(seen["durable_export_queue_depth dropped"], 1);
  EXPECT_EQ(seen["durable_export_queue_depth invalid"], 0) << "without ids there is nothing to tell it of";
  EXPECT_EQ(seen["durable_export_retries_total"], 2);
  EXPECT_EQ(seen["durable_export_failures_total"], 1);
  EXPECT_EQ(seen["durable_export_lag_ms"], 1);
}

TEST(DurableExporter, ManyThreadsMayEnqueueWhileItIsAsked) {
  BoardDisk disk;
  OtherSide other;
  ExportingBoard sut(disk, other, patient_config());
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> offered{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        fleet::DurableRecord record = some_record();
        record.session_id = "";  // invalid ones never move the point, whose order is the flusher's business
        sut.exporter->enqueue(record, {});
        ++offered;
        static_cast<void>(sut.exporter->state());
        static_cast<void>(sut.exporter->take_samples());
      }
    });
  }
  sut.run_turns(20);
  for (std::thread& thread : threads) thread.join();
  sut.stop();
  expect_every_record_accounted_for(sut.exporter->stats(), offered + 20);
}

}  // namespace
}  // namespace phalarope::testing
