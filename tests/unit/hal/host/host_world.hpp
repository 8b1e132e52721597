// HostWorld: what stands around a node slot in a test: payloads, ingress, a clock, and nodes that do as they are told.
//
// Fault model: a node may be slow, never return until it is let go, fill the ingress, or ask for more payload than
// there is; a pool may be destroyed while a node is still at work. The world outlives every pool of a test.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "core/engine/lanes/ingress.hpp"
#include "core/engine/memory/payload_store.hpp"
#include "hal/host/clock.hpp"
#include "hal/host/node_slot.hpp"

namespace phalarope::hal::test {

/// A node whose work is a function; counts what it was given.
class WorkingNode final : public Node {
 public:
  using Work = std::function<void(const Event&, NodeContext&)>;
  explicit WorkingNode(Work work = [](const Event&, NodeContext&) {}) : work_(std::move(work)) {}

  std::optional<std::string_view> init() override { return std::nullopt; }
  void handle(const Event& command, NodeContext& context) override {
    work_(command, context);
    handled.fetch_add(1);
  }
  void cancel(Ticket ticket) noexcept override { cancelled_through.store(ticket.value); }

  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> cancelled_through{0};

 private:
  Work work_;
};

class HostWorld {
 public:
  static constexpr std::size_t port_items_max = 32;
  static constexpr std::size_t ports_max = 20;
  static constexpr std::uint32_t text_slabs_max = 8;

  explicit HostWorld(const Clock& with_clock = host_clock())
      : region_(1024 * 1024), arena_(region_), ingress(port_items_max, ports_max), clock(with_clock) {
    static_cast<void>(payloads.add_pool(arena_, {.pool = text_pool, .slab_bytes = 64, .slabs_max = text_slabs_max}));
  }

  Ingress::Port port() { return *ingress.attach(); }
  std::unique_ptr<NodeSlot> slot(std::uint8_t index, Node& node) {
    return std::make_unique<NodeSlot>(NodeIndex{index}, node, text_pool, port(),
                                      NodeSurroundings{.payloads = payloads, .clock = clock});
  }
  Event command(std::int64_t argument, std::uint64_t ticket = 7) const {
    Event made{};
    made.kind = EventKind::command_dialogue_ask;
    made.runtime_sequence = 1000 + static_cast<std::uint64_t>(argument);
    made.argument_a = argument;
    made.ticket = ticket;
    made.turn_number = 3;
    made.authority_epoch = 5;
    made.provider_invocation = 11;
    return made;
  }
  PayloadHandle text(std::uint32_t bytes = 4) { return *payloads.try_acquire(text_pool, bytes); }
  std::vector<Event> results() {
    std::vector<Event> all(port_items_max * ports_max);
    all.resize(ingress.drain(all));
    return all;
  }
  std::uint32_t slabs_in_use() const {
    const auto counters = payloads.counters(text_pool);
    return counters->slabs_max - counters->free_slabs;
  }

 private:
  static const Clock& host_clock() {
    static const HostClock clock;
    return clock;
  }
  std::vector<std::byte> region_;
  Arena arena_;

 public:
  PayloadStore payloads;
  Ingress ingress;
  const Clock& clock;
};

/// A door at which nodes wait until it is opened.
class Door {
 public:
  void open() { open_.store(true), open_.notify_all(); }
  void pass() const { open_.wait(false); }

 private:
  std::atomic<bool> open_{false};
};

}  // namespace phalarope::hal::test
