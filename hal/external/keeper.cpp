#include "hal/external/keeper.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "core/engine/base/enforce.hpp"
#include "core/engine/graph/node_table.hpp"
#include "hal/host/clock.hpp"
#include "hal/host/realtime.hpp"

namespace phalarope::hal {
namespace {

constexpr Duration processor_look = milliseconds(2'000);
constexpr Duration hook_look = milliseconds(20);
constexpr Duration ready_look = milliseconds(2);
constexpr Duration kill_wait = milliseconds(2'000);
constexpr std::int64_t permille = 1000;
/// The clock of a process counts in ticks here and there; a tenth more than allowed is not yet too much.
constexpr std::int64_t processor_permille_of_unit = 1100;

struct Awaited {
  ExternalFault fault = ExternalFault::none;
  std::int32_t status = 0;
};

/// Waits for the next record, which must be of this type and belong to this command.
Awaited await_record(Channel& channel, phal_record_type type, std::uint64_t command, Duration span) {
  const auto record = std::make_unique<ResultRecord>();
  const Instant deadline = monotonic_now() + span;
  for (bool open = true;;) {
    switch (channel.take(*record)) {
      case Taken::record:
        if (record->type != type) return {ExternalFault::record_unknown, 0};
        if (record->command != command) return {ExternalFault::command_mismatch, 0};
        return {ExternalFault::none, record->status};
      case Taken::broken:
        return {channel.fault(), 0};
      case Taken::nothing:
        break;
    }
    if (!open) return {ExternalFault::process_ended, 0};
    const Duration left = deadline - monotonic_now();
    if (left <= Duration{}) return {ExternalFault::hook_timeout, 0};
    open = channel.wait(std::min(left, hook_look));
  }
}

}  // namespace

Keeper::Keeper(KeeperSettings settings)
    : settings_(std::move(settings)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  PHAL_ENFORCE(wake_.valid(), "the kernel gave no eventfd for a node's keeper");
  settings_.hook_timeout = hook_timeout(settings_.hook_timeout);
}

Keeper::~Keeper() { stop(); }

Result<void, std::string> Keeper::begin() {
  group_ = ControlGroup::make({.memory_mib = settings_.child.memory_mib,
                               .cpu_units = settings_.cpu_units,
                               .processes = settings_.child.processes_max});
  ThreadSettings thread;
  thread.name = "node-keeper";
  thread_ = start_thread(std::move(thread), [](const std::vector<Refusal>&) {}, [this] { run(); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return begun_; });
  if (!first_failure_.empty()) return refuse(first_failure_);
  return {};
}

void Keeper::start() {
  if (started_.exchange(true)) return;
  std::shared_ptr<NodeInstance> instance;
  {
    const std::lock_guard lock(mutex_);
    instance = ready_;
  }
  if (!instance) return;
  if (const ExternalFault fault = run_hook(*instance, phal_record_start); fault != ExternalFault::none) {
    give_up(instance, fault);
  }
}

void Keeper::stop() {
  if (!thread_.joinable()) return;
  std::shared_ptr<NodeInstance> instance;
  {
    const std::lock_guard lock(mutex_);
    instance = ready_;
  }
  if (instance && started_.load()) static_cast<void>(run_hook(*instance, phal_record_stop));
  stopping_.store(true);
  wake_thread();
  thread_.join();
}

Result<std::shared_ptr<NodeInstance>, ExternalFault> Keeper::take_ready(Duration wait, FunctionRef<bool()> cancelled) {
  const Instant deadline = monotonic_now() + wait;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (ready_) return ready_;
    const Instant now = monotonic_now();
    if (resting_ && next_start_ > deadline) return refuse(ExternalFault::restarts_exhausted);
    if (now >= deadline || stopping_.load() || cancelled()) return refuse(ExternalFault::start_failed);
    changed_.wait_for(lock, std::chrono::nanoseconds(ready_look.value));
  }
}

void Keeper::give_up(const std::shared_ptr<NodeInstance>& instance, ExternalFault fault) {
  {
    const std::lock_guard lock(mutex_);
    if (ready_ != instance) {  // it ended by itself meanwhile, and was counted then
      return;
    }
    ready_.reset();
    given_up_ = fault;
  }
  wake_thread();
}

void Keeper::note(ExternalFault fault) { count(fault); }

KeeperFacts Keeper::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

void Keeper::run() {
  RestartBudget budget(settings_.restarts, monotonic_now());
  while (!stopping_.load()) {
    ExternalFault fault = ExternalFault::none;
    auto made = bring_up(fault);
    {
      const std::lock_guard lock(mutex_);
      ++facts_.starts;
      resting_ = false;
      if (made) {
        ready_ = *made;
        given_up_ = ExternalFault::none;
        facts_.pid = (*made)->process->pid();
      } else if (!begun_) {
        first_failure_ = std::move(made.error());
      }
      begun_ = true;
    }
    changed_.notify_all();
    if (made) {
      fault = watch(**made);
      {
        const std::lock_guard lock(mutex_);
        ready_.reset();
        facts_.pid = -1;
      }
      (*made)->process->kill();
      static_cast<void>((*made)->process->reap(kill_wait));
    }
    if (fault == ExternalFault::none) break;  // stopping
    count(fault);
    if (succeeded_.exchange(false, std::memory_order_relaxed)) budget.note_success();
    const bool rests = budget.exhausted();
    const Instant next = budget.after_failure(monotonic_now());
    {
      const std::lock_guard lock(mutex_);
      resting_ = rests;
      next_start_ = next;
    }
    changed_.notify_all();
    if (!sleep_until(next)) break;
  }
}

Result<std::shared_ptr<NodeInstance>, std::string> Keeper::bring_up(ExternalFault& fault) {
  fault = ExternalFault::start_failed;
  auto child = ChildProcess::start(settings_.child, group_);
  if (!child) return refuse(std::move(child.error()));
  const auto instance = std::make_shared<NodeInstance>(*child);
  const std::string& program = settings_.child.command.front();
  measured_at_ = monotonic_now();
  processor_time_ = {};
  Awaited said = await_record(instance->channel, phal_record_hello, 0, settings_.start_wait);
  if (said.fault != ExternalFault::none) {
    return refuse(program + " did not come up as a node (" + std::string(describe(said.fault).id) +
                  "); try it with `phalarope node test`, and look at its memory limit");
  }
  said = await_record(instance->channel, phal_record_ready, 0, settings_.hook_timeout);
  if (said.fault != ExternalFault::none) fault = said.fault;
  if (said.fault == ExternalFault::hook_timeout) {
    return refuse("node_hook_timeout: init of " + program + " took longer than " +
                  std::to_string(to_ms(settings_.hook_timeout)) + " ms; raise its hook_timeout_ms");
  }
  if (said.fault != ExternalFault::none || said.status != 0) {
    return refuse("init of " + program + " failed (" +
                  (said.status != 0 ? "error " + std::to_string(said.status) : std::string(describe(said.fault).id)) +
                  "); its own complaint is on standard error");
  }
  if (started_.load()) {
    const ExternalFault started = run_hook(*instance, phal_record_start);
    if (started != ExternalFault::none) {
      fault = started;
      return refuse("start of " + program + " failed (" + std::string(describe(started).id) + ")");
    }
  }
  fault = ExternalFault::none;
  return instance;
}

ExternalFault Keeper::run_hook(NodeInstance& instance, phal_record_type command) {
  const std::uint64_t number = instance.channel.send(command);
  const Awaited said = await_record(instance.channel, phal_record_handled, number, settings_.hook_timeout);
  if (said.fault != ExternalFault::none) return said.fault;
  return said.status == 0 ? ExternalFault::none : ExternalFault::node_error;
}

ExternalFault Keeper::watch(NodeInstance& instance) {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (given_up_ != ExternalFault::none) return given_up_;
    }
    if (stopping_.load()) return ExternalFault::none;
    pollfd events[2] = {{.fd = instance.process->pid_fd(), .events = POLLIN, .revents = 0},
                        {.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    const timespec timeout{.tv_sec = processor_look.value / ns_per_second, .tv_nsec = 0};
    if (::ppoll(events, 2, &timeout, nullptr) > 0) {
      std::uint64_t tokens = 0;
      const auto bytes = ::read(wake_.get(), &tokens, sizeof tokens);
      static_cast<void>(bytes);  // nothing to read: it was the process
      if (events[0].revents != 0) {
        const std::lock_guard lock(mutex_);
        if (given_up_ == ExternalFault::none) return ExternalFault::process_ended;
      }
    }
    const ExternalFault fault = look_at_processor_time(instance, monotonic_now());
    if (fault != ExternalFault::none) return fault;
  }
}

ExternalFault Keeper::look_at_processor_time(NodeInstance& instance, Instant now) {
  const Duration span = now - measured_at_;
  if (span < processor_look) return ExternalFault::none;
  const Duration used = instance.process->cpu_time() - processor_time_;
  measured_at_ = now;
  processor_time_ += used;
  const std::int64_t used_permille = used.value / (span.value / permille);
  return used_permille > settings_.cpu_units * processor_permille_of_unit ? ExternalFault::resource_limit
                                                                          : ExternalFault::none;
}

bool Keeper::sleep_until(Instant when) {
  while (!stopping_.load()) {
    const Duration left = when - monotonic_now();
    if (left <= Duration{}) return true;
    pollfd wake{.fd = wake_.get(), .events = POLLIN, .revents = 0};
    const timespec timeout{.tv_sec = left.value / ns_per_second, .tv_nsec = left.value % ns_per_second};
    if (::ppoll(&wake, 1, &timeout, nullptr) > 0) {
      std::uint64_t tokens = 0;
      const auto bytes = ::read(wake_.get(), &tokens, sizeof tokens);
      static_cast<void>(bytes);
    }
  }
  return false;
}

void Keeper::count(ExternalFault fault) {
  const std::lock_guard lock(mutex_);
  ++facts_.faults[static_cast<std::size_t>(fault)];
  facts_.last_fault = fault;
}

void Keeper::wake_thread() noexcept {
  const std::uint64_t one = 1;
  const auto bytes = ::write(wake_.get(), &one, sizeof one);
  static_cast<void>(bytes);  // a full counter wakes as well
}

}  // namespace phalarope::hal
