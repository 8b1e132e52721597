#include "hal/external/detail/launch.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "hal/external/detail/syscall_filter.hpp"
#include "hal/external/owned_fd.hpp"
#include "hal/external/sdk/phalarope_node_layout.h"

namespace phalarope::hal::detail {
namespace {

constexpr int spare_fd_first = 10;  // above all that the child is given, so that moving them overwrites none
constexpr int exit_not_executed = 127;
constexpr unsigned close_on_exec_range = 1U << 2;  // CLOSE_RANGE_CLOEXEC
constexpr SyscallFilter filter = syscall_filter();

/// What the child reads beside the launch; on the stack of the thread that waits for it.
struct Surroundings {
  const Launch& launch;
  int null_fd = -1;
  int answer_fd = -1;
  pid_t parent = -1;
  sigset_t signals{};
};

bool limit(int resource, const rlimit& bound) noexcept {
  return ::setrlimit(static_cast<__rlimit_resource_t>(resource), &bound) == 0;
}

/// Handlers of the host would run in the child with the host's memory; ignored signals would stay ignored.
void forget_signal_handlers(const sigset_t& signals) noexcept {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
}

/// Standard error stays the host's: what a node complains about is read there.
bool place_descriptors(const Surroundings& around) noexcept {
  const int memory = ::fcntl(around.launch.memory_fd, F_DUPFD_CLOEXEC, spare_fd_first);
  const int socket = ::fcntl(around.launch.socket_fd, F_DUPFD_CLOEXEC, spare_fd_first);
  const int null = ::fcntl(around.null_fd, F_DUPFD_CLOEXEC, spare_fd_first);
  return memory >= 0 && socket >= 0 && null >= 0 && ::dup2(null, STDIN_FILENO) >= 0 &&
         ::dup2(null, STDOUT_FILENO) >= 0 && ::dup2(memory, PHAL_MEMORY_FD) >= 0 &&
         ::dup2(socket, PHAL_SOCKET_FD) >= 0 &&
         ::syscall(SYS_close_range, PHAL_SOCKET_FD + 1, ~0U, close_on_exec_range) == 0;
}

/// Under a full memory the node goes before the engine does.
void offer_to_oom_killer() noexcept {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  constexpr char score[] = "500";
  const auto written = ::write(file, score, sizeof score - 1);
  static_cast<void>(written);  // where it is not allowed, the score stays the host's
  ::close(file);
}

void join_control_group(int group_fd) noexcept {
  if (group_fd < 0) return;
  const auto written = ::write(group_fd, "0", 1);
  static_cast<void>(written);  // a group that was taken away: the limits of the process itself still hold
}

/// No way back to privileges or out of the group. A kernel without filters leaves the process group alone to hold it.
bool give_up_privileges() noexcept {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  sock_fprog program{};
  program.len = filter.size();
  program.filter = const_cast<sock_filter*>(filter.data());
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 || errno == EINVAL || errno == ENOSYS;
}

[[noreturn]] void run_child(const Surroundings& around) noexcept {
  constexpr rlimit nothing{.rlim_cur = 0, .rlim_max = 0};
  constexpr sched_param normal{};
  const Launch& launch = around.launch;
  const int answer = ::fcntl(around.answer_fd, F_DUPFD_CLOEXEC, spare_fd_first);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != around.parent) ::_exit(exit_not_executed);  // it died before it could be watched
  join_control_group(launch.group_fd);
  offer_to_oom_killer();
  ::sched_setscheduler(0, SCHED_OTHER, &normal);
  const bool ready = ::setpgid(0, 0) == 0 && place_descriptors(around) && limit(RLIMIT_CORE, nothing) &&
                     limit(RLIMIT_AS, launch.memory) && limit(RLIMIT_CPU, launch.cpu) &&
                     limit(RLIMIT_NOFILE, launch.files) && give_up_privileges();
  if (ready) {
    forget_signal_handlers(around.signals);
    ::execve(launch.arguments[0], launch.arguments.data(), launch.environment.data());
  }
  const int error = errno;
  const auto written = ::write(answer, &error, sizeof error);
  static_cast<void>(written);  // nobody left to tell
  ::_exit(exit_not_executed);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
/// The calling thread sleeps until the child executes its program or ends.
pid_t fork_and_run(Surroundings& around) noexcept {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigemptyset(&around.signals);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  // posix_spawn can neither join a control group nor install a filter; run_child() makes system calls only.
  // NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork, bugprone-unsafe-functions, clang-analyzer-unix.Vfork)
  const pid_t pid = ::vfork();
  if (pid == 0) run_child(around);
  // NOLINTEND(clang-analyzer-security.insecureAPI.vfork, bugprone-unsafe-functions, clang-analyzer-unix.Vfork)
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}
#pragma GCC diagnostic pop

}  // namespace

Result<pid_t, int> start(const Launch& launch) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return refuse(errno);
  const OwnedFd answer(ends[0]);
  OwnedFd answer_end(ends[1]);
  const OwnedFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null.valid()) return refuse(errno);
  Surroundings around{
      .launch = launch, .null_fd = null.get(), .answer_fd = answer_end.get(), .parent = ::getpid(), .signals = {}};
  const pid_t pid = fork_and_run(around);
  if (pid < 0) return refuse(errno);
  answer_end.reset();
  int error = 0;
  if (::read(answer.get(), &error, sizeof error) != sizeof error) return pid;
  ::waitpid(pid, nullptr, 0);
  return refuse(error);
}

}  // namespace phalarope::hal::detail
