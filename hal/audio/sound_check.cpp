#include "hal/audio/sound_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace phalarope::hal {
namespace {

constexpr std::int64_t noise_frames = engine_rate_hz;  // one second
constexpr std::int16_t noise_peak = 5'660;             // -20 dBFS for noise of equal likelihood
constexpr double full_scale = 32'768.0;
/// A correlation that chance does not reach: 16,000 independent products stay below 0.04.
constexpr double correlation_min = 0.1;
/// How late a wake-up of a machine without real-time priority may be.
constexpr double wake_error_seconds = 0.002;
constexpr double silence_dbfs = -120.0;

/// Noise that is the same each time (the low bits of a multiplicative generator are left out).
std::vector<std::int16_t> test_noise() {
  std::vector<std::int16_t> noise(static_cast<std::size_t>(noise_frames));
  std::uint64_t state = 1;
  for (std::int16_t& sample : noise) {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    const auto drawn = static_cast<std::int64_t>(state >> 40U) % (2 * noise_peak + 1);
    sample = static_cast<std::int16_t>(drawn - noise_peak);
  }
  return noise;
}

double power_of(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const std::int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  return sum;
}

double level_dbfs(std::span<const std::int16_t> samples) {
  if (samples.empty()) return silence_dbfs;
  const double mean = power_of(samples) / static_cast<double>(samples.size());
  return mean > 0 ? std::max(silence_dbfs, 10 * std::log10(mean / (full_scale * full_scale))) : silence_dbfs;
}

/// What both directions said, by position on the device's axis.
struct Session {
  std::vector<std::int16_t> heard;
  std::int64_t noise_at = -1;  // position at which the noise began to sound
  Instant first{};
  Instant last{};
  std::int64_t frames_between = 0;  // captured between `first` and `last`
  SoundCheck told;
};

void take_period(Session& session, const CaptureOutcome& in, std::span<const std::int16_t> period) {
  const auto at = static_cast<std::size_t>(std::max<std::int64_t>(in.first_frame, 0));
  if (at + period.size() <= session.heard.size()) {
    std::copy(period.begin(), period.end(), session.heard.begin() + static_cast<std::ptrdiff_t>(at));
  }
  session.told.capture_xruns += in.status == DeviceStatus::xrun ? 1 : 0;
  const std::int64_t end = in.first_frame + static_cast<std::int64_t>(period.size());
  if (session.first == Instant{}) {
    session.first = in.at;
    session.frames_between = -end;
  }
  session.last = in.at;
}

void run_session(AudioDevice& device, Session& session, std::size_t period_frames) {
  const std::vector<std::int16_t> noise = test_noise();
  std::vector<std::int16_t> in(period_frames);
  std::vector<std::int16_t> out(period_frames);
  const auto wanted = static_cast<std::int64_t>(session.heard.size());
  std::int64_t end = 0;
  std::size_t played = 0;
  while (end < wanted) {
    const CaptureOutcome capture = device.capture(in);
    take_period(session, capture, in);
    end = std::max(end + static_cast<std::int64_t>(period_frames),
                   capture.first_frame + static_cast<std::int64_t>(period_frames));
    std::fill(out.begin(), out.end(), std::int16_t{0});
    const bool sounding = end >= engine_rate_hz && played < noise.size();
    if (sounding) {
      const std::size_t count = std::min(period_frames, noise.size() - played);
      std::copy_n(noise.begin() + static_cast<std::ptrdiff_t>(played), count, out.begin());
    }
    const PlaybackOutcome outcome = device.play(out);
    session.told.playback_xruns += outcome.status == DeviceStatus::xrun ? 1 : 0;
    if (sounding && session.noise_at < 0) session.noise_at = outcome.first_frame;
    if (sounding) played += period_frames;
  }
  session.frames_between += end;
}

void measure(Session& session) {
  SoundCheck& told = session.told;
  const std::span<const std::int16_t> heard(session.heard);
  told.room_dbfs = level_dbfs(heard.first(static_cast<std::size_t>(engine_rate_hz)));
  const auto [lowest, highest] = std::minmax_element(heard.begin(), heard.end());
  told.dead_air = *lowest == *highest;
  told.peak = std::max(std::abs(std::int32_t{*lowest}), std::abs(std::int32_t{*highest}));
  const double elapsed = static_cast<double>((session.last - session.first).value) / static_cast<double>(ns_per_second);
  if (elapsed > 0) {
    const double expected = static_cast<double>(session.frames_between) / static_cast<double>(engine_rate_hz);
    told.drift_ppm = (expected / elapsed - 1) * 1e6;
    told.drift_error_ppm = wake_error_seconds / elapsed * 1e6;
  }
  if (session.noise_at >= 0 && session.noise_at < static_cast<std::int64_t>(heard.size())) {
    told.echo = find_echo(test_noise(), heard.subspan(static_cast<std::size_t>(session.noise_at)));
  }
}

}  // namespace

std::optional<Echo> find_echo(std::span<const std::int16_t> played, std::span<const std::int16_t> heard) {
  if (heard.size() <= played.size()) return std::nullopt;
  const double power = power_of(played);
  const std::size_t lags = std::min(heard.size() - played.size(), static_cast<std::size_t>(echo_delay_frames_max));
  double best = 0;
  std::size_t best_lag = 0;
  for (std::size_t lag = 0; lag <= lags; ++lag) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < played.size(); ++i) sum += std::int64_t{played[i]} * heard[lag + i];
    if (std::abs(static_cast<double>(sum)) <= std::abs(best)) continue;
    best = static_cast<double>(sum);
    best_lag = lag;
  }
  const double heard_power = power_of(heard.subspan(best_lag, played.size()));
  if (power <= 0 || heard_power <= 0 || std::abs(best) / std::sqrt(power * heard_power) < correlation_min) {
    return std::nullopt;
  }
  return Echo{.delay_frames = static_cast<std::int64_t>(best_lag), .gain_db = 20 * std::log10(std::abs(best) / power)};
}

std::expected<SoundCheck, DeviceError> check_sound(AudioDevice& device, const DeviceFormat& wanted,
                                                   std::int64_t seconds) {
  const auto format = device.open(wanted);
  if (!format) return std::unexpected(format.error());
  Session session;
  const std::int64_t bounded = std::clamp(seconds, sound_check_seconds_min, sound_check_seconds_max);
  session.heard.resize(static_cast<std::size_t>(bounded * engine_rate_hz));
  run_session(device, session, format->period_frames);
  device.close();
  measure(session);
  return session.told;
}

}  // namespace phalarope::hal
