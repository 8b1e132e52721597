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
#include "hal/speech/detail/curl_library.hpp"

extern char** environ;

namespace phalarope::hal {
namespace {

std::string first_line(std::string text) {
  const std::size_t end = text.find_first_of("\r\n");
  if (end != std::string::npos) text.resize(end);
  return text;
}

void append_bounded(std::string& output, const char* bytes, std::size_t count) {
  output.append(bytes, std::min(count, action_output_bytes_max - std::min(output.size(), action_output_bytes_max)));
}

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
    if (count > 0) append_bounded(output, bytes.data(), static_cast<std::size_t>(count));
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
  result.output = first_line(std::move(result.output));
  return result;
}

extern "C" std::size_t phalarope_action_take_body(char* bytes, std::size_t size, std::size_t count, void* output) {
  append_bounded(*static_cast<std::string*>(output), bytes, size * count);
  return size * count;
}

extern "C" int phalarope_action_ask_cancel(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<FunctionRef<bool()>*>(cancelled))() ? 1 : 0;
}

ActionResult run_http(const Action& action, FunctionRef<bool()> cancelled) {
  const detail::CurlLibrary* curl = detail::curl_library();
  if (curl == nullptr) return {ActionOutcome::absent, "libcurl.so.4 is not installed"};
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> call(curl->easy_init(), curl->easy_cleanup);
  if (!call) return {ActionOutcome::failed, {}};
  ActionResult result;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl->slist_append(nullptr, "Content-Type: application/json"), curl->slist_free_all);
  const auto set = [&](CURLoption option, auto value) { curl->easy_setopt(call.get(), option, value); };
  set(CURLOPT_URL, action.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(action.timeout_ms));
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, phalarope_action_ask_cancel);
  set(CURLOPT_XFERINFODATA, &cancelled);
  set(CURLOPT_WRITEFUNCTION, phalarope_action_take_body);
  set(CURLOPT_WRITEDATA, &result.output);
  if (action.method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, action.method.c_str());
    set(CURLOPT_POSTFIELDS, action.body.c_str());
    set(CURLOPT_HTTPHEADER, headers.get());
  }
  switch (curl->easy_perform(call.get())) {
    case CURLE_OK:
      result.outcome = ActionOutcome::done;
      break;
    case CURLE_OPERATION_TIMEDOUT:
      result.outcome = ActionOutcome::timed_out;
      break;
    case CURLE_ABORTED_BY_CALLBACK:
      result.outcome = ActionOutcome::cancelled;
      break;
    case CURLE_COULDNT_CONNECT:
      result.outcome = ActionOutcome::absent;
      break;
    default:
      result.outcome = ActionOutcome::failed;
      break;  // curl's enum is open; all else is a failure
  }
  result.output = first_line(std::move(result.output));
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
      return run_http(action, cancelled);
  }
  return {ActionOutcome::failed, {}};
}

}  // namespace phalarope::hal
