#include "core/engine/graph/state_store.hpp"

#include "core/engine/plan/white_space.hpp"

namespace phalarope {
namespace {

std::unexpected<StateError> refused(StateRefusal refusal, const AuthorityError& authority = {}) noexcept {
  return std::unexpected<StateError>({refusal, authority});
}

}  // namespace

Result<void, StateError> StateStore::admit(std::int64_t epoch) noexcept {
  const auto accepted = authority_.accept(session_, epoch);
  if (!accepted) return refused(StateRefusal::authority, accepted.error());
  return {};
}

Result<void, StateError> StateStore::put(TurnNumber turn, std::string_view key, std::string_view value) noexcept {
  if (is_blank(key)) return refused(StateRefusal::key_required);
  StateEntry entry;
  entry.turn = turn;
  if (!entry.key.assign(key) || !entry.value.assign(value)) return refused(StateRefusal::too_long);
  for (StateEntry& known : entries_) {
    if (known.turn != turn || known.key != entry.key) continue;
    known.value = entry.value;
    return {};
  }
  if (!entries_.push_back(entry)) return refused(StateRefusal::state_full);
  return {};
}

Result<void, StateError> StateStore::put_hot(std::int64_t epoch, std::string_view key,
                                             std::string_view value) noexcept {
  if (const auto admitted = admit(epoch); !admitted) return admitted;
  return put(no_turn, key, value);
}

Result<void, StateError> StateStore::put_of_turn(std::int64_t epoch, TurnNumber turn, std::string_view key,
                                                 std::string_view value) noexcept {
  if (const auto admitted = admit(epoch); !admitted) return admitted;
  if (turn == no_turn) return refused(StateRefusal::turn_required);
  return put(turn, key, value);
}

std::optional<std::string_view> StateStore::value_of(TurnNumber turn, std::string_view key) const noexcept {
  for (const StateEntry& entry : entries_) {
    if (entry.turn == turn && entry.key.view() == key) return entry.value.view();
  }
  return std::nullopt;
}

std::optional<std::string_view> StateStore::of_turn(TurnNumber turn, std::string_view key) const noexcept {
  return turn == no_turn ? std::nullopt : value_of(turn, key);
}

void StateStore::forget(TurnNumber turn) noexcept {
  for (std::size_t i = entries_.size(); i > 0; --i) {
    if (entries_[i - 1].turn == turn) entries_.erase_at(i - 1);
  }
}

void StateStore::clear_turn(TurnNumber turn) noexcept {
  if (turn != no_turn) forget(turn);
}

Result<void, StateError> StateStore::reset_hot(std::int64_t epoch) noexcept {
  if (const auto admitted = admit(epoch); !admitted) return admitted;
  forget(no_turn);
  return {};
}

}  // namespace phalarope
