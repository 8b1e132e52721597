// NodeSlot: one node as the host runs it: its command queue, its cancelled tickets, its context while it works.
//
//   engine thread                                     a worker (or the one thread of a virtual-time run)
//     submit(command) ──▶ [SPSC ring, 256] ──▶          run(): [fair queue] ──▶ node.handle(command, context)
//     cancel(ticket)  ──▶ cancelled_through ──▶         context.cancelled(), asked by the node between chunks
//
// Sessions share a node by deficit round robin: who sends it much waits in their own line, and a session's commands
// keep their order (decisions.md D24).
//
// Invariants. (1) One thread at a time runs a slot (the pool's `scheduled` flag sees to it). (2) A command's payload
// is released exactly once, after handle() returned; a result's payload is released here when the ingress is full.
// (3) Tickets only grow, so "cancelled through N" says everything. Contract: runtime.md 7.4, 11.1; node.hpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "core/engine/graph/fair_queue.hpp"
#include "core/engine/graph/node.hpp"
#include "core/engine/lanes/ingress.hpp"
#include "core/engine/lanes/spsc_ring.hpp"
#include "core/engine/memory/payload_store.hpp"
#include "hal/host/clock.hpp"
#include "hal/host/node_memory.hpp"

namespace phalarope::hal {

constexpr std::size_t node_commands_max = 256;
/// What a command costs its session at least: as much as a frame of speech.
constexpr std::uint64_t command_cost_bytes_min = 640;
// argument_a of a node_failed that the host says in a node's name.
constexpr std::int64_t node_stuck_code = 1;
constexpr std::int64_t node_threw_code = 3;  // 2: EngineRuntime's own, the pool had no room

/// What every slot of a pool shares.
struct NodeSurroundings {
  PayloadStore& payloads;
  const Clock& clock;
};

class NodeSlot {
 public:
  /// `payload_pool` is where this node's results are put (PayloadStore pool number).
  NodeSlot(NodeIndex index, Node& node, std::uint16_t payload_pool, Ingress::Port port, NodeSurroundings around)
      : index_(index), node_(node), payload_pool_(payload_pool), port_(port), around_(around) {}

  /// Engine thread. False when the node's queue is full.
  [[nodiscard]] bool submit(const Event& command) noexcept { return commands_.try_push(command); }
  /// Engine thread. Everything up to and including `ticket` is cancelled.
  void cancel(Ticket ticket) noexcept;
  /// The one running thread. Handles one command; false when there was none.
  bool run_one();

  NodeIndex index() const noexcept { return index_; }
  Node& node() const noexcept { return node_; }
  /// Whether somebody submitted since run_one() last said that there was nothing.
  bool has_commands() const noexcept { return commands_.size_approx() > 0; }
  /// When the command in hand was begun; 0 when none is.
  std::int64_t busy_since_ns() const noexcept { return busy_since_ns_.load(std::memory_order_relaxed); }
  std::uint64_t results_refused() const noexcept { return results_refused_.load(std::memory_order_relaxed); }
  /// The failure of a node that is stuck in a command, said in its name (supervision, not the node, says it).
  bool report_failure(Ingress::Port& port, std::int64_t code) noexcept;

 private:
  class Context;
  bool take_next() noexcept;
  Event in_reply_to(const Event& command, const Event& result) const noexcept;

  NodeIndex index_;
  Node& node_;
  std::uint16_t payload_pool_;
  Ingress::Port port_;
  NodeSurroundings around_;
  SpscRing<Event, node_commands_max> commands_;
  FairQueue<Event, node_commands_max> waiting_;  // owner: the running thread
  // SYNC(cancelled): a relaxed flag would do for stopping early (the fence, not the node, keeps the promise); release
  // and acquire make a node that sees the cancel also see everything the engine did before it.
  std::atomic<std::uint64_t> cancelled_through_{0};
  std::atomic<std::int64_t> busy_since_ns_{0};
  std::atomic<std::uint64_t> results_refused_{0};
  std::uint32_t results_sent_ = 0;  // owner: the running thread
  Event in_hand_{};                 // owner: the running thread
  NodeMemory memory_;               // owner: the running thread
};

}  // namespace phalarope::hal
