// Authority: which epoch a session may be served under. An epoch is the lease authority's fencing token.
//
//   provided < current   stale    refused, nothing changes, both epochs are named
//   provided = current   current  accepted
//   provided > current   newer    accepted and becomes current
//   first epoch seen     newer    stored
//
// Invariants. (1) The current epoch never decreases (I7). (2) A refused epoch changes nothing. (3) A negative epoch or
// a blank session is an error of the caller, never staleness. (4) Nothing is healed by trying again.
// Who: engine thread, one object a session. Not here: who issues leases (control/). Contract: runtime.md 10.2, 3.4.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/engine/base/result.hpp"
#include "core/engine/base/strong.hpp"

namespace phalarope {

/// What a look at an epoch says; `invalid` is "the check fails otherwise" of runtime.md 7.3.
enum class EpochCheck : std::uint8_t { current, newer, stale, invalid };

enum class AuthorityRefusal : std::uint8_t {
  session_id_required,
  epoch_negative,
  stale_authority,
  routing_version_invalid,
  routing_endpoint_required,
  routing_version_older,
};
constexpr std::string_view id_of(AuthorityRefusal refusal) noexcept {
  switch (refusal) {
    case AuthorityRefusal::session_id_required:
      return "session_id_required";
    case AuthorityRefusal::epoch_negative:
      return "epoch_negative";
    case AuthorityRefusal::stale_authority:
      return "stale_authority";
    case AuthorityRefusal::routing_version_invalid:
      return "routing_version_invalid";
    case AuthorityRefusal::routing_endpoint_required:
      return "routing_endpoint_required";
    case AuthorityRefusal::routing_version_older:
      return "routing_version_older";
  }
  return "";
}

struct AuthorityError {
  AuthorityRefusal refusal{};
  std::int64_t expected = 0;  // the current epoch (or routing version); 0 where there is none
  std::int64_t provided = 0;
  constexpr bool operator==(const AuthorityError&) const noexcept = default;
};

/// A view of where the session is served. Symbol 0 is blank.
struct RoutingView {
  std::int64_t version = 0;
  SymbolId endpoint{};
  std::int64_t lease_epoch = 0;
  constexpr bool operator==(const RoutingView&) const noexcept = default;
};
enum class RoutingUpdate : std::uint8_t { unchanged, applied };

class Authority {
 public:
  /// The epoch that counts now; nothing before the first was seen.
  std::optional<Epoch> current() const noexcept { return current_; }

  /// What accepting `epoch` would say; changes nothing.
  EpochCheck check(std::int64_t epoch) const noexcept;

  /// The rule of 10.2: stores the first, refuses an older, takes a newer. `session` 0 is a blank id.
  [[nodiscard]] Result<Epoch, AuthorityError> accept(SymbolId session, std::int64_t epoch) noexcept;

  /// A newer routing view moves the epoch with it; an older one is refused, the same one is no change.
  [[nodiscard]] Result<RoutingUpdate, AuthorityError> update_routing(SymbolId session,
                                                                     const RoutingView& view) noexcept;
  const std::optional<RoutingView>& routing() const noexcept { return routing_; }

 private:
  std::optional<Epoch> current_;        // owner: engine
  std::optional<RoutingView> routing_;  // owner: engine
};

/// Where an ingress event's epoch came from.
enum class EpochSource : std::uint8_t { carrier, routing_view };
struct EnrichedEpoch {
  Epoch epoch{};
  EpochSource source = EpochSource::carrier;
  constexpr bool enriched() const noexcept { return source == EpochSource::routing_view; }
};

/// The epoch the transport carried, else the routing view's. A carried negative epoch counts as none.
[[nodiscard]] Result<EnrichedEpoch, AuthorityError> enrich_epoch(SymbolId session, std::optional<std::int64_t> carried,
                                                                 std::int64_t routing_epoch) noexcept;

/// A lease is renewed before half its life is over; past its end the engine deauthorizes itself and drains.
enum class LeasePhase : std::uint8_t { fresh, renew, expired };
constexpr LeasePhase lease_phase(Instant issued, Instant expiry, Instant now) noexcept {
  if (now >= expiry) return LeasePhase::expired;
  return now - issued < expiry - now ? LeasePhase::fresh : LeasePhase::renew;
}

}  // namespace phalarope
