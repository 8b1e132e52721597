// phalarope doctor: is this board ready, and if not, what is the cure?
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "firmware_images/phalarope/board_checks.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/config_choice.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/fleet_export.hpp"
#include "firmware_images/phalarope/process_memory.hpp"
#include "firmware_images/phalarope/resources.hpp"
#include "hal/audio/alsa_device.hpp"
#include "hal/audio/device_list.hpp"
#include "hal/audio/sound_check.hpp"
#include "hal/external/control_group.hpp"
#include "hal/fleet/evidence_sink.hpp"
#include "hal/host/shared_library.hpp"

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;

std::string_view word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "ok";
    case Verdict::note:
      return "note";
    case Verdict::bad:
      return "BAD";
  }
  return "";
}

Finding priority_finding() {
  rlimit limit{};
  ::getrlimit(RLIMIT_RTPRIO, &limit);
  const bool root = ::geteuid() == 0;
  if (root || limit.rlim_cur >= 80) return {"real-time priority", Verdict::good, "allowed", ""};
  return {
      "real-time priority", Verdict::note, fmt::format("limit {}", limit.rlim_cur),
      "threads run under the normal scheduler; set LimitRTPRIO=95 in the unit, or `@audio - rtprio 95` in limits.conf"};
}

Finding memory_lock_finding() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur == RLIM_INFINITY || ::geteuid() == 0) return {"locked memory", Verdict::good, "allowed", ""};
  return {"locked memory", Verdict::note, fmt::format("limit {} KiB", limit.rlim_cur / 1024),
          "pages may fault; set LimitMEMLOCK=infinity in the unit, or `@audio - memlock unlimited` in limits.conf"};
}

Finding model_finding() {
  const char* chosen = std::getenv("PHALAROPE_MODELS");
  const fs::path models = chosen != nullptr ? chosen : "/usr/share/pocketsphinx/model/en-us";
  std::error_code error;
  if (fs::exists(models, error)) return {"speech models", Verdict::good, models.string(), ""};
  return {"speech models", Verdict::bad, models.string() + " is missing", "sudo apt-get install pocketsphinx-en-us"};
}

/// Whether nodes that are programs of their own can be bounded as a whole, children and all.
Finding control_group_finding() {
  const std::string group = hal::own_control_group();
  const bool writable = !group.empty() && ::access(group.c_str(), W_OK) == 0;
  if (writable) return {"control group", Verdict::good, group, ""};
  return {"control group", Verdict::note, group.empty() ? "not told by this system" : group + " is not ours to write",
          "nodes in processes of their own are bounded one process at a time; set Delegate=yes in the unit"};
}

std::vector<Finding> device_findings(const spec::BoardProfile& board) {
  std::vector<Finding> findings;
  const auto devices = hal::list_devices();
  for (const hal::ListedDevice& device : devices) {
    findings.push_back({device.can_capture ? "microphone" : "loudspeaker", Verdict::good,
                        device.name + "  " + device.description, ""});
  }
  if (devices.empty()) {
    findings.push_back(
        {"sound", Verdict::note, "no sound card is seen by ALSA",
         "plug one in, or add yourself to the group `audio`; `phalarope demo` needs none (the profile names " +
             board.audio.capture_device + ")"});
  }
  return findings;
}

/// The memory plan of the profile, item by item (D20), and what this process really takes.
std::vector<Finding> memory_findings(const spec::BoardProfile& board) {
  const spec::BoardMemory& memory = board.memory;
  const HeapFacts heap = heap_facts();
  std::vector<Finding> findings;
  const auto item = [&](std::string what, std::int64_t mib) {
    findings.push_back({"memory: " + std::move(what), Verdict::good, fmt::format("{} MiB", mib), ""});
  };
  item("engine arena (rings, slabs, plans)", memory.arena_mib);
  item("heap region (mimalloc)", memory.heap_mib);
  item("thread stacks", memory.stacks_mib);
  item("mapped models", memory.models_mib);
  item("device buffers", memory.device_buffers_mib);
  item("program and libraries", memory.program_mib);
  findings.push_back({"memory: sum of the plan", memory.sum_mib() <= memory.budget_mib ? Verdict::good : Verdict::bad,
                      fmt::format("{} of {} MiB", memory.sum_mib(), memory.budget_mib),
                      "lower an item or raise memory.budget_mib in the board profile"});
  findings.push_back({"memory: allocator", heap.reserved_mib > 0 ? Verdict::good : Verdict::note,
                      heap.reserved_mib > 0
                          ? fmt::format("{}, {} MiB reserved, no more", heap.allocator, heap.reserved_mib)
                          : heap.allocator + ", not limited",
                      "this build or system does not give mimalloc its region"});
  findings.push_back(
      {"memory: this process", Verdict::good, fmt::format("{:.0f} MiB resident", resident_kib() / 1024.0), ""});
  return findings;
}

/// What is loaded only when it is asked for; a board may do without.
std::vector<Finding> library_findings() {
  struct Row {
    const char* file;
    const char* serves;
    const char* package;
  };
  constexpr Row rows[] = {{hal::curl_library_file, "HTTP actions, telemetry and evidence export", "libcurl4"},
                          {hal::microhttpd_library_file, "the metrics page", "libmicrohttpd12"},
                          {hal::nats_library_file, "evidence export to NATS", "libnats3.4"}};
  std::vector<Finding> findings;
  for (const Row& row : rows) {
    const bool there = hal::SharedLibrary(row.file).loaded();
    findings.push_back({fmt::format("library: {}", row.file), there ? Verdict::good : Verdict::note,
                        there ? row.serves : "not installed",
                        fmt::format("needed for {}: apt-get install {}", row.serves, row.package)});
  }
  return findings;
}

/// What leaves the board, and whether it arrives; the figures are those of the last second of a run.
std::vector<Finding> export_findings(const std::string& config_file) {
  const auto resolved = spec::resolve_config(config_sources(config_file));
  if (!resolved) return {{"settings", Verdict::bad, spec::to_string(resolved.error()), "mend the file it names"}};
  const auto settings = export_settings(resolved->config);
  if (!settings) return {{"evidence export", Verdict::bad, settings.error(), "mend the setting it names"}};
  if (settings->target.kind == fleet::SinkKind::none)
    return {{"evidence export", Verdict::good, "none: evidence stays on this board", ""}};
  std::vector<Finding> findings;
  const auto sink = hal::make_sink(*settings);
  findings.push_back({"evidence export", sink ? Verdict::good : Verdict::bad, fleet::shown(resolved->config.export_url),
                      sink ? "" : sink.error()});
  const auto state = export_state_of(recording_directory(resolved->config));
  if (!state) {
    findings.push_back({"export: state", Verdict::note, "nothing was exported yet", "start `phalarope run`"});
    return findings;
  }
  const bool late = state->behind || state->unacknowledged > 0;
  for (const auto& row : export_rows(*state)) {
    const bool is_gap = row.front() == "not acknowledged" && late;
    const bool is_loss = row.front() == "lost for good" && state->catch_up.evicted > 0;
    findings.push_back({"export: " + row.front(), is_gap || is_loss ? Verdict::note : Verdict::good, row.back(),
                        is_gap ? "the other side is away or slow; they are sent from the recording when it is back"
                               : "the recording's disk budget was used up before the other side came back"});
  }
  return findings;
}

/// What only this machine can be asked: limits of this process, what is installed, what ALSA opens.
std::vector<Finding> machine_findings(const spec::BoardProfile& board, const std::string& config_file) {
  std::vector<Finding> findings{priority_finding(), memory_lock_finding(), control_group_finding(), model_finding()};
  for (auto&& more :
       {device_findings(board), memory_findings(board), library_findings(), export_findings(config_file)}) {
    findings.insert(findings.end(), more.begin(), more.end());
  }
  return findings;
}

constexpr double quiet_dbfs = -75;     // a room that a microphone hears is louder
constexpr double drift_ppm_max = 500;  // the canceller follows less
constexpr std::int32_t clipped_peak = 32'767;

Finding microphone_finding(const hal::SoundCheck& told) {
  const std::string cure = "raise the capture volume (alsamixer, F4), look for a mute switch or the wrong card";
  if (told.dead_air) return {"sound: microphone", Verdict::bad, "dead: the same sample all the time", cure};
  const std::string level = fmt::format("{:.0f} dBFS at rest, peak {}", told.room_dbfs, told.peak);
  if (told.peak >= clipped_peak) {
    return {"sound: microphone", Verdict::note, level + ": driven over its end",
            "lower the capture volume (alsamixer, F4) or the loudspeaker's"};
  }
  return {"sound: microphone", told.room_dbfs < quiet_dbfs ? Verdict::note : Verdict::good, level, cure};
}

Finding echo_finding(const hal::SoundCheck& told) {
  if (!told.echo) {
    return {"sound: echo", Verdict::note, "the loudspeaker is not heard by the microphone",
            "raise the playback volume; nothing to do for a speakerphone that cancels its own echo"};
  }
  return {
      "sound: echo", Verdict::good,
      fmt::format("{:.0f} dB, {} frames ({:.1f} ms) after it was played", told.echo->gain_db, told.echo->delay_frames,
                  static_cast<double>(told.echo->delay_frames) / static_cast<double>(hal::frames_per_ms)),
      ""};
}

/// Plays a second of noise and listens: the two devices of the profile, as they are.
std::vector<Finding> sound_findings(const spec::BoardProfile& board, std::int64_t seconds) {
  hal::AlsaDevice device({.capture_name = board.audio.capture_device,
                          .playback_name = board.audio.playback_device,
                          .buffer_periods = static_cast<std::size_t>(board.audio.periods)});
  const auto told = hal::check_sound(device,
                                     {.period_frames = static_cast<std::size_t>(board.audio.period_frames),
                                      .queue_periods = static_cast<std::size_t>(board.audio.device_queue_periods)},
                                     seconds);
  if (!told) {
    const hal::DeviceError& error = told.error();
    return {{"sound: devices", Verdict::bad, error.where + ": " + error.what,
             error.cure + "; while the service holds them: systemctl stop phalarope"}};
  }
  const bool drifts = std::abs(told->drift_ppm) > drift_ppm_max + told->drift_error_ppm;
  const auto xruns = told->capture_xruns + told->playback_xruns;
  return {microphone_finding(*told),
          echo_finding(*told),
          {"sound: clock drift", drifts ? Verdict::note : Verdict::good,
           fmt::format("{:+.0f} ppm, known to {:.0f}", told->drift_ppm, told->drift_error_ppm),
           "measure longer (--sound 60); another card or cable if it stays"},
          {"sound: xruns", xruns == 0 ? Verdict::good : Verdict::note,
           fmt::format("{} in, {} out", told->capture_xruns, told->playback_xruns),
           "isolate a core, use the performance governor, or raise audio.periods in the profile"}};
}

struct DoctorOptions {
  std::string board;
  std::string config;
  std::string root;
  std::int64_t sound_seconds = 0;  // 0: nothing is played
  bool json = false;
};

int run_doctor(const DoctorOptions& options) {
  const auto board = configured_board(options.board, options.config);
  if (!board) return complain(board.error());
  if (!options.root.empty() && !fs::is_directory(options.root))
    return complain("--root " + options.root + " is no folder");
  const MachineFiles files(options.root);
  std::vector<Finding> findings{{"board", Verdict::good, board->name + ": " + board->description, ""}};
  std::vector<Finding> checked = board_findings(*board, files);
  findings.insert(findings.end(), checked.begin(), checked.end());
  if (files.is_this_machine()) {
    std::vector<Finding> own = machine_findings(*board, options.config);
    findings.insert(findings.end(), own.begin(), own.end());
    if (options.sound_seconds > 0) {
      std::vector<Finding> sound = sound_findings(*board, options.sound_seconds);
      findings.insert(findings.end(), sound.begin(), sound.end());
    }
  }
  bool bad = false;
  nlohmann::json list = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows;
  for (const Finding& finding : findings) {
    bad = bad || finding.verdict == Verdict::bad;
    const std::string cure = finding.verdict == Verdict::good ? "" : finding.cure;
    list.push_back(
        {{"what", finding.what}, {"verdict", word_of(finding.verdict)}, {"value", finding.value}, {"cure", cure}});
    rows.push_back({std::string(word_of(finding.verdict)), finding.what, finding.value});
    if (!cure.empty()) rows.push_back({"", "", "-> " + cure});
  }
  if (options.json) {
    fmt::print("{}\n", nlohmann::json{{"ready", !bad}, {"findings", list}}.dump(2));
  } else {
    fmt::print("{}", table(rows));
  }
  return bad ? exit_no : exit_done;
}

}  // namespace

void add_doctor(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command = app.add_subcommand("doctor", "Check this board and say the cure");
  command->footer("Example: phalarope doctor --board rpi4\nExit code: 0 ready, 1 something is bad");
  command->add_option("--board", options->board, "Board profile: a name of boards/ or a file");
  command->add_option("--config", options->config, "Settings file, as of `phalarope run`");
  command->add_option("--root", options->root, "A folder with another machine's /proc and /sys")->group("");
  command->add_option("--sound", options->sound_seconds, "Play a second of noise and measure for so many seconds")
      ->check(CLI::Range(hal::sound_check_seconds_min, hal::sound_check_seconds_max));
  command->add_flag("--json", options->json, "One JSON object instead of a table");
  command->callback([options, &chosen] { chosen = [options] { return run_doctor(*options); }; });
}

}  // namespace phalarope::program
