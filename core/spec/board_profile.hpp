// Board profiles: what one kind of board gives the engine, written down and checked before anything starts.
//
//   boards/rpi4.yaml ──▶ BoardProfile ──▶ hal/host (cores, priorities), hal/audio (device, periods, echo),
//                                         memory (regions), evidence (disk, level)
//
// Invariants of a loaded profile. (1) The memory items add up to no more than the budget (decisions.md D20).
// (2) The audio thread's priority is above the engine's. (3) At most three periods wait in the device (D17).
// (4) A period is a whole number of 10 ms frames, which echo cancellation and voice activity work on.
// Allocates; read once at start. Contract: design.md Threads, Memory; decisions.md D17, D20.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/plan/turn_plan.hpp"
#include "core/spec/diagnostics.hpp"

namespace phalarope::spec {

constexpr std::string_view board_spec_name = "board/v1";
constexpr std::int64_t device_queue_periods_max = 3;
constexpr std::size_t cores_max = 64;

struct ThreadPlacement {
  std::vector<std::int64_t> cores;  // empty: any
  std::int64_t priority = 0;        // SCHED_FIFO 1..99; 0: normal scheduling
};

struct BoardThreads {
  ThreadPlacement audio;
  ThreadPlacement engine;
  ThreadPlacement workers;
  ThreadPlacement flusher;
  std::int64_t worker_count = 2;
};

struct BoardAudio {
  std::string capture_device = "default";  // an ALSA name that survives a reboot: plughw:CARD=...
  std::string playback_device = "default";
  std::int64_t sample_rate_hz = 16000;
  std::int64_t period_frames = 160;
  std::int64_t periods = 4;
  std::int64_t device_queue_periods = 2;  // most that waits unheard in the device
  std::int64_t rewind_frames = 0;         // measured: how far queued sound can be taken back; 0: not at all
};

struct BoardEcho {
  bool enabled = true;
  std::int64_t tail_ms = 256;
  std::int64_t bulk_delay_frames = 0;  // measured: loudspeaker to microphone, taken off before cancelling
};

/// Everything the process may take, item by item.
struct BoardMemory {
  std::int64_t budget_mib = 0;
  std::int64_t arena_mib = 0;  // core/engine's arena: rings, slabs, plans
  std::int64_t heap_mib = 0;   // the region mimalloc is given; it takes no more
  std::int64_t stacks_mib = 0;
  std::int64_t models_mib = 0;  // mapped model files
  std::int64_t device_buffers_mib = 0;
  std::int64_t program_mib = 0;  // code and libraries
  std::int64_t sum_mib() const;
};

struct BoardEvidence {
  std::string recording_level = "L0";
  std::int64_t segment_mib = 4;
  std::int64_t disk_budget_mib = 256;
};

/// What a node that is a program of its own may ask for at most (runtime.md 11.2 gives the defaults).
struct BoardExternalNodes {
  std::int64_t memory_mib_max = 256;
  std::int64_t cpu_units_max = 1;
};

struct BoardProfile {
  std::string name;
  std::string description;
  std::int64_t cores = 0;
  std::int64_t ram_mib = 0;
  BoardThreads threads;
  BoardAudio audio;
  BoardEcho echo;
  BoardMemory memory;
  BoardEvidence evidence;
  BoardExternalNodes external_nodes;
  std::int64_t opus_complexity = 0;
  bool speech_in_own_process = false;  // isolation (design.md): on boards with 1 GiB or more
  std::int64_t step_budget_us = 200;   // a step longer than this is an alarm
};

std::expected<BoardProfile, Diagnostics> parse_board_profile(std::string_view text, const std::string& file);
std::expected<BoardProfile, Diagnostics> load_board_profile(const std::string& path);

/// A name such as `rpi4` means `<boards_directory>/rpi4.yaml`; anything with a slash or .yaml is a path.
std::string board_profile_path(std::string_view board, const std::string& boards_directory);

}  // namespace phalarope::spec
