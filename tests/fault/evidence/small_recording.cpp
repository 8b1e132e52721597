#include "tests/fault/evidence/small_recording.hpp"

#include <cstring>

namespace phalarope::testing {

hal::SegmentSalt seeded_id(void* random) {
  auto& generator = *static_cast<std::mt19937_64*>(random);
  const std::uint64_t words[2] = {generator(), generator()};
  hal::SegmentSalt salt;
  std::memcpy(salt.data(), words, sizeof words);
  return salt;
}

Event numbered_event(std::uint64_t number, EventKind kind, Lane lane) {
  Event event;
  event.runtime_sequence = number;
  event.mono_ns = static_cast<std::int64_t>(number) * 1000;
  event.argument_a = static_cast<std::int64_t>(number);
  event.argument_b = static_cast<std::int64_t>(number * 0x9e3779b97f4a7c15ULL >> 8);
  event.kind = kind;
  event.lane = lane;
  return event;
}

TurnEvidence complete_evidence(std::uint32_t turn_number) {
  TurnEvidence evidence;
  evidence.session_id = SymbolId{1};
  static_cast<void>(evidence.turn_id.assign("turn-" + std::to_string(turn_number)));
  evidence.turn_number = turn_number;
  FillContext context;
  context.terminal_at = Instant{5'000'000};
  context.outcome = wire::TerminalOutcome::commit;
  fill_gaps(evidence, context);
  return evidence;
}

namespace {

hal::FlusherConfig flusher_config(const RecordingOptions& options, std::mt19937_64& random) {
  hal::FlusherConfig config;
  config.recording.directory = options.directory;
  config.recording.segment_bytes = options.segment_bytes;
  config.recording.random_id = seeded_id;
  config.recording.random_context = &random;
  config.recording.hash_thread = options.hash_thread;
  config.recording.keys = options.keys;
  config.recording.encrypt = options.encrypt;
  config.retention = options.retention;
  config.disk_budget_bytes = options.disk_budget_bytes;
  config.block_bytes = options.block_bytes;
  config.block_wait = Duration{};
  config.retry_wait = Duration{};
  return config;
}

}  // namespace

SmallRecording::SmallRecording(hal::FileSystem& disk, const RecordingOptions& options, const hal::RecordingPoint& point,
                               hal::AudioEncoder* encoder)
    : random_(options.seed),
      memory_(options.ring_bytes / sizeof(Chunk)),
      ring(std::as_writable_bytes(std::span(memory_))),
      recorder(ring, {.level = options.level, .content = options.content, .first_sequence = point.next_sequence}),
      flusher(ring, disk, encoder, flusher_config(options, random_), point) {}

void SmallRecording::append_and_flush(int count) {
  for (int i = 0; i < count; ++i) recorder.append_event(numbered_event(appended++));
  flush();
}

void SmallRecording::append_turn(std::uint32_t turn_number) {
  if (recorder.next_sequence() == 0) {
    recorder.append_pipeline(std::as_bytes(std::span("a compiled pipeline")));
    recorder.append_session(std::as_bytes(std::span("session start")));
  }
  recorder.append_symbol(SymbolId{1}, "kitchen");
  Event open = numbered_event(0, EventKind::turn_open, Lane::control);
  open.turn_number = turn_number;
  recorder.append_event(open);
  recorder.append_text(open, "what is the time");
  static_cast<void>(recorder.append_baseline(complete_evidence(turn_number)));
  open.kind = EventKind::commit;
  recorder.append_event(open);
  open.kind = EventKind::close;
  recorder.append_event(open);
}

std::size_t SmallRecording::flush() {
  now = now + milliseconds(10);
  const std::size_t records = flusher.flush_once(now);
  if (ring.used_bytes() == 0) flushed = appended;
  return records;
}

int SmallRecording::close() {
  const int error = flusher.close(now);
  if (error == 0) flushed = appended;
  return error;
}

ReadBack read_back(hal::FileSystem& disk, const std::string& path) {
  hal::RecordingReader reader(disk, path);
  ReadBack result;
  while (const auto record = reader.next()) {
    result.types.push_back(record->header.type);
    result.sequences.push_back(record->header.sequence);
    if (record->header.type != RecordType::event) continue;
    Event event;
    std::memcpy(&event, record->body.data(), sizeof event);
    if (event.kind != EventKind::audio_frame) continue;
    const auto number = static_cast<std::uint64_t>(event.argument_a);
    // A record that is not byte for byte what was appended is as bad as one that was never appended.
    result.numbers.push_back(event == numbered_event(number) ? number : UINT64_MAX);
  }
  result.damage = reader.damage();
  result.totals = reader.totals();
  return result;
}

bool is_prefix(const std::vector<std::uint64_t>& numbers) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] != i) return false;
  }
  return true;
}

bool holds_no_false_record(const std::vector<std::uint64_t>& numbers, std::uint64_t appended) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] >= appended || (i > 0 && numbers[i] <= numbers[i - 1])) return false;
  }
  return true;
}

}  // namespace phalarope::testing
