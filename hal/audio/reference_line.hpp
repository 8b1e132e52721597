// ReferenceLine: what the loudspeaker sounds, by position on the device's axis; the canceller's reference.
// Two seconds; positions never written, or gone, read as silence. Who: the audio thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace phalarope::hal {

class ReferenceLine {
 public:
  static constexpr std::int64_t frames_max = 1 << 15;

  void write(std::int64_t first_frame, std::span<const std::int16_t> period) noexcept {
    const std::int64_t gap_from = std::max(end_, first_frame - frames_max);
    for (std::int64_t frame = gap_from; frame < first_frame; ++frame) slot(frame) = 0;
    for (std::size_t i = 0; i < period.size(); ++i) slot(first_frame + static_cast<std::int64_t>(i)) = period[i];
    end_ = std::max(end_, first_frame + static_cast<std::int64_t>(period.size()));
  }
  void read(std::int64_t first_frame, std::span<std::int16_t> out) const noexcept {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::int64_t frame = first_frame + static_cast<std::int64_t>(i);
      const bool known = frame >= 0 && frame < end_ && frame >= end_ - frames_max;
      out[i] = known ? line_[static_cast<std::size_t>(frame & (frames_max - 1))] : std::int16_t{0};
    }
  }

 private:
  std::int16_t& slot(std::int64_t frame) noexcept { return line_[static_cast<std::size_t>(frame & (frames_max - 1))]; }

  std::array<std::int16_t, static_cast<std::size_t>(frames_max)> line_{};
  std::int64_t end_ = 0;
};

}  // namespace phalarope::hal
