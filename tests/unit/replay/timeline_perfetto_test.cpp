// The trace: what importers hold against a file, held against ours. tests/integration/browser/check_trace.py asks the
// same of a whole demo.
#include "core/replay/timeline_perfetto.hpp"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/replay/trace_writer.hpp"
#include "tests/unit/replay/sample_conversation.hpp"

namespace phalarope::replay {
namespace {

using nlohmann::json;

json sample_trace() {
  SampleConversation sample;
  return json::parse(timeline_perfetto(read_timeline(sample.recording)));
}

TEST(TimelinePerfetto, EverySpanLiesOnANamedTrackWithinTheRecording) {
  std::set<int> named;
  std::map<std::string, int> count;
  const json trace = sample_trace();
  for (const auto& event : trace["traceEvents"]) {
    const std::string phase = event["ph"];
    ++count[phase];
    if (event["name"] == "thread_name") named.insert(event["tid"].get<int>());
    if (phase == "M") continue;
    EXPECT_TRUE(named.contains(event["tid"].get<int>() / 16 * 16)) << event;
    EXPECT_GE(event["ts"], 0.0);
    EXPECT_LE(event["ts"], 9012'000.0);
    if (phase == "X") {
      EXPECT_GT(event["dur"], 0.0);
    }
  }
  EXPECT_GT(count["X"], 15);
  EXPECT_GT(count["i"], 25);
  EXPECT_EQ(count["s"], count["f"]);
  EXPECT_EQ(count["s"], 4) << "three answers and the interruption that ended one";
}

TEST(TimelinePerfetto, TimesNeverFall) {
  double last = 0;
  const json trace = sample_trace();
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] == "M") continue;
    EXPECT_GE(event["ts"].get<double>(), last);
    last = event["ts"];
  }
}

TEST(TraceWriter, SlicesThatOverlapStandOnRowsOfTheirOwn) {
  TraceWriter writer;
  writer.process(1, "p");
  writer.track(1, 2, "t");
  for (const auto& [start, end] : {std::pair{0, 50'000}, {20'000, 90'000}, {50'000, 60'000}}) {
    writer.slice({.process = 1, .track = 2, .name = "s", .start_ns = start, .end_ns = end});
  }
  std::vector<int> threads;
  const json trace = json::parse(writer.finish({}));
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] == "X") threads.push_back(event["tid"]);
  }
  EXPECT_EQ(threads, (std::vector{32, 33, 32}));
}

TEST(TraceWriter, AnArrowsPointsLieInTheirSlices) {
  TraceWriter writer;
  writer.process(1, "p");
  writer.track(1, 1, "t");
  const auto a = writer.slice({.process = 1, .track = 1, .name = "a", .start_ns = 0, .end_ns = 10'000});
  const auto b = writer.slice({.process = 1, .track = 1, .name = "b", .start_ns = 4'000, .end_ns = 9'000});
  writer.flow("f", {b, a});
  std::vector<std::pair<std::string, double>> points;
  const json trace = json::parse(writer.finish({}));
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] == "s" || event["ph"] == "f") points.emplace_back(event["ph"], event["ts"]);
  }
  EXPECT_EQ(points, (std::vector<std::pair<std::string, double>>{{"s", 4.0}, {"f", 4.0}}));
}

}  // namespace
}  // namespace phalarope::replay
