#include "firmware_images/phalarope/learner_device.hpp"

#include <algorithm>
#include <cstdlib>

namespace phalarope::program {
namespace {

/// A pause that is longer than any inside an answer, so that nobody is interrupted.
constexpr std::int64_t pause_frames = 2 * hal::engine_rate_hz;
/// A tutor that says nothing for so long has not understood; the learner goes on.
constexpr std::int64_t patience_frames = 12 * hal::engine_rate_hz;
/// Below this a sample is no voice.
constexpr int sounding_peak = 64;

}  // namespace

hal::CaptureOutcome LearnerDevice::capture(std::span<std::int16_t> capture) noexcept {
  hal::CaptureOutcome outcome = inner_.capture(capture);
  const bool turn_is_ours = (answered_ && silent_frames_ >= pause_frames) || waited_frames_ >= patience_frames;
  if (!speaking_ && clip_ < clips_.size() && turn_is_ours) {
    speaking_ = true;
    said_frames_ = 0;
  }
  if (speaking_) {
    const std::vector<std::int16_t>& clip = clips_[clip_];
    const std::size_t frames = std::min(capture.size(), clip.size() - said_frames_);
    std::copy_n(clip.begin() + static_cast<std::ptrdiff_t>(said_frames_), frames, capture.begin());
    said_frames_ += frames;
    if (said_frames_ == clip.size()) {
      speaking_ = answered_ = false;
      waited_frames_ = 0;
      ++clip_;
    }
  } else {
    waited_frames_ += static_cast<std::int64_t>(capture.size());
  }
  outcome.source_ended = clip_ == clips_.size() && !speaking_ && turn_is_ours;
  return outcome;
}

hal::PlaybackOutcome LearnerDevice::play(std::span<const std::int16_t> playback) noexcept {
  const bool sounds =
      std::ranges::any_of(playback, [](std::int16_t sample) { return std::abs(sample) > sounding_peak; });
  silent_frames_ = sounds ? 0 : silent_frames_ + static_cast<std::int64_t>(playback.size());
  if (sounds) {
    answered_ = true;
    waited_frames_ = 0;
  }
  return inner_.play(playback);
}

}  // namespace phalarope::program
