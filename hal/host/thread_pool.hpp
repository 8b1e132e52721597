// ThreadPool: the execution pool of a running board: a few worker threads, many nodes, each node on at most one
// worker at a time.
//
//   engine thread: slot.submit, then if the node was not scheduled: jobs.try_enqueue(node), semaphore
//   worker:        wait, take a node, work through its commands, unschedule, look once more
//
// SYNC(scheduled): submit pushes the command before it exchanges `scheduled`; the worker clears `scheduled` before it
// looks into the queue a last time. Both are sequentially consistent, so of "worker found nothing" and "engine found
// it scheduled" at most one can be true, and no command is left lying.
//
// A worker stuck in a node (D18): supervise() reports the node as failed and starts a replacement from a bounded
// reserve, so the other nodes go on; the stuck node takes no more commands until it comes back by itself.
// The job queue is moodycamel's ConcurrentQueue with the engine's own token; try_ forms only.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "core/engine/graph/execution_pool.hpp"
#include "hal/host/node_slot.hpp"
#include "hal/host/realtime.hpp"

namespace phalarope::hal {

constexpr std::size_t replacement_workers_max = 4;

class ThreadPool final : public ExecutionPool {
 public:
  struct Settings {
    std::size_t workers = 2;
    ThreadSettings thread;                        // of every worker; its name gets a number
    Duration stuck_after = milliseconds(15'000);  // a command in hand longer than this is a stuck node
    std::function<void(const std::vector<Refusal>&)> refused = [](const std::vector<Refusal>&) {};
    std::function<void()> after_work = [] {};  // wakes the engine
  };

  ThreadPool(Settings settings, Ingress::Port supervisor_port);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void add(std::unique_ptr<NodeSlot> slot);
  void start();
  /// Lets every command in hand end, then joins. A worker that is stuck is left behind.
  void stop();

  bool try_submit(NodeIndex node, const Event& command) noexcept override;
  void cancel(NodeIndex node, Ticket ticket) noexcept override;

  /// Control thread, a few times a second: finds stuck nodes.
  void supervise(Instant now);
  std::size_t stuck_nodes() const noexcept;

 private:
  struct Entry;
  struct Queue;
  void work();
  void run(Entry& entry);
  Entry* find(NodeIndex node) noexcept;
  void start_worker();

  Settings settings_;
  Ingress::Port supervisor_port_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::unique_ptr<Queue> queue_;
  std::vector<std::thread> workers_;
  std::size_t replacements_ = 0;
  std::atomic<bool> stopping_{false};
};

}  // namespace phalarope::hal
