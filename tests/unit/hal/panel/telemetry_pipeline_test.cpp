// The telemetry pipeline: whatever the collector does, whoever emits goes on, and every event is accounted for.
#include "hal/panel/telemetry_pipeline.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "core/telemetry/catalogue.hpp"
#include "core/telemetry/sampling.hpp"

namespace phalarope::hal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Duration patient{30 * ns_per_second};  // a busy machine is not what is tested

telemetry::TelemetryEvent numbered(int number) {
  telemetry::TelemetryEvent event;
  event.correlation.session_id = "s";
  event.correlation.event_id = "evt-" + std::to_string(number);
  event.body = telemetry::LogBody{.name = "scheduling_shed", .severity = "warn", .message = "m", .attributes = {}};
  return event;
}

telemetry::TelemetrySettings settings_of(std::int64_t capacity, std::int64_t one_in = 1) {
  telemetry::TelemetrySettings settings;
  settings.queue_capacity = capacity;
  settings.sample_one_in = one_in;
  return settings;
}

/// A collector that never answers until it is told to give up.
class StuckExporter final : public TelemetryExporter {
 public:
  std::size_t send(std::span<const telemetry::TelemetryEvent>) override {
    while (!given_up_.load()) std::this_thread::sleep_for(milliseconds(1));
    return 0;
  }
  void give_up() noexcept override { given_up_.store(true); }

 private:
  std::atomic<bool> given_up_{false};
};

/// One that takes half of what it is given.
class HalfExporter final : public TelemetryExporter {
 public:
  std::size_t send(std::span<const telemetry::TelemetryEvent> batch) override { return batch.size() / 2; }
};

std::size_t contract_events(const MemoryExporter& exporter) {
  std::size_t count = 0;
  for (const auto& event : exporter.events()) count += event.correlation.session_id == "s" ? 1 : 0;
  return count;
}

// contract: evidence 3.2
TEST(TelemetryPipeline, TwoThousandEmitsAgainstAStuckCollectorTakeNoTime) {
  StuckExporter exporter;
  TelemetryPipeline pipeline(settings_of(256), exporter);
  const auto begun = steady_clock::now();
  for (int i = 0; i < 2000; ++i) pipeline.emit(numbered(i));
  EXPECT_LT(steady_clock::now() - begun, milliseconds(200));
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(stats.enqueued + stats.dropped, 2000U);
  EXPECT_GE(stats.dropped, 2000U - 256 - batch_events_max);
  EXPECT_LE(stats.queue_depth, 256U);
  const auto closing = steady_clock::now();
  pipeline.close();
  EXPECT_LT(steady_clock::now() - closing, milliseconds(5000)) << "a stuck collector does not hold the stop up";
  EXPECT_EQ(pipeline.stats().export_failures, pipeline.stats().enqueued);
}

// contract: evidence 3.2
TEST(TelemetryPipeline, CloseDrainsAndThenTakesNothingMore) {
  MemoryExporter exporter;
  TelemetryPipeline pipeline(settings_of(4096), exporter, patient);
  for (int i = 0; i < 1000; ++i) pipeline.emit(numbered(i));
  pipeline.close();
  pipeline.close();
  pipeline.emit(numbered(1000));
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(stats.enqueued, 1000U);
  EXPECT_EQ(stats.exported, 1000U);
  EXPECT_EQ(stats.dropped, 1U);
  EXPECT_EQ(stats.queue_depth, 0U);
  EXPECT_EQ(contract_events(exporter), 1000U);
}

// contract: evidence 3.2
TEST(TelemetryPipeline, TwoPipelinesFedAlikeKeepTheSameOnes) {
  MemoryExporter first_exporter;
  MemoryExporter second_exporter;
  TelemetryPipeline first(settings_of(4096, 7), first_exporter, patient);
  TelemetryPipeline second(settings_of(4096, 7), second_exporter, patient);
  std::size_t wanted = 0;
  for (int i = 0; i < 500; ++i) {
    first.emit(numbered(i));
    second.emit(numbered(i));
    wanted += telemetry::is_sampled(numbered(i), 7) ? 1 : 0;
  }
  first.close();
  second.close();
  EXPECT_GT(wanted, 30U);
  EXPECT_EQ(contract_events(first_exporter), wanted);
  EXPECT_EQ(contract_events(second_exporter), wanted);
  EXPECT_EQ(first.stats().sampled_dropped, 500 - wanted);
}

TEST(TelemetryPipeline, CountsWhatDidNotArrive) {
  HalfExporter exporter;
  TelemetryPipeline pipeline(settings_of(4096), exporter, patient);
  for (int i = 0; i < 300; ++i) pipeline.emit(numbered(i));
  pipeline.close();
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(stats.exported + stats.export_failures, 300U);
  EXPECT_GT(stats.export_failures, 100U);
}

// contract: evidence 3.3
TEST(TelemetryPipeline, TellsItsOwnDepthAndDrops) {
  MemoryExporter exporter;
  TelemetryPipeline pipeline(settings_of(16), exporter, patient);
  pipeline.emit(numbered(1));
  pipeline.close();
  std::size_t own = 0;
  for (const auto& event : exporter.events()) {
    const auto* const metric = std::get_if<telemetry::MetricBody>(&event.body);
    if (metric == nullptr) continue;
    EXPECT_TRUE(telemetry::is_in_catalogue(event)) << metric->name;
    EXPECT_TRUE(metric->name == "queue_depth" || metric->name == "drops_total");
    ++own;
  }
  EXPECT_EQ(own, 2U);
}

TEST(TelemetryPipeline, TakesEventsOfManyThreads) {
  MemoryExporter exporter;
  TelemetryPipeline pipeline(settings_of(64), exporter, patient);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pipeline, t] {
      for (int i = 0; i < 500; ++i) pipeline.emit(numbered(t * 500 + i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  pipeline.close();
  const PipelineStats stats = pipeline.stats();
  EXPECT_EQ(stats.enqueued + stats.dropped, 2000U);
  EXPECT_EQ(stats.exported, stats.enqueued);
}

}  // namespace
}  // namespace phalarope::hal
