#include "firmware_images/phalarope/recording_tools.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>

#include "hal/codec/opus_evidence.hpp"
#include "hal/host/engine_step_function.hpp"
#include "hal/host/pipeline_facts.hpp"
#include "hal/host/pipeline_names.hpp"

namespace phalarope::program {

std::expected<std::string, std::string> check_recording(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error) || std::filesystem::is_regular_file(path, error)) return path;
  return std::unexpected("`" + path + "` is no recording: no such file or folder; give the folder that holds its " +
                         "segment-*.phr files, e.g. phalarope-demo/recording");
}

replay::ReplayReport replay_recording(const std::string& path, const replay::ReplayOptions& options) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path);
  hal::EngineStep engine;
  const auto begun = std::chrono::steady_clock::now();
  replay::ReplayOptions named = options;
  named.name_pipeline = hal::name_pipeline;
  replay::ReplayReport report = replay::replay(reader, engine, named);
  report.elapsed_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begun).count();
  return report;
}

replay::ConversationLog read_log(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path);
  return replay::read_conversation(reader, hal::name_pipeline);
}

std::vector<telemetry::SessionSummary> summarise_recording(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path);
  telemetry::SessionSummaryBuilder builder(hal::pipeline_facts);
  while (const auto record = reader.next()) builder.take(*record);
  return builder.finish();
}

hal::VerifyReport verify_recording(const std::string& path) {
  hal::PosixFileSystem files;
  return hal::verify(files, path);
}

std::expected<std::vector<gates::BaselineRecord>, std::string> read_recorded_baseline(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path);
  std::vector<gates::BaselineRecord> records;
  while (const auto record = reader.next()) {
    if (record->header.type != RecordType::baseline) continue;
    auto baseline = gates::baseline_of(record->body);
    if (!baseline)
      return std::unexpected("`" + path + "`: a baseline record cannot be read; see phalarope evidence verify");
    records.push_back(std::move(*baseline));
  }
  if (!reader.damage().empty()) {
    const replay::Damage& first = reader.damage().front();
    return std::unexpected("`" + path + "`: " + first.position.file + ": " + first.what);
  }
  if (records.empty()) return std::unexpected("`" + path + "` holds no baseline record: no turn was recorded in it");
  return records;
}

namespace {

/// Collects one track: each block at its place on the axis.
class TrackBuilder {
 public:
  void take(const AudioRecordHeader& header, std::span<const std::byte> body) {
    if (header.frames == 0 || header.frames > track_block_frames_max) return;
    const std::int64_t offset = place(header);
    if (offset < 0) return;
    std::int16_t* const at = track_.samples.data() + offset;
    const std::span<std::int16_t> out(at, header.frames);
    if (header.codec == AudioCodec::opus) {
      decoder_.decode(body, out);
    } else if (body.size() >= header.frames * sizeof(std::int16_t)) {
      std::memcpy(at, body.data(), header.frames * sizeof(std::int16_t));
    }
  }
  bool empty() const { return track_.samples.empty(); }
  RecordedTrack finish(AudioTrack track, std::size_t run) {
    track_.track = track;
    track_.run = run;
    return std::move(track_);
  }

 private:
  static constexpr std::uint32_t track_block_frames_max = 5760;             // 120 ms at 48 kHz: the longest Opus packet
  static constexpr std::int64_t track_frames_max = 16'000LL * 60 * 60 * 2;  // two hours: what a page can hold at all

  /// Where the block begins, or -1 when it is before the first one or absurdly far.
  std::int64_t place(const AudioRecordHeader& header) {
    if (track_.samples.empty()) track_.first_sample = header.first_sample;
    const std::int64_t offset = header.first_sample - track_.first_sample;
    if (offset < 0 || offset + header.frames > track_frames_max) return -1;
    const auto needed = static_cast<std::size_t>(offset + header.frames);
    if (track_.samples.size() < needed) track_.samples.resize(needed);
    return offset;
  }

  RecordedTrack track_;
  hal::OpusTrackDecoder decoder_;
};

/// The tracks of one run after the other.
class RunTracks {
 public:
  void take(std::span<const std::byte> body) {
    AudioRecordHeader header;
    if (body.size() < sizeof header) return;
    std::memcpy(&header, body.data(), sizeof header);
    const auto track = static_cast<std::size_t>(header.track);
    if (track < builders_.size()) builders_[track].take(header, body.subspan(sizeof header));
  }
  void finish_into(std::vector<RecordedTrack>& tracks) {
    for (std::size_t i = 0; i < builders_.size(); ++i) {
      if (!builders_[i].empty()) tracks.push_back(builders_[i].finish(static_cast<AudioTrack>(i), run_));
    }
    builders_ = std::vector<TrackBuilder>(track_count);
    ++run_;
  }

 private:
  static constexpr std::size_t track_count = 3;
  std::vector<TrackBuilder> builders_ = std::vector<TrackBuilder>(track_count);
  std::size_t run_ = 0;
};

}  // namespace

std::vector<RecordedTrack> read_tracks(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path);
  std::vector<RecordedTrack> tracks;
  RunTracks run;
  bool events_seen = false;
  while (const auto record = reader.next()) {
    if (record->header.type == RecordType::event) events_seen = true;
    // A pipeline behind events: the program was started again, and its sample axis began anew.
    if (record->header.type == RecordType::pipeline && events_seen) run.finish_into(tracks);
    if (record->header.type == RecordType::audio) run.take(record->body);
  }
  run.finish_into(tracks);
  return tracks;
}

}  // namespace phalarope::program
