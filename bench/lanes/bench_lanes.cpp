// bench_lanes: how fast an event crosses from one core to another (performance-goals P1).
//
//   ring/<impl>/<capacity>/<batch>   two threads, 128-byte events: counters events_per_us, ns_per_event
//   roundtrip/<impl>                 one event there and back: p50_ns, p99_ns, p999_ns, max_ns
//   lanes/in_out                     one event into the lane set and out again, one thread (goal P3: 50 ns)
//   slabs/acquire_release            one payload slab taken and given back, one thread
//   copy/one_core                    128 bytes into a ring's memory and out again, one thread: no hand-over at all
//
// Defaults: 9 repetitions, randomly interleaved, because a shared machine drifts; compare medians of one run only:
//   bench_lanes --benchmark_format=json --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>
#include <vector>

#include "bench/lanes/queues.hpp"
#include "bench/lanes/two_cores.hpp"
#include "core/engine/lanes/lane_set.hpp"
#include "core/engine/memory/slab_pool.hpp"

namespace phalarope::bench {
namespace {

template <template <std::size_t> typename Queue, std::size_t capacity>
void add_throughput(const char* name, std::initializer_list<std::size_t> batches) {
  for (const std::size_t batch : batches) {
    const std::string full = std::string("ring/") + name + "/" + std::to_string(capacity) + "/" + std::to_string(batch);
    benchmark::RegisterBenchmark(full.c_str(), [batch](benchmark::State& state) {
      run_throughput<Queue<capacity>>(state, batch);
    })->Unit(benchmark::kMillisecond);
  }
}

template <typename Queue>
void add_roundtrip(const char* name) {
  benchmark::RegisterBenchmark((std::string("roundtrip/") + name).c_str(), run_roundtrip<Queue>)
      ->Unit(benchmark::kMillisecond);
}

template <std::size_t capacity>
void add_all_of_one_capacity() {
  add_throughput<SpscSingle, capacity>("spsc_ring", {1});
  add_throughput<Batch, capacity>("batch_ring", {1, 32});
  add_throughput<BatchInPlace, capacity>("batch_ring_in_place", {32});
  add_throughput<BoostSpsc, capacity>("boost_spsc", {1, 32});
  add_throughput<ReaderWriter, capacity>("moodycamel_readerwriter", {1});
  add_throughput<Concurrent, capacity>("moodycamel_concurrent", {1, 32});
  add_throughput<HalfRing, capacity>("bound_half_ring", {32});
}

void copy_one_core(benchmark::State& state) {
  constexpr std::size_t capacity = 1024;
  std::vector<Event> ring(capacity);
  std::uint64_t number = 0;
  std::uint64_t checksum = 0;
  const Event model{};
  for (auto iteration : state) {
    for (Event& slot : ring) slot = numbered(model, number++);
    for (const Event& slot : ring) take(slot, checksum);
  }
  benchmark::DoNotOptimize(checksum);
  state.SetItemsProcessed(static_cast<std::int64_t>(number));
  state.counters["events_per_us"] = benchmark::Counter(static_cast<double>(number) * 1e-6, benchmark::Counter::kIsRate);
}

void lanes_in_out(benchmark::State& state) {
  std::vector<Event> memory(3 * 256);
  const std::span<Event> all(memory);
  LaneSet lanes({all.subspan(0, 256), all.subspan(256, 256), all.subspan(512, 256)});
  if (!lanes.configure({.session = SymbolId{1}, .pipeline_version = SymbolId{1}, .limits = limits_without_plan()})) {
    state.SkipWithError("the limits were refused");
  }
  LaneSignals signals;
  Event event{};
  event.lane = Lane::data;
  std::uint64_t checksum = 0;
  for (auto iteration : state) {
    ++event.runtime_sequence;
    const auto outcome = lanes.enqueue(event, signals);
    benchmark::DoNotOptimize(outcome);
    const std::optional<Event> next = lanes.next(signals);
    if (next) take(*next, checksum);
  }
  benchmark::DoNotOptimize(checksum);
}

void slabs_acquire_release(benchmark::State& state) {
  std::vector<std::byte> region(1U << 20);
  Arena arena(region);
  const auto pool = SlabPool::make(arena, {.pool = 1, .slab_bytes = 640, .slabs_max = 64});
  if (!pool) {
    state.SkipWithError("the pool was refused");
    return;
  }
  for (auto iteration : state) {
    const auto handle = (*pool)->try_acquire(640);
    if (handle) benchmark::DoNotOptimize((*pool)->release(*handle));
  }
}

}  // namespace
}  // namespace phalarope::bench

int main(int argc, char** argv) {
  using namespace phalarope::bench;
  std::vector<char*> arguments(argv, argv + argc);
  std::string interleave = "--benchmark_enable_random_interleaving=true";
  std::string repetitions = "--benchmark_repetitions=9";
  std::string min_time = "--benchmark_min_time=0.1";
  // Ours first: what the caller says comes later and wins.
  arguments.insert(arguments.begin() + 1, {interleave.data(), repetitions.data(), min_time.data()});
  int count = static_cast<int>(arguments.size());

  std::fprintf(stderr, "cores: %d and %d\n", pinned_cores[0], pinned_cores[1]);
  add_all_of_one_capacity<1024>();
  add_all_of_one_capacity<65536>();
  add_roundtrip<SpscSingle<1024>>("spsc_ring");
  add_roundtrip<Batch<1024>>("batch_ring");
  add_roundtrip<BoostSpsc<1024>>("boost_spsc");
  add_roundtrip<ReaderWriter<1024>>("moodycamel_readerwriter");
  add_roundtrip<Concurrent<1024>>("moodycamel_concurrent");
  add_roundtrip<RawLine>("bound_raw_line");
  benchmark::RegisterBenchmark("lanes/in_out", lanes_in_out);
  benchmark::RegisterBenchmark("slabs/acquire_release", slabs_acquire_release);
  benchmark::RegisterBenchmark("copy/one_core", copy_one_core);

  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
