// StateStore: what a session and its turns remember, in two classes that never mix.
//
//   class          lifetime                 on migration   who may write              who may read
//   turn           ends with the turn       lost           the current epoch          code of that turn
//   session_hot    session, this board      may be lost    the current epoch          the whole session
//
// The other classes of the contract do not live here: durable state is an external store, control configuration and
// provider health are snapshots of the turn-start bundle (plan/), named in every turn's evidence.
//
// Invariants. (1) An older epoch writes nothing; a newer one becomes current before the key is looked at. (2) What one
// turn wrote no other turn and no session-scoped code ever reads (StateOfSession and StateOfTurn see no further).
// (3) A full store refuses by name and forgets nothing by itself. (4) No allocation; a look-up walks the entries.
// Who: engine thread, one object a session. Contract: runtime.md 10.1; I10.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/turn/authority.hpp"
#include "core/engine/turn/decision_outcome.hpp"

namespace phalarope {

constexpr std::size_t state_entries_max = 64;  // of a session, both classes together
constexpr std::size_t state_key_bytes_max = 47;
constexpr std::size_t state_value_bytes_max = 120;

enum class StateRefusal : std::uint8_t { authority, key_required, turn_required, too_long, state_full };
constexpr std::string_view describe(StateRefusal refusal) noexcept {
  switch (refusal) {
    case StateRefusal::authority:
      return "authority: the writer's epoch is not the session's";
    case StateRefusal::key_required:
      return "key_required: state has a name that is not blank";
    case StateRefusal::turn_required:
      return "turn_required: state of a turn names its turn";
    case StateRefusal::too_long:
      return "too_long: a key has at most 47 bytes and a value at most 120";
    case StateRefusal::state_full:
      return "state_full: the session remembers 64 things already";
  }
  return "";
}
struct StateError {
  StateRefusal refusal{};
  AuthorityError authority{};  // meaningful for StateRefusal::authority
};

struct StateEntry {
  TurnNumber turn = no_turn;  // no_turn: session-hot
  FixedString<state_key_bytes_max> key;
  FixedString<state_value_bytes_max> value;
};

class StateStore {
 public:
  /// The session this is the state of; its authority is the one all writers are judged by.
  StateStore(SymbolId session, Authority& authority) noexcept : session_(session), authority_(authority) {}

  [[nodiscard]] Result<void, StateError> put_hot(std::int64_t epoch, std::string_view key,
                                                 std::string_view value) noexcept;
  [[nodiscard]] Result<void, StateError> put_of_turn(std::int64_t epoch, TurnNumber turn, std::string_view key,
                                                     std::string_view value) noexcept;
  /// Absent is no error. Valid until the next call that changes something.
  std::optional<std::string_view> hot(std::string_view key) const noexcept { return value_of(no_turn, key); }
  std::optional<std::string_view> of_turn(TurnNumber turn, std::string_view key) const noexcept;

  /// A turn is over; whoever ends it asks for no authority.
  void clear_turn(TurnNumber turn) noexcept;
  /// The session moves: all it remembers here goes, and whoever has the new epoch begins anew.
  [[nodiscard]] Result<void, StateError> reset_hot(std::int64_t epoch) noexcept;

  std::size_t size() const noexcept { return entries_.size(); }

 private:
  Result<void, StateError> admit(std::int64_t epoch) noexcept;
  Result<void, StateError> put(TurnNumber turn, std::string_view key, std::string_view value) noexcept;
  std::optional<std::string_view> value_of(TurnNumber turn, std::string_view key) const noexcept;
  void forget(TurnNumber turn) noexcept;

  SymbolId session_;
  Authority& authority_;
  FixedVector<StateEntry, state_entries_max> entries_;
};

/// What session-scoped code is given: no turn in sight.
class StateOfSession {
 public:
  StateOfSession(StateStore& store, std::int64_t epoch) noexcept : store_(store), epoch_(epoch) {}
  [[nodiscard]] Result<void, StateError> put(std::string_view key, std::string_view value) noexcept {
    return store_.put_hot(epoch_, key, value);
  }
  std::optional<std::string_view> get(std::string_view key) const noexcept { return store_.hot(key); }

 private:
  StateStore& store_;
  std::int64_t epoch_;
};

/// What a node of one turn is given: its own turn, and reading what the session remembers.
class StateOfTurn {
 public:
  StateOfTurn(StateStore& store, TurnNumber turn, std::int64_t epoch) noexcept
      : store_(store), turn_(turn), epoch_(epoch) {}
  [[nodiscard]] Result<void, StateError> put(std::string_view key, std::string_view value) noexcept {
    return store_.put_of_turn(epoch_, turn_, key, value);
  }
  std::optional<std::string_view> get(std::string_view key) const noexcept { return store_.of_turn(turn_, key); }
  std::optional<std::string_view> of_session(std::string_view key) const noexcept { return store_.hot(key); }

 private:
  StateStore& store_;
  TurnNumber turn_;
  std::int64_t epoch_;
};

}  // namespace phalarope
