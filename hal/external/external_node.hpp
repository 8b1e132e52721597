// ExternalNode: a node that runs as a program of its own, behind the same port as any other.
//
//   worker: handle(command) ─▶ keeper: ready instance ─▶ channel ─▶ node's process
//           context.emit ◀── ResultCheck ◀── records ◀──────────────┘     until `handled`
//
//   in time     the command is over when the node says so; its results went on one by one
//   cancelled   the node is told; its results are dropped and counted; after cancel_grace it is killed
//   fault       node_failed with the fault's code, once; the rest of that turn's commands are left out; the process is
//               replaced and the next turn works again
//
// Progress restarts the time-out (decisions.md D2); call_max bounds a call whatever it says.
// Invariants. (1) handle() returns within call_max + what the engine's own ingress costs. (2) Nothing the process does
// reaches the engine unchecked (result_check.hpp) or after a cancel. (3) One fault costs one turn.
// Thread: handle() one worker at a time; cancel() any, one atomic store. Contract: runtime.md 7.4, 11.1, 11.2; D18.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/engine/graph/node.hpp"
#include "hal/external/boundary.hpp"
#include "hal/external/keeper.hpp"
#include "hal/external/result_check.hpp"

namespace phalarope::hal {

constexpr Duration cancel_grace_default = milliseconds(75);
constexpr Duration external_call_max_default = milliseconds(10'000);

struct ExternalNodeSettings {
  std::string name;
  NodeType type = NodeType::none;
  ChildSettings child;
  std::int64_t cpu_units = 1;
  ExternalLimits limits;  // of the board; and the time-out of a call without progress
  Duration hook_timeout{};
  Duration start_wait = child_start_wait_default;
  Duration cancel_grace = cancel_grace_default;
  Duration call_max = external_call_max_default;
  RestartPolicy restarts;
};

struct ExternalNodeFacts {
  KeeperFacts process;
  std::uint64_t calls = 0;
  std::uint64_t calls_failed = 0;
  std::uint64_t calls_left_out = 0;  // of a turn that had failed already
  std::uint64_t late_results = 0;    // dropped after a cancel
};

/// What telemetry of this node's calls is labelled with (boundary.hpp).
BoundaryLabels boundary_labels(const ExternalNodeSettings& settings);

class ExternalNode final : public Node {
 public:
  explicit ExternalNode(ExternalNodeSettings settings);
  ~ExternalNode() override;

  std::optional<std::string_view> init() override;
  void start() override { keeper_.start(); }
  void handle(const Event& command, NodeContext& context) override;
  void cancel(Ticket ticket) noexcept override;
  void stop() override { keeper_.stop(); }

  ExternalNodeFacts facts() const;

 private:
  /// Whose work a command is: its turn's, or, before a turn has a ticket, its utterance's.
  struct Work {
    std::uint64_t ticket = 0;
    std::uint32_t invocation = 0;
    bool operator==(const Work&) const noexcept = default;
  };
  static Work work_of(const Event& command) noexcept {
    return command.ticket != 0 ? Work{command.ticket, 0} : Work{0, command.provider_invocation};
  }
  ExternalFault call(const Event& command, NodeContext& context, std::shared_ptr<NodeInstance>& instance);
  ExternalFault converse(NodeInstance& instance, const Event& command, NodeContext& context);
  ExternalFault take_result(NodeContext& context, bool cancelled);
  void fail(const Event& command, NodeContext& context, ExternalFault fault);

  ExternalNodeSettings settings_;
  std::string failure_;  // what init() said
  Keeper keeper_;
  std::atomic<std::uint64_t> cancelled_through_{0};
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> calls_failed_{0};
  std::atomic<std::uint64_t> calls_left_out_{0};
  std::atomic<std::uint64_t> late_results_{0};
  // owner: the worker in handle()
  ResultCheck check_;
  ResultRecord record_;
  std::weak_ptr<NodeInstance> known_;  // which process knows of `work_`
  std::optional<Work> work_;
  std::optional<Work> failed_;
};

}  // namespace phalarope::hal
