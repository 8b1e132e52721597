// AudioEngine: the body of the audio thread. One call is one device period; the thread only loops it.
//
//   run_period():  capture ─▶ commands ─▶ fence, playback ─▶ play ─▶ front end ─▶ events
//                  waits      all of them    rendered after    at once   the CPU's part of the period
//                                            the wait
//
// The loudspeaker is served first: what the fence decides leaves at once, and the canceller's time does not count
// against it. The same code runs in virtual and in real time: the device says what time it is.
// Invariants. (1) After start() no allocation, no lock of ours, no system call but the device's. (2) Every command is
// taken in the period it is found, also while the device is away. (3) A gap is told as xrun with its exact range,
// before anything that happened after it. Who: one thread. Contract: runtime.md 7.3, 8; D4, D17.
#pragma once

#include <array>
#include <expected>

#include "core/engine/audio_link.hpp"
#include "hal/audio/audio_device.hpp"
#include "hal/audio/audio_tap.hpp"
#include "hal/audio/event_writer.hpp"
#include "hal/audio/front_end.hpp"
#include "hal/audio/playback.hpp"

namespace phalarope::hal {

struct AudioEngineSettings {
  DeviceFormat format{};
  FrontEndSettings front_end{};
  std::uint16_t session_slot = 0;
};

struct PeriodReport {
  Instant at{};
  std::int64_t position = 0;  // end of the captured period on the device's axis
  DeviceStatus capture = DeviceStatus::ok;
  DeviceStatus playback = DeviceStatus::ok;
  bool source_ended = false;
  bool events_sent = false;  // worth waking the engine for
};

struct AudioCounters {
  std::uint64_t periods = 0;
  std::uint64_t capture_xruns = 0;
  std::uint64_t playback_xruns = 0;
  std::uint64_t device_losses = 0;
  PlaybackCounters playback{};
  FrontEndCounters front_end{};
  EventWriterCounters events{};
};

class AudioEngine {
 public:
  /// Takes all memory it will ever need. `tap` may be null.
  AudioEngine(AudioDevice& device, AudioLink link, const AudioEngineSettings& settings, AudioTap* tap = nullptr);

  /// Opens the device. Not real time.
  std::expected<DeviceFormat, DeviceError> start();
  PeriodReport run_period() noexcept;
  /// Closes the device and gives back every slab still held. Not real time.
  void stop() noexcept;

  const Playback& playback() const noexcept { return playback_; }
  const FrontEnd& front_end() const noexcept { return front_end_; }
  AudioCounters counters() const noexcept;

 private:
  void drain_commands() noexcept;
  void report_capture(const CaptureOutcome& outcome) noexcept;
  void report_playback(const PlaybackOutcome& outcome) noexcept;
  void report_gap(Reason reason, std::int64_t from, std::int64_t until) noexcept;

  AudioDevice& device_;
  AudioLink link_;
  AudioEngineSettings settings_;
  AudioTap* tap_;
  EventWriter writer_;
  Playback playback_;
  FrontEnd front_end_;
  std::size_t period_frames_ = 0;
  std::array<std::int16_t, period_frames_max> captured_{};
  std::array<std::int16_t, period_frames_max> cleaned_{};
  std::array<std::int16_t, period_frames_max> played_{};
  AudioCounters counters_{};
};

}  // namespace phalarope::hal
