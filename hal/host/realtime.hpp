// Real-time set-up in one place: what a thread gets (policy, priority, cores), what the process gets (locked memory),
// and what the system refused, said plainly.
//
// Nothing here fails a start: without the permission the threads run under the normal scheduler, and `doctor` and the
// start-up line say so with the cure (LimitRTPRIO, LimitMEMLOCK in the systemd unit, or the `audio` group's limits).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace phalarope::hal {

struct ThreadSettings {
  std::string name;        // at most 15 bytes are shown by the kernel
  int fifo_priority = 0;   // 1..99: SCHED_FIFO; 0: normal; -1: SCHED_IDLE (flusher)
  std::vector<int> cores;  // empty: any
  std::size_t stack_prefault_bytes = 0;
};

/// One thing the system did not allow, with the cure.
struct Refusal {
  std::string what;
  std::string cure;
};

/// Applies the settings to the calling thread; collects what was refused.
std::vector<Refusal> apply_to_this_thread(const ThreadSettings& settings);

/// Locks present and future pages; keeps the heap from giving pages back. Called once, before threads start.
std::vector<Refusal> lock_process_memory();

/// Starts a thread with these settings; `refused` is called on the new thread before `body`.
std::thread start_thread(ThreadSettings settings, std::function<void(const std::vector<Refusal>&)> refused,
                         std::function<void()> body);

/// Minor and major page faults of the calling thread so far.
std::int64_t page_faults_of_this_thread() noexcept;

}  // namespace phalarope::hal
