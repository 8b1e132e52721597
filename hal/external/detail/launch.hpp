// What happens between vfork and the node's first instruction.
//
//   host                                   child (vfork, then only system calls, then exec)
//     everything is made ready               control group, own process group; dies with the thread that started it
//     vfork ───────────────────────────▶     normal scheduling; first to go when memory runs out
//     ◀── exec worked, or errno (a pipe)     no_new_privs, filter, limits; descriptors 0-2, 3, 4, nothing else; execve
//
// vfork, not fork: a fork would mark every page of the engine copy-on-write, and its real-time threads would fault.
// The answer comes by a pipe that exec closes, so it is right also where vfork is a fork (ThreadSanitizer).
// Thread: the one that the process shall die with. Contract: runtime.md 11.2; decisions.md D18.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <csignal>
#include <vector>

#include "core/engine/base/result.hpp"

namespace phalarope::hal::detail {

/// Everything the child needs, made ready before vfork: after it only system calls are left.
struct Launch {
  std::vector<char*> arguments;    // ends with nullptr
  std::vector<char*> environment;  // ends with nullptr
  int memory_fd = -1;
  int socket_fd = -1;
  int group_fd = -1;  // cgroup.procs of the node's control group; -1: there is none
  rlimit memory{};
  rlimit cpu{};
  rlimit files{};
};

/// The process that executes the program by now; or the errno of the step that failed, and no process.
Result<pid_t, int> start(const Launch& launch);

}  // namespace phalarope::hal::detail
