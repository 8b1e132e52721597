// The delay-locked loop finds the device's true period under jitter, starts again at gaps, and maps both ways.
#include "core/engine/time/delay_locked_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

namespace phalarope {
namespace {

/// A device whose crystal is off by `drift_ppb` and whose wake-ups come up to `jitter_ns` late.
class FakeDevice {
 public:
  FakeDevice(const LoopConfig& config, std::int64_t drift_ppb, std::int64_t jitter_ns, unsigned seed)
      : config_(config), drift_ppb_(drift_ppb), lateness_ns_(0, jitter_ns), random_(seed) {}

  /// When the sample really happens: fast devices (positive drift) earlier.
  double true_ns(std::int64_t position) const {
    const double nominal_ns = 1e9 / config_.rate_hz;
    return 1e9 + static_cast<double>(position) * nominal_ns * (1.0 - static_cast<double>(drift_ppb_) * 1e-9);
  }
  LoopStep run_period(DelayLockedLoop& loop) {
    position_ += config_.period_frames;
    return loop.update(MediaTime{position_}, Instant{static_cast<std::int64_t>(true_ns(position_)) + late_ns()});
  }
  void lose(std::int64_t frames) { position_ += frames; }
  std::int64_t position() const { return position_; }

 private:
  std::int64_t late_ns() { return lateness_ns_(random_); }
  LoopConfig config_;
  std::int64_t drift_ppb_;
  std::uniform_int_distribution<std::int64_t> lateness_ns_;
  std::mt19937 random_;
  std::int64_t position_ = 0;
};

constexpr unsigned seed = 77;

DelayLockedLoop make(const LoopConfig& config) {
  auto made = DelayLockedLoop::make(config);
  EXPECT_TRUE(made.has_value());
  return *made;
}

TEST(DelayLockedLoop, FindsTheDriftOfAQuietDeviceWithinOnePpm) {
  for (const std::int64_t drift_ppb : {-100'000, -1'000, 0, 30'000, 200'000}) {
    const LoopConfig config{};
    DelayLockedLoop sut = make(config);
    FakeDevice device(config, drift_ppb, 0, seed);
    for (int i = 0; i < 6'000; ++i) device.run_period(sut);
    EXPECT_EQ(sut.state(), LoopState::locked);
    EXPECT_NEAR(static_cast<double>(sut.drift_ppb()), static_cast<double>(drift_ppb), 1'000.0);
  }
}

TEST(DelayLockedLoop, FiltersAMillisecondOfJitterToAFewPerCent) {
  constexpr std::int64_t jitter_ns = 1'000'000;
  const LoopConfig config{};
  DelayLockedLoop sut = make(config);
  FakeDevice device(config, 50'000, jitter_ns, seed);
  for (int i = 0; i < 6'000; ++i) device.run_period(sut);
  double worst_ns = 0;
  for (int i = 0; i < 2'000; ++i) {
    device.run_period(sut);
    const auto mapped = sut.instant_of(MediaTime{device.position()});
    ASSERT_TRUE(mapped.has_value());
    // Lateness is 0..1 ms, so the filtered time lies half a millisecond behind the true one.
    const double error_ns = static_cast<double>(mapped->value) - device.true_ns(device.position()) - jitter_ns / 2.0;
    worst_ns = std::max(worst_ns, std::abs(error_ns));
  }
  EXPECT_LT(worst_ns, 0.12 * jitter_ns) << "seed " << seed;
  EXPECT_NEAR(static_cast<double>(sut.drift_ppb()), 50'000.0, 50'000.0) << "seed " << seed;
}

TEST(DelayLockedLoop, AnOverrunRestartsTheLoopAtTheNewPosition) {
  const LoopConfig config{};
  DelayLockedLoop sut = make(config);
  FakeDevice device(config, 0, 0, seed);
  EXPECT_EQ(device.run_period(sut), LoopStep::resync_first);
  for (int i = 0; i < 300; ++i) ASSERT_EQ(device.run_period(sut), LoopStep::followed);
  ASSERT_EQ(sut.state(), LoopState::locked);
  device.lose(480);
  EXPECT_EQ(device.run_period(sut), LoopStep::resync_gap);
  EXPECT_EQ(sut.state(), LoopState::locking);
  EXPECT_EQ(sut.resync_count(), 2U);
  const auto mapped = sut.instant_of(MediaTime{device.position()});
  ASSERT_TRUE(mapped.has_value());
  EXPECT_NEAR(static_cast<double>(mapped->value), device.true_ns(device.position()), 2.0);
  EXPECT_EQ(device.run_period(sut), LoopStep::followed);
}

TEST(DelayLockedLoop, AWakeUpBeyondTheBoundRestartsInsteadOfBendingThePeriod) {
  const LoopConfig config{};
  DelayLockedLoop sut = make(config);
  EXPECT_EQ(sut.update(MediaTime{160}, Instant{10'000'000}), LoopStep::resync_first);
  EXPECT_EQ(sut.update(MediaTime{320}, Instant{20'000'000}), LoopStep::followed);
  const std::int64_t drift_before = sut.drift_ppb();
  EXPECT_EQ(sut.update(MediaTime{480}, Instant{30'000'000 + config.error_max.value + 1}), LoopStep::resync_error);
  EXPECT_EQ(sut.drift_ppb(), drift_before);
}

TEST(DelayLockedLoop, MapsSamplesToInstantsAndBack) {
  for (const std::uint32_t rate_hz : {8'000U, 16'000U, 44'100U, 48'000U}) {
    LoopConfig config{};
    config.rate_hz = rate_hz;
    config.period_frames = rate_hz / 100;
    DelayLockedLoop sut = make(config);
    FakeDevice device(config, 40'000, 0, seed);
    for (int i = 0; i < 3'000; ++i) device.run_period(sut);
    const std::int64_t last = device.position();
    Instant before{INT64_MIN};
    for (std::int64_t position = last - 5'000; position < last + 5'000; position += 7) {
      const auto instant = sut.instant_of(MediaTime{position});
      ASSERT_TRUE(instant.has_value());
      ASSERT_GT(*instant, before) << "mapped instants grow with samples";
      before = *instant;
      ASSERT_EQ(sut.position_at(*instant), MediaTime{position}) << rate_hz;
      ASSERT_NEAR(static_cast<double>(instant->value), device.true_ns(position), 5'000.0);
    }
    const std::int64_t far = last + (DelayLockedLoop::horizon_periods - 1) * config.period_frames;
    ASSERT_EQ(sut.position_at(*sut.instant_of(MediaTime{far})), MediaTime{far}) << rate_hz;
  }
}

TEST(DelayLockedLoop, FractionsOfANanosecondAddUpOverManyPeriods) {
  LoopConfig config{};
  config.rate_hz = 48'000;
  config.period_frames = 128;  // 2666666.67 ns
  DelayLockedLoop sut = make(config);
  sut.update(MediaTime{0}, Instant{ns_per_second});
  for (const std::int64_t periods : {-9'999, -3, 3, 9'999}) {
    const std::int64_t frames = periods * 128;
    const auto mapped = sut.instant_of(MediaTime{frames});
    ASSERT_TRUE(mapped.has_value());
    EXPECT_NEAR(static_cast<double>(mapped->value), 1e9 + static_cast<double>(frames) * 1e9 / 48'000, 1.5);
    EXPECT_EQ(sut.position_at(*mapped), MediaTime{frames});
  }
}

TEST(DelayLockedLoop, RefusesToGuessBeforeTheFirstUpdateAndBeyondTheHorizon) {
  const LoopConfig config{};
  DelayLockedLoop sut = make(config);
  EXPECT_EQ(sut.instant_of(MediaTime{0}).error(), LoopError::not_started);
  EXPECT_EQ(sut.position_at(Instant{0}).error(), LoopError::not_started);
  sut.update(MediaTime{160}, Instant{10'000'000});
  EXPECT_EQ(sut.instant_of(MediaTime{INT64_C(1) << 40}).error(), LoopError::beyond_horizon);
  EXPECT_EQ(sut.position_at(Instant{INT64_C(1) << 60}).error(), LoopError::beyond_horizon);
  sut.reset();
  EXPECT_EQ(sut.instant_of(MediaTime{0}).error(), LoopError::not_started);
}

TEST(DelayLockedLoop, ThePeriodStaysNearTheNominalOneWhateverTheDeviceDoes) {
  const LoopConfig config{};
  DelayLockedLoop sut = make(config);
  std::int64_t position = 0;
  std::int64_t seen_ns = 0;
  for (int i = 0; i < 20'000; ++i) {
    position += config.period_frames;
    seen_ns += 11'000'000;  // a tenth too slow: no crystal does this
    sut.update(MediaTime{position}, Instant{seen_ns});
    ASSERT_LE(std::llabs(sut.period().value - 10'000'000), 10'000'000 / 64 + 1);
  }
}

TEST(DelayLockedLoop, ConfigurationsThatCannotWorkAreRefused) {
  const auto refused = [](auto change) {
    LoopConfig config{};
    change(config);
    return !DelayLockedLoop::make(config).has_value();
  };
  EXPECT_TRUE(refused([](LoopConfig& config) { config.rate_hz = 0; }));
  EXPECT_TRUE(refused([](LoopConfig& config) { config.rate_hz = 2'000'000; }));
  EXPECT_TRUE(refused([](LoopConfig& config) { config.period_frames = 0; }));
  EXPECT_TRUE(refused([](LoopConfig& config) { config.period_frames = 16'001; }));
  EXPECT_TRUE(refused([](LoopConfig& config) { config.bandwidth_locked_mhz = 0; }));
  EXPECT_TRUE(refused([](LoopConfig& config) { config.bandwidth_start_mhz = 10'000; }));
  EXPECT_TRUE(refused([](LoopConfig& config) { config.error_max = Duration{0}; }));
  EXPECT_TRUE(refused([](LoopConfig& config) { config.error_max = milliseconds(3'600'000); }));
  EXPECT_TRUE(refused([](LoopConfig& config) { config.bandwidth_start_mhz = 100'001; }));
  EXPECT_TRUE(refused([](LoopConfig& config) {  // a period of a twentieth of a millisecond
    config.rate_hz = 1'000'000;
    config.period_frames = 50;
  }));
  EXPECT_FALSE(refused([](LoopConfig& config) {  // the slowest loop of the shortest period still moves
    config.rate_hz = 1'000'000;
    config.period_frames = 100;
    config.bandwidth_locked_mhz = 1;
  }));
}

TEST(DelayLockedLoop, AWakeUpThatIsFarTooEarlyRestartsTheLoopToo) {
  const LoopConfig config{};
  DelayLockedLoop sut = make(config);
  sut.update(MediaTime{160}, Instant{1'000'000'000});
  EXPECT_EQ(sut.update(MediaTime{320}, Instant{1'010'000'000 - config.error_max.value}), LoopStep::followed);
  EXPECT_EQ(sut.update(MediaTime{480}, Instant{1'000'000}), LoopStep::resync_error);
  EXPECT_EQ(sut.state(), LoopState::locking);
}

TEST(DelayLockedLoop, TheHorizonLiesBehindTheLoopAsFarAsBeforeIt) {
  const LoopConfig config{};
  DelayLockedLoop sut = make(config);
  sut.update(MediaTime{0}, Instant{ns_per_second * 1000});
  const std::int64_t horizon_frames = DelayLockedLoop::horizon_periods * config.period_frames;
  EXPECT_TRUE(sut.instant_of(MediaTime{-horizon_frames}).has_value());
  EXPECT_EQ(sut.instant_of(MediaTime{-horizon_frames - 1}).error(), LoopError::beyond_horizon);
  EXPECT_EQ(sut.position_at(Instant{-(INT64_C(1) << 60)}).error(), LoopError::beyond_horizon);
}

// D23: integers only, so the same updates give the same bits on every processor.
TEST(DelayLockedLoop, ARecordedRunEndsInRecordedFigures) {
  DelayLockedLoop sut = make(LoopConfig{});
  std::uint64_t state = 1;
  for (std::int64_t i = 1; i <= 1'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto late_ns = static_cast<std::int64_t>(state >> 44);  // 0 to about 1 ms
    sut.update(MediaTime{i * 160}, Instant{i * 9'999'000 + late_ns});
  }
  EXPECT_EQ(sut.drift_ppb(), 116'785);
  EXPECT_EQ(sut.instant_of(MediaTime{160'000})->value, 9'999'520'383);
}

}  // namespace
}  // namespace phalarope
