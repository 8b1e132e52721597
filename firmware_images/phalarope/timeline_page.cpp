#include "firmware_images/phalarope/timeline_page.hpp"

#include <filesystem>
#include <fstream>

#include "firmware_images/phalarope/recorded_sound.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "hal/codec/opus_evidence.hpp"

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;
using replay::TimelineTrack;

/// What the page needs of one recording; the page's side points into it.
struct SideParts {
  std::string path;
  replay::TimelineRecording recording;
  std::vector<TimelineTrack> tracks;
};

SideParts read_side(const std::string& path, SoundPlace place) {
  SideParts parts{.path = path, .recording = read_timeline(path), .tracks = {}};
  if (place != SoundPlace::none) parts.tracks = read_sound(path, parts.recording);
  return parts;
}

/// The folder's own name; of `recording` the name of the folder around it, because every demo's is called so.
std::string name_of(const std::string& path) {
  const fs::path whole = fs::weakly_canonical(path);
  const fs::path last = whole.filename();
  return (last == "recording" && whole.has_parent_path() ? whole.parent_path().filename() : last).string();
}

std::expected<void, std::string> write_file(const fs::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) {
    return std::unexpected("cannot write `" + path.string() + "`; check the folder and the space on its disk");
  }
  return {};
}

/// Moves the sound into files named after the page: timeline.raw.opus, timeline.b.played.2.opus.
std::expected<void, std::string> put_beside(std::vector<TimelineTrack>& tracks, const fs::path& page, bool second) {
  std::size_t of_name[hal::audio_tracks] = {};
  for (TimelineTrack& track : tracks) {
    const std::size_t number = ++of_name[static_cast<std::size_t>(track.track)];
    std::string name = page.stem().string() + (second ? ".b." : ".") + std::string(replay::track_name(track.track));
    if (number > 1) name += "." + std::to_string(number);
    name += track.media_type == "audio/ogg" ? ".opus" : ".wav";
    if (auto written = write_file(page.parent_path() / name, track.sound); !written) return written;
    track.sound_file = name;
    track.sound.clear();
  }
  return {};
}

bool stands_beside(SoundPlace place, const std::vector<SideParts>& sides) {
  if (place != SoundPlace::automatic) return place == SoundPlace::beside;
  std::size_t bytes = 0;
  for (const SideParts& side : sides) {
    for (const TimelineTrack& track : side.tracks) bytes += track.sound.size();
  }
  return bytes > sound_inside_bytes_max;
}

std::string in_words(const replay::TimelineDifference& difference) {
  return difference.divergence.class_name + " in " + difference.divergence.scope + ": " + difference.divergence.message;
}

}  // namespace

std::optional<SoundPlace> sound_place_named(std::string_view name) {
  if (name == "auto") return SoundPlace::automatic;
  if (name == "inside") return SoundPlace::inside;
  if (name == "beside") return SoundPlace::beside;
  if (name == "none") return SoundPlace::none;
  return std::nullopt;
}

std::expected<TimelinePageReport, std::string> write_timeline_page(const TimelinePageOptions& options) {
  std::vector<SideParts> parts;
  parts.push_back(read_side(options.recording, options.sound));
  if (!options.against.empty()) parts.push_back(read_side(options.against, options.sound));
  if (stands_beside(options.sound, parts)) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (auto written = put_beside(parts[i].tracks, options.page_path, i > 0); !written) {
        return std::unexpected(written.error());
      }
    }
  }
  replay::TimelinePage page;
  for (const SideParts& side : parts) {
    page.sides.push_back({.name = name_of(side.path), .recording = &side.recording, .tracks = side.tracks});
  }
  replay::TimelineComparison comparison;
  TimelinePageReport report;
  if (parts.size() == 2) {
    comparison =
        compare_timelines(read_decisions(options.recording), read_decisions(options.against), options.tolerance_ms);
    page.comparison = &comparison;
    report.differences = comparison.differences.size();
    if (report.differences > 0) report.first_difference = in_words(comparison.differences.front());
  }
  const std::string html = timeline_html(page);
  if (auto written = write_file(options.page_path, std::as_bytes(std::span(html))); !written) {
    return std::unexpected(written.error());
  }
  return report;
}

}  // namespace phalarope::program
