#include "hal/external/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "hal/external/detail/launch.hpp"

namespace phalarope::hal {
namespace {

constexpr Duration reap_wait_at_the_end = milliseconds(2'000);
constexpr std::int64_t bytes_per_mib = 1024 * 1024;

rlimit bound_of(std::int64_t value, std::int64_t unit, int resource) noexcept {
  rlimit bound{};
  ::getrlimit(static_cast<__rlimit_resource_t>(resource), &bound);
  if (value <= 0) return bound;
  const auto wanted = static_cast<rlim_t>(value) * static_cast<rlim_t>(unit);
  if (bound.rlim_max == RLIM_INFINITY || wanted < bound.rlim_max) bound.rlim_max = wanted;
  bound.rlim_cur = bound.rlim_max;
  return bound;
}

/// A memory that the child can write and cannot resize.
OwnedFd make_memory() noexcept {
  OwnedFd memory(::memfd_create("phalarope-node", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.valid()) return memory;
  const bool sized = ::ftruncate(memory.get(), sizeof(phal_region)) == 0;
  const bool sealed = ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
  return sized && sealed ? std::move(memory) : OwnedFd{};
}

phal_region* map_memory(int memory_fd) noexcept {
  void* mapped = ::mmap(nullptr, sizeof(phal_region), PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* region = static_cast<phal_region*>(mapped);  // a new memfd is all zeros
  region->magic = PHAL_LAYOUT_MAGIC;
  region->version = PHAL_LAYOUT_VERSION;
  region->region_bytes = sizeof(phal_region);
  region->slot_bytes = sizeof(phal_slot);
  region->event_bytes = sizeof(phal_event);
  region->command_slots = PHAL_COMMAND_SLOTS;
  region->result_slots = PHAL_RESULT_SLOTS;
  region->payload_bytes_max = PHAL_PAYLOAD_BYTES_MAX;
  for (std::uint64_t i = 0; i < PHAL_COMMAND_SLOTS; ++i) region->commands[i].number = i + 1 - PHAL_COMMAND_SLOTS;
  for (std::uint64_t i = 0; i < PHAL_RESULT_SLOTS; ++i) region->results[i].number = i + 1 - PHAL_RESULT_SLOTS;
  return region;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::string sentence_of(const std::string& what, int error) { return what + " (" + std::strerror(error) + ")"; }

}  // namespace

Result<std::shared_ptr<ChildProcess>, std::string> ChildProcess::start(const ChildSettings& settings,
                                                                       std::shared_ptr<ControlGroup> group) {
  if (settings.command.empty() || !settings.command.front().starts_with('/')) {
    return refuse(std::string("the command of an external node begins with the absolute path of a program"));
  }
  const std::string& program = settings.command.front();
  std::shared_ptr<ChildProcess> child(new ChildProcess());
  child->group_ = std::move(group);
  const OwnedFd memory = make_memory();
  child->region_ = memory.valid() ? map_memory(memory.get()) : nullptr;
  if (child->region_ == nullptr) return refuse(sentence_of("no shared memory for " + program, errno));
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return refuse(sentence_of("no socket for " + program, errno));
  }
  child->socket_ = OwnedFd(ends[0]);
  const OwnedFd theirs(ends[1]);
  std::vector<std::string> environment = settings.environment;
  environment.insert(environment.end(), {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"});
  const auto pid = detail::start({.arguments = pointers_to(settings.command),
                                  .environment = pointers_to(environment),
                                  .memory_fd = memory.get(),
                                  .socket_fd = theirs.get(),
                                  .group_fd = child->group_ ? child->group_->procs_fd() : -1,
                                  .memory = bound_of(settings.memory_mib, bytes_per_mib, RLIMIT_AS),
                                  .cpu = bound_of(settings.cpu_seconds, 1, RLIMIT_CPU),
                                  .files = bound_of(settings.files_max, 1, RLIMIT_NOFILE)});
  if (!pid) return refuse(sentence_of(program + " cannot be executed", pid.error()));
  child->pid_ = *pid;
  child->pid_fd_ = OwnedFd(static_cast<int>(::syscall(SYS_pidfd_open, child->pid_, 0)));
  if (!child->pid_fd_.valid()) return refuse(sentence_of("no descriptor of the process of " + program, errno));
  return child;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !reaped_) {
    kill();
    static_cast<void>(reap(reap_wait_at_the_end));
  }
  if (region_ != nullptr) ::munmap(region_, sizeof(phal_region));
}

Duration ChildProcess::cpu_time() const noexcept {
  clockid_t clock{};
  timespec used{};
  if (reaped_ || ::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return {};
  return Duration{used.tv_sec * ns_per_second + used.tv_nsec};
}

void ChildProcess::kill() noexcept {
  if (reaped_ || pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // where the kernel has no filters, it may have left its group
  if (group_) group_->kill();
}

bool ChildProcess::reap(Duration wait) noexcept {
  if (reaped_ || pid_ <= 0) return true;
  pollfd ended{.fd = pid_fd_.get(), .events = POLLIN, .revents = 0};
  const timespec timeout{.tv_sec = wait.value / ns_per_second, .tv_nsec = wait.value % ns_per_second};
  if (pid_fd_.valid() && ::ppoll(&ended, 1, &timeout, nullptr) <= 0) return false;
  kill();  // what its leader left behind; the unreaped leader still holds the number
  int status = 0;
  const pid_t got = ::waitpid(pid_, &status, pid_fd_.valid() ? WNOHANG : 0);
  reaped_ = got == pid_ || (got < 0 && errno == ECHILD);
  return reaped_;
}

}  // namespace phalarope::hal
