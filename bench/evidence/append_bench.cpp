// Append on the hot path: what one recorded event costs the engine thread, beside the floor and a packaged peer.
//
//   append/store128        the plain 128-byte store: what building the event costs alone
//   append/bare_ring       memcpy of 16 + 128 bytes into a power-of-two ring, lines ahead prefetched, one release
//   store,
//                          and the same emptying consumer as the recorder's
//   append/bare_alone      the same without a consumer: its lines never leave the producer's cache
//   append/recorder        Recorder::append_event, an emptying consumer on another thread
//   append/recorder_crc    the same with a CRC-32C of the event, which the flusher pays, not the engine
//   append/recorder_full   10x overload: the ring is full, nobody empties it; each call refuses and counts
//   append/spdlog_async    spdlog 1.10 async, overrun_oldest, 128 bytes of text to a null sink
//
// p50 and p99 are over single calls, timed with the cycle counter, whose own cost is measured and taken off.
// Two producer positions a call apart lie in different lines, so the figures include the cache misses of real life.
#include <benchmark/benchmark.h>
#include <spdlog/async.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/engine/base/crc32c.hpp"
#include "core/engine/evidence/recorder.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace phalarope {
namespace {

constexpr std::size_t ring_bytes = 1 << 20;
constexpr std::size_t samples_max = 1 << 20;

std::uint64_t ticks() {
#if defined(__x86_64__)
  unsigned aux;
  return __rdtscp(&aux);
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

double ns_per_tick() {
  static const double ratio = [] {
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t from = ticks();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto elapsed = std::chrono::steady_clock::now() - begin;
    return static_cast<double>(std::chrono::nanoseconds(elapsed).count()) / static_cast<double>(ticks() - from);
  }();
  return ratio;
}

/// Times single calls; the cost of two counter reads is taken off.
class CallTimes {
 public:
  CallTimes() : samples_(samples_max) {
    std::vector<std::uint64_t> idle(10'000);
    for (auto& sample : idle) {
      const std::uint64_t from = ticks();
      sample = ticks() - from;
    }
    std::nth_element(idle.begin(), idle.begin() + 5'000, idle.end());
    own_cost_ = idle[5'000];
  }
  template <typename Call>
  void time(Call&& call) {
    const std::uint64_t from = ticks();
    call();
    const std::uint64_t spent = ticks() - from;
    samples_[count_++ % samples_max] = spent > own_cost_ ? spent - own_cost_ : 0;
  }
  void report(benchmark::State& state) {
    const std::size_t count = std::min(count_, samples_max);
    if (count == 0) return;
    std::sort(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(count));
    const auto at = [&](double share) {
      return static_cast<double>(samples_[static_cast<std::size_t>(share * static_cast<double>(count - 1))]) *
             ns_per_tick();
    };
    state.counters["p50_ns"] = at(0.5);
    state.counters["p99_ns"] = at(0.99);
    state.counters["p999_ns"] = at(0.999);
    state.counters["max_ns"] = at(1.0);
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  }

 private:
  std::vector<std::uint64_t> samples_;
  std::size_t count_ = 0;
  std::uint64_t own_cost_ = 0;
};

struct alignas(4096) RingMemory {
  std::byte bytes[ring_bytes];
};

Event event_of(std::uint64_t number) {
  Event event;
  event.runtime_sequence = number;
  event.mono_ns = static_cast<std::int64_t>(number);
  event.kind = EventKind::audio_frame;
  event.lane = Lane::data;
  return event;
}

/// The floor: no accounting, no look at the consumer's position, no reserve.
class BareRing {
 public:
  explicit BareRing(std::byte* memory) : memory_(memory) {}
  void append(const RecordHeader& header, const Event& event) {
    std::byte* const at = memory_ + (position_ & (ring_bytes - 1));
    std::memcpy(at, &header, sizeof header);
    std::memcpy(at + sizeof header, &event, sizeof event);
    // 144 does not divide the ring, so like a real one it must not run over the end.
    position_ += event_ring_bytes;
    position_ = past_the_end(position_);
    published_.store(position_, std::memory_order_release);
    const std::byte* const ahead = memory_ + ((position_ + ring_prefetch_bytes) & (ring_bytes - 1));
    __builtin_prefetch(ahead, 1);
    __builtin_prefetch(ahead + 64, 1);
    __builtin_prefetch(ahead + 128, 1);
  }

  // ---- consumer
  std::optional<RingRecord> next() {
    if (read_ == published_seen_) published_seen_ = published_.load(std::memory_order_acquire);
    if (read_ == published_seen_) return std::nullopt;
    const std::byte* const at = memory_ + (read_ & (ring_bytes - 1));
    RingRecord record;
    std::memcpy(&record.header, at, sizeof record.header);
    record.body = {at + sizeof record.header, event_bytes};
    read_ = past_the_end(read_ + event_ring_bytes);
    return record;
  }
  void release() { released_.store(read_, std::memory_order_release); }
  std::size_t used_bytes() const {
    return static_cast<std::size_t>(published_.load(std::memory_order_acquire) -
                                    released_.load(std::memory_order_acquire));
  }

 private:
  static std::uint64_t past_the_end(std::uint64_t position) {
    if ((position & (ring_bytes - 1)) <= ring_bytes - event_ring_bytes) return position;
    return (position | (ring_bytes - 1)) + 1;
  }

  std::byte* memory_;
  std::uint64_t position_ = 0;
  alignas(ring_separation_bytes) std::atomic<std::uint64_t> published_{0};
  alignas(ring_separation_bytes) std::atomic<std::uint64_t> released_{0};
  alignas(ring_separation_bytes) std::uint64_t read_ = 0;
  std::uint64_t published_seen_ = 0;
};

/// Empties a ring as the flusher does, in batches, each record copied into a block.
template <typename Ring>
class Drain {
 public:
  explicit Drain(Ring& ring) : thread_([this, &ring] { run(ring); }) {}
  ~Drain() {
    stop_ = true;
    thread_.join();
  }

 private:
  static constexpr std::size_t batch = 400;
  void run(Ring& ring) {
    auto block = std::make_unique<std::array<std::byte, batch * event_bytes>>();
    while (!stop_.load(std::memory_order_relaxed)) {
      std::size_t taken = 0;
      for (; taken < batch; ++taken) {
        const auto record = ring.next();
        if (!record) break;
        std::memcpy(block->data() + taken * event_bytes, record->body.data(), event_bytes);
      }
      benchmark::DoNotOptimize(block->data());
      ring.release();
      if (taken < batch) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// A real engine does other things between two events; unpaced, the drain and not the append would be measured.
template <typename Ring>
void pace(const Ring& ring, std::uint64_t number) {
  if (number % 256 != 0) return;
  while (ring.used_bytes() > ring_bytes / 2) std::this_thread::yield();
}

void store128(benchmark::State& state) {
  auto memory = std::make_unique<RingMemory>();
  CallTimes times;
  std::uint64_t number = 0;
  for (auto _ : state) {
    times.time([&] {
      const Event event = event_of(number);
      std::memcpy(memory->bytes + (number * event_bytes) % ring_bytes, &event, sizeof event);
      benchmark::ClobberMemory();
    });
    ++number;
  }
  times.report(state);
}

template <bool drained>
void bare_ring(benchmark::State& state) {
  auto memory = std::make_unique<RingMemory>();
  BareRing ring(memory->bytes);
  CallTimes times;
  std::uint64_t number = 0;
  std::optional<Drain<BareRing>> drain;
  if (drained) drain.emplace(ring);
  for (auto _ : state) {
    times.time([&] { ring.append({event_bytes, RecordType::event, 0, number}, event_of(number)); });
    ++number;
    if (drained) pace(ring, number);
  }
  times.report(state);
}

template <bool with_crc>
void recorder(benchmark::State& state) {
  auto memory = std::make_unique<RingMemory>();
  ByteRing ring(memory->bytes);
  Recorder sut(ring, {});
  CallTimes times;
  std::uint64_t number = 0;
  const Drain<ByteRing> drain(ring);
  for (auto _ : state) {
    times.time([&] {
      const Event event = event_of(number);
      if (with_crc) benchmark::DoNotOptimize(crc32c(std::as_bytes(std::span(&event, 1))));
      sut.append_event(event);
    });
    ++number;
    pace(ring, number);
  }
  times.report(state);
  state.counters["lost"] = static_cast<double>(sut.counters().lost[1]);
}

void recorder_full(benchmark::State& state) {
  auto memory = std::make_unique<RingMemory>();
  ByteRing ring(memory->bytes);
  Recorder sut(ring, {});
  while (sut.append_event(event_of(0))) {
  }
  CallTimes times;
  std::uint64_t number = 0;
  for (auto _ : state) {
    times.time([&] { sut.append_event(event_of(number)); });
    ++number;
  }
  times.report(state);
  state.counters["lost"] = static_cast<double>(sut.counters().lost[1]);
}

void recorder_sustained(benchmark::State& state) {
  auto memory = std::make_unique<RingMemory>();
  ByteRing ring(memory->bytes);
  Recorder sut(ring, {});
  std::uint64_t number = 0;
  std::atomic<bool> stop{false};
  std::thread drain([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      int taken = 0;
      while (taken < 400 && ring.next()) ++taken;
      ring.release();
    }
  });
  for (auto _ : state) {
    while (ring.used_bytes() > ring_bytes / 2) {
    }
    for (int i = 0; i < 256; ++i) sut.append_event(event_of(number++));
  }
  stop = true;
  drain.join();
  state.SetItemsProcessed(static_cast<std::int64_t>(number));
  state.counters["lost"] = static_cast<double>(sut.counters().lost[1]);
}

void baseline(benchmark::State& state) {
  auto memory = std::make_unique<RingMemory>();
  ByteRing ring(memory->bytes);
  Recorder sut(ring, {});
  auto evidence = std::make_unique<TurnEvidence>();
  evidence->session_id = evidence->pipeline_version = evidence->envelope_snapshot = SymbolId{1};
  const bool fits = evidence->turn_id.assign("t") && evidence->event_id.assign("e") &&
                    evidence->plan_hash.assign("h") && evidence->payload_tags.push_back(PayloadClass::metadata) &&
                    evidence->redaction_decisions.push_back({PayloadClass::metadata, wire::RedactionAction::allow});
  OrderingMarker marker;
  EvidenceDecision admit;
  const bool more = marker.assign("runtime_sequence") && evidence->ordering_markers.push_back(marker) &&
                    admit.event_id.assign("e-admit") && admit.turn_id.assign("t");
  admit.kind = wire::DecisionKind::admit;
  admit.phase = wire::DecisionPhase::pre_turn;
  admit.scope = wire::DecisionScope::turn;
  admit.emitted_by = Emitter::admission;
  admit.reason = Reason::admission_capacity_allow;
  admit.session_id = SymbolId{1};
  admit.runtime_timestamp_ns = admit.wall_clock_timestamp_ns = 1;
  if (!fits || !more || !evidence->add_decision(admit)) state.SkipWithError("the evidence does not fit");
  evidence->snapshot_provenance = baseline_provenance;
  evidence->merge_rule_id = evidence->merge_rule_version = SymbolId{1};
  evidence->terminal_outcome = wire::TerminalOutcome::commit;
  evidence->close_emitted = true;
  CallTimes times;
  for (auto _ : state) {
    times.time([&] {
      if (!sut.append_baseline(*evidence)) state.SkipWithError("refused");
    });
    while (ring.next()) {
    }
    ring.release();
  }
  times.report(state);
  state.counters["bytes"] = static_cast<double>(evidence->recorded_head().size());
}

void spdlog_async(benchmark::State& state) {
  spdlog::init_thread_pool(8192, 1);
  const auto logger =
      std::make_shared<spdlog::async_logger>("bench", std::make_shared<spdlog::sinks::null_sink_mt>(),
                                             spdlog::thread_pool(), spdlog::async_overflow_policy::overrun_oldest);
  const std::string text(event_bytes, 'x');
  CallTimes times;
  for (auto _ : state) {
    times.time([&] { logger->info(text); });
  }
  times.report(state);
}

BENCHMARK(store128)->Name("append/store128")->MinTime(0.5);
BENCHMARK(bare_ring<true>)->Name("append/bare_ring")->MinTime(0.5);
BENCHMARK(bare_ring<false>)->Name("append/bare_alone")->MinTime(0.5);
BENCHMARK(recorder<false>)->Name("append/recorder")->MinTime(0.5);
BENCHMARK(recorder<true>)->Name("append/recorder_crc")->MinTime(0.5);
BENCHMARK(recorder_full)->Name("append/recorder_full")->MinTime(0.5);
BENCHMARK(recorder_sustained)->Name("append/recorder_sustained")->MinTime(0.5);
BENCHMARK(baseline)->Name("append/baseline")->MinTime(0.2);
BENCHMARK(spdlog_async)->Name("append/spdlog_async")->MinTime(0.5);

}  // namespace
}  // namespace phalarope

BENCHMARK_MAIN();
