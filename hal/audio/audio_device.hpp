// AudioDevice: a microphone and a loudspeaker on one sample clock, one period at a time.
//
//   device axis   0 ......... c ........................ p ...........▶  (frames at 16 kHz since open)
//                 capture(): frames up to c are read      play(): this period will sound at p
//                 ◀────────── sounded ────▶◀── queued ──▶
//
// Both directions share one axis: the frame played at position x sounds while the frame captured at x is taken (apart
// from the converter's own latency, which the front end measures). So "when did the user start", "when did the voice
// stop" and "where in the reference is this echo" are differences of two numbers.
//
// A period is: capture() waits until one period is there and reads it; play() hands over the next one without waiting.
// Rendering happens between the two, so the fence is compared after the wait, not before it.
//
// Invariants. (1) Positions never go back; a gap is stated (lost_frames, silent_frames) with its exact range.
// (2) After open() no allocation and no lock of ours; the only system calls are the device's own.
// (3) A lost device answers `absent` about once a period, so that its caller goes on serving commands, and looks for
// its return by itself. Who: the thread that called open(). Contract: runtime.md 8; decisions.md D17; users.md 10.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "core/engine/base/strong.hpp"
#include "hal/audio/audio_format.hpp"

namespace phalarope::hal {

/// What is asked of a device, and what it gave.
struct DeviceFormat {
  std::size_t period_frames = frame_frames;
  /// Periods that wait in the device when one has just been handed over: how long a fence can be late (D17: <= 2).
  std::size_t queue_periods = 2;
};

enum class DeviceFault : std::uint8_t {
  settings_invalid,
  device_missing,
  device_busy,
  format_refused,
  file_unreadable,
  file_unwritable,
  file_damaged,
  system_refused
};
/// What, where and what to do; made while opening, never in a period.
struct DeviceError {
  DeviceFault fault = DeviceFault::settings_invalid;
  std::string where;  // device or file name
  std::string what;
  std::string cure;
};

enum class DeviceStatus : std::uint8_t {
  ok,
  xrun,      // this direction was served too late; the gap is stated
  lost,      // the device has just gone
  absent,    // it is still gone; a period's time has passed
  restored,  // it is back; this period is good
};

struct CaptureOutcome {
  DeviceStatus status = DeviceStatus::ok;
  bool source_ended = false;     // a file microphone is at its end; silence follows
  std::int64_t first_frame = 0;  // position of capture[0]
  std::int64_t lost_frames = 0;  // [first_frame - lost_frames, first_frame) was never captured
  Instant at{};                  // when the period's last frame had come in
};

struct PlaybackOutcome {
  DeviceStatus status = DeviceStatus::ok;
  std::int64_t first_frame = 0;     // position at which playback[0] sounds
  std::int64_t queued_frames = 0;   // in the device and not yet sounded, this period included
  std::int64_t silent_frames = 0;   // [first_frame - silent_frames, first_frame) was silence for want of a period
  std::int64_t dropped_frames = 0;  // handed over earlier, thrown away by a recovery, never heard:
  std::int64_t dropped_from = 0;    // the first of them
};

class AudioDevice {
 public:
  virtual ~AudioDevice() = default;

  /// Opens and starts both directions; the speaker's queue is filled with silence. Not real time.
  virtual std::expected<DeviceFormat, DeviceError> open(const DeviceFormat& wanted) = 0;
  /// Waits for one period and reads it. When the device is not there, `capture` is silence.
  virtual CaptureOutcome capture(std::span<std::int16_t> capture) noexcept = 0;
  /// Hands over the next period. Called once after each capture(), with as many frames.
  virtual PlaybackOutcome play(std::span<const std::int16_t> playback) noexcept = 0;
  /// Stops, and finishes files. Not real time; open() may follow.
  virtual void close() noexcept = 0;
};

}  // namespace phalarope::hal
