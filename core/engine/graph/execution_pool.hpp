// The execution pool: the port to the workers, and the pure accounting that says who may enter.
//
//   engine ──submit──▶ [ admission ]──▶ queue (64) ──begin──▶ worker ──end──▶ released
//                       per key: outstanding = queued + running, held against the key's limit
//
// Invariants. (1) queued never exceeds the capacity. (2) outstanding(key) = queued + running of that key, and is
// released when the task ends, even on error. (3) Different keys never block each other through their limits.
// (4) A refusal changes counters only. Who is next among those that entered: fair_queue.hpp (D24).
// Owner: engine thread. Contract: runtime.md 6.1, 6.2 (concurrency and fairness; pool refusals).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/event.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/plan/graph_definition.hpp"

namespace phalarope {

/// The port the engine hands node commands to. Engine thread; neither call waits.
class ExecutionPool {
 public:
  virtual ~ExecutionPool() = default;
  /// False when the pool has no room; the caller sheds by name.
  virtual bool try_submit(NodeIndex node, const Event& command) = 0;
  /// Tells the node that nothing of the command's ticket is wanted any more. At once, whatever waits in the queue.
  /// Tickets count within a session: whoever serves many looks at the command's session_slot too.
  virtual void cancel(NodeIndex node, const Event& command) noexcept = 0;
};

constexpr std::size_t pool_queue_tasks_max = 64;
constexpr std::size_t pool_keys_max = 64;
/// A fairness key, interned to a small number by whoever resolved it.
using PoolKey = Id<struct PoolKeyTag, std::uint8_t>;

enum class PoolRefusal : std::uint8_t { task_invalid, pool_closed, node_concurrency_exceeded, pool_queue_full };
struct PoolRefusalRow {
  PoolRefusal refusal;
  std::string_view id;
  Reason shed_reason;  // of the node_dispatch shed it becomes
  std::string_view sentence;
};
constexpr std::array<PoolRefusalRow, 4> pool_refusal_rows{{
    {PoolRefusal::task_invalid, "task_invalid", Reason::execution_plan_denied,
     "A task needs an id, an action, a limit >= 0."},
    {PoolRefusal::pool_closed, "pool_closed", Reason::execution_pool_closed,
     "The pool is closed and takes no more work."},
    {PoolRefusal::node_concurrency_exceeded, "node_concurrency_exceeded", Reason::node_concurrency_limited,
     "The key has as many tasks outstanding as its limit allows."},
    {PoolRefusal::pool_queue_full, "pool_queue_full", Reason::execution_pool_saturated, "The pool's queue is full."},
}};
constexpr const PoolRefusalRow& describe(PoolRefusal refusal) noexcept {
  return pool_refusal_rows[static_cast<std::size_t>(refusal)];
}
static_assert(describe(PoolRefusal::pool_queue_full).refusal == PoolRefusal::pool_queue_full);

struct PoolTask {
  std::uint64_t id = 0;  // 0: empty
  bool has_action = true;
  PoolKey key{};
  std::int64_t limit = 0;  // 0: unlimited
};
struct PoolCounters {
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t rejected = 0;
  std::uint64_t rejected_by_concurrency = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t queue_depth = 0;
};

class PoolAdmission {
 public:
  constexpr explicit PoolAdmission(std::size_t capacity = pool_queue_tasks_max) noexcept : capacity_(capacity) {
    PHAL_ENFORCE(capacity > 0 && capacity <= pool_queue_tasks_max, "a pool's capacity is 1..pool_queue_tasks_max");
  }

  /// Reserves a place in the queue, or refuses by the first check that fails.
  constexpr Result<void, PoolRefusal> submit(const PoolTask& task) noexcept {
    if (task.id == 0 || !task.has_action || task.key.value >= pool_keys_max) return refuse(PoolRefusal::task_invalid);
    if (task.limit < 0) return reject(PoolRefusal::task_invalid);
    if (closed_) return reject(PoolRefusal::pool_closed);
    if (task.limit > 0 && outstanding_[task.key.value] >= static_cast<std::uint64_t>(task.limit)) {
      ++counters_.rejected_by_concurrency;
      return reject(PoolRefusal::node_concurrency_exceeded);
    }
    if (counters_.queue_depth >= capacity_) return reject(PoolRefusal::pool_queue_full);
    ++outstanding_[task.key.value];
    ++counters_.submitted;
    ++counters_.queue_depth;
    return {};
  }
  /// A worker took a task of this key from the queue.
  constexpr void begin(PoolKey key) noexcept {
    PHAL_ENFORCE(counters_.queue_depth > 0 && outstanding(key) > 0, "a worker begins only what was queued");
    --counters_.queue_depth;
    ++counters_.in_flight;
  }
  /// The task ended, well or not.
  constexpr void end(PoolKey key) noexcept {
    PHAL_ENFORCE(counters_.in_flight > 0 && outstanding(key) > 0, "a task ends once, and only after it began");
    --counters_.in_flight;
    --outstanding_[key.value];
    ++counters_.completed;
  }

  /// From now on every submission is refused; what is queued still runs.
  constexpr void close() noexcept { closed_ = true; }
  constexpr bool closed() const noexcept { return closed_; }
  /// Drain is complete when nothing is queued or running.
  constexpr bool idle() const noexcept { return counters_.queue_depth == 0 && counters_.in_flight == 0; }
  constexpr std::uint64_t outstanding(PoolKey key) const noexcept {
    PHAL_ENFORCE(key.value < pool_keys_max, "a pool key is interned below pool_keys_max");
    return outstanding_[key.value];
  }
  constexpr const PoolCounters& counters() const noexcept { return counters_; }

 private:
  constexpr std::unexpected<PoolRefusal> reject(PoolRefusal refusal) noexcept {
    ++counters_.rejected;
    return refuse(refusal);
  }

  std::size_t capacity_;
  std::array<std::uint64_t, pool_keys_max> outstanding_{};
  PoolCounters counters_{};
  bool closed_ = false;
};

/// The limit and key a node's tasks run under (6.2, "Concurrency and fairness").
struct NodeShare {
  std::int64_t concurrency_limit = 0;
  std::string_view fairness_key;  // a view into the arguments
};
constexpr std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}
constexpr NodeShare share_of(const NodeDefinition& node, const NodeShare& policy,
                             std::string_view default_edge_key) noexcept {
  const std::string_view keys[] = {trimmed(node.fairness_key.view()), trimmed(policy.fairness_key),
                                   trimmed(default_edge_key), node.id.view()};
  NodeShare share{.concurrency_limit = node.concurrency_limit != 0 ? node.concurrency_limit : policy.concurrency_limit,
                  .fairness_key = {}};
  for (const std::string_view key : keys) {
    if (key.empty()) continue;
    share.fairness_key = key;
    break;
  }
  return share;
}

}  // namespace phalarope
