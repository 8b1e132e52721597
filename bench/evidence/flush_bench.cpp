// The flusher beside a bare write + fdatasync of chunks of the same size, into the current directory's file system.
//
//   flush/raw        pwrite of 64 KiB, fdatasync, into a preallocated file
//   flush/raw_reused  the same into files that were written before, as the flusher does once its disk budget is used up
//   flush/flusher    the same bytes through ring, FlatBuffers block, CRC-32C, BLAKE2b chain, write and fdatasync
//   flush/signed     the same, each segment signed, and with keys of its own for content
//   flush/read       reading a recording back with every check
//   verify/N         the same over 128 MiB in signed segments, with every signature, N segments at a time
#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "core/engine/evidence/recorder.hpp"
#include "hal/store/flusher.hpp"
#include "hal/store/recording_reader.hpp"

namespace phalarope {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;
constexpr std::size_t ring_bytes = 1 << 20;
constexpr std::uint64_t segment_bytes = 4 * 1024 * 1024;
const std::string directory = "bench-evidence-recording";

struct alignas(4096) RingMemory {
  std::byte bytes[ring_bytes];
};

class Scratch {
 public:
  Scratch() { std::filesystem::remove_all(directory); }
  ~Scratch() { std::filesystem::remove_all(directory); }
};

template <bool reused>
void raw(benchmark::State& state) {
  const Scratch scratch;
  hal::PosixFileSystem files;
  files.make_directory(directory);
  constexpr int files_max = 16;
  const std::vector<std::byte> chunk(chunk_bytes, std::byte{0x5a});
  std::unique_ptr<hal::WritableFile> file;
  std::uint64_t offset = segment_bytes;
  int number = 0;
  for (auto _ : state) {
    if (offset + chunk_bytes > segment_bytes) {
      const int name = reused ? ++number % files_max : ++number;
      files.open_for_writing(directory + "/raw-" + std::to_string(name), file);
      file->preallocate(segment_bytes);
      offset = 0;
    }
    std::size_t written = 0;
    if (file->write_at(offset, chunk, written) != 0 || file->sync_data() != 0) state.SkipWithError("the disk refuses");
    offset += written;
    if (!reused && number > files_max) files.remove(directory + "/raw-" + std::to_string(number - files_max));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(chunk_bytes));
}

std::shared_ptr<const hal::BoardKeys> board_keys() {
  return std::make_shared<const hal::BoardKeys>(hal::BoardKeys::Secret{}, hal::BoardKeys::Secret{});
}

template <bool with_keys>
void flusher(benchmark::State& state) {
  const Scratch scratch;
  hal::PosixFileSystem files;
  auto memory = std::make_unique<RingMemory>();
  ByteRing ring(memory->bytes);
  Recorder recorder(ring, {});
  hal::FlusherConfig config;
  config.recording.directory = directory;
  config.recording.segment_bytes = segment_bytes;
  config.recording.hash_thread = true;
  if (with_keys) config.recording.keys = board_keys();
  config.recording.encrypt = with_keys;
  config.disk_budget_bytes = 16 * segment_bytes;
  // The whole block, header and padding included, is one raw chunk.
  config.block_bytes = chunk_bytes - hal::block_header_bytes - 512;
  config.block_wait = Duration{};
  hal::Flusher sut(ring, files, nullptr, config, {});
  Instant now{};
  std::uint64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Event event;
    event.kind = EventKind::audio_frame;
    while (ring.used_bytes() < chunk_bytes + chunk_bytes / 4) {
      event.runtime_sequence = number++;
      recorder.append_event(event);
    }
    state.ResumeTiming();
    now = now + milliseconds(1);
    if (sut.flush_once(now) == 0) state.SkipWithError("the disk refuses");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(sut.counters().bytes_written));
  state.counters["bytes_per_block"] =
      static_cast<double>(sut.counters().bytes_written) / static_cast<double>(sut.counters().blocks);
}

void read(benchmark::State& state) {
  const Scratch scratch;
  hal::PosixFileSystem files;
  auto memory = std::make_unique<RingMemory>();
  ByteRing ring(memory->bytes);
  Recorder recorder(ring, {});
  hal::FlusherConfig config;
  config.recording.directory = directory;
  config.block_wait = Duration{};
  hal::Flusher writer(ring, files, nullptr, config, {});
  Instant now{};
  for (int i = 0; i < 40'000; ++i) {
    recorder.append_event(Event{});
    if (i % 400 == 0) writer.flush_once(now = now + milliseconds(1));
  }
  writer.close(now);
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    hal::RecordingReader reader(files, directory);
    while (reader.next()) ++records;
    bytes += reader.totals().bytes;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

/// 128 MiB of events in signed segments; the files stay in the page cache, so the figure is the program's, not the
/// disk's.
void verify(benchmark::State& state) {
  constexpr std::uint64_t recording_bytes = 128ULL * 1024 * 1024;
  const Scratch scratch;
  hal::PosixFileSystem files;
  auto memory = std::make_unique<RingMemory>();
  ByteRing ring(memory->bytes);
  Recorder recorder(ring, {});
  hal::FlusherConfig config;
  config.recording.directory = directory;
  config.recording.keys = board_keys();
  config.block_wait = Duration{};
  hal::Flusher writer(ring, files, nullptr, config, {});
  Instant now{};
  while (writer.counters().bytes_written < recording_bytes) {
    while (ring.used_bytes() < chunk_bytes) recorder.append_event(Event{});
    writer.flush_once(now = now + milliseconds(1));
  }
  writer.close(now);
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    const hal::VerifyReport report = hal::verify(
        files, directory,
        {.public_keys = {config.recording.keys->public_key()}, .threads = static_cast<unsigned>(state.range(0))});
    if (!report.sound()) state.SkipWithError("it is not sound");
    bytes += report.totals.bytes;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

BENCHMARK(raw<false>)->Name("flush/raw")->MinTime(1.0)->UseRealTime();
BENCHMARK(raw<true>)->Name("flush/raw_reused")->MinTime(1.0)->UseRealTime();
BENCHMARK(flusher<false>)->Name("flush/flusher")->MinTime(1.0)->UseRealTime();
BENCHMARK(flusher<true>)->Name("flush/signed")->MinTime(1.0)->UseRealTime();
BENCHMARK(read)->Name("flush/read")->MinTime(0.3)->UseRealTime();
BENCHMARK(verify)->Name("verify")->Arg(1)->Arg(2)->Arg(4)->MinTime(0.5)->UseRealTime();

}  // namespace
}  // namespace phalarope
