#include "firmware_images/phalarope/recording_tools.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>

#include "hal/codec/opus_evidence.hpp"
#include "hal/host/engine_step_function.hpp"

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
  replay::ReplayReport report = replay::replay(reader, engine, options);
  report.elapsed_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begun).count();
  return report;
}

replay::ConversationLog read_log(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path);
  return replay::read_conversation(reader);
}

hal::VerifyReport verify_recording(const std::string& path) {
  hal::PosixFileSystem files;
  return hal::verify(files, path);
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
  RecordedTrack finish(AudioTrack track) {
    track_.track = track;
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

}  // namespace

std::vector<RecordedTrack> read_tracks(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path);
  constexpr std::size_t track_count = 3;
  TrackBuilder builders[track_count];
  while (const auto record = reader.next()) {
    if (record->header.type != RecordType::audio || record->body.size() < sizeof(AudioRecordHeader)) continue;
    AudioRecordHeader header;
    std::memcpy(&header, record->body.data(), sizeof header);
    const auto track = static_cast<std::size_t>(header.track);
    if (track < track_count) builders[track].take(header, record->body.subspan(sizeof header));
  }
  std::vector<RecordedTrack> tracks;
  for (std::size_t i = 0; i < track_count; ++i) {
    if (!builders[i].empty()) tracks.push_back(builders[i].finish(static_cast<AudioTrack>(i)));
  }
  return tracks;
}

}  // namespace phalarope::program
