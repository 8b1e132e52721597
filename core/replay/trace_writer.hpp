// TraceWriter: trace events in the JSON form that Perfetto and chrome://tracing read, put in order at the end.
//
// A slice gets a row of its track on which nothing else is at that time, because importers drop slices that overlap
// without nesting. One thread. Format: the Trace Event Format's phases M, X, i, s, t, f.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::replay {

struct TraceSlice {
  int process = 1;
  int track = 1;
  std::string name;
  std::int64_t start_ns = 0;  // since the beginning of the trace
  std::int64_t end_ns = 0;
  nlohmann::ordered_json arguments = nlohmann::ordered_json::object();
};

class TraceWriter {
 public:
  using SliceId = std::size_t;

  void process(int process, std::string_view name);
  /// Tracks of a process are shown in the order of their numbers.
  void track(int process, int track, std::string_view name);
  SliceId slice(TraceSlice slice);
  void instant(int process, int track, std::string_view name, std::int64_t at_ns, nlohmann::ordered_json arguments);
  /// An arrow through slices, in the order of their beginnings: out of the first, into each other's beginning.
  void flow(std::string_view name, std::vector<SliceId> through);
  /// The whole document; call it once, at the end.
  std::string finish(nlohmann::ordered_json about);

 private:
  struct Row {
    int process = 0;
    int track = 0;
    std::vector<std::int64_t> ends_ns;  // of each thread that the track has
  };
  struct Flow {
    std::string name;
    std::vector<SliceId> through;
  };
  struct Timed {
    std::int64_t at_ns = 0;
    int rank = 0;  // at one time: slices before what lies in them
    nlohmann::ordered_json event;
  };
  void place_slices();
  void put_flows();
  static double microseconds(std::int64_t ns) { return static_cast<double>(ns) / 1000.0; }

  std::vector<nlohmann::ordered_json> names_;
  std::vector<TraceSlice> slices_;
  std::vector<int> threads_;  // of each slice, once placed
  std::vector<Row> rows_;
  std::vector<Flow> flows_;
  std::vector<Timed> timed_;
};

}  // namespace phalarope::replay
