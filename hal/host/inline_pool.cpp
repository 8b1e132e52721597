#include "hal/host/inline_pool.hpp"

#include <utility>

namespace phalarope::hal {

void InlinePool::add(std::unique_ptr<NodeSlot> slot) { slots_.push_back(std::move(slot)); }

NodeSlot* InlinePool::find(NodeIndex node) noexcept {
  for (const auto& slot : slots_) {
    if (slot->index() == node) return slot.get();
  }
  return nullptr;
}

bool InlinePool::try_submit(NodeIndex node, const Event& command) noexcept {
  NodeSlot* slot = find(node);
  return slot != nullptr && slot->submit(command);
}

void InlinePool::cancel(NodeIndex node, const Event& command) noexcept {
  if (NodeSlot* slot = find(node); slot != nullptr) slot->cancel(Ticket{command.ticket});
}

std::size_t InlinePool::run_pending() {
  std::size_t handled = 0;
  for (bool worked = true; worked;) {
    worked = false;
    for (const auto& slot : slots_) {
      while (slot->run_one()) {
        worked = true;
        ++handled;
      }
    }
  }
  return handled;
}

}  // namespace phalarope::hal
