// What the tests with real node processes share: a harness around a program of the build, and what is left in /proc.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "hal/external/node_harness.hpp"

namespace phalarope::hal::test {

inline ExternalNodeSettings settings_of(const std::string& program, NodeType type = NodeType::dialogue) {
  ExternalNodeSettings settings;
  settings.name = "node-under-test";
  settings.type = type;
  settings.child.command = {program};
  settings.child.memory_mib = 128;
  settings.restarts = {
      .restarts_max = 1'000'000, .regain_every = milliseconds(1), .backoff_first = {}, .backoff_max = {}};
  settings.start_wait = milliseconds(20'000);  // a loaded machine, not a slow program
  settings.hook_timeout = milliseconds(2'000);
  return settings;
}

inline std::size_t entries_of(const char* directory) {
  std::size_t count = 0;
  DIR* const listing = ::opendir(directory);
  while (::readdir(listing) != nullptr) ++count;
  ::closedir(listing);
  return count;
}
inline std::size_t open_files() { return entries_of("/proc/self/fd"); }
inline std::size_t threads() { return entries_of("/proc/self/task"); }

/// Children of this process, zombies too.
inline std::size_t children() {
  std::size_t count = 0;
  DIR* const tasks = ::opendir("/proc/self/task");
  while (const dirent* const task = ::readdir(tasks)) {
    std::ifstream file(std::string("/proc/self/task/") + task->d_name + "/children");
    for (std::string pid; file >> pid;) ++count;
  }
  ::closedir(tasks);
  return count;
}

/// Processes that run this program, whoever their parent is by now.
inline std::size_t processes_of(const std::string& program) {
  std::size_t count = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto running = std::filesystem::read_symlink(entry.path() / "exe", error);
    if (!error && running == program) ++count;
  }
  return count;
}
/// The same, but what was killed a moment ago gets its moment.
inline std::size_t processes_left_of(const std::string& program) {
  for (int i = 0; i < 200 && processes_of(program) > 0; ++i) ::usleep(5'000);
  return processes_of(program);
}

inline long mapped_pages() {
  std::ifstream file("/proc/self/statm");
  long pages = 0;
  file >> pages;
  return pages;
}

/// The fault that a command ended with; none when it went well.
inline ExternalFault fault_among(const std::vector<HarnessResult>& results) {
  for (const HarnessResult& result : results) {
    if (const auto fault = fault_of(result.event)) return *fault;
  }
  return ExternalFault::none;
}

inline std::string first_sentence(const std::vector<HarnessResult>& results) {
  for (const HarnessResult& result : results) {
    if (result.event.kind == EventKind::dialogue_sentence) return result.payload;
  }
  return "(none)";
}

}  // namespace phalarope::hal::test
