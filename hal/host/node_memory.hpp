// NodeMemory: what a node remembers between its commands, for each session: the store of runtime.md 10.1, as far as the
// command in hand may see it.
//
//   command (session, turn, epoch) ─▶ begin: state of older turns is cleared
//        └─▶ of_session: the session's, on this board          └─▶ of_turn: this turn's; a session's command sees none
//
// Invariants. (1) What is written stands under the command's epoch; an older one than was seen writes nothing (I7).
// (2) State of a turn is gone before a command of a later one is looked at. (3) Nothing may depend on it: after a
// migration or a restart it is empty. Thread: the one running the node. The first session's place is made at once,
// another's with its first command. Contract: runtime.md 10.1, 11.1 ("state handle").
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "core/engine/base/event.hpp"
#include "core/engine/graph/state_store.hpp"

namespace phalarope::hal {

class NodeMemory {
 public:
  NodeMemory() { static_cast<void>(place_of(0)); }

  void begin(const Event& command) {
    Place& place = place_of(command.session_slot);
    if (command.turn_number <= place.turn) return;
    place.store.clear_turn(TurnNumber{place.turn});
    place.turn = command.turn_number;
  }
  StateOfSession of_session(const Event& command) { return {place_of(command.session_slot).store, epoch_of(command)}; }
  /// Nothing for a command of no turn, and for one of a turn that is over.
  std::optional<StateOfTurn> of_turn(const Event& command) {
    Place& place = place_of(command.session_slot);
    if (command.turn_number == 0 || command.turn_number != place.turn) return std::nullopt;
    return StateOfTurn{place.store, TurnNumber{command.turn_number}, epoch_of(command)};
  }

 private:
  struct Place {
    Authority authority;
    StateStore store{SymbolId{1}, authority};  // the authority of one session: its name does not matter
    std::uint32_t turn = 0;
  };
  static std::int64_t epoch_of(const Event& command) noexcept {
    return static_cast<std::int64_t>(command.authority_epoch);
  }
  Place& place_of(std::uint16_t slot) {
    auto& place = places_[slot];
    if (!place) place = std::make_unique<Place>();
    return *place;
  }

  std::map<std::uint16_t, std::unique_ptr<Place>> places_;
};

}  // namespace phalarope::hal
