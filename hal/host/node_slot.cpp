#include "hal/host/node_slot.hpp"

#include <algorithm>
#include <cstring>
#include <exception>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {

class NodeSlot::Context final : public NodeContext {
 public:
  Context(NodeSlot& slot, const Event& command) : slot_(slot), command_(command) {}

  bool emit(const Event& result) override {
    const Event filled = slot_.in_reply_to(command_, result);
    if (slot_.port_.try_send(filled)) {
      ++slot_.results_sent_;
      return true;
    }
    slot_.results_refused_.fetch_add(1, std::memory_order_relaxed);
    if (filled.payload.present()) static_cast<void>(slot_.around_.payloads.release(filled.payload));
    return false;
  }

  std::optional<PayloadHandle> put_payload(std::span<const std::byte> bytes) override {
    const auto handle =
        slot_.around_.payloads.try_acquire(slot_.payload_pool_, static_cast<std::uint32_t>(bytes.size()));
    if (!handle) return std::nullopt;
    const std::span<std::byte> slab = slot_.around_.payloads.write(*handle);
    std::copy(bytes.begin(), bytes.end(), slab.begin());
    return *handle;
  }

  std::span<const std::byte> payload(const PayloadHandle& handle) const override {
    if (!handle.present()) return {};
    const auto bytes = slot_.around_.payloads.read(handle);
    return bytes ? *bytes : std::span<const std::byte>{};
  }

  std::optional<StateOfSession> session_state() override { return slot_.memory_.of_session(command_); }
  std::optional<StateOfTurn> turn_state() override { return slot_.memory_.of_turn(command_); }

  bool cancelled() const override {
    // SYNC(cancelled): pairs with cancel().
    return command_.ticket != 0 && command_.ticket <= slot_.cancelled_through_.load(std::memory_order_acquire);
  }

 private:
  NodeSlot& slot_;
  const Event& command_;
};

void NodeSlot::cancel(Ticket ticket) noexcept {
  const std::uint64_t before = cancelled_through_.load(std::memory_order_relaxed);
  cancelled_through_.store(std::max(before, ticket.value), std::memory_order_release);  // SYNC(cancelled)
  node_.cancel(ticket);
}

bool NodeSlot::take_next() noexcept {
  Event command;
  while (!waiting_.full() && commands_.try_pop(command)) {
    const std::uint64_t cost = std::max<std::uint64_t>(command_cost_bytes_min, command.payload.length_bytes);
    PHAL_ENFORCE(waiting_.try_push(command.session_slot, command.lane, cost, command),
                 "a queue that is not full takes");
  }
  return waiting_.try_pop(in_hand_);
}

bool NodeSlot::run_one() {
  if (!take_next()) return false;
  busy_since_ns_.store(around_.clock.now().value, std::memory_order_relaxed);
  Context context(*this, in_hand_);
  try {
    memory_.begin(in_hand_);
    node_.handle(in_hand_, context);
  } catch (const std::exception&) {  // a node may run out of memory; its thread serves the others
    Event failure{};
    failure.kind = EventKind::node_failed;
    failure.argument_a = node_threw_code;
    failure.reason = Reason::node_timeout_or_failure;
    static_cast<void>(context.emit(failure));
  }
  busy_since_ns_.store(0, std::memory_order_relaxed);
  if (in_hand_.payload.present()) static_cast<void>(around_.payloads.release(in_hand_.payload));
  return true;
}

Event NodeSlot::in_reply_to(const Event& command, const Event& result) const noexcept {
  Event filled = result;
  filled.mono_ns = around_.clock.now().value;
  filled.wall_ns = around_.clock.wall().value;
  filled.session_slot = command.session_slot;
  filled.turn_number = command.turn_number;
  filled.ticket = command.ticket;
  filled.authority_epoch = command.authority_epoch;
  filled.causal_parent = static_cast<std::uint32_t>(command.runtime_sequence);
  filled.provider_invocation = command.provider_invocation;
  filled.transport_sequence = results_sent_;
  filled.node = index_.value;
  filled.lane = Lane::data;
  filled.scope = command.turn_number != 0 ? Scope::turn : Scope::session;
  filled.emitter = Emitter::worker;
  return filled;
}

bool NodeSlot::report_failure(Ingress::Port& port, std::int64_t code) noexcept {
  Event failure{};
  failure.kind = EventKind::node_failed;
  failure.argument_a = code;
  failure.reason = Reason::node_timeout_or_failure;
  failure.mono_ns = around_.clock.now().value;
  failure.wall_ns = around_.clock.wall().value;
  failure.node = index_.value;
  failure.lane = Lane::control;
  failure.scope = Scope::node;
  failure.emitter = Emitter::worker;
  failure.set(EventFlag::internal);
  return port.try_send(failure);
}

}  // namespace phalarope::hal
