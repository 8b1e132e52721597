// P10: how many sessions one core carries at 10 ms periods. P9: how soon a proposed turn is open.
//
//   sessions/engine/N      N conversations, engine thread only: the time of one period's work
//   sessions/front_end/N   the same with N real audio engines (canceller, voice activity, playback) on the same core
//   decision/turn_open     from the request's push until the new turn's fence is set, engine awake
//
// Virtual time, one thread: what is timed is the work of a period. A deadline is missed when that takes longer than the
// period lasts. Counters: worst_us and p99_us of a period, missed (deadlines), turns and steps that were run,
// sessions_per_core = how many such sessions would fill 10 ms at this run's p99. PHALAROPE_BENCH_PERIODS makes it long.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "bench/engine/busy_sessions.hpp"
#include "hal/audio/audio_engine.hpp"

namespace {

using namespace phalarope;
using namespace phalarope::bench;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t periods_default = 3'000;  // half a minute of every conversation

std::int64_t periods() {
  const char* wanted = std::getenv("PHALAROPE_BENCH_PERIODS");
  const std::int64_t count = wanted == nullptr ? 0 : std::atoll(wanted);
  return count > 0 ? count : periods_default;
}

void report(benchmark::State& state, std::vector<std::int64_t>& times_ns, std::size_t sessions) {
  std::sort(times_ns.begin(), times_ns.end());
  const auto at = [&](double share) {
    return static_cast<double>(times_ns[static_cast<std::size_t>(share * static_cast<double>(times_ns.size() - 1))]);
  };
  const auto missed = std::count_if(times_ns.begin(), times_ns.end(), [](std::int64_t ns) { return ns > period_ns; });
  state.counters["worst_us"] = at(1.0) / 1e3;
  state.counters["p99_us"] = at(0.99) / 1e3;
  state.counters["missed"] = static_cast<double>(missed);
  state.counters["sessions_per_core"] = static_cast<double>(sessions) * static_cast<double>(period_ns) / at(0.99);
}

void count_work(benchmark::State& state, const BusySessions& house, const EngineRuntime& runtime) {
  std::uint64_t turns = 0;
  for (const Session& session : house.engine().sessions()) turns += session.counters().turns_opened;
  state.counters["turns"] = static_cast<double>(turns);
  state.counters["steps"] = static_cast<double>(runtime.counters().steps);
}

void sessions_engine(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  BusySessions house(count);
  std::vector<Ear> ears;
  for (std::size_t i = 0; i < count; ++i) {
    ears.emplace_back(house.line(i), house.payloads(), static_cast<int>(i * 7 % cycle_periods));
    ears.back().connect();
  }
  std::vector<std::int64_t> times_ns;
  std::int64_t now_ns = ns_per_second;
  for (auto _ : state) {
    for (std::int64_t period = 0; period < periods(); ++period) {
      now_ns += period_ns;
      for (Ear& ear : ears) ear.run(now_ns);
      const auto begun = Clock::now();
      house.run_engine(now_ns);
      times_ns.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count());
      house.drain_evidence();
    }
  }
  report(state, times_ns, count);
  count_work(state, house, house.runtime());
}

/// A microphone that hears somebody speak for 1.5 s of every 6 s in a quiet room; what is played goes nowhere.
class SpokenTo final : public hal::AudioDevice {
 public:
  explicit SpokenTo(std::int64_t phase_frames) : phase_frames_(phase_frames) {}
  std::expected<hal::DeviceFormat, hal::DeviceError> open(const hal::DeviceFormat& wanted) override { return wanted; }
  hal::CaptureOutcome capture(std::span<std::int16_t> samples) noexcept override {
    const std::int64_t first = position_;
    for (std::int16_t& sample : samples) {
      const std::int64_t at = (position_++ + phase_frames_) % (cycle_periods * period_frames);
      sample = static_cast<std::int16_t>(at < speech_periods * period_frames ? voice(at) : static_cast<double>(at % 7));
    }
    return {.first_frame = first, .at = Instant{ns_per_second + position_ * ns_per_second / 16'000}};
  }
  hal::PlaybackOutcome play(std::span<const std::int16_t> samples) noexcept override {
    return {.first_frame = position_, .queued_frames = static_cast<std::int64_t>(samples.size())};
  }
  void close() noexcept override {}

 private:
  static double voice(std::int64_t at) {
    const double t = static_cast<double>(at) / 16'000;
    const double pitch = 2 * M_PI * (120 + 20 * std::sin(t * 3)) * t;
    return 6000 * (0.5 + 0.5 * std::sin(t * 25)) *
           (std::sin(pitch) + 0.5 * std::sin(3 * pitch) + 0.3 * std::sin(7 * pitch));
  }
  std::int64_t phase_frames_;
  std::int64_t position_ = 0;
};

void sessions_front_end(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  BusySessions house(count);
  std::vector<std::unique_ptr<SpokenTo>> devices;
  std::vector<std::unique_ptr<hal::AudioEngine>> audio;
  for (std::size_t i = 0; i < count; ++i) {
    devices.push_back(std::make_unique<SpokenTo>(static_cast<std::int64_t>(i) * 7 * period_frames));
    audio.push_back(std::make_unique<hal::AudioEngine>(*devices.back(), house.link(i), hal::AudioEngineSettings{}));
    if (!audio.back()->start()) return state.SkipWithError("the audio engine does not start");
    Event connected{};
    connected.kind = EventKind::connected;
    static_cast<void>(house.line(i).control.try_push(connected));
  }
  std::vector<std::int64_t> times_ns;
  std::int64_t now_ns = ns_per_second;
  for (auto _ : state) {
    for (std::int64_t period = 0; period < periods(); ++period) {
      now_ns += period_ns;
      const auto begun = Clock::now();
      for (const auto& ear : audio) ear->run_period();
      house.run_engine(now_ns);
      times_ns.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count());
      house.drain_evidence();
    }
  }
  report(state, times_ns, count);
  count_work(state, house, house.runtime());
}

void decision_turn_open(benchmark::State& state) {
  BusySessions house(1);
  Line& line = house.line(0);
  std::vector<std::int64_t> times_ns;
  std::int64_t now_ns = ns_per_second;
  const auto say = [&](EventKind kind) {
    Event event{};
    event.kind = kind;
    event.mono_ns = now_ns;
    event.wall_ns = now_ns;
    static_cast<void>(line.control.try_push(event));
  };
  say(EventKind::connected);
  house.run_engine(now_ns);
  for (auto _ : state) {
    now_ns += period_ns;
    const auto begun = Clock::now();
    say(EventKind::user_turn_requested);
    static_cast<void>(house.runtime().poll(Instant{now_ns}, WallTime{now_ns}));
    times_ns.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count());
    if (line.fence.current() == no_ticket) return state.SkipWithError("no turn was opened");
    say(EventKind::user_cancel_requested);
    house.run_engine(now_ns);
    Event command;
    while (line.commands.try_pop(command)) {
    }
    house.drain_evidence();
  }
  std::sort(times_ns.begin(), times_ns.end());
  state.counters["p50_ns"] = static_cast<double>(times_ns[times_ns.size() / 2]);
  state.counters["p99_ns"] = static_cast<double>(times_ns[times_ns.size() * 99 / 100]);
}

BENCHMARK(sessions_engine)->Name("sessions/engine")->Arg(200)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(sessions_front_end)->Name("sessions/front_end")->Arg(20)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(decision_turn_open)->Name("decision/turn_open")->Iterations(20000);

}  // namespace

BENCHMARK_MAIN();
