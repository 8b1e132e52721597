// See voicing_meter.hpp.
#include "hal/speech/detail/voicing_meter.hpp"

#include <algorithm>

namespace phalarope::hal::detail {
namespace {

/// Correlation that counts as voiced, in 1/1000 of the energies' mean: noise stays below 400, vowels lie above 700.
constexpr std::int64_t voiced_permille_min = 600;
/// Quieter than this mean square of the differentiated sound there is nobody: about -60 dB of full scale.
constexpr std::int64_t audible_mean_square_min = 400;

}  // namespace

void VoicingMeter::feed(std::span<const std::int16_t> samples) noexcept {
  for (const std::int16_t sample : samples) {
    sum_ += sample;
    if (++gathered_ < decimation) continue;
    const std::int32_t point = sum_ / static_cast<std::int32_t>(decimation);
    std::shift_left(history_.begin(), history_.end(), 1);
    history_.back() = point - last_;
    last_ = point;
    sum_ = 0;
    gathered_ = 0;
    if (++since_hop_ < hop_points) continue;
    since_hop_ = 0;
    if (voiced()) ++voiced_frames_;
  }
}

bool VoicingMeter::voiced() const noexcept {
  const auto correlate = [this](std::size_t lag_left, std::size_t lag_right) {
    std::int64_t sum = 0;
    for (std::size_t i = lag_max; i < history_points; ++i) {
      sum += std::int64_t{history_[i - lag_left]} * history_[i - lag_right];
    }
    return sum;
  };
  const std::int64_t energy = correlate(0, 0);
  if (energy < audible_mean_square_min * static_cast<std::int64_t>(window_points)) return false;
  std::int64_t before = correlate(0, lag_min - 1);
  std::int64_t here = correlate(0, lag_min);
  for (std::size_t lag = lag_min; lag < lag_max; ++lag) {
    const std::int64_t after = correlate(0, lag + 1);
    const bool peak = here > before && here >= after;
    if (peak && here * 2000 >= voiced_permille_min * (energy + correlate(lag, lag))) return true;
    before = here;
    here = after;
  }
  return false;
}

}  // namespace phalarope::hal::detail
