#include "core/engine/turn/authority.hpp"

#include "core/engine/base/enforce.hpp"

namespace phalarope {
namespace {

constexpr SymbolId blank{0};

std::unexpected<AuthorityError> refuse_epoch(AuthorityRefusal refusal, std::int64_t expected,
                                             std::int64_t provided) noexcept {
  return std::unexpected<AuthorityError>({.refusal = refusal, .expected = expected, .provided = provided});
}

constexpr std::int64_t as_number(const std::optional<Epoch>& epoch) noexcept {
  return epoch ? static_cast<std::int64_t>(epoch->value) : 0;
}

}  // namespace

EpochCheck Authority::check(std::int64_t epoch) const noexcept {
  if (epoch < 0) return EpochCheck::invalid;
  if (!current_) return EpochCheck::newer;
  const Epoch provided{static_cast<std::uint64_t>(epoch)};
  if (provided < *current_) return EpochCheck::stale;
  return provided == *current_ ? EpochCheck::current : EpochCheck::newer;
}

Result<Epoch, AuthorityError> Authority::accept(SymbolId session, std::int64_t epoch) noexcept {
  if (session == blank) return refuse_epoch(AuthorityRefusal::session_id_required, as_number(current_), epoch);
  switch (check(epoch)) {
    case EpochCheck::invalid:
      return refuse_epoch(AuthorityRefusal::epoch_negative, as_number(current_), epoch);
    case EpochCheck::stale:
      return refuse_epoch(AuthorityRefusal::stale_authority, as_number(current_), epoch);
    case EpochCheck::current:
    case EpochCheck::newer:
      break;
  }
  const Epoch accepted{static_cast<std::uint64_t>(epoch)};
  PHAL_ENFORCE(!current_ || accepted >= *current_, "an authority epoch never decreases");
  current_ = accepted;
  return accepted;
}

Result<RoutingUpdate, AuthorityError> Authority::update_routing(SymbolId session, const RoutingView& view) noexcept {
  const std::int64_t version = routing_ ? routing_->version : 0;
  const std::int64_t epoch = routing_ ? routing_->lease_epoch : 0;
  if (session == blank) return refuse_epoch(AuthorityRefusal::session_id_required, version, view.version);
  if (view.version < 1) return refuse_epoch(AuthorityRefusal::routing_version_invalid, version, view.version);
  if (view.endpoint == blank) return refuse_epoch(AuthorityRefusal::routing_endpoint_required, version, view.version);
  if (view.lease_epoch < 0) return refuse_epoch(AuthorityRefusal::epoch_negative, epoch, view.lease_epoch);
  if (view.version < version) return refuse_epoch(AuthorityRefusal::routing_version_older, version, view.version);
  if (view.lease_epoch < epoch) return refuse_epoch(AuthorityRefusal::stale_authority, epoch, view.lease_epoch);
  if (routing_ && view == *routing_) return RoutingUpdate::unchanged;
  if (view.lease_epoch > 0) {
    // The session may have seen a newer epoch by another way (ingress); a view may not take it back.
    if (const auto accepted = accept(session, view.lease_epoch); !accepted) return std::unexpected(accepted.error());
  }
  routing_ = view;
  return RoutingUpdate::applied;
}

Result<EnrichedEpoch, AuthorityError> enrich_epoch(SymbolId session, std::optional<std::int64_t> carried,
                                                   std::int64_t routing_epoch) noexcept {
  if (session == blank) return refuse_epoch(AuthorityRefusal::session_id_required, 0, carried.value_or(0));
  if (carried && *carried >= 0)
    return EnrichedEpoch{.epoch = Epoch{static_cast<std::uint64_t>(*carried)}, .source = EpochSource::carrier};
  if (routing_epoch < 0) return refuse_epoch(AuthorityRefusal::epoch_negative, 0, routing_epoch);
  return EnrichedEpoch{.epoch = Epoch{static_cast<std::uint64_t>(routing_epoch)}, .source = EpochSource::routing_view};
}

}  // namespace phalarope
