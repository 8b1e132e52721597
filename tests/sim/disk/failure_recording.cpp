#include "tests/sim/disk/failure_recording.hpp"

#include "core/spec/plan_codec.hpp"
#include "hal/store/flusher.hpp"
#include "hal/store/recording_reader.hpp"

namespace phalarope::sim {
namespace {
constexpr std::size_t ring_bytes = 1 << 20;
}

int record_failure(const SimOptions& failing, const std::string& directory) {
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Line> lines(ring_bytes / sizeof(Line));
  ByteRing ring(std::span(lines.front().bytes, ring_bytes));
  hal::PosixFileSystem files;
  if (const int error = files.make_directory(directory); error != 0) return error;
  Recorder recorder(ring, {.level = RecordingLevel::L2});
  hal::FlusherConfig config;
  config.recording.directory = directory;
  hal::Flusher flusher(ring, files, nullptr, config, {});
  SessionStart start;
  start.seed = failing.seed;
  static_cast<void>(start.set_session_id("sim-" + std::to_string(failing.seed)));
  recorder.append_pipeline(spec::encode(simulated_pipelines().front()));
  recorder.append_session(std::as_bytes(std::span(&start, 1)));
  for (std::uint32_t i = 0; i < session_symbol_count; ++i) {
    recorder.append_symbol(start.symbol(static_cast<SessionSymbol>(i)), "simulated-" + std::to_string(i));
  }
  Instant now{};
  SimOptions world = failing;
  world.on_step = [&](const Stepped& step) {
    now = step.input.at();
    recorder.append_event(step.input);
    if (step.evidence != nullptr) static_cast<void>(recorder.append_baseline(*step.evidence));
    for (const Event& output : step.outputs) recorder.append_event(output);
    if (ring.used_bytes() > ring_bytes / 2) flusher.flush_once(now, WallTime{now.value});
  };
  static_cast<void>(simulate(world));
  return flusher.close(now, WallTime{now.value});
}

}  // namespace phalarope::sim
