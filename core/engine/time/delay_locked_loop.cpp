// DelayLockedLoop: second-order loop in fixed point. See delay_locked_loop.hpp.
#include "core/engine/time/delay_locked_loop.hpp"

#include <algorithm>

#include "core/engine/base/enforce.hpp"

namespace phalarope {
namespace {

constexpr std::int64_t one_q32 = std::int64_t{1} << 32;
// A device whose clock is off by more than this is not a clock to follow: crystals are within 0.02 %.
constexpr std::int64_t period_deviation_shift = 6;  // 1/64, 1.6 %
constexpr std::uint32_t rate_hz_max = 1'000'000;
constexpr std::int64_t period_ns_min = 100'000;
constexpr std::int64_t period_ns_max = ns_per_second;
// error_max * coefficient must fit in 63 bits: below 2^30 ns and below 2^32.
constexpr std::int64_t error_ns_max = (std::int64_t{1} << 30) - 1;

/// a / b rounded down, also for negative a.
constexpr std::int64_t divide_down(std::int64_t a, std::int64_t b) noexcept {
  const std::int64_t quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

}  // namespace

std::optional<DelayLockedLoop::Gain> DelayLockedLoop::gain_of(std::uint32_t bandwidth_mhz,
                                                              std::int64_t period_ns) noexcept {
  // omega = 2 pi f T = 2 pi * (bandwidth_mhz / 10^3) * (period_ns / 10^9); 2 pi * 2^32 / 10^12 = 0.026986075.
  // bandwidth_mhz * period_ns <= 10^5 * 10^9, times 26986: below 2^62.
  if (bandwidth_mhz == 0 || bandwidth_mhz > 100'000) return std::nullopt;
  const std::int64_t turns = static_cast<std::int64_t>(bandwidth_mhz) * period_ns;
  const std::int64_t omega_q32 = turns * 26'986 / 1'000'000;
  // 1 mHz over the shortest period, 0.1 ms, still gives 2698.
  PHAL_ENFORCE(omega_q32 > 0, "a bandwidth above zero moves the loop");
  if (omega_q32 >= one_q32 / 2) return std::nullopt;  // beyond, the loop is no longer stable
  // sqrt(2) in Q16 is 92682; omega below 1/2 keeps the product below 2^48.
  const std::int64_t c_q32 =
      static_cast<std::int64_t>((static_cast<std::uint64_t>(omega_q32) * static_cast<std::uint64_t>(omega_q32)) >> 32);
  return Gain{.b_q32 = (omega_q32 * 92'682) >> 16, .c_q32 = std::max<std::int64_t>(c_q32, 1)};
}

DelayLockedLoop::FineInstant DelayLockedLoop::plus_q32(FineInstant instant, std::int64_t span_q32) noexcept {
  // Whole and fractional parts apart: together they would need 95 bits.
  const std::int64_t whole = span_q32 >> 32;  // rounds down
  const std::uint64_t fraction =
      std::uint64_t{instant.fraction} + (static_cast<std::uint64_t>(span_q32) & 0xffff'ffffU);
  return {.ns = instant.ns + whole + static_cast<std::int64_t>(fraction >> 32),
          .fraction = static_cast<std::uint32_t>(fraction)};
}

Result<DelayLockedLoop, LoopError> DelayLockedLoop::make(const LoopConfig& config) noexcept {
  if (config.rate_hz == 0 || config.rate_hz > rate_hz_max || config.period_frames == 0)
    return refuse(LoopError::config_invalid);
  const std::int64_t period_product = static_cast<std::int64_t>(config.period_frames) * ns_per_second;
  const std::int64_t period_ns = period_product / config.rate_hz;
  if (period_ns < period_ns_min || period_ns > period_ns_max) return refuse(LoopError::config_invalid);
  if (config.error_max.value <= 0 || config.error_max.value > error_ns_max) return refuse(LoopError::config_invalid);
  const auto gain_start = gain_of(config.bandwidth_start_mhz, period_ns);
  const auto gain_locked = gain_of(config.bandwidth_locked_mhz, period_ns);
  if (!gain_start || !gain_locked) return refuse(LoopError::config_invalid);

  DelayLockedLoop loop;
  loop.config_ = config;
  loop.gain_start_ = *gain_start;
  loop.gain_locked_ = *gain_locked;
  const std::int64_t remainder = period_product % config.rate_hz;
  loop.nominal_period_q32_ = period_ns * one_q32 + remainder * one_q32 / config.rate_hz;
  loop.period_q32_ = loop.nominal_period_q32_;
  return loop;
}

void DelayLockedLoop::resync(MediaTime position, Instant seen) noexcept {
  // The period is kept: a device that lost samples still has the same crystal.
  position_ = position;
  start_ = {.ns = seen.value, .fraction = 0};
  end_ = plus_q32(start_, period_q32_);
  last_error_ = {};
  updates_ = 0;
  state_ = LoopState::locking;
  ++resync_count_;
}

LoopStep DelayLockedLoop::update(MediaTime position, Instant seen) noexcept {
  if (state_ == LoopState::waiting) {
    resync(position, seen);
    return LoopStep::resync_first;
  }
  if (position - position_ != Frames{config_.period_frames}) {
    resync(position, seen);
    return LoopStep::resync_gap;
  }
  const std::int64_t error_ns = seen.value - end_.ns;
  if (error_ns > config_.error_max.value || error_ns < -config_.error_max.value) {
    resync(position, seen);
    return LoopStep::resync_error;
  }

  const Gain& gain = state_ == LoopState::locked ? gain_locked_ : gain_start_;
  start_ = end_;
  position_ = position;
  end_ = plus_q32(end_, error_ns * gain.b_q32 + period_q32_);
  const std::int64_t deviation_q32 = nominal_period_q32_ >> period_deviation_shift;
  period_q32_ = std::clamp(period_q32_ + error_ns * gain.c_q32, nominal_period_q32_ - deviation_q32,
                           nominal_period_q32_ + deviation_q32);
  last_error_ = Duration{error_ns};
  if (updates_ < config_.lock_after_updates) ++updates_;
  if (updates_ == config_.lock_after_updates) state_ = LoopState::locked;
  return LoopStep::followed;
}

Result<Instant, LoopError> DelayLockedLoop::instant_of(MediaTime position) const noexcept {
  if (state_ == LoopState::waiting) return refuse(LoopError::not_started);
  const std::int64_t period_frames = config_.period_frames;
  const std::int64_t frames = (position - position_).value;
  const std::int64_t periods = divide_down(frames, period_frames);
  if (periods > horizon_periods || periods < -horizon_periods) return refuse(LoopError::beyond_horizon);
  const std::int64_t rest_frames = frames - periods * period_frames;
  // Whole periods and the rest apart, whole nanoseconds and fractions apart: every product fits in 63 bits.
  const std::int64_t whole_ns = period_q32_ >> 32;
  const std::int64_t fraction = period_q32_ & (one_q32 - 1);
  const std::int64_t of_periods = periods * whole_ns + ((periods * fraction) >> 32);
  const std::int64_t of_rest = (rest_frames * whole_ns + ((rest_frames * fraction) >> 32)) / period_frames;
  return Instant{start_.ns + of_periods + of_rest};
}

Result<MediaTime, LoopError> DelayLockedLoop::position_at(Instant instant) const noexcept {
  if (state_ == LoopState::waiting) return refuse(LoopError::not_started);
  const std::int64_t since_ns = instant.value - start_.ns;
  const std::int64_t whole_ns = period_q32_ >> 32;
  const std::int64_t estimate = divide_down(since_ns, whole_ns);
  if (estimate > horizon_periods || estimate < -horizon_periods) return refuse(LoopError::beyond_horizon);
  // The fraction of the period, over up to horizon_periods periods, may shift the answer by a period: count it first.
  const std::int64_t fraction = period_q32_ & (one_q32 - 1);
  const std::int64_t corrected_ns = since_ns - ((estimate * fraction) >> 32);
  const std::int64_t periods = divide_down(corrected_ns, whole_ns);
  const std::int64_t rest_ns = corrected_ns - periods * whole_ns;
  const std::int64_t rest_frames = (rest_ns * config_.period_frames + whole_ns / 2) / whole_ns;
  PHAL_ASSERT(rest_frames >= 0, "the rest of a period is not negative");
  return MediaTime{position_.value + periods * config_.period_frames + rest_frames};
}

std::int64_t DelayLockedLoop::drift_ppb() const noexcept {
  // nominal / 10^9 first: deviation * 10^9 would not fit. A period of 0.1 ms in Q32 over 10^9 is still 429496, so the
  // rounding is below 3 parts per million of the drift itself.
  return (nominal_period_q32_ - period_q32_) / (nominal_period_q32_ / ns_per_second);
}

Duration DelayLockedLoop::period() const noexcept { return Duration{(period_q32_ + one_q32 / 2) >> 32}; }

}  // namespace phalarope
