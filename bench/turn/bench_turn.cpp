// bench_turn: what it costs to decide about a turn, and that deciding takes no memory from anybody.
//
//   turn/full          propose, walk the gates, open, commit, close, with all decisions and signals built
//   turn/barge_in      the same, ended by a barge-in while output was pending (five signals, the longest decision)
//   turn/recorded      turn/full, and each of its signals recorded, read back and checked (CRC-32C)
//   turn/floor         the least that does the same: four rows of a table, four such records, one look at the clock
//   turn/nothing       T12: an arbitration point where nothing is pending
//   gates/pass         eight gates, all passed
//   gates/first_fails  the shortest walk
//   hold/decide        one step of a doubt (speech_continues while held)
//   fence/admits       the audio thread's question before each period
//   idempotency/fresh  a new key in a full registry (with eviction)
//
// Counters: ns per item as Time; p50/p99/p99.9/max in ns over single turns (turn/* only, clock overhead included);
// allocations: calls of operator new inside the timed part, which must be 0 (the program fails otherwise).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "core/engine/base/crc32c.hpp"
#include "core/engine/evidence/recorder.hpp"
#include "core/engine/turn/arbiter.hpp"
#include "core/engine/turn/fence.hpp"
#include "core/engine/turn/idempotency.hpp"
#include "core/engine/turn/interruption.hpp"
#include "core/engine/turn/turn_registry.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
bool allocated_in_timed_part = false;
}  // namespace

// Not inlined: GCC otherwise sees malloc on one side and operator delete on the other and warns of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace phalarope {
namespace {

class AllocationWatch {
 public:
  explicit AllocationWatch(benchmark::State& state) : state_(state), before_(allocations.load()) {}
  ~AllocationWatch() {
    const std::uint64_t count = allocations.load() - before_;
    allocated_in_timed_part |= count != 0;
    state_.counters["allocations"] = static_cast<double>(count);
  }

 private:
  benchmark::State& state_;
  std::uint64_t before_;
};

/// The durations of single turns, for percentiles; memory is taken before the timed part.
class Percentiles {
 public:
  Percentiles() { samples_.resize(samples_max); }
  void add(std::int64_t ns) { samples_[static_cast<std::size_t>(count_++) % samples_max] = ns; }
  void report(benchmark::State& state) {
    const std::size_t kept = std::min(static_cast<std::size_t>(count_), samples_max);
    if (kept == 0) return;
    std::sort(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(kept));
    const auto at = [&](double share) {
      return static_cast<double>(samples_[static_cast<std::size_t>(share * static_cast<double>(kept - 1))]);
    };
    state.counters["p50_ns"] = at(0.5);
    state.counters["p99_ns"] = at(0.99);
    state.counters["p999_ns"] = at(0.999);
    state.counters["max_ns"] = at(1.0);
  }

 private:
  static constexpr std::size_t samples_max = 1U << 20;
  std::vector<std::int64_t> samples_;
  std::int64_t count_ = 0;
};

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

constexpr BundleDecisions bundle{.lease_epoch = Epoch{3}};

Result<GateVerdict, TurnRefusal> walk(const OpenRequest& request) {
  const auto resolve = [] { return std::optional(bundle); };
  const auto materialize = [](Epoch) { return true; };
  return walk_gates(request, {.resolve_bundle = resolve, .materialize_plan = materialize});
}

/// One turn from intent to close; answers how many signals it gave.
template <typename Publish>
std::size_t run_turn(TurnRegistry& registry, std::uint32_t number, const TurnInput& end, Publish publish) {
  const auto append = [](const TerminalMark&) { return true; };
  TurnRecord& turn = **registry.record_to_propose(TurnNumber{number});
  TurnInput input{.ask = TurnAsk::propose};
  std::size_t signals = publish(*Arbiter::step(turn, input, append));
  input.ask = TurnAsk::open;
  input.gates = *walk({.turn = TurnNumber{number}, .epoch = Epoch{3}});
  input.ticket = Ticket{number};
  signals += publish(*Arbiter::step(turn, input, append));
  signals += publish(*Arbiter::step(turn, end, append));
  return signals;
}
std::size_t count_signals(const TurnDecision& decision) { return decision.control.size(); }

void bench_turn(benchmark::State& state, const TurnInput& end) {
  TurnRegistry registry;
  Percentiles percentiles;
  std::uint32_t number = 0;
  std::size_t signals = 0;
  {
    const AllocationWatch watch(state);
    for (auto iteration : state) {
      const std::int64_t begin_ns = now_ns();
      signals += run_turn(registry, ++number, end, count_signals);
      percentiles.add(now_ns() - begin_ns);
    }
  }
  benchmark::DoNotOptimize(signals);
  state.SetItemsProcessed(number);
  percentiles.report(state);
}

void full(benchmark::State& state) {
  bench_turn(state, {.ask = TurnAsk::arbitrate, .pending = PendingEnds(End::success)});
}
void barge_in(benchmark::State& state) {
  bench_turn(state, {.ask = TurnAsk::arbitrate,
                     .pending = PendingEnds(End::cancel_accepted),
                     .barge_in = true,
                     .output_pending = true});
}

/// Evidence as the engine writes it and the flusher reads it, on one core.
class Evidence {
 public:
  Evidence() : lines_(ring_bytes / sizeof(Line)), ring_({lines_.front().bytes, ring_bytes}) {}
  void record(const Event& event) noexcept { recorder_.append_event(event); }
  /// Reads and checks what was recorded.
  std::uint32_t take() noexcept {
    std::uint32_t sum = 0;
    while (const auto record = ring_.next()) sum ^= crc32c(record->body);
    ring_.release();
    return sum;
  }

 private:
  static constexpr std::size_t ring_bytes = 1U << 20;
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Line> lines_;
  ByteRing ring_;
  Recorder recorder_{ring_, RecorderConfig{}};
};

void recorded(benchmark::State& state) {
  TurnRegistry registry;
  Evidence evidence;
  std::uint32_t number = 0;
  std::uint32_t sum = 0;
  const TurnInput end{.ask = TurnAsk::arbitrate, .pending = PendingEnds(End::success)};
  const auto publish = [&](const TurnDecision& decision) {
    for (const Event& signal : decision.control) evidence.record(signal);
    return decision.control.size();
  };
  std::size_t signals = 0;
  {
    const AllocationWatch watch(state);
    for (auto iteration : state) {
      benchmark::DoNotOptimize(now_ns());
      signals += run_turn(registry, ++number, end, publish);
      sum ^= evidence.take();
    }
  }
  benchmark::DoNotOptimize(sum);
  state.counters["records"] = static_cast<double>(signals) / static_cast<double>(number);
}

void floor_of_a_turn(benchmark::State& state) {
  struct Row {
    std::uint8_t from, trigger, to;
  };
  constexpr Row table[] = {{0, 0, 1}, {1, 1, 2}, {2, 2, 3}, {3, 3, 0}};
  std::vector<Event> ring(1024);
  std::size_t at = 0;
  std::uint32_t sum = 0;
  std::uint8_t turn_state = 0;
  const AllocationWatch watch(state);
  for (auto iteration : state) {
    const std::int64_t begin_ns = now_ns();
    for (std::uint8_t trigger = 0; trigger < 4; ++trigger) {
      benchmark::DoNotOptimize(trigger);
      for (const Row& row : table) {
        if (row.from != turn_state || row.trigger != trigger) continue;
        turn_state = row.to;
        break;
      }
      Event& record = ring[at++ & 1023U];
      record = Event{};
      record.mono_ns = begin_ns;
      record.argument_a = turn_state;
      sum ^= crc32c(std::as_bytes(std::span(&record, 1)));
    }
    benchmark::DoNotOptimize(sum);
  }
}

void nothing(benchmark::State& state) {
  TurnRegistry registry;
  const auto append = [](const TerminalMark&) { return true; };
  TurnRecord& turn = **registry.record_to_propose(TurnNumber{1});
  TurnInput input{.ask = TurnAsk::propose};
  static_cast<void>(Arbiter::step(turn, input, append));
  input.ask = TurnAsk::open;
  input.gates = *walk({.turn = TurnNumber{1}, .epoch = Epoch{3}});
  input.ticket = Ticket{1};
  static_cast<void>(Arbiter::step(turn, input, append));
  const TurnInput idle{.ask = TurnAsk::arbitrate};
  const AllocationWatch watch(state);
  for (auto iteration : state) {
    auto decided = Arbiter::step(turn, idle, append);
    benchmark::DoNotOptimize(decided);
  }
}

void gates(benchmark::State& state, bool snapshot_valid) {
  OpenRequest request{.turn = TurnNumber{1}, .epoch = Epoch{3}};
  request.snapshot_valid = snapshot_valid;
  const AllocationWatch watch(state);
  for (auto iteration : state) {
    benchmark::DoNotOptimize(request);
    auto verdict = walk(request);
    benchmark::DoNotOptimize(verdict);
  }
}

void hold(benchmark::State& state) {
  const InterruptionPolicy policy;
  InterruptionState doubt{.doubt = Doubt::held, .held_since = Instant{0}, .deadline = Instant{policy.hold_max.value}};
  const AllocationWatch watch(state);
  for (auto iteration : state) {
    benchmark::DoNotOptimize(doubt);
    auto decided = decide(doubt, ConversationPhase::speaking, InterruptionInput::speech_continues, milliseconds(100),
                          policy, Instant{milliseconds(100).value});
    benchmark::DoNotOptimize(decided);
  }
}

void fence_admits(benchmark::State& state) {
  Fence fence;
  const Ticket ticket = fence.open();
  const AllocationWatch watch(state);
  for (auto iteration : state) {
    bool admitted = fence.admits(ticket);
    benchmark::DoNotOptimize(admitted);
  }
}

void idempotency_fresh(benchmark::State& state) {
  const auto registry = std::make_unique<IdempotencyRegistry<>>();
  Authority authority;
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < IdempotencyRegistry<>::capacity(); ++i)
    static_cast<void>(registry->register_key(authority, SymbolId{1}, 1, ++key));
  const AllocationWatch watch(state);
  for (auto iteration : state) {
    auto registered = registry->register_key(authority, SymbolId{1}, 1, ++key);
    benchmark::DoNotOptimize(registered);
  }
}

BENCHMARK(full)->Name("turn/full");
BENCHMARK(barge_in)->Name("turn/barge_in");
BENCHMARK(recorded)->Name("turn/recorded");
BENCHMARK(floor_of_a_turn)->Name("turn/floor");
BENCHMARK(nothing)->Name("turn/nothing");
BENCHMARK_CAPTURE(gates, pass, true)->Name("gates/pass");
BENCHMARK_CAPTURE(gates, first_fails, false)->Name("gates/first_fails");
BENCHMARK(hold)->Name("hold/decide");
BENCHMARK(fence_admits)->Name("fence/admits");
BENCHMARK(idempotency_fresh)->Name("idempotency/fresh");

}  // namespace
}  // namespace phalarope

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (allocated_in_timed_part) std::fprintf(stderr, "bench_turn: memory was allocated in a timed part\n");
  return allocated_in_timed_part ? 1 : 0;
}
