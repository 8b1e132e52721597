// When several ends of a turn are pending at one point, exactly one wins: the first of this list.
//
// Invariants. (1) The list holds each end once, so the winner never depends on the order in which ends were noticed.
// (2) A non-empty set has a winner, and the winner is in the set. Pure. Contract: runtime.md 2.6; I8.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace phalarope {

enum class End : std::uint8_t {
  authority_revoked,
  cancel_accepted,
  budget_terminate,
  provider_failure,
  node_failure,
  transport_lost,
  evidence_failed,
  no_legal_path,
  success,
};
constexpr std::size_t end_count = 9;

// runtime.md 2.6, strongest first
constexpr std::array<End, end_count> end_precedence = {
    End::authority_revoked,  // 1: no word of this turn may be said any more
    End::cancel_accepted,    // 2: the user has spoken
    End::budget_terminate,   // 3
    End::provider_failure,   // 4
    End::node_failure,       // 5
    End::transport_lost,     // 6
    End::evidence_failed,    // 7
    End::no_legal_path,      // 8
    End::success,            // 9
};

/// A set of pending ends.
class PendingEnds {
 public:
  constexpr PendingEnds() noexcept = default;
  template <std::same_as<End>... Ends>
    requires(sizeof...(Ends) > 0)
  constexpr explicit PendingEnds(Ends... ends) noexcept {
    (add(ends), ...);
  }
  constexpr void add(End end) noexcept { bits_ = static_cast<std::uint16_t>(bits_ | bit(end)); }
  constexpr bool has(End end) const noexcept { return (bits_ & bit(end)) != 0; }
  constexpr bool operator==(const PendingEnds&) const noexcept = default;

 private:
  static constexpr std::uint16_t bit(End end) noexcept {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(end));
  }
  std::uint16_t bits_ = 0;
};

/// The one end that counts; nothing when none is pending.
constexpr std::optional<End> winner(PendingEnds pending) noexcept {
  for (const End end : end_precedence) {
    if (pending.has(end)) return end;
  }
  return std::nullopt;
}

namespace detail {
consteval bool every_end_stands_once() {
  PendingEnds seen;
  for (const End end : end_precedence) {
    if (seen.has(end)) return false;
    seen.add(end);
  }
  return true;
}
static_assert(every_end_stands_once());
}  // namespace detail

}  // namespace phalarope
