#include "hal/host/fork_recorder.hpp"

#include <algorithm>
#include <cstring>

#include "core/engine/base/enforce.hpp"
#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/replay/session_book.hpp"

namespace phalarope::hal {
namespace {

constexpr std::size_t ring_bytes = 4U * 1024 * 1024;
/// Nothing of a fork is given up for space: its recording is as long as the one it came from.
constexpr std::uint64_t disk_budget_bytes = 1ULL << 40;

}  // namespace

ForkRecorder::ForkRecorder(const replay::Tape& tape, const ForkRecorderSettings& settings)
    : tape_(tape),
      settings_(settings),
      seed_(sha256(settings.parent)),
      storage_(ring_bytes / sizeof(Line)),
      encoder_(5) {
  ring_ = std::make_unique<ByteRing>(std::span(storage_.front().bytes, ring_bytes));
  recorder_ = std::make_unique<Recorder>(*ring_, RecorderConfig{.level = settings_.level});
  FlusherConfig config;
  config.recording.directory = settings_.directory;
  config.recording.random_id = draw;
  config.recording.random_context = this;
  config.disk_budget_bytes = disk_budget_bytes;
  flusher_ = std::make_unique<Flusher>(*ring_, files_, &encoder_, config, RecordingPoint{});
}

ForkRecorder::~ForkRecorder() = default;

SegmentSalt ForkRecorder::draw(void* recorder) {
  auto& self = *static_cast<ForkRecorder*>(recorder);
  const std::string text = std::to_string(self.drawn_++);
  std::array<std::byte, sizeof(Sha256Digest)> seed;
  std::memcpy(seed.data(), self.seed_.data(), seed.size());
  std::vector<std::byte> bytes(seed.begin(), seed.end());
  for (const char digit : text) bytes.push_back(static_cast<std::byte>(digit));
  const Sha256Digest digest = sha256(bytes);
  SegmentSalt salt{};
  std::memcpy(salt.data(), digest.data(), salt.size());
  return salt;
}

void ForkRecorder::write_opening() {
  for (const auto& pipeline : tape_.pipelines) static_cast<void>(recorder_->append_pipeline(pipeline));
  if (!settings_.pipeline.empty()) static_cast<void>(recorder_->append_pipeline(settings_.pipeline));
  for (const auto& session : tape_.first_sessions) static_cast<void>(recorder_->append_session(session));
  for (const auto& [id, text] : tape_.symbols) {
    if (id != fork_parent_symbol) write_symbol(id, text);
  }
  write_symbol(fork_parent_symbol, settings_.parent);
  settle();
}

void ForkRecorder::write_seat(std::span<const std::byte> session_record) {
  static_cast<void>(recorder_->append_session(session_record));
}

void ForkRecorder::write_symbol(std::uint32_t id, std::string_view text) {
  static_cast<void>(recorder_->append_symbol(SymbolId{id}, text));
}

void ForkRecorder::write_step(const Event& input, std::string_view words, std::span<const Event> outputs,
                              const TurnEvidence* finished) {
  now_ = input.at();
  wall_ = WallTime{input.wall_ns};
  last_ = input;
  recorder_->append_event(input);
  if (!words.empty()) static_cast<void>(recorder_->append_text(input, words));
  if (finished != nullptr) {
    const auto appended = recorder_->append_baseline(*finished);
    PHAL_ENFORCE(appended.has_value(), "a ring that is emptied after each step has room for a turn's evidence");
  }
  for (const Event& output : outputs) {
    if (output.kind == EventKind::turn_open) static_cast<void>(recorder_->reserve_turn());
    recorder_->append_event(output);
    if (output.kind == EventKind::close) recorder_->release_turn();
  }
  settle();
}

void ForkRecorder::write_sound_of(std::size_t item, bool with_played) {
  for (; next_sound_ < tape_.sound.size() && tape_.sound[next_sound_].item <= item; ++next_sound_) {
    const replay::TapeSound& sound = tape_.sound[next_sound_];
    if (sound.header.track == AudioTrack::played) {
      if (!with_played) continue;
      played_until_ = sound.header.first_sample + sound.header.frames;
    }
    static_cast<void>(recorder_->append_audio(last_, sound.header, sound.body));
    settle();
  }
}

void ForkRecorder::write_played(std::int64_t first_frame, std::span<const std::int16_t> samples,
                                std::uint32_t rate_hz) {
  constexpr std::size_t block_frames = 160;  // 10 ms: a length that Opus has a packet for
  for (std::size_t at = 0; at + block_frames <= samples.size(); at += block_frames) {
    AudioRecordHeader header;
    header.first_sample = first_frame + static_cast<std::int64_t>(at);
    header.frames = block_frames;
    header.sample_rate_hz = rate_hz;
    header.track = AudioTrack::played;
    if (header.first_sample < played_until_) continue;  // it sounded before the fork
    static_cast<void>(recorder_->append_audio(last_, header, std::as_bytes(samples.subspan(at, block_frames))));
    settle();
  }
}

/// The ring is half empty at every step; the disk is waited for, because nobody else waits.
void ForkRecorder::settle() {
  if (ring_->used_bytes() < ring_bytes / 8) return;
  while (ring_->used_bytes() > 0 && flusher_->flush_once(now_, wall_) > 0) {
  }
}

int ForkRecorder::close() { return flusher_->close(now_, wall_); }

}  // namespace phalarope::hal
