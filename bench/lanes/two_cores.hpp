// Two threads on two cores, and the raw ways of moving 128 bytes between them that bound every queue.
#pragma once

#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "core/engine/base/event.hpp"

namespace phalarope::bench {

/// The two highest cores this process may use: the lowest ones serve most interrupts.
inline std::array<int, 2> two_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> cores;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &allowed)) cores.push_back(core);
    }
  }
  if (cores.size() < 2) return {-1, -1};
  return {cores[cores.size() - 2], cores[cores.size() - 1]};
}

/// Found once, before any thread has narrowed its own set.
inline const std::array<int, 2> pinned_cores = two_cores();

inline void pin_to(int core) {
  if (core < 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  static_cast<void>(sched_setaffinity(0, sizeof one, &one));
}

inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Between two looks at another core's line. A machine with fewer free cores than threads must be let breathe.
class Spin {
 public:
  void wait() {
    if (++looks_ % looks_per_yield == 0) std::this_thread::yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

 private:
  static constexpr std::uint32_t looks_per_yield = 1U << 14;
  std::uint32_t looks_ = 0;
};

/// `percent` of sorted samples (the contract's rule: index ceil(p*n)-1).
inline std::int64_t percentile(const std::vector<std::int64_t>& sorted, std::size_t per_mille) {
  if (sorted.empty()) return 0;
  const std::size_t rank = (sorted.size() * per_mille + 999) / 1000;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

/// What the two threads tell each other, each word on lines of its own: beside a loop's own variables on a stack, one
/// line would bounce at every event, whatever the queue, and all queues would look alike.
struct Shared {
  alignas(128) std::atomic<std::uint64_t> goal{0};
  alignas(128) std::atomic<std::uint64_t> done{0};
  alignas(128) std::atomic<bool> stop{false};
  alignas(128) std::uint64_t checksum = 0;  // owner: consumer, until it was joined
};

/// A queue under test is a type with
///   std::size_t push(const Event& model, std::uint64_t first, std::size_t n)  - numbers n events, answers how many
///                                                                               went in
///   std::size_t pop(std::uint64_t& checksum, std::size_t n)                   - copies up to n out, answers how many
template <typename Queue>
void run_throughput(benchmark::State& state, std::size_t batch) {
  auto queue = std::make_unique<Queue>();
  const auto shared = std::make_unique<Shared>();

  std::thread consumer([queue = queue.get(), shared = shared.get(), batch] {
    pin_to(pinned_cores[1]);
    Spin spin;
    std::uint64_t checksum = 0;
    std::uint64_t taken = 0;
    while (!shared->stop.load(std::memory_order_relaxed)) {
      const std::size_t count = queue->pop(checksum, batch);
      if (count == 0) {
        spin.wait();
        if (taken == shared->goal.load(std::memory_order_relaxed)) shared->done.store(taken, std::memory_order_release);
      }
      taken += count;
    }
    shared->checksum = checksum;
  });
  pin_to(pinned_cores[0]);

  constexpr std::uint64_t block_items = 1U << 17;
  Event model{};
  std::uint64_t sent = 0;
  Spin spin;
  const std::int64_t started_ns = now_ns();
  for (auto iteration : state) {
    const std::uint64_t end = sent + block_items;
    while (sent < end) {
      const std::size_t count = queue->push(model, sent, std::min<std::size_t>(batch, end - sent));
      if (count == 0) spin.wait();
      sent += count;
    }
    shared->goal.store(sent, std::memory_order_relaxed);
    while (shared->done.load(std::memory_order_acquire) != sent) spin.wait();
  }
  const std::int64_t spent_ns = now_ns() - started_ns;
  shared->stop.store(true);
  consumer.join();

  if (shared->checksum != sent * (sent - 1) / 2) state.SkipWithError("an event was lost, doubled or torn");
  state.counters["events_per_us"] = static_cast<double>(sent) * 1e3 / static_cast<double>(spent_ns);
  state.counters["ns_per_event"] = static_cast<double>(spent_ns) / static_cast<double>(sent);
}

/// One event goes there and back through two queues; each trip is timed alone.
template <typename Queue>
void run_roundtrip(benchmark::State& state) {
  auto there = std::make_unique<Queue>();
  auto back = std::make_unique<Queue>();
  const auto shared = std::make_unique<Shared>();
  std::thread echo([there = there.get(), back = back.get(), shared = shared.get()] {
    pin_to(pinned_cores[1]);
    Spin spin;
    Event model{};
    std::uint64_t checksum = 0;
    std::uint64_t trip = 0;
    while (!shared->stop.load(std::memory_order_relaxed)) {
      if (there->pop(checksum, 1) == 0) {
        spin.wait();
        continue;
      }
      while (back->push(model, trip, 1) == 0) spin.wait();
      ++trip;
    }
  });
  pin_to(pinned_cores[0]);

  std::vector<std::int64_t> trips_ns;
  trips_ns.reserve(1U << 22);
  Event model{};
  Spin spin;
  std::uint64_t checksum = 0;
  std::uint64_t trip = 0;
  constexpr int trips_per_iteration = 1000;
  for (auto iteration : state) {
    for (int i = 0; i < trips_per_iteration; ++i, ++trip) {
      const std::int64_t started_ns = now_ns();
      while (there->push(model, trip, 1) == 0) spin.wait();
      while (back->pop(checksum, 1) == 0) spin.wait();
      if (trips_ns.size() < trips_ns.capacity()) trips_ns.push_back(now_ns() - started_ns);
    }
  }
  shared->stop.store(true);
  echo.join();
  std::sort(trips_ns.begin(), trips_ns.end());
  state.counters["p50_ns"] = static_cast<double>(percentile(trips_ns, 500));
  state.counters["p99_ns"] = static_cast<double>(percentile(trips_ns, 990));
  state.counters["p999_ns"] = static_cast<double>(percentile(trips_ns, 999));
  state.counters["max_ns"] = static_cast<double>(trips_ns.empty() ? 0 : trips_ns.back());
  state.counters["count"] = static_cast<double>(trips_ns.size());
}

}  // namespace phalarope::bench
