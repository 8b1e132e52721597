// check_sound: what a pair of microphone and loudspeaker is like, measured through the device itself.
//
//   second 0 ......... 1 ............. 2 ....... seconds
//   play    silence    noise, -20 dB   silence
//   capture room       room + echo     room
//              │           └─ correlation with what was played ─▶ delay, echo gain
//              └─ level of the room, dead air;   all of it: drift against the machine's clock, xruns
//
// Both directions share the device's sample axis (audio_device.hpp), so the delay is what the canceller has to bridge,
// and not what waits in the queue. The noise is the same each time. Nothing found is said as nothing, not as zero. Who:
// one thread, not real time. Not here: verdicts and cures (doctor). Contract: SW-11; users.md 1.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "hal/audio/audio_device.hpp"

namespace phalarope::hal {

constexpr std::int64_t sound_check_seconds_min = 3;
constexpr std::int64_t sound_check_seconds_max = 600;
/// The longest delay that is looked for.
constexpr std::int64_t echo_delay_frames_max = engine_rate_hz / 2;

struct Echo {
  std::int64_t delay_frames = 0;
  double gain_db = 0;  // what came back against what was played
};

struct SoundCheck {
  double room_dbfs = 0;  // mean level before anything was played
  std::int32_t peak = 0;
  bool dead_air = false;  // the microphone said one and the same sample all the time
  std::optional<Echo> echo;
  double drift_ppm = 0;        // the device's clock against the machine's
  double drift_error_ppm = 0;  // what a wake-up that is late may add to it
  std::int64_t capture_xruns = 0;
  std::int64_t playback_xruns = 0;
};

/// Plays and listens for so long; the device is opened and closed.
std::expected<SoundCheck, DeviceError> check_sound(AudioDevice& device, const DeviceFormat& wanted,
                                                   std::int64_t seconds);

/// Where `heard` repeats `played`, at most echo_delay_frames_max later; nothing when it does not. `heard` is the
/// longer.
std::optional<Echo> find_echo(std::span<const std::int16_t> played, std::span<const std::int16_t> heard);

}  // namespace phalarope::hal
