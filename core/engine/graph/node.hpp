// Node and NodeContext: the port between the engine and whatever does a stage's work off the engine thread
// (recogniser, dialogue, synthesiser; later a Wyoming or HTTP service).
//
//   engine thread                    worker                         engine thread
//   step ── command event ──▶ pool ──▶ node.handle(command, context) ── context.emit(result) ──▶ ingress ──▶ step
//                   └─ node.cancel(ticket): one atomic store, at once
//
// Invariants. (1) handle() of one node never runs twice at once; commands of one node arrive in order.
// (2) A result carries the ticket, turn and utterance of its command (NodeContext fills them); the engine refuses
// it by name when they are no longer current, so a node may be late but never wrong. (3) A hook that overruns is
// abandoned (runtime.md 11.1, decisions.md D18). (4) Nothing a node does can make the engine wait.
// Contract: runtime.md 6.1, 7.4, 10.1, 11.1.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "core/engine/base/event.hpp"
#include "core/engine/graph/state_store.hpp"

namespace phalarope {

/// What a node may use while it handles one command. Implemented by the host's pool; worker thread only.
class NodeContext {
 public:
  virtual ~NodeContext() = default;

  /// Sends one result to the engine. Fills session, turn, ticket, epoch, node, lane, emitter, causal parent and time
  /// from the command, keeps kind, arguments, payload and payload_class. False when the ingress is full: the result
  /// is lost and its payload released; try again only if the command allows to.
  virtual bool emit(const Event& result) = 0;
  /// Copies `bytes` into a payload slab; nothing when no slab is free or `bytes` exceeds a slab.
  virtual std::optional<PayloadHandle> put_payload(std::span<const std::byte> bytes) = 0;
  /// The bytes of a command's payload; empty when there is none or its handle is stale.
  virtual std::span<const std::byte> payload(const PayloadHandle& handle) const = 0;
  /// What the session remembers on this board, and what the command's turn does (10.1); written under its epoch, gone
  /// after a restart or a migration. Nothing where nobody keeps it, and no turn's for a command of no turn.
  virtual std::optional<StateOfSession> session_state() { return std::nullopt; }
  virtual std::optional<StateOfTurn> turn_state() { return std::nullopt; }
  /// True as soon as the command's ticket was cancelled. Ask often: between sentences, frames, audio chunks.
  virtual bool cancelled() const = 0;

  std::string_view text(const PayloadHandle& handle) const {
    const auto bytes = payload(handle);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::optional<PayloadHandle> put_text(std::string_view text) { return put_payload(std::as_bytes(std::span(text))); }
};

/// The five hooks of runtime.md 11.1, in this order: init, start, handle*, cancel*, stop.
class Node {
 public:
  virtual ~Node() = default;

  /// Loads models and takes all memory it will ever need. May be slow; before the engine starts. An empty answer
  /// means ready; otherwise one sentence that says what is missing and what to do.
  virtual std::optional<std::string_view> init() = 0;
  virtual void start() {}
  /// Does the work of one command_* event. Worker thread; never concurrently for one node.
  virtual void handle(const Event& command, NodeContext& context) = 0;
  /// Called at once from the engine thread when a ticket is cancelled: set a flag, return (< 1 us, no lock).
  virtual void cancel(Ticket ticket) noexcept = 0;
  virtual void stop() {}
};

}  // namespace phalarope
