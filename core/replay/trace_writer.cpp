#include "core/replay/trace_writer.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace phalarope::replay {
namespace {

using nlohmann::ordered_json;

constexpr int threads_of_track_max = 16;  // a track's number times this is its first thread
constexpr int rank_slice = 0, rank_point = 1;
/// A slice without length could hold no arrow and no eye would find it.
constexpr std::int64_t slice_ns_min = 1000;

int first_thread(int track) { return track * threads_of_track_max; }

}  // namespace

void TraceWriter::process(int process, std::string_view name) {
  names_.push_back({{"ph", "M"}, {"name", "process_name"}, {"pid", process}, {"tid", 0}, {"args", {{"name", name}}}});
}

void TraceWriter::track(int process, int track, std::string_view name) {
  rows_.push_back({process, track, {}});
  const int thread = first_thread(track);
  names_.push_back(
      {{"ph", "M"}, {"name", "thread_name"}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}});
  names_.push_back({{"ph", "M"},
                    {"name", "thread_sort_index"},
                    {"pid", process},
                    {"tid", thread},
                    {"args", {{"sort_index", thread}}}});
}

TraceWriter::SliceId TraceWriter::slice(TraceSlice slice) {
  slice.end_ns = std::max(slice.end_ns, slice.start_ns + slice_ns_min);
  slices_.push_back(std::move(slice));
  return slices_.size() - 1;
}

void TraceWriter::instant(int process, int track, std::string_view name, std::int64_t at_ns, ordered_json arguments) {
  timed_.push_back({at_ns,
                    rank_point,
                    {{"ph", "i"},
                     {"name", name},
                     {"cat", "decision"},
                     {"s", "t"},
                     {"ts", microseconds(at_ns)},
                     {"pid", process},
                     {"tid", first_thread(track)},
                     {"args", std::move(arguments)}}});
}

void TraceWriter::flow(std::string_view name, std::vector<SliceId> through) {
  std::ranges::sort(through, {}, [&](SliceId id) { return std::pair(slices_[id].start_ns, id); });
  if (through.size() > 1) flows_.push_back({std::string(name), std::move(through)});
}

void TraceWriter::place_slices() {
  std::vector<SliceId> order(slices_.size());
  std::iota(order.begin(), order.end(), SliceId{0});
  std::ranges::sort(order, {}, [&](SliceId id) { return std::pair(slices_[id].start_ns, id); });
  threads_.resize(slices_.size());
  for (const SliceId id : order) {
    const TraceSlice& slice = slices_[id];
    const auto row = std::ranges::find_if(
        rows_, [&](const Row& one) { return one.process == slice.process && one.track == slice.track; });
    if (row == rows_.end()) continue;
    std::size_t free = 0;
    while (free < row->ends_ns.size() && row->ends_ns[free] > slice.start_ns) ++free;
    if (free == row->ends_ns.size() && free + 1 < threads_of_track_max) row->ends_ns.push_back(0);
    free = std::min(free, row->ends_ns.size() - 1);
    row->ends_ns[free] = slice.end_ns;
    threads_[id] = first_thread(slice.track) + static_cast<int>(free);
    timed_.push_back({slice.start_ns,
                      rank_slice,
                      {{"ph", "X"},
                       {"name", slice.name},
                       {"cat", "turn"},
                       {"ts", microseconds(slice.start_ns)},
                       {"dur", microseconds(slice.end_ns - slice.start_ns)},
                       {"pid", slice.process},
                       {"tid", threads_[id]},
                       {"args", slice.arguments}}});
  }
}

void TraceWriter::put_flows() {
  int number = 0;
  for (const Flow& flow : flows_) {
    ++number;
    for (std::size_t i = 0; i < flow.through.size(); ++i) {
      const TraceSlice& slice = slices_[flow.through[i]];
      const bool first = i == 0, last = i + 1 == flow.through.size();
      // The arrow leaves when the next slice begins, but just inside its own: at its very end a slice is over.
      const std::int64_t at_ns = first ? std::min(slice.end_ns - 1, slices_[flow.through[1]].start_ns) : slice.start_ns;
      ordered_json event{{"ph", first  ? "s"
                                : last ? "f"
                                       : "t"},
                         {"name", flow.name},
                         {"cat", "cause"},
                         {"id", number},
                         {"ts", microseconds(at_ns)},
                         {"pid", slice.process},
                         {"tid", threads_[flow.through[i]]}};
      if (!first) event["bp"] = "e";
      timed_.push_back({at_ns, rank_point, std::move(event)});
    }
  }
}

std::string TraceWriter::finish(ordered_json about) {
  place_slices();
  put_flows();
  // By time; at one time slices first, else in the order they were given.
  std::vector<std::size_t> order(timed_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::tuple(timed_[i].at_ns, timed_[i].rank, i); });
  ordered_json events = ordered_json::array();
  for (ordered_json& name : names_) events.push_back(std::move(name));
  for (const std::size_t i : order) events.push_back(std::move(timed_[i].event));
  const ordered_json document{
      {"displayTimeUnit", "ms"}, {"otherData", std::move(about)}, {"traceEvents", std::move(events)}};
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace phalarope::replay
