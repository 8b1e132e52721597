// IdempotencyRegistry: which keys of a session were seen; a repeated one is dropped and not done again.
//
//   order_   ring of the keys by age       [ k7 k8 k3 ... ]        the oldest gives way when all places are taken
//   slots_   open addressing, twice as     [ . k3 . k8 k7 . ... ]  linear probing; a removed key's followers move back
//            many places as keys
//
// A key is a 64-bit hash or symbol; 0 is blank. Two registries stand in a session: request keys and provider keys.
// Invariants. (1) At most `keys_max` keys are known, and exactly the last `keys_max` registered ones. (2) A key gives
// way only to a newer one, and the eviction is reported so that it can be recorded. (3) The epoch is judged before the
// key (a stale caller learns nothing). (4) No allocation; a look-up probes a half-empty table.
// Who: engine thread. Large (96 KiB by default): lives in the arena or in static memory, never on a stack.
// Contract: runtime.md 10.4, 1.11 (dedupe); I10.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/turn/authority.hpp"

namespace phalarope {

constexpr std::size_t idempotency_keys_max_default = 4096;

enum class KeyVerdict : std::uint8_t { fresh, duplicate };

struct KeyRegistered {
  KeyVerdict verdict = KeyVerdict::fresh;
  std::optional<std::uint64_t> evicted;  // the oldest key, which is forgotten from now on
  constexpr bool operator==(const KeyRegistered&) const noexcept = default;
};

enum class KeyRefusal : std::uint8_t { blank_key, authority };
struct KeyError {
  KeyRefusal refusal{};
  AuthorityError authority{};  // meaningful for KeyRefusal::authority
};

template <std::size_t keys_max = idempotency_keys_max_default>
class IdempotencyRegistry {
  static_assert(std::has_single_bit(keys_max), "places are found by masking");

 public:
  /// Registers `key` under `epoch`: the rule of 10.2 first, then the key.
  [[nodiscard]] Result<KeyRegistered, KeyError> register_key(Authority& authority, SymbolId session, std::int64_t epoch,
                                                             std::uint64_t key) noexcept {
    if (const auto accepted = authority.accept(session, epoch); !accepted)
      return std::unexpected<KeyError>({KeyRefusal::authority, accepted.error()});
    if (key == blank_key) return std::unexpected<KeyError>({KeyRefusal::blank_key, {}});
    return insert(key);
  }

  constexpr bool knows(std::uint64_t key) const noexcept { return key != blank_key && slots_[place_of(key)] == key; }
  constexpr std::size_t size() const noexcept { return count_; }
  static constexpr std::size_t capacity() noexcept { return keys_max; }
  constexpr std::uint64_t evictions() const noexcept { return evictions_; }

 private:
  static constexpr std::uint64_t blank_key = 0;
  static constexpr std::size_t slot_count = 2 * keys_max;
  static constexpr std::size_t slot_mask = slot_count - 1;

  /// Symbols are small and consecutive; the finaliser of splitmix64 (Steele, Lea, Flood) spreads them.
  static constexpr std::size_t home_of(std::uint64_t key) noexcept {
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9ULL;
    key = (key ^ (key >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>(key ^ (key >> 31)) & slot_mask;
  }

  /// The slot that holds `key`, or the free one where it would go. Ends, because half of the slots are free.
  constexpr std::size_t place_of(std::uint64_t key) const noexcept {
    std::size_t slot = home_of(key);
    std::size_t probes = 0;
    while (slots_[slot] != key && slots_[slot] != blank_key) {
      PHAL_ENFORCE(++probes < slot_count, "an idempotency table is never full");
      slot = (slot + 1) & slot_mask;
    }
    return slot;
  }

  constexpr KeyRegistered insert(std::uint64_t key) noexcept {
    if (knows(key)) return {.verdict = KeyVerdict::duplicate, .evicted = std::nullopt};
    KeyRegistered registered{.verdict = KeyVerdict::fresh, .evicted = std::nullopt};
    if (count_ == keys_max) registered.evicted = evict_oldest();
    PHAL_ASSERT(count_ < keys_max, "room was made for the new key");
    slots_[place_of(key)] = key;
    order_[(oldest_ + count_) & (keys_max - 1)] = key;
    ++count_;
    return registered;
  }

  constexpr std::uint64_t evict_oldest() noexcept {
    const std::uint64_t key = order_[oldest_];
    const std::size_t slot = place_of(key);
    PHAL_ENFORCE(slots_[slot] == key, "every key in the age ring stands in the table");
    remove_at(slot);
    oldest_ = (oldest_ + 1) & (keys_max - 1);
    --count_;
    ++evictions_;
    return key;
  }

  /// Empties a slot and moves back every follower that would otherwise no longer be found from its home.
  constexpr void remove_at(std::size_t hole) noexcept {
    std::size_t probes = 0;
    for (std::size_t slot = (hole + 1) & slot_mask; slots_[slot] != blank_key; slot = (slot + 1) & slot_mask) {
      PHAL_ENFORCE(++probes < slot_count, "an idempotency table is never full");
      const std::size_t distance_home = (slot - home_of(slots_[slot])) & slot_mask;
      const std::size_t distance_hole = (slot - hole) & slot_mask;
      if (distance_home < distance_hole) continue;  // its home lies behind the hole: it is found without passing it
      slots_[hole] = slots_[slot];
      hole = slot;
    }
    slots_[hole] = blank_key;
  }

  std::array<std::uint64_t, slot_count> slots_{};  // owner: engine
  std::array<std::uint64_t, keys_max> order_{};    // owner: engine
  std::size_t oldest_ = 0;
  std::size_t count_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace phalarope
