// AudioTap: evidence of what was heard, cleaned and played, one block a period, for recordings of level L2.
//
//   audio thread ──try_push──▶ TapRing (SPSC, 64 blocks) ──try_pop──▶ flusher
//
// A tap never makes the audio thread wait: a full ring drops the block and counts it. The blocks carry their positions,
// so a reader sees the hole. Who: take() by the audio thread; TapRing::try_pop() by one reader.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "core/engine/lanes/spsc_ring.hpp"
#include "hal/audio/audio_format.hpp"

namespace phalarope::hal {

struct TappedPeriod {
  std::int64_t capture_frame = 0;   // position of raw[0]
  std::int64_t playback_frame = 0;  // position of played[0]
  std::span<const std::int16_t> raw;
  std::span<const std::int16_t> cleaned;  // lags raw by less than a frame when the period is no multiple of 10 ms
  std::span<const std::int16_t> played;
};

class AudioTap {
 public:
  virtual ~AudioTap() = default;
  /// Audio thread, once a period. Copies what it wants; must not wait.
  virtual void take(const TappedPeriod& period) noexcept = 0;
};

struct TapBlock {
  std::int64_t capture_frame = 0;
  std::int64_t playback_frame = 0;
  std::uint32_t frames = 0;
  std::array<std::int16_t, period_frames_max> raw{};
  std::array<std::int16_t, period_frames_max> cleaned{};
  std::array<std::int16_t, period_frames_max> played{};
};

class TapRing final : public AudioTap {
 public:
  static constexpr std::size_t blocks_max = 64;

  void take(const TappedPeriod& period) noexcept override {
    block_.capture_frame = period.capture_frame;
    block_.playback_frame = period.playback_frame;
    block_.frames = static_cast<std::uint32_t>(std::min(period.raw.size(), period_frames_max));
    copy(period.raw, block_.raw);
    copy(period.cleaned, block_.cleaned);
    copy(period.played, block_.played);
    if (!ring_.try_push(block_)) blocks_dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] bool try_pop(TapBlock& block) noexcept { return ring_.try_pop(block); }
  std::uint64_t blocks_dropped() const noexcept { return blocks_dropped_.load(std::memory_order_relaxed); }

 private:
  static void copy(std::span<const std::int16_t> from, std::array<std::int16_t, period_frames_max>& to) noexcept {
    std::copy_n(from.begin(), std::min(from.size(), to.size()), to.begin());
  }
  SpscRing<TapBlock, blocks_max> ring_;
  TapBlock block_{};  // owner: audio thread
  std::atomic<std::uint64_t> blocks_dropped_{0};
};

}  // namespace phalarope::hal
