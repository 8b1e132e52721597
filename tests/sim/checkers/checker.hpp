// Checker: what must hold after every step, written from the contract and knowing nothing of the engine's inside.
//
//   Stepped ──▶ each Checker ──▶ Verdicts ("I6: a frame is handed over under an old ticket at event 4711 ...")
//
// A checker keeps its own books from what was said: of every step, also of those that the recorder had no room for.
// One thread. Contract: the table of global invariants of runtime.md; decisions.md D4, D14.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/engine/engine.hpp"
#include "tests/sim/drive/drive.hpp"

namespace phalarope::sim {

class Verdicts {
 public:
  /// `id`: the invariant, as in the contract.
  void say(std::string_view id, std::string_view what, const Event& where) {
    std::string text = std::string(id) + ": " + std::string(what) + " at event " +
                       std::to_string(where.runtime_sequence) + " (" + name_of(where.kind) + "), session " +
                       std::to_string(where.session_slot) + ", turn " + std::to_string(where.turn_number);
    say(std::move(text));
  }
  void say(std::string text) {
    if (said_.size() < said_max) said_.push_back(std::move(text));
  }
  const std::vector<std::string>& said() const { return said_; }

 private:
  static constexpr std::size_t said_max = 10;
  std::vector<std::string> said_;
};

/// Names a payload for as long as it is inside.
inline std::uint64_t payload_key(const PayloadHandle& payload) {
  return std::uint64_t{payload.generation} << 32 | std::uint64_t{payload.pool} << 16 | payload.slot;
}

/// What the checkers may know of a session before it starts.
struct SeatFacts {
  SessionStart start;
  const CompiledPipeline* pipeline = nullptr;
  const PreparedPlan* prepared = nullptr;
};

class Checker {
 public:
  explicit Checker(Verdicts& verdicts) : verdicts_(verdicts) {}
  virtual ~Checker() = default;
  /// A session takes its seat, at the start or where another has ended.
  virtual void seated(std::uint16_t slot, const SeatFacts& facts) {
    static_cast<void>(slot);
    static_cast<void>(facts);
  }
  virtual void step(const Stepped& step) = 0;
  /// The session has ended and everything offered has been looked at.
  virtual void ended(std::uint16_t slot) { static_cast<void>(slot); }

 protected:
  Verdicts& verdicts_;
};

}  // namespace phalarope::sim
