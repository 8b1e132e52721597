// Keeper: keeps one process of a node alive, on a thread of its own.
//
//            ┌──────────────── backoff, budget ◀───────────────┐
//   begin ─▶ starting ── hello, init ──▶ ready ── given up, ended, ──▶ kill the group, reap
//                └── failed ──────────────┐         too much processor         ▲
//                                         └────────────────────────────────────┘
//
// Whoever talks with the node takes the ready instance, and gives it up when it misbehaves; killing, reaping and
// starting again is the keeper's, so that no turn waits for it longer than it wants to. The thread also is the one the
// processes die with (parent-death signal).
//
// Invariants. (1) At most one process is alive. (2) An instance that was given up is never handed out again.
// (3) Starts are bounded by the restart budget. (4) After stop() nothing is left: no process, no zombie, no thread.
// Owner: any thread may call; one worker at a time uses an instance's channel. Contract: runtime.md 11.1; D18.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/engine/base/function_ref.hpp"
#include "hal/external/channel.hpp"
#include "hal/external/child_process.hpp"
#include "hal/external/restart_budget.hpp"

namespace phalarope::hal {

constexpr Duration child_start_wait_default = milliseconds(5'000);

struct KeeperSettings {
  std::string name;
  ChildSettings child;
  RestartPolicy restarts;
  Duration start_wait = child_start_wait_default;  // until the program says hello: loading it is not a hook
  Duration hook_timeout{};                         // 0: the default of runtime.md 11.1
  std::int64_t cpu_units = 1;                      // whole processors it may keep busy
};

/// One process and the way to talk with it. What is in it outlives the process while somebody holds it.
struct NodeInstance {
  explicit NodeInstance(std::shared_ptr<ChildProcess> started)
      : process(std::move(started)), channel(process->region(), process->socket()) {}
  std::shared_ptr<ChildProcess> process;
  Channel channel;
};

struct KeeperFacts {
  std::uint64_t starts = 0;
  std::array<std::uint64_t, external_fault_count> faults{};
  ExternalFault last_fault = ExternalFault::none;
  pid_t pid = -1;  // of the ready process
  std::uint64_t count(ExternalFault fault) const noexcept { return faults[static_cast<std::size_t>(fault)]; }
};

class Keeper {
 public:
  explicit Keeper(KeeperSettings settings);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Joins a control group where there is one, starts the thread and the first process; waits until it is ready, or
  /// says why it is not.
  Result<void, std::string> begin();
  /// Runs the start hook, now and after each replacement. Before the first command.
  void start();
  /// Runs the stop hook, ends the process and the thread. Again: does nothing.
  void stop();

  /// The ready instance, waited for at most `wait`; or why there is none.
  Result<std::shared_ptr<NodeInstance>, ExternalFault> take_ready(Duration wait, FunctionRef<bool()> cancelled);
  /// This instance is no longer wanted. At once; the rest happens on the keeper's thread.
  void give_up(const std::shared_ptr<NodeInstance>& instance, ExternalFault fault);
  /// A fault that costs the turn but not the process.
  void note(ExternalFault fault);
  void note_success() noexcept { succeeded_.store(true, std::memory_order_relaxed); }

  KeeperFacts facts() const;

 private:
  void run();
  Result<std::shared_ptr<NodeInstance>, std::string> bring_up(ExternalFault& fault);
  /// Returns when the instance is at its end, and why.
  ExternalFault watch(NodeInstance& instance);
  ExternalFault look_at_processor_time(NodeInstance& instance, Instant now);
  ExternalFault run_hook(NodeInstance& instance, phal_record_type command);
  bool sleep_until(Instant when);
  void count(ExternalFault fault);
  void wake_thread() noexcept;

  KeeperSettings settings_;
  std::shared_ptr<ControlGroup> group_;  // of all processes of this node, one after the other
  OwnedFd wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // below: guarded by mutex_
  std::shared_ptr<NodeInstance> ready_;
  ExternalFault given_up_ = ExternalFault::none;
  Instant next_start_{};
  bool resting_ = false;
  bool begun_ = false;  // the first start ended, well or not
  std::string first_failure_;
  KeeperFacts facts_;

  std::atomic<bool> stopping_{false};
  std::atomic<bool> started_{false};
  std::atomic<bool> succeeded_{false};
  Instant measured_at_{};      // owner: the keeper's thread
  Duration processor_time_{};  // owner: the keeper's thread
  std::thread thread_;
};

}  // namespace phalarope::hal
