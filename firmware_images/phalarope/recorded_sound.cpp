#include "firmware_images/phalarope/recorded_sound.hpp"

#include <cstring>
#include <memory>
#include <optional>

#include "firmware_images/phalarope/recording_access.hpp"
#include "hal/codec/ogg_opus.hpp"
#include "hal/codec/opus_evidence.hpp"
#include "hal/store/recording_reader.hpp"

namespace phalarope::program {
namespace {

constexpr std::uint32_t block_frames_max = 5760;                   // 120 ms at 48 kHz: the longest Opus packet
constexpr std::int64_t track_frames_max = 16'000LL * 60 * 60 * 4;  // four hours: what a page can hold at all

/// Collects one track of one run: each block at its place on the axis, and as a file while all of it is Opus.
class TrackBuilder {
 public:
  void take(const AudioRecordHeader& header, std::span<const std::byte> body) {
    if (header.frames == 0 || header.frames > block_frames_max) return;
    const std::int64_t offset = place(header);
    if (offset < 0) return;
    const auto before = static_cast<std::int64_t>(samples_.size());
    const std::int64_t end = offset + header.frames;
    if (end > before) samples_.resize(static_cast<std::size_t>(end));
    const std::span<std::int16_t> out(samples_.data() + offset, header.frames);
    const bool opus = header.codec == AudioCodec::opus;
    if (opus) {
      decoder_.decode(body, out);
    } else if (body.size() >= header.frames * sizeof(std::int16_t)) {
      std::memcpy(out.data(), body.data(), out.size_bytes());
    }
    // A block out of order, or of another kind, and the file would no longer be what was recorded.
    if (ogg_ && (!opus || offset < before || !ogg_->add_silence(offset - before))) ogg_.reset();
    if (ogg_) ogg_->add(body, header.frames);
  }
  bool empty() const { return samples_.empty(); }

  replay::TimelineTrack finish(AudioTrack name, std::size_t run, const replay::TimelineRecording& recording) {
    replay::TimelineTrack track;
    track.track = name;
    track.start_ns = recording.time_of_sample(first_sample_, run).value_or(recording.start_ns);
    track.sample_rate_hz = rate_hz_;
    track.frames = samples_.size();
    track.peaks = replay::peaks_of(samples_);
    if (ogg_) track.start_ns -= hal::opus_lookahead_ns;
    track.media_type = ogg_ ? "audio/ogg" : "audio/wav";
    track.sound = ogg_ ? ogg_->finish() : replay::wav_bytes(samples_, rate_hz_);
    return track;
  }

 private:
  /// Where the block begins, or -1 when it is before the first one or absurdly far.
  std::int64_t place(const AudioRecordHeader& header) {
    if (samples_.empty()) {
      first_sample_ = header.first_sample;
      if (header.sample_rate_hz > 0) rate_hz_ = header.sample_rate_hz;
    }
    const std::int64_t offset = header.first_sample - first_sample_;
    return offset < 0 || offset + header.frames > track_frames_max ? -1 : offset;
  }

  std::int64_t first_sample_ = 0;
  std::uint32_t rate_hz_ = 16'000;
  std::vector<std::int16_t> samples_;
  std::optional<hal::OggOpusWriter> ogg_{std::in_place};
  hal::OpusTrackDecoder decoder_;
};

/// The tracks of one run after the other.
class RunSound {
 public:
  void take(std::span<const std::byte> body) {
    AudioRecordHeader header;
    if (body.size() < sizeof header) return;
    std::memcpy(&header, body.data(), sizeof header);
    const auto track = static_cast<std::size_t>(header.track);
    if (track < builders_.size()) builders_[track].take(header, body.subspan(sizeof header));
  }
  void finish_into(std::vector<replay::TimelineTrack>& tracks, const replay::TimelineRecording& recording) {
    for (std::size_t i = 0; i < builders_.size(); ++i) {
      if (!builders_[i].empty()) tracks.push_back(builders_[i].finish(static_cast<AudioTrack>(i), run_, recording));
    }
    builders_ = std::vector<TrackBuilder>(hal::audio_tracks);
    ++run_;
  }

 private:
  std::vector<TrackBuilder> builders_ = std::vector<TrackBuilder>(hal::audio_tracks);
  std::size_t run_ = 0;
};

}  // namespace

std::vector<replay::TimelineTrack> read_sound(const std::string& path, const replay::TimelineRecording& recording) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path, reader_options(path));
  std::vector<replay::TimelineTrack> tracks;
  RunSound run;
  bool events_seen = false;
  while (const auto record = reader.next()) {
    if (record->header.type == RecordType::event) events_seen = true;
    // A pipeline behind events: the program was started again, and its sample axis began anew.
    if (record->header.type == RecordType::pipeline && events_seen) run.finish_into(tracks, recording);
    if (record->header.type == RecordType::audio) run.take(record->body);
  }
  run.finish_into(tracks, recording);
  return tracks;
}

}  // namespace phalarope::program
