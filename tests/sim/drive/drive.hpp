// Drive: how the simulated world reaches the engine: directly into step, or through the runtime's rings and lanes.
//
//                 ┌ DirectDrive ──────────────── step ────────────────┐
//   offer(event) ─┤                                                   ├─▶ Watcher: each step, each command, each loss
//                 └ RuntimeDrive ── rings ─ lanes ─ step ─ recorder ──┘
//
// What the watcher sees of the runtime is read from the evidence ring, as a flusher would: the recorded order is the
// order that counts, and what the recorder lost is not seen by any other way.
// One thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/memory/payload_store.hpp"

namespace phalarope::sim {

/// One step as it was seen from outside.
struct Stepped {
  Event input;
  std::span<const Event> outputs;
  const TurnEvidence* evidence = nullptr;  // of the turn that ended in it
};

class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void stepped(const Stepped& step) = 0;
  /// The world is asked for something. Payloads are given back by the drive when this returns.
  virtual void commanded(const Event& command) = 0;
  /// The recorder had no room for so many; the steps themselves are seen all the same.
  virtual void lost(std::uint64_t events) = 0;
};

class Drive {
 public:
  virtual ~Drive() = default;
  /// False: there is no room for it at its source, which drops it (and has given its payload back).
  virtual bool offer(const Event& event) = 0;
  /// Steps until nothing is left to do at `now`.
  virtual void run(Instant now) = 0;
  /// What was offered and was neither seen as a step nor named as dropped; judged when run() has come back.
  virtual std::vector<std::string> unaccounted() const { return {}; }
  /// Whether the pool refuses the next command (Fault::node_refused).
  virtual void refuse_next_node_command() {}
};

}  // namespace phalarope::sim
