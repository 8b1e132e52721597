#include "firmware_images/phalarope/board_choice.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <utility>

#include "firmware_images/phalarope/resources.hpp"

namespace phalarope::program {
namespace {

constexpr std::uint64_t bytes_per_mib = 1024ULL * 1024;

constexpr std::string_view automatic_board = "auto";

// What the firmware calls the board (device tree), and the profile for it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> known_models{{
    {"Raspberry Pi 5", "rpi5"},
    {"Raspberry Pi 4", "rpi4"},
    {"Raspberry Pi 3", "rpi3"},
    {"Raspberry Pi Zero 2 W", "zero2w"},
    {"Jetson Orin Nano", "jetson-orin-nano"},
    {"linux,dummy-virt", "qemu-virt"},
    {"QEMU", "qemu-virt"},
}};

/// Read where the kernel keeps it: a sandbox may hide /proc/device-tree, which only points there.
std::string_view board_of_this_machine() {
  std::ifstream file("/sys/firmware/devicetree/base/model");
  std::string model;
  std::getline(file, model, '\0');
  for (const auto& [name, board] : known_models) {
    if (model.find(name) != std::string::npos) return board;
  }
  return "host";
}

hal::ThreadSettings placed(hal::ThreadSettings thread, const spec::ThreadPlacement& placement) {
  thread.cores.assign(placement.cores.begin(), placement.cores.end());
  if (placement.priority > 0) thread.fifo_priority = static_cast<int>(placement.priority);
  if (placement.priority == 0 && thread.fifo_priority > 0) thread.fifo_priority = 0;
  return thread;
}

}  // namespace

std::expected<spec::BoardProfile, std::string> choose_board(const std::string& wanted) {
  const std::string name = wanted.empty() || wanted == automatic_board ? std::string(board_of_this_machine()) : wanted;
  std::string path = name;
  if (name.find('/') == std::string::npos && !name.ends_with(".yaml")) {
    const auto found = find_resource("boards/" + name + ".yaml");
    if (!found) return std::unexpected("no board profile is called `" + name + "`; see boards/, or give a file");
    path = *found;
  }
  auto board = spec::load_board_profile(path);
  if (!board) return std::unexpected(spec::to_string(board.error()));
  return *board;
}

void apply_board(const spec::BoardProfile& board, hal::ConversationSettings& settings) {
  settings.audio.format.period_frames = static_cast<std::size_t>(board.audio.period_frames);
  settings.audio.format.queue_periods = static_cast<std::size_t>(board.audio.device_queue_periods);
  auto& canceller = settings.audio.front_end.canceller;
  canceller.cancel_echo = board.echo.enabled;
  canceller.tail_ms = board.echo.tail_ms;
  canceller.bulk_delay_frames = board.echo.bulk_delay_frames;
  settings.arena_bytes = static_cast<std::size_t>(board.memory.arena_mib) * bytes_per_mib;
  for (hal::ExternalNodeSettings& node : settings.external) {
    node.limits.memory_mib_max = board.external_nodes.memory_mib_max;
    node.limits.cpu_units_max = board.external_nodes.cpu_units_max;
  }
  settings.opus_complexity = static_cast<int>(board.opus_complexity);
  settings.flusher.disk_budget_bytes = static_cast<std::uint64_t>(board.evidence.disk_budget_mib) * bytes_per_mib;
  settings.flusher.recording.hash_thread = true;
  settings.flusher.recording.segment_bytes = static_cast<std::uint64_t>(board.evidence.segment_mib) * bytes_per_mib;
}

hal::RealtimeSettings realtime_settings(const spec::BoardProfile& board) {
  hal::RealtimeSettings settings;
  settings.audio = placed(settings.audio, board.threads.audio);
  settings.engine = placed(settings.engine, board.threads.engine);
  settings.worker = placed(settings.worker, board.threads.workers);
  settings.flusher = placed(settings.flusher, board.threads.flusher);
  settings.workers = static_cast<std::size_t>(board.threads.worker_count);
  return settings;
}

}  // namespace phalarope::program
