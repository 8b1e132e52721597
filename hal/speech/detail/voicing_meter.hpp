// VoicingMeter: how much of an utterance had a voice in it, by periodicity.
//
// Coughs, claps, doors and hiss are words to a grammar if they are short enough: there is little to disagree about.
// But hardly any word is said without vocal cords. Every 10 ms the sound is decimated to 4 kHz, differentiated (rumble
// and mains hum go) and correlated with itself 2.5-12.5 ms later (80-400 Hz); a clear inner peak is a voiced frame.
//
// Integers only: equal samples give equal counts on every processor. Fixed memory; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace phalarope::hal::detail {

class VoicingMeter {
 public:
  void reset() noexcept { *this = VoicingMeter{}; }
  void feed(std::span<const std::int16_t> samples) noexcept;
  std::int64_t voiced_frames() const noexcept { return voiced_frames_; }

 private:
  static constexpr std::size_t decimation = 4;       // 16 kHz -> 4 kHz
  static constexpr std::size_t hop_points = 40;      // 10 ms
  static constexpr std::size_t window_points = 128;  // 32 ms
  static constexpr std::size_t lag_min = 10;         // 400 Hz
  static constexpr std::size_t lag_max = 50;         // 80 Hz
  static constexpr std::size_t history_points = window_points + lag_max;

  bool voiced() const noexcept;

  std::array<std::int32_t, history_points> history_{};  // newest last
  std::size_t since_hop_ = 0;
  std::size_t gathered_ = 0;
  std::int32_t sum_ = 0;
  std::int32_t last_ = 0;
  std::int64_t voiced_frames_ = 0;
};

}  // namespace phalarope::hal::detail
