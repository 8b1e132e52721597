// P6: what a frame costs on its way through five stages, each on a thread of its own, beside GStreamer's queues.
//
//   path/rings        source ─ring─▶ stage ─ring─▶ stage ─ring─▶ stage ─ring─▶ stage ─ring─▶ sink
//                     128-byte events that name a slab of 320 bytes; who finds nothing sleeps until it is woken
//   path/gst_queues   fakesrc ! queue ! queue ! queue ! queue ! queue ! fakesink, buffers of 320 bytes
//
// Both: 320 bytes written at the source, at most 1024 frames between two stages, sleeping consumers, back-pressure by
// waiting. Time is wall time a frame (items_per_second its inverse); cpu_ns_per_frame is that of all threads together.
#include <benchmark/benchmark.h>
#include <gst/gst.h>
#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/engine/lanes/spsc_ring.hpp"
#include "core/engine/memory/payload_store.hpp"
#include "hal/host/clock.hpp"
#include "hal/host/wake_up.hpp"

namespace {

using namespace phalarope;

constexpr std::size_t hops = 5;
constexpr std::size_t between_stages = 1024;
constexpr std::uint32_t frame_bytes = 320;
constexpr std::int64_t frames_per_iteration = 200'000;

std::int64_t process_cpu_ns() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) { return time.tv_sec * ns_per_second + time.tv_usec * 1000; };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

/// One hop: a ring and the sleep of whoever reads it.
class Hop {
 public:
  void push(const Event& event) {
    while (!ring_.try_push(event)) std::this_thread::yield();
    wake_.notify();
  }
  Event pop() {
    Event event;
    while (!ring_.try_pop(event)) {
      wake_.announce();
      if (ring_.try_pop(event)) {
        wake_.withdraw();
        break;
      }
      const Instant now = clock_.now();
      wake_.wait(now, Instant{now.value + ns_per_second});
    }
    return event;
  }

 private:
  SpscRing<Event, between_stages> ring_;
  hal::WakeUp wake_;
  hal::HostClock clock_;
};

void rings(benchmark::State& state) {
  std::vector<std::byte> region(16 * 1024 * 1024);
  Arena arena(region);
  PayloadStore payloads;
  if (!payloads.add_pool(arena, {.pool = microphone_pool, .slab_bytes = frame_bytes, .slabs_max = 8192})) std::abort();
  const auto path = std::make_unique<std::array<Hop, hops>>();
  constexpr std::uint64_t last = ~std::uint64_t{0};
  std::array<std::byte, frame_bytes> samples{};
  const std::int64_t cpu_before = process_cpu_ns();
  for (auto _ : state) {
    std::vector<std::thread> stages;
    for (std::size_t i = 1; i < hops; ++i) {
      stages.emplace_back([&path, i] {
        while (true) {
          const Event event = (*path)[i - 1].pop();
          (*path)[i].push(event);
          if (event.ticket == last) return;
        }
      });
    }
    std::thread sink([&path, &payloads] {
      while (true) {
        const Event event = (*path)[hops - 1].pop();
        if (event.ticket == last) return;
        static_cast<void>(payloads.release(event.payload));
      }
    });
    for (std::int64_t i = 0; i < frames_per_iteration; ++i) {
      Event frame{};
      frame.kind = EventKind::audio_frame;
      frame.media_sample = i;
      auto slab = payloads.try_acquire(microphone_pool, frame_bytes);
      for (; !slab; slab = payloads.try_acquire(microphone_pool, frame_bytes)) std::this_thread::yield();
      frame.payload = *slab;
      std::memcpy(payloads.write(*slab).data(), samples.data(), samples.size());
      path->front().push(frame);
    }
    Event end{};
    end.ticket = last;
    path->front().push(end);
    for (std::thread& stage : stages) stage.join();
    sink.join();
  }
  const std::int64_t frames = state.iterations() * frames_per_iteration;
  state.SetItemsProcessed(frames);
  state.counters["cpu_ns_per_frame"] = static_cast<double>(process_cpu_ns() - cpu_before) / static_cast<double>(frames);
}

void gst_queues(benchmark::State& state) {
  std::string line = "fakesrc num-buffers=" + std::to_string(frames_per_iteration) +
                     " sizetype=fixed sizemax=" + std::to_string(frame_bytes) + " filltype=zero";
  for (std::size_t i = 0; i < hops; ++i) {
    line += " ! queue max-size-buffers=" + std::to_string(between_stages) + " max-size-bytes=0 max-size-time=0";
  }
  line += " ! fakesink sync=false async=false";
  const std::int64_t cpu_before = process_cpu_ns();
  for (auto _ : state) {
    GError* error = nullptr;
    GstElement* const pipeline = gst_parse_launch(line.c_str(), &error);
    if (pipeline == nullptr || error != nullptr) return state.SkipWithError("GStreamer's core elements are missing");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstBus* const bus = gst_element_get_bus(pipeline);
    GstMessage* const message = gst_bus_timed_pop_filtered(
        bus, GST_CLOCK_TIME_NONE, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    gst_message_unref(message);
    gst_object_unref(bus);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
  }
  const std::int64_t frames = state.iterations() * frames_per_iteration;
  state.SetItemsProcessed(frames);
  state.counters["cpu_ns_per_frame"] = static_cast<double>(process_cpu_ns() - cpu_before) / static_cast<double>(frames);
}

BENCHMARK(rings)->Name("path/rings")->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(gst_queues)->Name("path/gst_queues")->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  gst_init(nullptr, nullptr);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
