// InlinePool: the execution pool of a virtual-time run: commands wait until run_pending(), then every node works on the
// calling thread, in the order in which commands came. Same nodes, same slots, no threads: the same events every time.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/graph/execution_pool.hpp"
#include "hal/host/node_slot.hpp"

namespace phalarope::hal {

class InlinePool final : public ExecutionPool {
 public:
  void add(std::unique_ptr<NodeSlot> slot);

  bool try_submit(NodeIndex node, const Event& command) noexcept override;
  void cancel(NodeIndex node, const Event& command) noexcept override;

  /// Works until no node has a command left; the number of commands handled.
  std::size_t run_pending();

 private:
  NodeSlot* find(NodeIndex node) noexcept;
  std::vector<std::unique_ptr<NodeSlot>> slots_;
};

}  // namespace phalarope::hal
