// ThreadPool: the execution pool of a running board: a few worker threads, many nodes, each node on at most one
// worker at a time.
//
//   engine thread: slot.submit, then if the node was not scheduled: its bit into `waiting`, one permit
//   worker:        a permit, the next waiting bit, work through its commands, unschedule, look once more
//
//   waiting  0 0 1 0 1 1 0 ...   one bit a node, so there is always room: a node is never refused for another's sake
//                ▲ last taken; the search begins behind it, so no node waits for more than one turn of each other,
//                  and a turn is commands_per_turn_max long when somebody waits (D24)
//
// SYNC(scheduled): submit pushes the command before it exchanges `scheduled`; the worker clears `scheduled` before it
// looks into the queue a last time. Both are sequentially consistent, so of "worker found nothing" and "engine found
// it scheduled" at most one can be true, and no command is left lying.
//
// A worker stuck in a node (D18): supervise() reports the node as failed and starts a replacement from a bounded
// reserve, so the other nodes go on; the stuck node takes no more commands until it comes back by itself.
//
// A node that never returns outlives the pool: its worker owns a share of everything the pool is made of, stop()
// leaves it behind after `stop_wait` and names the node, and whoever owns the node and its surroundings (payloads,
// ingress, clock) must then leave them standing (Conversation::outlive_workers()).
// Owner: the control thread, but for the two calls of the engine thread. Contract: runtime.md 6.1; decisions.md D18.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "core/engine/graph/execution_pool.hpp"
#include "hal/host/node_slot.hpp"
#include "hal/host/realtime.hpp"

namespace phalarope::hal {

constexpr std::size_t replacement_workers_max = 4;
/// After so many commands a node makes room for the next that waits: a quantum of speech (fair_queue.hpp).
constexpr std::size_t commands_per_turn_max = 16;

/// How a stop went. A worker that did not come back is left behind; it may come back at any later time.
struct PoolStop {
  std::size_t workers_left = 0;
  std::vector<NodeIndex> nodes_at_work;  // that they were in; none of their hooks may be called any more
};

class ThreadPool final : public ExecutionPool {
 public:
  struct Settings {
    std::size_t workers = 2;
    ThreadSettings thread;                        // of every worker; its name gets a number
    Duration stuck_after = milliseconds(15'000);  // a command in hand longer than this is a stuck node
    Duration stop_wait = milliseconds(2'000);     // how long stop() waits for commands in hand
    std::function<void(const std::vector<Refusal>&)> refused = [](const std::vector<Refusal>&) {};
    // Wakes the engine. A worker that was left behind may still call it: what it touches is its own.
    std::function<void()> after_work = [] {};
  };

  ThreadPool(Settings settings, Ingress::Port supervisor_port);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void add(std::unique_ptr<NodeSlot> slot);
  void start();
  /// Lets every command in hand end, at most `stop_wait`, and joins; nothing more is begun. Again: does nothing.
  PoolStop stop();

  bool try_submit(NodeIndex node, const Event& command) noexcept override;
  void cancel(NodeIndex node, const Event& command) noexcept override;

  /// Control thread, a few times a second: finds stuck nodes.
  void supervise(Instant now);
  std::size_t stuck_nodes() const noexcept;

 private:
  struct Entry;
  struct Shared;
  struct Worker;
  void start_worker();
  void replace_worker();

  Settings settings_;
  Ingress::Port supervisor_port_;
  std::shared_ptr<Shared> shared_;  // with every worker
  std::vector<Worker> workers_;
  std::size_t replacements_ = 0;
};

}  // namespace phalarope::hal
