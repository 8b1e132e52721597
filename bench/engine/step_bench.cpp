// What one step costs, by the kind of event it takes, and how many whole turns a second that comes to. No rings, no
// recorder: the pure function alone.
//
//   step/<kind>   the event that a speaking (or listening) board takes again and again
//   step/turn     a turn from the first word to the last sample: 13 events; items a second are turns a second
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace {

using namespace phalarope;

/// An engine with one session, driven without the books that tests keep.
class Stepper {
 public:
  Stepper() {
    SessionStart start;
    static_cast<void>(start.set_session_id("bench"));
    engine_ = *Engine::create(arena_, testing::small_pipeline(), {&start, 1});
    step(event(EventKind::connected));
  }
  std::size_t step(Event input) {
    const std::span<const Event> outputs = engine_->step(input);
    for (const Event& output : outputs) {
      if (output.kind == EventKind::command_fence) ticket_ = output.ticket;
    }
    return outputs.size();
  }
  Event event(EventKind kind) {
    Event made{};
    made.kind = kind;
    made.mono_ns = now_ns_ += 1'000;
    made.ticket = ticket_;
    return made;
  }
  Event result(EventKind kind, std::uint8_t node) {
    Event made = event(kind);
    made.node = node;
    made.lane = Lane::data;
    made.turn_number = engine_->sessions().front().turn_number();
    return made;
  }
  void speech(EventKind kind) {
    Event told = event(kind);
    if (kind == EventKind::speech_started) ++utterance_;
    told.argument_a = utterance_;
    step(told);
  }
  Event frame() {
    Event made = event(EventKind::audio_frame);
    made.lane = Lane::data;
    made.provider_invocation = static_cast<std::uint32_t>(utterance_);
    made.payload = {.generation = 1, .length_bytes = 320, .slot = 1, .pool = 1};
    return made;
  }
  void until_speaking() {
    speech(EventKind::speech_started);
    step(frame());
    speech(EventKind::speech_ended);
    Event words = result(EventKind::recognition_final, testing::recogniser_node);
    words.provider_invocation = static_cast<std::uint32_t>(utterance_);
    words.argument_a = static_cast<std::int64_t>(UtteranceClass::words);
    step(words);
    step(result(EventKind::dialogue_sentence, testing::dialogue_node));
    position_ = 0;
    step(synthesised());
    step(event(EventKind::playback_started));
  }
  Event synthesised() {
    Event made = result(EventKind::synthesis_frame, testing::synthesiser_node);
    made.argument_a = position_;
    made.argument_b = 320;
    position_ += 320;
    return made;
  }
  void finish() {
    step(result(EventKind::synthesis_done, testing::synthesiser_node));
    step(result(EventKind::dialogue_done, testing::dialogue_node));
    step(event(EventKind::playback_completed));
  }
  bool turn_active() const { return engine_->sessions().front().turn_active(); }
  std::uint64_t committed() const { return engine_->sessions().front().counters().turns_committed; }
  std::int64_t position() const { return position_; }

 private:
  std::vector<std::byte> region_ = std::vector<std::byte>(4 * 1024 * 1024);
  Arena arena_{region_};
  Engine* engine_ = nullptr;
  std::int64_t now_ns_ = ns_per_second;
  std::int64_t utterance_ = 0;
  std::int64_t position_ = 0;
  std::uint64_t ticket_ = 0;
};

enum class Phase { idle, listening, speaking };

void one_kind(benchmark::State& state, Phase phase, Event (*made)(Stepper&)) {
  const auto sut = std::make_unique<Stepper>();
  if (phase == Phase::listening) sut->speech(EventKind::speech_started);
  if (phase == Phase::speaking) sut->until_speaking();
  std::size_t outputs = 0;
  for (auto _ : state) outputs += sut->step(made(*sut));
  benchmark::DoNotOptimize(outputs);
  if ((phase == Phase::idle) == sut->turn_active()) return state.SkipWithError("the board left the phase it was in");
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(one_kind, telemetry, Phase::idle, [](Stepper& sut) {
  return sut.event(EventKind::telemetry_sample);
})->Name("step/telemetry_sample");
BENCHMARK_CAPTURE(one_kind, tick, Phase::idle, [](Stepper& sut) {
  return sut.event(EventKind::tick);
})->Name("step/tick");
BENCHMARK_CAPTURE(one_kind, xrun, Phase::speaking, [](Stepper& sut) {
  return sut.event(EventKind::xrun);
})->Name("step/xrun");
BENCHMARK_CAPTURE(one_kind, frame, Phase::listening, [](Stepper& sut) {
  return sut.frame();
})->Name("step/audio_frame");
BENCHMARK_CAPTURE(one_kind, synthesis, Phase::speaking, [](Stepper& sut) {
  return sut.synthesised();
})->Name("step/synthesis_frame");
BENCHMARK_CAPTURE(one_kind, position, Phase::speaking, [](Stepper& sut) {
  Event told = sut.event(EventKind::playback_position);
  told.argument_a = sut.position();
  return told;
})->Name("step/playback_position");
BENCHMARK_CAPTURE(one_kind, snapshot, Phase::idle, [](Stepper& sut) {
  Event told = sut.event(EventKind::control_snapshot);
  told.argument_a = control_all_granted;
  return told;
})->Name("step/control_snapshot");

void whole_turn(benchmark::State& state) {
  const auto sut = std::make_unique<Stepper>();
  for (auto _ : state) {
    sut->until_speaking();
    sut->finish();
  }
  if (sut->committed() != static_cast<std::uint64_t>(state.iterations())) {
    return state.SkipWithError("a turn did not end as it should");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(whole_turn)->Name("step/turn");

}  // namespace

BENCHMARK_MAIN();
