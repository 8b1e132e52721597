#include "hal/external/control_group.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace phalarope::hal {
namespace {

constexpr std::int64_t cpu_period_us = 100'000;  // the kernel's own default
constexpr std::int64_t bytes_per_mib = 1024 * 1024;
constexpr mode_t group_mode = 0755;
constexpr int removals_max = 100;  // a killed process leaves its group a moment after its end
constexpr auto removal_wait = std::chrono::milliseconds(5);
constexpr std::string_view engine_group = "/phalarope-engine";

bool write_file(const std::string& path, std::string_view value) {
  const OwnedFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.valid() && ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

/// Where control groups of version 2 are mounted: the fifth field of the line whose type is cgroup2.
std::string mount_point() {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream fields(line);
    std::string place;
    for (int i = 0; i < 5; ++i) fields >> place;
    return place;
  }
  return {};
}

bool is_alone_in(const std::string& group) {
  std::ifstream processes(group + "/cgroup.procs");
  std::size_t count = 0;
  for (std::string pid; processes >> pid;) count += 1;
  return count == 1;
}

/// The group that groups of nodes are made in, ready to hand limits on.
std::string parent_of_nodes() {
  std::string parent = own_control_group();
  if (parent.ends_with(engine_group)) parent.resize(parent.size() - engine_group.size());
  if (parent.empty() || ::access(parent.c_str(), W_OK) != 0) return {};
  if (write_file(parent + "/cgroup.subtree_control", "+memory +pids +cpu") || !is_alone_in(parent)) return parent;
  const std::string own = parent + std::string(engine_group);
  ::mkdir(own.c_str(), group_mode);
  if (write_file(own + "/cgroup.procs", "0")) {
    for (const char* controller : {"+memory", "+pids", "+cpu"}) {
      static_cast<void>(write_file(parent + "/cgroup.subtree_control", controller));
    }
  }
  return parent;
}

}  // namespace

std::string own_control_group() {
  const std::string mounted = mount_point();
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; !mounted.empty() && std::getline(groups, line);) {
    if (line.starts_with("0::/")) return line.size() == 4 ? mounted : mounted + line.substr(3);
  }
  return {};
}

std::unique_ptr<ControlGroup> ControlGroup::make(const ControlGroupLimits& limits) {
  static std::atomic<unsigned> made{0};
  const std::string parent = parent_of_nodes();
  if (parent.empty()) return nullptr;
  const std::string path =
      parent + "/phalarope-node-" + std::to_string(::getpid()) + "-" + std::to_string(made.fetch_add(1));
  if (::mkdir(path.c_str(), group_mode) != 0) return nullptr;
  OwnedFd procs(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!procs.valid()) {
    ::rmdir(path.c_str());
    return nullptr;
  }
  std::unique_ptr<ControlGroup> group(new ControlGroup(path, std::move(procs)));
  if (limits.memory_mib > 0) {
    group->set("memory.max", std::to_string(limits.memory_mib * bytes_per_mib));
    group->set("memory.swap.max", "0");
  }
  if (limits.processes > 0) group->set("pids.max", std::to_string(limits.processes));
  if (limits.cpu_units > 0) {
    group->set("cpu.max", std::to_string(limits.cpu_units * cpu_period_us) + " " + std::to_string(cpu_period_us));
  }
  return group;
}

void ControlGroup::set(const char* file, const std::string& value) {
  if (write_file(path_ + "/" + file, value)) limits_.emplace_back(file);
}

bool ControlGroup::has(std::string_view limit) const noexcept {
  return std::find(limits_.begin(), limits_.end(), limit) != limits_.end();
}

bool ControlGroup::kill() noexcept {
  const OwnedFd file(::open((path_ + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  return file.valid() && ::write(file.get(), "1", 1) == 1;
}

bool ControlGroup::empty() const {
  std::ifstream processes(path_ + "/cgroup.procs");
  std::string pid;
  return !(processes >> pid);
}

ControlGroup::~ControlGroup() {
  for (int i = 0; ::rmdir(path_.c_str()) != 0 && errno == EBUSY && i < removals_max; ++i) {
    kill();
    std::this_thread::sleep_for(removal_wait);
  }
}

}  // namespace phalarope::hal
