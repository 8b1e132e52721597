// Reading and checking board profiles. See board_profile.hpp.
#include "core/spec/board_profile.hpp"

#include <charconv>

#include "core/spec/field_reader.hpp"

namespace phalarope::spec {

namespace {

constexpr std::array<std::string_view, 1> board_spec_names = {board_spec_name};
constexpr std::array<std::string_view, 2> isolation_names = {"in_process", "own_process"};
constexpr IntegerRange mib{.min = 0, .max = 1 << 20};
constexpr std::int64_t frames_per_second_of_10_ms = 100;

void read_cores(MapReader& map, ThreadPlacement& placement, std::int64_t core_count) {
  map.each_item("cores", [&](const Document& item, const std::string& path) {
    const auto text = scalar_of(item, path, map.diagnostics());
    if (!text) return;
    std::int64_t core = -1;
    const char* const end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, core);
    if (read.ec != std::errc{} || read.ptr != end || core < 0 || core >= core_count) {
      map.diagnostics().push_back(diagnostic_at(item, path, "is no core of this board: " + *text,
                                                "Use 0 to " + std::to_string(core_count - 1)));
      return;
    }
    placement.cores.push_back(core);
  });
}

void read_thread(MapReader& threads, std::string_view key, ThreadPlacement& placement, std::int64_t core_count) {
  auto map = threads.map(key, Presence::required);
  if (!map) return;
  read_cores(*map, placement, core_count);
  map->integer("priority", placement.priority, {.min = 0, .max = 99});
  map->finish();
}

void read_threads(MapReader& file, BoardProfile& board) {
  auto map = file.map("threads", Presence::required);
  if (!map) return;
  BoardThreads& threads = board.threads;
  read_thread(*map, "audio", threads.audio, board.cores);
  read_thread(*map, "engine", threads.engine, board.cores);
  read_thread(*map, "workers", threads.workers, board.cores);
  read_thread(*map, "flusher", threads.flusher, board.cores);
  map->integer("worker_count", threads.worker_count, {.min = 1, .max = 16}, Presence::required);
  if (threads.audio.priority <= threads.engine.priority && threads.engine.priority > 0) {
    map->complain("audio", "does not stand above the engine", "Give audio a higher priority than engine");
  }
  if (threads.workers.priority != 0 || threads.flusher.priority != 0) {
    map->complain({}, "gives workers or flusher a real-time priority", "Only audio and engine may have one");
  }
  map->finish();
}

void read_audio(MapReader& file, BoardAudio& audio) {
  auto map = file.map("audio", Presence::required);
  if (!map) return;
  map->text("capture_device", audio.capture_device, Presence::required);
  map->text("playback_device", audio.playback_device, Presence::required);
  map->integer("sample_rate_hz", audio.sample_rate_hz, {.min = 8000, .max = 48000}, Presence::required);
  map->integer("period_frames", audio.period_frames, {.min = 80, .max = 4800}, Presence::required);
  map->integer("periods", audio.periods, {.min = 2, .max = 16}, Presence::required);
  map->integer("device_queue_periods", audio.device_queue_periods, {.min = 1, .max = device_queue_periods_max});
  map->integer("rewind_frames", audio.rewind_frames, at_least_zero);
  if (audio.period_frames * frames_per_second_of_10_ms % audio.sample_rate_hz != 0) {
    map->complain("period_frames", "is not a whole number of 10 ms frames at this rate",
                  "Use a multiple of " + std::to_string(audio.sample_rate_hz / frames_per_second_of_10_ms));
  }
  if (audio.device_queue_periods > audio.periods) {
    map->complain("device_queue_periods", "is more than the device has", "Use at most `periods`");
  }
  map->finish();
}

void read_echo(MapReader& file, BoardEcho& echo) {
  auto map = file.map("echo", Presence::required);
  if (!map) return;
  map->boolean("enabled", echo.enabled, Presence::required);
  map->integer("tail_ms", echo.tail_ms, {.min = 20, .max = 512});
  map->integer("bulk_delay_frames", echo.bulk_delay_frames, {.min = 0, .max = 48000});
  map->finish();
}

void read_memory(MapReader& file, BoardProfile& board) {
  auto map = file.map("memory", Presence::required);
  if (!map) return;
  BoardMemory& memory = board.memory;
  map->integer("budget_mib", memory.budget_mib, {.min = 1, .max = mib.max}, Presence::required);
  map->integer("arena_mib", memory.arena_mib, mib, Presence::required);
  map->integer("heap_mib", memory.heap_mib, mib, Presence::required);
  map->integer("stacks_mib", memory.stacks_mib, mib, Presence::required);
  map->integer("models_mib", memory.models_mib, mib, Presence::required);
  map->integer("device_buffers_mib", memory.device_buffers_mib, mib, Presence::required);
  map->integer("program_mib", memory.program_mib, mib, Presence::required);
  if (memory.sum_mib() > memory.budget_mib) {
    map->complain("budget_mib", "is less than its items, which add up to " + std::to_string(memory.sum_mib()) + " MiB",
                  "Raise the budget or lower an item");
  }
  if (memory.budget_mib > board.ram_mib) {
    map->complain("budget_mib", "is more than the board has", "Stay below ram_mib");
  }
  map->finish();
}

void read_external_nodes(MapReader& file, BoardExternalNodes& external) {
  auto map = file.map("external_nodes");
  if (!map) return;
  map->integer("memory_mib_max", external.memory_mib_max, {.min = 8, .max = mib.max});
  map->integer("cpu_units_max", external.cpu_units_max, {.min = 1, .max = 1024});
  map->finish();
}

void read_evidence(MapReader& file, BoardEvidence& evidence) {
  auto map = file.map("evidence", Presence::required);
  if (!map) return;
  const auto level = map->choice("recording_level", plan_enum_names<RecordingLevel>);
  if (level) evidence.recording_level = plan_enum_names<RecordingLevel>[*level];
  map->integer("segment_mib", evidence.segment_mib, {.min = 1, .max = 1024}, Presence::required);
  map->integer("disk_budget_mib", evidence.disk_budget_mib, {.min = 2, .max = mib.max}, Presence::required);
  // One segment is written while the oldest is given up.
  if (evidence.disk_budget_mib < 2 * evidence.segment_mib) {
    map->complain("disk_budget_mib", "does not hold two segments", "Raise it, or make segments smaller");
  }
  map->finish();
}

void read_board(MapReader& file, BoardProfile& board) {
  (void)file.choice("spec", board_spec_names, Presence::required);
  file.text("name", board.name, Presence::required);
  file.text("description", board.description);
  file.integer("cores", board.cores, {.min = 1, .max = static_cast<std::int64_t>(cores_max)}, Presence::required);
  file.integer("ram_mib", board.ram_mib, {.min = 64, .max = mib.max}, Presence::required);
  read_threads(file, board);
  read_audio(file, board.audio);
  read_echo(file, board.echo);
  read_memory(file, board);
  read_evidence(file, board.evidence);
  read_external_nodes(file, board.external_nodes);
  file.integer("opus_complexity", board.opus_complexity, {.min = 0, .max = 10}, Presence::required);
  if (const auto isolation = file.choice("isolation", isolation_names, Presence::required)) {
    board.speech_in_own_process = *isolation == 1;
  }
  file.integer("step_budget_us", board.step_budget_us, {.min = 1, .max = 100'000}, Presence::required);
  file.finish();
}

}  // namespace

std::int64_t BoardMemory::sum_mib() const {
  return arena_mib + heap_mib + stacks_mib + models_mib + device_buffers_mib + program_mib;
}

std::expected<BoardProfile, Diagnostics> parse_board_profile(std::string_view text, const std::string& file) {
  Diagnostics diagnostics;
  const Document document = parse_document(text, file, diagnostics);
  if (document.kind == Document::Kind::nothing) return std::unexpected(std::move(diagnostics));
  BoardProfile board;
  MapReader reader(document, {}, diagnostics);
  read_board(reader, board);
  if (!diagnostics.empty()) return std::unexpected(std::move(diagnostics));
  return board;
}

std::expected<BoardProfile, Diagnostics> load_board_profile(const std::string& path) {
  Diagnostics diagnostics;
  const std::string text = read_text_file(path, diagnostics);
  if (!diagnostics.empty()) return std::unexpected(std::move(diagnostics));
  return parse_board_profile(text, path);
}

std::string board_profile_path(std::string_view board, const std::string& boards_directory) {
  const bool is_path = board.find('/') != std::string_view::npos || board.ends_with(".yaml");
  return is_path ? std::string(board) : boards_directory + "/" + std::string(board) + ".yaml";
}

}  // namespace phalarope::spec
