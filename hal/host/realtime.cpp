#include "hal/host/realtime.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace phalarope::hal {
namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t stack_prefault_bytes_max = 512 * 1024;

/// Touches the stack once, so that its first use in a period is not a page fault.
[[gnu::noinline]] void touch_stack(std::size_t bytes) {
  volatile unsigned char pages[stack_prefault_bytes_max];
  const std::size_t limit = bytes < sizeof pages ? bytes : sizeof pages;
  for (std::size_t at = 0; at < limit; at += page_bytes) pages[at] = 0;
}

void set_policy(const ThreadSettings& settings, std::vector<Refusal>& refused) {
  if (settings.fifo_priority == 0) return;
  const bool fifo = settings.fifo_priority > 0;
  const sched_param parameter{.sched_priority = fifo ? settings.fifo_priority : 0};
  const int error = ::pthread_setschedparam(::pthread_self(), fifo ? SCHED_FIFO : SCHED_IDLE, &parameter);
  if (error == 0) return;
  refused.push_back({settings.name + ": priority " + std::to_string(settings.fifo_priority) + " refused (" +
                         std::strerror(error) + "), running under the normal scheduler",
                     "set LimitRTPRIO=95 in phalarope.service, or add `@audio - rtprio 95` to limits.conf"});
}

void set_cores(const ThreadSettings& settings, std::vector<Refusal>& refused) {
  if (settings.cores.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : settings.cores) {
    if (core >= 0 && core < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(core), &set);
  }
  const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
  if (error == 0) return;
  refused.push_back({settings.name + ": cores refused (" + std::strerror(error) + ")",
                     "check `cores:` of the board profile against the cores this machine has"});
}

}  // namespace

std::vector<Refusal> apply_to_this_thread(const ThreadSettings& settings) {
  std::vector<Refusal> refused;
  ::pthread_setname_np(::pthread_self(), settings.name.substr(0, 15).c_str());
  set_policy(settings, refused);
  set_cores(settings, refused);
  if (settings.stack_prefault_bytes > 0) touch_stack(settings.stack_prefault_bytes);
  return refused;
}

std::vector<Refusal> lock_process_memory() {
  std::vector<Refusal> refused;
  if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    refused.push_back(
        {std::string("memory is not locked (") + std::strerror(errno) + "): a page may fault",
         "set LimitMEMLOCK=infinity in phalarope.service, or add `@audio - memlock unlimited` to limits.conf"});
  }
  return refused;
}

namespace {
/// Signals are the control thread's business: one that is handled on the audio thread costs it a period's peace.
void leave_signals_to_others() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}
}  // namespace

std::thread start_thread(ThreadSettings settings, std::function<void(const std::vector<Refusal>&)> refused,
                         std::function<void()> body) {
  return std::thread([settings = std::move(settings), refused = std::move(refused), body = std::move(body)] {
    leave_signals_to_others();
    refused(apply_to_this_thread(settings));
    body();
  });
}

std::int64_t page_faults_of_this_thread() noexcept {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

}  // namespace phalarope::hal
