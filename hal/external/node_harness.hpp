// NodeHarness: drives a node's program without an engine: one command in, its results out.
//
//   NodeHarness harness(settings);            the same process, limits, checks and time-outs as in a running board
//   harness.begin();
//   harness.send(EventKind::command_dialogue_ask, "hello")  ──▶  {dialogue_sentence "hello"}, {dialogue_done}
//
// For people who write nodes (`phalarope node test`) and for tests. Payloads never run out. One thread, but for
// cancel().
// Contract: runtime.md 11.2 (the adapter may be driven alone).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hal/external/external_node.hpp"

namespace phalarope::hal {

struct HarnessResult {
  Event event;
  std::string payload;
};

class NodeHarness {
 public:
  explicit NodeHarness(ExternalNodeSettings settings) : node_(std::move(settings)) {}
  ~NodeHarness() { node_.stop(); }

  /// Runs init and start. A sentence when the node is not ready.
  std::optional<std::string> begin();
  /// True when the program is there to take a command; waited for at most `wait` (after a fault it is replaced).
  bool ready(Duration wait);
  /// Hands one command over and waits for its end. Each turn is a ticket; a new one is a new turn.
  std::vector<HarnessResult> send(EventKind kind, std::string_view payload = {}, std::int64_t argument_a = 0);
  /// The next commands belong to another turn.
  void next_turn() noexcept { ++ticket_; }
  /// Any thread: cancels everything up to the present turn.
  void cancel() noexcept;
  std::uint64_t ticket() const noexcept { return ticket_.load(); }
  ExternalNode& node() noexcept { return node_; }

 private:
  class Context;

  ExternalNode node_;
  std::atomic<std::uint64_t> ticket_{1};
  std::atomic<std::uint64_t> cancelled_through_{0};
};

/// The fault that a result names, when it is a node's failure.
std::optional<ExternalFault> fault_of(const Event& result) noexcept;

}  // namespace phalarope::hal
