// P5: how long from the event that confirms an interruption until the fence has moved.
//
//   fence/confirm_awake      the engine is in its loop: one poll
//   fence/confirm_overload   the same with full Data rings and a full ingress of telemetry behind it
//   fence/confirm_asleep     the engine thread sleeps in WakeUp; from notify to the fence seen by another thread
//   fence/bound_bare_store   the bound of the first: only the store, seen by another core
//   wake/eventfd             the bound of the last: a bare eventfd between two threads
//
// Each iteration brings a fresh turn to the point where the board speaks (not timed), then interrupts it (timed).
#include <benchmark/benchmark.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "core/engine/runtime.hpp"
#include "hal/host/wake_up.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace {

using namespace phalarope;
using Clock = std::chrono::steady_clock;

/// Takes every command and does nothing: what nodes cost is not what is measured.
class IdlePool final : public ExecutionPool {
 public:
  bool try_submit(NodeIndex, const Event&) override { return true; }
  void cancel(NodeIndex, const Event&) noexcept override {}
};

/// An engine with its rings, brought to speak by the events a board would send.
class SpeakingBoard {
 public:
  SpeakingBoard() : region_(16 * 1024 * 1024), arena_(region_), ingress_(1024, 2), port_(*ingress_.attach()) {
    SessionStart start;
    static_cast<void>(start.set_session_id("bench"));
    engine_ = *Engine::create(arena_, testing::small_pipeline(), {&start, 1});
    storage_ = arena_.make_array<Line>((1U << 22U) / sizeof(Line));
    ring_ = std::make_unique<ByteRing>(std::span<std::byte>(storage_.front().bytes, storage_.size() * sizeof(Line)));
    recorder_ = std::make_unique<Recorder>(*ring_, RecorderConfig{});
    runtime_ = std::make_unique<EngineRuntime>(RuntimeWiring{.engine = *engine_,
                                                             .audio = {&link_, 1},
                                                             .ingress = ingress_,
                                                             .operator_events = operator_events_,
                                                             .recorder = *recorder_});
    runtime_->set_pool(pool_);
    say(event(EventKind::connected));
  }

  void until_speaking() {
    Event started = event(EventKind::speech_started);
    started.argument_a = ++utterance_;
    say(started);
    Event ended = event(EventKind::speech_ended);
    ended.argument_a = utterance_;
    say(ended);
    wait_ms(150);
    Event words = node_event(EventKind::recognition_final, testing::recogniser_node);
    words.provider_invocation = static_cast<std::uint32_t>(utterance_);
    words.argument_a = static_cast<std::int64_t>(UtteranceClass::words);
    say(words);
    say(node_event(EventKind::dialogue_sentence, testing::dialogue_node));
    Event frame = node_event(EventKind::synthesis_frame, testing::synthesiser_node);
    frame.argument_b = 320;
    say(frame);
    Event playing = event(EventKind::playback_started);
    playing.ticket = fence_.current().value;
    say(playing);
  }
  /// The event that confirms: push to talk over the voice. Not yet looked at.
  void interrupt() { static_cast<void>(control_->try_push(event(EventKind::user_turn_requested))); }
  void overload() {
    Event frame = event(EventKind::audio_frame);
    frame.lane = Lane::data;
    while (data_->try_push(frame)) {
    }
    Event metric = event(EventKind::telemetry_sample);
    metric.lane = Lane::telemetry;
    for (int i = 0; i < 1000 && port_.try_send(metric); ++i) {
    }
  }
  void poll() { static_cast<void>(runtime_->poll(Instant{now_ns_}, WallTime{now_ns_})); }
  /// Lets the rings run dry and the evidence be read, so that the next iteration starts alike.
  void settle() {
    while (runtime_->poll(Instant{now_ns_}, WallTime{now_ns_}) > 0) {
    }
    Event command;
    while (commands_->try_pop(command)) {
    }
    while (ring_->next()) {
    }
    ring_->release();
    say(event(EventKind::user_cancel_requested));
  }
  Ticket audible() const { return fence_.current(); }
  void silence() { fence_.set(no_ticket, {}); }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  Event event(EventKind kind) const {
    Event made{};
    made.kind = kind;
    made.mono_ns = now_ns_;
    made.wall_ns = now_ns_;
    return made;
  }
  Event node_event(EventKind kind, std::uint8_t node) const {
    Event made = event(kind);
    made.node = node;
    made.lane = Lane::data;
    made.ticket = fence_.current().value;
    made.turn_number = engine_->sessions().front().turn_number();
    return made;
  }
  void say(const Event& said) {
    static_cast<void>(said.node == no_node.value ? control_->try_push(said) : port_.try_send(said));
    while (runtime_->poll(Instant{now_ns_}, WallTime{now_ns_}) > 0) {
    }
  }
  void wait_ms(std::int64_t ms) {
    now_ns_ += milliseconds(ms).value;
    poll();
  }

  std::vector<std::byte> region_;
  Arena arena_;
  PayloadStore payloads_;
  Fence fence_;
  Ingress ingress_;
  Ingress::Port port_;
  std::unique_ptr<SpscRing<Event, audio_control_events_max>> control_ =
      std::make_unique<SpscRing<Event, audio_control_events_max>>();
  std::unique_ptr<SpscRing<Event, audio_data_events_max>> data_ =
      std::make_unique<SpscRing<Event, audio_data_events_max>>();
  std::unique_ptr<SpscRing<Event, audio_commands_max>> commands_ =
      std::make_unique<SpscRing<Event, audio_commands_max>>();
  AudioLink link_{.control = *control_, .data = *data_, .commands = *commands_, .fence = fence_, .payloads = payloads_};
  SpscRing<Event, operator_events_max> operator_events_;
  std::span<Line> storage_;
  std::unique_ptr<ByteRing> ring_;
  std::unique_ptr<Recorder> recorder_;
  Engine* engine_ = nullptr;
  IdlePool pool_;
  std::unique_ptr<EngineRuntime> runtime_;
  std::int64_t now_ns_ = ns_per_second;
  std::int64_t utterance_ = 0;
};

void report(benchmark::State& state, std::vector<std::int64_t>& times) {
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return static_cast<double>(times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))]);
  };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p99_ns"] = at(0.99);
  state.counters["max_ns"] = at(1.0);
}

/// The audio thread's eye: spins on the fence from another core and notes when it saw it move.
class FenceWatcher {
 public:
  explicit FenceWatcher(const SpeakingBoard& board) : board_(board), thread_([this] { watch(); }) {}
  ~FenceWatcher() {
    stop_.store(true);
    thread_.join();
  }
  FenceWatcher(const FenceWatcher&) = delete;
  FenceWatcher& operator=(const FenceWatcher&) = delete;

  void arm() {
    seen_.store(0);
    before_.store(board_.audible().value);
    armed_.store(true);
    while (!watching_.load()) {
    }
  }
  std::int64_t wait() const {
    std::int64_t seen = 0;
    while ((seen = seen_.load()) == 0) {
    }
    return seen;
  }

 private:
  void watch() {
    while (!stop_.load(std::memory_order_relaxed)) {
      if (!armed_.exchange(false)) continue;
      const std::uint64_t before = before_.load();
      watching_.store(true);
      while (board_.audible().value == before && !stop_.load(std::memory_order_relaxed)) {
      }
      watching_.store(false);
      seen_.store(Clock::now().time_since_epoch().count());
    }
  }

  const SpeakingBoard& board_;
  std::atomic<bool> armed_{false};
  std::atomic<bool> watching_{false};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> before_{0};
  std::atomic<std::int64_t> seen_{0};
  std::thread thread_;
};

void confirm_awake(benchmark::State& state, bool overloaded) {
  const auto board = std::make_unique<SpeakingBoard>();
  FenceWatcher watcher(*board);
  std::vector<std::int64_t> times;
  for (auto _ : state) {
    board->until_speaking();
    if (overloaded) board->overload();
    watcher.arm();
    const std::int64_t begun = Clock::now().time_since_epoch().count();
    board->interrupt();
    board->poll();
    times.push_back(watcher.wait() - begun);
    board->settle();
    state.SetIterationTime(static_cast<double>(times.back()) * 1e-9);
  }
  report(state, times);
}

void bare_store(benchmark::State& state) {
  const auto board = std::make_unique<SpeakingBoard>();
  FenceWatcher watcher(*board);
  std::vector<std::int64_t> times;
  for (auto _ : state) {
    board->until_speaking();
    watcher.arm();
    const std::int64_t begun = Clock::now().time_since_epoch().count();
    board->silence();
    times.push_back(watcher.wait() - begun);
    board->interrupt();
    board->settle();
    state.SetIterationTime(static_cast<double>(times.back()) * 1e-9);
  }
  report(state, times);
}

void confirm_asleep(benchmark::State& state) {
  const auto board = std::make_unique<SpeakingBoard>();
  FenceWatcher watcher(*board);
  hal::WakeUp wake;
  std::atomic<bool> asked{false};
  std::atomic<bool> asleep{false};
  std::atomic<bool> stop{false};
  std::thread engine([&] {
    while (!stop.load()) {
      if (!asked.exchange(false)) continue;
      wake.announce();
      asleep.store(true);
      wake.wait(Instant{0}, Instant{ns_per_second});
      board->poll();
      asleep.store(false);
    }
  });
  std::vector<std::int64_t> times;
  for (auto _ : state) {
    board->until_speaking();
    watcher.arm();
    asked.store(true);
    while (!asleep.load()) {
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));  // until it really sleeps in the kernel
    const std::int64_t begun = Clock::now().time_since_epoch().count();
    board->interrupt();
    wake.notify();
    times.push_back(watcher.wait() - begun);
    while (asleep.load()) {
    }
    board->settle();
    state.SetIterationTime(static_cast<double>(times.back()) * 1e-9);
  }
  stop.store(true);
  engine.join();
  report(state, times);
}

void wake_eventfd(benchmark::State& state) {
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  std::atomic<std::int64_t> woken{0};
  std::atomic<bool> asked{false};
  std::atomic<bool> stop{false};
  std::thread sleeper([&] {
    while (!stop.load()) {
      if (!asked.exchange(false)) continue;
      std::uint64_t count = 0;
      const auto bytes = ::read(fd, &count, sizeof count);
      benchmark::DoNotOptimize(bytes);
      woken.store(Clock::now().time_since_epoch().count());
    }
  });
  std::vector<std::int64_t> times;
  for (auto _ : state) {
    woken.store(0);
    asked.store(true);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    const std::int64_t begun = Clock::now().time_since_epoch().count();
    const std::uint64_t one = 1;
    const auto bytes = ::write(fd, &one, sizeof one);
    benchmark::DoNotOptimize(bytes);
    std::int64_t seen = 0;
    while ((seen = woken.load()) == 0) {
    }
    times.push_back(seen - begun);
    state.SetIterationTime(static_cast<double>(times.back()) * 1e-9);
  }
  stop.store(true);
  sleeper.join();
  ::close(fd);
  report(state, times);
}

BENCHMARK_CAPTURE(confirm_awake, awake, false)->Name("fence/confirm_awake")->UseManualTime()->Iterations(2000);
BENCHMARK_CAPTURE(confirm_awake, overload, true)->Name("fence/confirm_overload")->UseManualTime()->Iterations(500);
BENCHMARK(bare_store)->Name("fence/bound_bare_store")->UseManualTime()->Iterations(2000);
BENCHMARK(confirm_asleep)->Name("fence/confirm_asleep")->UseManualTime()->Iterations(1000);
BENCHMARK(wake_eventfd)->Name("wake/eventfd")->UseManualTime()->Iterations(1000);

}  // namespace

BENCHMARK_MAIN();
