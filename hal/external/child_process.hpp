// ChildProcess: one process of a node, from its start to its reaping, with the memory and the socket it was given.
//
//   memfd, sealed against resizing ─┐
//   socketpair, one end each ───────┼─▶ detail/launch ─▶ the program, in its own process group
//   limits, control group ──────────┘                        └─▶ kill the group, reap the leader
//
// Invariants. (1) The process and its group are killed before the object goes away, and it is reaped; no zombie, no
// descriptor, no mapping stays. A process cannot leave its group (detail/syscall_filter.hpp), so this reaches all.
// (2) The memory is this process's alone: what is left of a replaced one writes into memory that nobody reads.
// (3) Its size cannot be changed by the child (a shrunk mapping would kill the host with SIGBUS). (4) Signals go to a
// process that is not reaped yet, so never to a stranger.
// Owner: the keeper's thread; the region and the socket: whoever talks with the node. Contract: runtime.md 11.2, 7.4.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/base/result.hpp"
#include "core/engine/base/strong.hpp"
#include "hal/external/control_group.hpp"
#include "hal/external/owned_fd.hpp"
#include "hal/external/sdk/phalarope_node_layout.h"

namespace phalarope::hal {

struct ChildSettings {
  std::vector<std::string> command;      // an absolute path and its arguments; no shell
  std::vector<std::string> environment;  // NAME=value; all the child sees but PATH and LANG
  std::int64_t memory_mib = 256;         // address space; 0: not limited
  std::int64_t cpu_seconds = 0;          // processor time of the whole life; 0: not limited
  std::int64_t files_max = 64;
  std::int64_t processes_max = 32;  // of the whole node, threads too; holds where there is a control group
};

class ChildProcess {
 public:
  /// Starts it, or says in one sentence why not. The calling thread must outlive the process.
  static Result<std::shared_ptr<ChildProcess>, std::string> start(const ChildSettings& settings,
                                                                  std::shared_ptr<ControlGroup> group = nullptr);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  phal_region& region() noexcept { return *region_; }
  int socket() const noexcept { return socket_.get(); }
  /// Readable as soon as the process has ended.
  int pid_fd() const noexcept { return pid_fd_.get(); }
  pid_t pid() const noexcept { return pid_; }
  /// Processor time used so far by the process and its threads; 0 when it cannot be told.
  Duration cpu_time() const noexcept;

  /// Kills the process with its groups, stopped or not. Any number of times, until reaped.
  void kill() noexcept;
  /// Waits at most `wait` for its end. True: it is reaped.
  bool reap(Duration wait) noexcept;

 private:
  ChildProcess() = default;

  std::shared_ptr<ControlGroup> group_;
  OwnedFd socket_;
  OwnedFd pid_fd_;
  phal_region* region_ = nullptr;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

}  // namespace phalarope::hal
