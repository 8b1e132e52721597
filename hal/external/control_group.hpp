// ControlGroup: the control group (cgroup v2) that all processes of one node live in, where the system delegates one.
//
//   <the host's own group>/phalarope-node-<pid>-<n>     memory.max, memory.swap.max, pids.max, cpu.max
//                                                       cgroup.kill ends every process in it at once
//
// A group bounds the node as a whole, children and all; the limits of a process (child_process.hpp) hold with or
// without it. Which limits a group can bear depends on the controllers that are delegated: `limits()` tells. The
// kernel lets a group hold either processes or groups with limits, so a host that is alone in its own group moves into
// `phalarope-engine` beside the nodes (a systemd unit needs Delegate=yes, nothing else).
// Invariants. (1) Without a writable group nothing fails: make() answers nothing. (2) The group is empty and removed
// when the object goes away. Owner: the keeper. Contract: runtime.md 11.2; decisions.md D18, D20.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/base/strong.hpp"
#include "hal/external/owned_fd.hpp"

namespace phalarope::hal {

struct ControlGroupLimits {
  std::int64_t memory_mib = 0;  // of all its processes together; 0: not limited
  std::int64_t cpu_units = 0;   // whole processors; 0: not limited
  std::int64_t processes = 0;   // and threads; 0: not limited
};

class ControlGroup {
 public:
  /// A new group below the host's own, or nothing where there is none to write to.
  static std::unique_ptr<ControlGroup> make(const ControlGroupLimits& limits);
  ~ControlGroup();
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;

  /// A process that writes "0" here joins.
  int procs_fd() const noexcept { return procs_.get(); }
  const std::string& path() const noexcept { return path_; }
  /// The limits that took effect, by the names of their files.
  const std::vector<std::string>& limits() const noexcept { return limits_; }
  bool has(std::string_view limit) const noexcept;
  /// Kills whatever is in it. False when the kernel cannot (before 5.14).
  bool kill() noexcept;
  /// True when no process is left in it.
  bool empty() const;

 private:
  ControlGroup(std::string path, OwnedFd procs) : path_(std::move(path)), procs_(std::move(procs)) {}
  void set(const char* file, const std::string& value);

  std::string path_;
  OwnedFd procs_;
  std::vector<std::string> limits_;
};

/// The directory of the host's own group; empty where control groups of version 2 are not mounted.
std::string own_control_group();

}  // namespace phalarope::hal
