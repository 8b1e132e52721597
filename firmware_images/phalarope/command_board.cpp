// phalarope board: the profile of this board, and what the service manager is to hold the program to.
//
//   /etc/phalarope/phalarope.yaml ─ board: ─▶ profile ─┬─▶ table, --json   for people and scripts
//                                                      └─▶ --systemd       phalarope.service.d/board.conf
//
// The systemd lines are written by a generator at every boot and daemon-reload (firmware_images/systemd), so that the
// unit's limit is the profile's number and stands in one place. Contract: decisions.md D20.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/config_choice.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

struct BoardOptions {
  std::string board;
  std::string config;
  bool systemd = false;
  bool json = false;
};

std::string cores_of(const spec::ThreadPlacement& placement) {
  return placement.cores.empty() ? "any" : fmt::format("{}", fmt::join(placement.cores, ","));
}

/// The program's own budget, and beside it what a node in a process of its own may take (boards/README.md).
std::int64_t service_mib(const spec::BoardProfile& board) {
  return board.memory.budget_mib + board.external_nodes.memory_mib_max;
}

std::string systemd_lines(const spec::BoardProfile& board) {
  return fmt::format(
      "# Board {}: {} MiB for the program and {} MiB for a node in a process of its own.\n"
      "# Written by `phalarope board --systemd`; `systemctl daemon-reload` writes it anew.\n"
      "[Service]\nMemoryMax={}M\nMemorySwapMax=0\n",
      board.name, board.memory.budget_mib, board.external_nodes.memory_mib_max, service_mib(board));
}

std::string period_text(const spec::BoardAudio& audio) {
  return fmt::format("{} frames, {} ms; at most {} wait in the device", audio.period_frames,
                     audio.period_frames * 1000 / audio.sample_rate_hz, audio.device_queue_periods);
}

using Row = std::vector<std::string>;

std::string board_table(const spec::BoardProfile& board) {
  const auto thread = [](const spec::ThreadPlacement& placement) {
    return fmt::format("cores {}, {}", cores_of(placement),
                       placement.priority > 0 ? fmt::format("FIFO {}", placement.priority) : "normal scheduling");
  };
  return table(
      {Row{"board", fmt::format("{}: {}", board.name, board.description)},
       Row{"machine", fmt::format("{} cores, {} MiB", board.cores, board.ram_mib)},
       Row{"audio thread", thread(board.threads.audio)}, Row{"engine thread", thread(board.threads.engine)},
       Row{"workers", fmt::format("{} threads, cores {}", board.threads.worker_count, cores_of(board.threads.workers))},
       Row{"microphone", board.audio.capture_device}, Row{"loudspeaker", board.audio.playback_device},
       Row{"period", period_text(board.audio)},
       Row{"echo canceller", board.echo.enabled ? fmt::format("{} ms tail, {} frames of bulk delay", board.echo.tail_ms,
                                                              board.echo.bulk_delay_frames)
                                                : "off"},
       Row{"memory", fmt::format("{} MiB, the service {} MiB", board.memory.budget_mib, service_mib(board))},
       Row{"evidence",
           fmt::format("{}, {} MiB on the disk", board.evidence.recording_level, board.evidence.disk_budget_mib)},
       Row{"speech", board.speech_in_own_process ? "in a process of its own" : "in the program's process"}});
}

nlohmann::json board_json(const spec::BoardProfile& board) {
  const auto thread = [](const spec::ThreadPlacement& placement) {
    return nlohmann::json{{"cores", placement.cores}, {"priority", placement.priority}};
  };
  return {{"name", board.name},
          {"description", board.description},
          {"cores", board.cores},
          {"ram_mib", board.ram_mib},
          {"threads",
           {{"audio", thread(board.threads.audio)},
            {"engine", thread(board.threads.engine)},
            {"workers", thread(board.threads.workers)},
            {"flusher", thread(board.threads.flusher)},
            {"worker_count", board.threads.worker_count}}},
          {"audio",
           {{"capture_device", board.audio.capture_device},
            {"playback_device", board.audio.playback_device},
            {"period_frames", board.audio.period_frames},
            {"device_queue_periods", board.audio.device_queue_periods},
            {"rewind_frames", board.audio.rewind_frames}}},
          {"memory", {{"budget_mib", board.memory.budget_mib}, {"service_mib", service_mib(board)}}},
          {"disk_budget_mib", board.evidence.disk_budget_mib}};
}

int show_board(const BoardOptions& options) {
  const auto board = configured_board(options.board, options.config);
  if (!board) return complain(board.error());
  if (options.systemd) {
    fmt::print("{}", systemd_lines(*board));
  } else if (options.json) {
    fmt::print("{}\n", board_json(*board).dump(2));
  } else {
    fmt::print("{}", board_table(*board));
  }
  return exit_done;
}

}  // namespace

void add_board(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<BoardOptions>();
  CLI::App* command = app.add_subcommand("board", "Show the profile of this board");
  command->footer("Example: phalarope board --board rpi4");
  command->add_option("--board", options->board, "Board profile: a name of boards/ or a file");
  command->add_option("--config", options->config, "Settings file that names the board");
  auto* const systemd = command->add_flag("--systemd", options->systemd, "Print the limits of phalarope.service");
  command->add_flag("--json", options->json, "One JSON object instead of a table")->excludes(systemd);
  command->callback([options, &chosen] { chosen = [options] { return show_board(*options); }; });
}

}  // namespace phalarope::program
