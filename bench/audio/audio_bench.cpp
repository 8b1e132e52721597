// What a period of audio costs, and what our wrapping adds to libopus (performance goal P7).
//
//   opus/bare                 encode + decode of 20 ms by the library's own calls
//   opus/session_frame_path   the same through SpeechEncoder, SpeechDecoder, a payload slab and the event ring
//   front_end/...             10 ms of canceller, voice activity, all of it
//   period/...                one whole run_period() of 10 ms on the loopback device; allocations must be 0
//
// Ratios are read from one interleaved run (--benchmark_enable_random_interleaving=true).
#include <benchmark/benchmark.h>
#include <opus.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "core/engine/memory/arena.hpp"
#include "hal/audio/audio_engine.hpp"
#include "hal/audio/loopback_device.hpp"
#include "hal/codec/opus_codec.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}

namespace phalarope::hal {
namespace {

/// Two seconds of something like a voice: a gliding tone with harmonics and a syllable's envelope.
std::vector<std::int16_t> voice() {
  std::vector<std::int16_t> samples(32'000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / 16'000;
    const double pitch = 2 * M_PI * (120 + 20 * std::sin(t * 3)) * t;
    const double envelope = 0.5 + 0.5 * std::sin(t * 25);
    samples[i] = static_cast<std::int16_t>(6000 * envelope *
                                           (std::sin(pitch) + 0.5 * std::sin(3 * pitch) + 0.3 * std::sin(7 * pitch)));
  }
  return samples;
}

struct World {
  World() : region(4U << 20), arena(region) {
    for (const std::uint16_t pool : {microphone_pool, synthesis_pool}) {
      if (!payloads.add_pool(arena, {.pool = pool, .slab_bytes = 3200, .slabs_max = 256})) std::abort();
    }
  }
  AudioLink link() { return {*control, *data, *commands, fence, payloads}; }
  void drain() {
    Event event{};
    while (control->try_pop(event)) {
    }
    while (data->try_pop(event)) {
      if (event.payload.present()) (void)payloads.release(event.payload);
    }
  }
  std::vector<std::byte> region;
  Arena arena;
  PayloadStore payloads;
  Fence fence;
  std::unique_ptr<SpscRing<Event, audio_control_events_max>> control =
      std::make_unique<SpscRing<Event, audio_control_events_max>>();
  std::unique_ptr<SpscRing<Event, audio_data_events_max>> data =
      std::make_unique<SpscRing<Event, audio_data_events_max>>();
  std::unique_ptr<SpscRing<Event, audio_commands_max>> commands =
      std::make_unique<SpscRing<Event, audio_commands_max>>();
};

void opus_bare(benchmark::State& state) {
  int error = 0;
  const auto samples = voice();
  OpusEncoder* const encoder = opus_encoder_create(16'000, 1, OPUS_APPLICATION_VOIP, &error);
  OpusDecoder* const decoder = opus_decoder_create(16'000, 1, &error);
  opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(static_cast<int>(state.range(0))));
  opus_encoder_ctl(encoder, OPUS_SET_BITRATE(24'000));
  opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  std::vector<unsigned char> packet(opus_packet_bytes_max);
  std::vector<std::int16_t> out(opus_frame_frames);
  std::size_t at = 0;
  for (auto _ : state) {
    const int bytes =
        opus_encode(encoder, samples.data() + at, 320, packet.data(), static_cast<opus_int32>(packet.size()));
    if (opus_decode(decoder, packet.data(), bytes, out.data(), 320, 0) != 320) std::abort();
    benchmark::DoNotOptimize(out.data());
    at = (at + opus_frame_frames) % samples.size();
  }
  opus_encoder_destroy(encoder);
  opus_decoder_destroy(decoder);
}
BENCHMARK(opus_bare)->Name("opus/bare")->Arg(0)->Arg(5);

void opus_session_frame_path(benchmark::State& state) {
  World world;
  const auto samples = voice();
  auto encoder = SpeechEncoder::make({.complexity = static_cast<int>(state.range(0))});
  auto decoder = SpeechDecoder::make();
  std::vector<std::int16_t> out(opus_frame_frames);
  std::size_t at = 0;
  const std::uint64_t before = allocations.load();
  for (auto _ : state) {
    const auto handle = world.payloads.try_acquire(microphone_pool, opus_packet_bytes_max);
    const auto bytes =
        encoder->encode(std::span(samples).subspan(at, opus_frame_frames), world.payloads.write(*handle));
    Event event{};
    event.kind = EventKind::audio_frame;
    event.payload = *handle;
    event.argument_b = static_cast<std::int64_t>(*bytes);
    (void)world.data->try_push(event);
    Event taken{};
    (void)world.data->try_pop(taken);
    const auto packet = world.payloads.read(taken.payload);
    (void)decoder->decode(packet->first(static_cast<std::size_t>(taken.argument_b)), out);
    (void)world.payloads.release(taken.payload);
    benchmark::DoNotOptimize(out.data());
    at = (at + opus_frame_frames) % samples.size();
  }
  state.counters["allocations"] = static_cast<double>(allocations.load() - before);
}
BENCHMARK(opus_session_frame_path)->Name("opus/session_frame_path")->Arg(0)->Arg(5);

void front_end_canceller(benchmark::State& state) {
  const auto samples = voice();
  EchoCanceller canceller({.tail_ms = state.range(0)});
  std::vector<std::int16_t> cleaned(frame_frames);
  std::size_t at = 0;
  for (auto _ : state) {
    const std::span<const std::int16_t> frame = std::span(samples).subspan(at, frame_frames);
    canceller.process(frame, frame, cleaned);
    benchmark::DoNotOptimize(cleaned.data());
    at = (at + frame_frames) % samples.size();
  }
}
BENCHMARK(front_end_canceller)->Name("front_end/canceller_and_denoise")->Arg(100)->Arg(256);

void front_end_voice(benchmark::State& state) {
  const auto samples = voice();
  VoiceDetector detector({});
  const std::array<std::int16_t, frame_frames> silence{};
  std::size_t at = 0;
  for (auto _ : state) {
    const std::span<const std::int16_t, frame_frames> frame(samples.data() + at, frame_frames);
    benchmark::DoNotOptimize(detector.judge(frame, silence, silence));
    at = (at + frame_frames) % samples.size();
  }
}
BENCHMARK(front_end_voice)->Name("front_end/voice_detector");

/// range(0): 0 nobody speaks, 1 the board speaks (canceller runs).
void whole_period(benchmark::State& state) {
  World world;
  const auto samples = voice();
  LoopbackDevice device({.delay_frames = 60, .gain_permille = 300});
  AudioEngine engine(device, world.link(), {.front_end = {.delivery = FrameDelivery::always}});
  if (!engine.start()) std::abort();
  const Ticket ticket = world.fence.open();
  std::int64_t given = 0;
  const std::uint64_t before = allocations.load();
  for (auto _ : state) {
    if (state.range(0) == 1 && given - engine.playback().position() < 1600) {
      const auto handle = world.payloads.try_acquire(synthesis_pool, 3200);
      std::memcpy(world.payloads.write(*handle).data(), samples.data() + given % 16'000, 3200);
      Event frame{};
      frame.kind = EventKind::command_play_frame;
      frame.ticket = ticket.value;
      frame.argument_a = given;
      frame.payload = *handle;
      (void)world.commands->try_push(frame);
      given += 1600;
    }
    engine.run_period();
    world.drain();
  }
  state.counters["allocations"] = static_cast<double>(allocations.load() - before);
}
BENCHMARK(whole_period)->Name("period/listening")->Arg(0);
BENCHMARK(whole_period)->Name("period/speaking")->Arg(1);

/// Playback alone: what the fence, the gain and the copy cost in 10 ms.
void playback_period(benchmark::State& state) {
  World world;
  AudioLink link = world.link();
  EventWriter writer(link, 0);
  Playback playback(world.fence, world.payloads);
  const auto samples = voice();
  const Ticket ticket = world.fence.open();
  std::vector<std::int16_t> period(frame_frames);
  std::int64_t given = 0;
  std::int64_t axis = 0;
  const std::uint64_t before = allocations.load();
  for (auto _ : state) {
    if (given - playback.position() < 1600) {
      const auto handle = world.payloads.try_acquire(synthesis_pool, 3200);
      std::memcpy(world.payloads.write(*handle).data(), samples.data(), 3200);
      Event frame{};
      frame.kind = EventKind::command_play_frame;
      frame.ticket = ticket.value;
      frame.argument_a = given;
      frame.payload = *handle;
      playback.take(frame);
      given += 1600;
    }
    playback.render(period);
    playback.settle({.first_frame = axis, .queued_frames = 320}, 160, writer);
    axis += 160;
    benchmark::DoNotOptimize(period.data());
    world.drain();
  }
  state.counters["allocations"] = static_cast<double>(allocations.load() - before);
}
BENCHMARK(playback_period)->Name("period/playback_alone");

}  // namespace
}  // namespace phalarope::hal

BENCHMARK_MAIN();
