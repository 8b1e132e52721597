// FrameHistory: the last 2.56 s of cleaned microphone, frame by frame: pre-roll and backlog in one.
//
//   index (free-running)   ... n-256 [ n-255 ... n-1 ] n = end()
//                                     └ oldest()
// Who: the audio thread. Not here: when to send what (front_end.cpp).
#pragma once

#include <array>
#include <cstdint>

#include "core/engine/base/enforce.hpp"
#include "hal/audio/audio_format.hpp"

namespace phalarope::hal {

struct HistoryFrame {
  std::int64_t first_frame = 0;
  bool voiced = false;
  std::array<std::int16_t, frame_frames> samples{};
};

class FrameHistory {
 public:
  static constexpr std::uint64_t frames_max = 256;

  HistoryFrame& append() noexcept { return frames_[end_++ % frames_max]; }
  const HistoryFrame& at(std::uint64_t index) const noexcept {
    PHAL_ENFORCE(index >= oldest() && index < end_, "a frame outside the history was asked for");
    return frames_[index % frames_max];
  }
  std::uint64_t end() const noexcept { return end_; }
  std::uint64_t oldest() const noexcept { return end_ > frames_max ? end_ - frames_max : 0; }

 private:
  std::array<HistoryFrame, frames_max> frames_{};
  std::uint64_t end_ = 0;
};

}  // namespace phalarope::hal
