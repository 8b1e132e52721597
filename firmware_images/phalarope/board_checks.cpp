#include "firmware_images/phalarope/board_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>

namespace phalarope::program {
namespace {

constexpr std::int64_t kib_per_mib = 1024;
/// Of each second, what the kernel lets real-time threads take; Debian's own is 950 ms.
constexpr std::int64_t rt_runtime_us_min = 900'000;
constexpr std::int64_t millidegrees_hot = 80'000;
/// A kernel and its firmware keep some of the memory that is soldered in.
constexpr std::int64_t ram_share_min_percent = 90;
// get_throttled of the Raspberry Pi's firmware: what is so now, and (16 bits higher) what has been since the start.
constexpr std::int64_t under_voltage_now = 1 << 0;
constexpr std::int64_t throttled_now = 1 << 2;
constexpr std::int64_t under_voltage_seen = 1 << 16;
constexpr std::int64_t throttled_seen = 1 << 18;

std::set<std::int64_t> pinned_cores(const spec::BoardProfile& board) {
  std::set<std::int64_t> cores(board.threads.audio.cores.begin(), board.threads.audio.cores.end());
  cores.insert(board.threads.engine.cores.begin(), board.threads.engine.cores.end());
  return cores;
}

Finding cores_finding(const spec::BoardProfile& board, const MachineFiles& files) {
  const auto online = cores_in(files.line("/sys/devices/system/cpu/online").value_or(""));
  if (online.empty()) return {"cores", Verdict::note, "not told by this machine", "nothing to do on a virtual machine"};
  const auto count = static_cast<std::int64_t>(online.size());
  if (count >= board.cores) return {"cores", Verdict::good, fmt::format("{}", count), ""};
  return {"cores", Verdict::bad, fmt::format("{} are online, the profile has {}", count, board.cores),
          "remove maxcpus= from the kernel's command line, or name the profile of this board (`board:`)"};
}

Finding isolation_finding(const spec::BoardProfile& board, const MachineFiles& files) {
  const auto pinned = pinned_cores(board);
  if (pinned.empty()) return {"isolated cores", Verdict::good, "none asked for", ""};
  const auto isolated = cores_in(files.line("/sys/devices/system/cpu/isolated").value_or(""));
  std::vector<std::int64_t> missing;
  for (const std::int64_t core : pinned) {
    if (std::find(isolated.begin(), isolated.end(), core) == isolated.end()) missing.push_back(core);
  }
  if (missing.empty()) return {"isolated cores", Verdict::good, fmt::format("{}", fmt::join(pinned, ",")), ""};
  return {
      "isolated cores", Verdict::note,
      fmt::format("{} not isolated: other work delays sound and engine there", fmt::join(missing, ",")),
      fmt::format("add isolcpus={} to /boot/firmware/cmdline.txt (Jetson: /boot/extlinux/extlinux.conf) and restart",
                  fmt::join(pinned, ","))};
}

Finding governor_finding(const spec::BoardProfile& board, const MachineFiles& files) {
  auto cores = pinned_cores(board);
  if (cores.empty()) cores.insert(0);
  std::string told;
  for (const std::int64_t core : cores) {
    const auto governor = files.line(fmt::format("/sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", core));
    if (!governor) continue;
    if (*governor != "performance" && *governor != "schedutil") {
      return {"clock governor", Verdict::note, fmt::format("{} on core {}", *governor, core),
              "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"};
    }
    told = *governor;
  }
  if (!told.empty()) return {"clock governor", Verdict::good, told, ""};
  return {"clock governor", Verdict::note, "not told by this machine", "nothing to do on a virtual machine"};
}

Finding throttling_finding(const spec::BoardProfile& board, const MachineFiles& files) {
  const auto runtime_us = files.number("/proc/sys/kernel/sched_rt_runtime_us");
  if (!runtime_us) return {"real-time throttling", Verdict::good, "not told", ""};
  if (*runtime_us < 0) return {"real-time throttling", Verdict::good, "off", ""};
  const std::string value = fmt::format("{} us of each second", *runtime_us);
  if (*runtime_us >= rt_runtime_us_min) return {"real-time throttling", Verdict::good, value, ""};
  const bool needed = board.threads.audio.priority > 0;
  return {"real-time throttling", needed ? Verdict::bad : Verdict::note, value,
          "sysctl kernel.sched_rt_runtime_us=950000, and the same line in /etc/sysctl.d/"};
}

Finding swap_finding(const MachineFiles& files) {
  std::vector<std::string> on_disk;
  const auto lines = files.lines("/proc/swaps");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (!lines[i].starts_with("/dev/zram")) on_disk.push_back(lines[i].substr(0, lines[i].find(' ')));
  }
  if (on_disk.empty()) return {"swap", Verdict::good, "none on a disk", ""};
  return {"swap", Verdict::note, fmt::format("{}", fmt::join(on_disk, " ")),
          "what was said may come to lie on the disk, and a page may take seconds: swapoff -a, and on Raspberry Pi OS "
          "systemctl disable --now dphys-swapfile"};
}

std::optional<std::int64_t> meminfo_mib(const MachineFiles& files, std::string_view key) {
  for (const std::string& line : files.lines("/proc/meminfo")) {
    if (!line.starts_with(key)) continue;
    const auto digits = line.find_first_of("0123456789");
    std::int64_t kib = 0;
    if (digits == std::string::npos) return std::nullopt;
    std::from_chars(line.data() + digits, line.data() + line.size(), kib);
    return kib / kib_per_mib;
  }
  return std::nullopt;
}

std::vector<Finding> ram_findings(const spec::BoardProfile& board, const MachineFiles& files) {
  const auto total = meminfo_mib(files, "MemTotal:");
  const auto available = meminfo_mib(files, "MemAvailable:");
  if (!total || !available) return {{"memory of the board", Verdict::note, "not told by this machine", "mount /proc"}};
  std::vector<Finding> findings;
  const bool enough = *total * 100 >= board.ram_mib * ram_share_min_percent;
  findings.push_back({"memory of the board", enough ? Verdict::good : Verdict::bad,
                      fmt::format("{} MiB, the profile has {}", *total, board.ram_mib),
                      "name the profile of this board (`board:` in phalarope.yaml), or lower ram_mib in your own"});
  const bool room = *available >= board.memory.budget_mib;
  findings.push_back({"memory left for the budget", room ? Verdict::good : Verdict::bad,
                      fmt::format("{} MiB are free for a budget of {}", *available, board.memory.budget_mib),
                      "stop what else takes memory, or lower memory.budget_mib and its items in the profile"});
  return findings;
}

Finding kernel_finding(const spec::BoardProfile& board, const MachineFiles& files) {
  if (files.number("/sys/kernel/realtime").value_or(0) == 1) return {"kernel", Verdict::good, "PREEMPT_RT", ""};
  if (board.threads.audio.priority == 0) return {"kernel", Verdict::good, "no PREEMPT_RT, and none asked for", ""};
  return {
      "kernel", Verdict::note, "no PREEMPT_RT: a period may be late under load",
      "apt-get install linux-image-rt-arm64 where the board boots Debian's kernel; 3 periods in the device cover it"};
}

Finding power_finding(const MachineFiles& files) {
  constexpr std::string_view cure = "use the board's own power supply and a short cable; an SSD or HAT may need a hub";
  for (const std::string& sensor : files.entries("/sys/class/hwmon")) {
    if (files.line(sensor + "/name").value_or("") != "rpi_volt") continue;
    if (files.number(sensor + "/in0_lcrit_alarm").value_or(0) != 0) {
      return {"power", Verdict::bad, "under-voltage since the start", std::string(cure)};
    }
  }
  const auto told = files.number("/sys/devices/platform/soc/soc:firmware/get_throttled", 16);
  if (!told) return {"power", Verdict::good, "nothing is told against it", ""};
  if ((*told & under_voltage_now) != 0) return {"power", Verdict::bad, "under-voltage now", std::string(cure)};
  if ((*told & throttled_now) != 0)
    return {"power", Verdict::bad, "slowed down now", "cool the board: a heat sink or a fan"};
  if ((*told & under_voltage_seen) != 0) {
    return {"power", Verdict::note, "under-voltage since the start", std::string(cure)};
  }
  if ((*told & throttled_seen) != 0) {
    return {"power", Verdict::note, "slowed down since the start", "cool the board: a heat sink or a fan"};
  }
  return {"power", Verdict::good, "no under-voltage, never slowed down", ""};
}

Finding heat_finding(const MachineFiles& files) {
  std::optional<std::int64_t> hottest;
  for (const std::string& zone : files.entries("/sys/class/thermal")) {
    const auto degrees = files.number(zone + "/temp");
    if (degrees && (!hottest || *degrees > *hottest)) hottest = degrees;
  }
  if (!hottest) return {"temperature", Verdict::good, "not told", ""};
  const std::string value = fmt::format("{} degrees", *hottest / 1000);
  if (*hottest < millidegrees_hot) return {"temperature", Verdict::good, value, ""};
  return {"temperature", Verdict::note, value, "the board slows down soon: a heat sink or a fan"};
}

/// The id behind CARD= of an ALSA name; nothing for names that name no card.
std::optional<std::string> card_of(std::string_view device) {
  const auto at = device.find("CARD=");
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = device.substr(at + 5);
  return std::string(rest.substr(0, rest.find(',')));
}

Finding card_finding(const char* what, const std::string& device, const std::vector<std::string>& cards) {
  const std::string label = fmt::format("{} of the profile", what);
  if (device.starts_with("hw:") || device.starts_with("plughw:")) {
    const auto card = card_of(device);
    if (!card) {
      return {label, Verdict::note, device + " is a number, which changes with what is plugged in",
              cards.empty() ? "use plughw:CARD=<id>"
                            : fmt::format("use plughw:CARD={}", fmt::join(cards, " or plughw:CARD="))};
    }
    if (std::find(cards.begin(), cards.end(), *card) == cards.end()) {
      return {
          label, Verdict::bad, device + " is not there",
          cards.empty()
              ? "no sound card is seen: check the HAT's overlay (dtoverlay= in /boot/firmware/config.txt) or the plug"
              : fmt::format("set audio: in /etc/phalarope/conf.d/50-sound.yaml to plughw:CARD={}",
                            fmt::join(cards, " or plughw:CARD="))};
    }
  }
  return {label, Verdict::good, device, ""};
}

}  // namespace

std::vector<std::string> sound_cards(const MachineFiles& files) {
  std::vector<std::string> cards;
  for (const std::string& line : files.lines("/proc/asound/cards")) {  // " 0 [Headset        ]: USB-Audio - ..."
    const auto begin = line.find('[');
    const auto end = line.find(']');
    if (begin == std::string::npos || end == std::string::npos || end < begin) continue;
    std::string id = line.substr(begin + 1, end - begin - 1);
    id.erase(id.find_last_not_of(' ') + 1);
    if (!id.empty()) cards.push_back(std::move(id));
  }
  return cards;
}

std::vector<Finding> board_findings(const spec::BoardProfile& board, const MachineFiles& files) {
  std::vector<Finding> findings{cores_finding(board, files), isolation_finding(board, files),
                                governor_finding(board, files), throttling_finding(board, files), swap_finding(files)};
  auto ram = ram_findings(board, files);
  findings.insert(findings.end(), std::make_move_iterator(ram.begin()), std::make_move_iterator(ram.end()));
  const auto cards = sound_cards(files);
  for (Finding finding : {kernel_finding(board, files), power_finding(files), heat_finding(files),
                          card_finding("microphone", board.audio.capture_device, cards),
                          card_finding("loudspeaker", board.audio.playback_device, cards)}) {
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace phalarope::program
