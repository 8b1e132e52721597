// Q9: what a stop costs while Data and Telemetry bring many times what the engine can take, and that every event that
// found no room is told by exactly one notice.
//
//   overload/stop/<factor>   from the stop in the Control ring to the fence, with <factor> rings of data offered
//
// One iteration: a turn is opened (not timed); a source offers <factor> times what its ring holds, two thirds of it
// frames, one third metrics; then comes the stop, and one poll (timed). At the end the record is added up: offered =
// taken + covered by notices, no sequence twice, or the bench fails.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/runtime.hpp"
#include "hal/audio/event_writer.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace {

using namespace phalarope;
using Clock = std::chrono::steady_clock;

/// Notes when a node was told to stop: the fence has moved just before.
class WatchingPool final : public ExecutionPool {
 public:
  bool try_submit(NodeIndex, const Event&) override { return true; }
  void cancel(NodeIndex, const Event&) noexcept override { cancelled_at = Clock::now(); }
  Clock::time_point cancelled_at{};
};

class FloodedBoard {
 public:
  FloodedBoard() {
    SessionStart start;
    static_cast<void>(start.set_session_id("bench"));
    engine_ = *Engine::create(arena_, testing::small_pipeline(), {&start, 1});
    storage_ = arena_.make_array<Line>(evidence_bytes / sizeof(Line));
    ring_ = std::make_unique<ByteRing>(std::span<std::byte>(storage_.front().bytes, evidence_bytes));
    recorder_ = std::make_unique<Recorder>(*ring_, RecorderConfig{});
    runtime_ = std::make_unique<EngineRuntime>(RuntimeWiring{.engine = *engine_,
                                                             .audio = {&link_, 1},
                                                             .ingress = ingress_,
                                                             .operator_events = host_,
                                                             .recorder = *recorder_});
    runtime_->set_pool(pool_);
    tell(EventKind::connected);
    settle();
  }

  /// Up to where the dialogue thinks about the words.
  void open_turn() {
    tell(EventKind::speech_started, ++utterance_);
    tell(EventKind::speech_ended, utterance_);
    settle();
    now_ = now_ + milliseconds(150);  // the frames that the end of speech overtook are given up
    settle();
    Event words{};
    words.kind = EventKind::recognition_final;
    words.node = testing::recogniser_node;
    words.lane = Lane::data;
    words.mono_ns = now_.value;
    words.provider_invocation = static_cast<std::uint32_t>(utterance_);
    words.argument_a = static_cast<std::int64_t>(UtteranceClass::words);
    static_cast<void>(port_.try_send(words));
    settle();
  }
  void offer(std::int64_t factor) {
    for (std::int64_t i = 0; i < factor * static_cast<std::int64_t>(audio_data_events_max); ++i) {
      Event event = made(i % 3 == 2 ? EventKind::telemetry_sample : EventKind::audio_frame);
      ++offered_;
      refused_ += writer_.data(event) ? 0 : 1;
    }
  }
  /// Nanoseconds from the stop to the fence, and to the word that follows it to the nodes.
  std::int64_t stop() {
    const auto begun = Clock::now();
    tell(EventKind::user_cancel_requested);
    static_cast<void>(runtime_->poll(now_, WallTime{}));
    failed_ = failed_ || fence_.current() != no_ticket || pool_.cancelled_at < begun;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(pool_.cancelled_at - begun).count();
  }
  void settle() {
    do {
      read_record();
    } while (runtime_->poll(now_, WallTime{}) > 0);
    read_record();
    now_ = now_ + milliseconds(10);
  }
  /// Empty when every event is accounted for.
  std::string verdict() {
    ++offered_;
    refused_ += writer_.data(made(EventKind::audio_frame)) ? 0 : 1;  // shows the last gap
    settle();
    if (failed_) return "a stop did not move the fence in its own poll";
    if (recorder_->gapped()) return "the record itself lost events: the bench reads it too seldom";
    if (taken_ + covered_ == offered_ && runtime_->counters().source_drops == refused_) return {};
    return std::to_string(offered_) + " offered, " + std::to_string(taken_) + " taken, " + std::to_string(covered_) +
           " covered by notices";
  }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t notices() const { return notices_; }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  static constexpr std::size_t evidence_bytes = 1U << 23U;

  Event made(EventKind kind) const {
    Event event{};
    event.kind = kind;
    event.lane = kind == EventKind::telemetry_sample ? Lane::telemetry : Lane::data;
    return event;
  }
  void tell(EventKind kind, std::int64_t a = 0) {
    Event event{};
    event.kind = kind;
    event.mono_ns = now_.value;
    event.argument_a = a;
    static_cast<void>(link_.control.try_push(event));
  }
  void read_record() {
    while (const auto record = ring_->next()) {
      if (record->header.type != RecordType::event) continue;
      Event event;
      std::memcpy(&event, record->body.data(), sizeof event);
      if (event.has(EventFlag::output)) continue;
      taken_ += event.kind == EventKind::audio_frame || event.kind == EventKind::telemetry_sample;
      if (event.kind != EventKind::drop_notice) continue;
      ++notices_;
      covered_ += static_cast<std::uint64_t>(event.range_end - event.range_start + 1);
    }
    ring_->release();
  }

  std::vector<std::byte> region_ = std::vector<std::byte>(24 * 1024 * 1024);
  Arena arena_{region_};
  PayloadStore payloads_;
  Fence fence_;
  Ingress ingress_{64, 1};
  Ingress::Port port_ = *ingress_.attach();
  SpscRing<Event, audio_control_events_max> control_;
  SpscRing<Event, audio_data_events_max> data_;
  SpscRing<Event, audio_commands_max> commands_;
  AudioLink link_{.control = control_,
                  .data = data_,
                  .commands = commands_,
                  .fence = fence_,
                  .payloads = payloads_,
                  .numbers_its_events = true};
  hal::EventWriter writer_{link_, 0};
  SpscRing<Event, operator_events_max> host_;
  std::span<Line> storage_;
  std::unique_ptr<ByteRing> ring_;
  std::unique_ptr<Recorder> recorder_;
  Engine* engine_ = nullptr;
  WatchingPool pool_;
  std::unique_ptr<EngineRuntime> runtime_;
  Instant now_{ns_per_second};
  std::int64_t utterance_ = 0;
  std::uint64_t offered_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t covered_ = 0;
  std::uint64_t notices_ = 0;
  bool failed_ = false;
};

void stop_under_load(benchmark::State& state) {
  const auto board = std::make_unique<FloodedBoard>();
  std::vector<std::int64_t> times;
  for (auto _ : state) {
    board->open_turn();
    board->offer(state.range(0));
    times.push_back(board->stop());
    state.SetIterationTime(static_cast<double>(times.back()) * 1e-9);
    board->settle();
  }
  if (const std::string wrong = board->verdict(); !wrong.empty()) return state.SkipWithError(wrong.c_str());
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return static_cast<double>(times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))]);
  };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p99_ns"] = at(0.99);
  state.counters["drops"] = static_cast<double>(board->refused());
  state.counters["notices"] = static_cast<double>(board->notices());
}
BENCHMARK(stop_under_load)->Name("overload/stop")->Arg(0)->Arg(1)->Arg(10)->UseManualTime()->Iterations(200);

}  // namespace

BENCHMARK_MAIN();
