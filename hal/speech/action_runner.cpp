// See action_runner.hpp.
#include "hal/speech/action_runner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "hal/host/clock.hpp"
#include "hal/speech/detail/action_output.hpp"
#include "hal/speech/detail/http_call.hpp"

extern char** environ;

namespace phalarope::hal {
namespace {

/// A pipe's two ends, closed with it.
struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) ends = {-1, -1};
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_end(std::size_t which) {
    if (ends[which] >= 0) close(ends[which]);
    ends[which] = -1;
  }
};

/// Starts argv with its output in `out`, no input, in a process group of its own. -1: errno says why.
pid_t spawn_program(const std::vector<std::string>& arguments, int out) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t child = -1;
  const int status = posix_spawn(&child, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  errno = status;
  return status == 0 ? child : -1;
}

/// Takes what the program has written so far.
void drain(int from, std::string& output) {
  std::array<char, 256> bytes{};
  for (ssize_t count = 1; count > 0;) {
    count = read(from, bytes.data(), bytes.size());
    if (count > 0) detail::append_bounded(output, bytes.data(), static_cast<std::size_t>(count));
  }
}

ActionResult run_program(const Action& action, FunctionRef<bool()> cancelled) {
  Pipe pipe;
  if (pipe.ends[0] < 0) return {ActionOutcome::failed, {}};
  const pid_t child = spawn_program(action.arguments, pipe.ends[1]);
  if (child < 0) return {errno == ENOENT ? ActionOutcome::absent : ActionOutcome::failed, {}};
  pipe.close_end(1);
  ActionResult result;
  const Instant deadline = monotonic_now() + milliseconds(action.timeout_ms);
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(child, &status, WNOHANG);
    drain(pipe.ends[0], result.output);
    if (ended == child) {
      const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      result.outcome = well ? ActionOutcome::done : ActionOutcome::failed;
      break;
    }
    const bool stopped = cancelled();
    if (stopped || monotonic_now() >= deadline) {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      result.outcome = stopped ? ActionOutcome::cancelled : ActionOutcome::timed_out;
      break;
    }
    pollfd none{};
    poll(&none, 0, action_poll_ms);
  }
  result.output = detail::first_line(std::move(result.output));
  return result;
}

}  // namespace

std::string url_host(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const std::size_t start = scheme + 3;
  const std::string host = url.substr(start, url.find_first_of("/?#", start) - start);
  return host.find('@') == std::string::npos ? host : std::string{};
}

ActionResult run_action(const Action& action, FunctionRef<bool()> cancelled) {
  switch (action.kind) {
    case Action::Kind::none:
      return {ActionOutcome::done, {}};
    case Action::Kind::program:
      return run_program(action, cancelled);
    case Action::Kind::http:
      return detail::call_http(action, cancelled);
  }
  return {ActionOutcome::failed, {}};
}

}  // namespace phalarope::hal
