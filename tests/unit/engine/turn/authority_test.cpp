// The epoch rule: it never decreases, a stale one is named with both epochs, nonsense is not staleness.
//
// contract: runtime.md 10.2, I7, F7, F8
#include "core/engine/turn/authority.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace phalarope {
namespace {

constexpr SymbolId session{4};
constexpr SymbolId blank{0};

TEST(Authority, StoresTheFirstEpochItSees) {
  Authority sut;
  EXPECT_EQ(sut.current(), std::nullopt);
  EXPECT_EQ(sut.check(7), EpochCheck::newer);
  EXPECT_EQ(*sut.accept(session, 7), Epoch{7});
  EXPECT_EQ(sut.current(), Epoch{7});
  EXPECT_EQ(sut.check(7), EpochCheck::current);
}

// contract: 10.2 row 2
TEST(Authority, AnOlderEpochIsStaleAndNamesBoth) {
  Authority sut;
  ASSERT_TRUE(sut.accept(session, 7));
  const auto stale = sut.accept(session, 6);
  ASSERT_FALSE(stale.has_value());
  EXPECT_EQ(stale.error(), (AuthorityError{AuthorityRefusal::stale_authority, 7, 6}));
  EXPECT_EQ(sut.current(), Epoch{7});
}

TEST(Authority, ANewerEpochBecomesCurrentAndTheOldOneStale) {
  Authority sut;
  ASSERT_TRUE(sut.accept(session, 7));
  ASSERT_TRUE(sut.accept(session, 9));
  EXPECT_EQ(sut.check(7), EpochCheck::stale);
  EXPECT_EQ(sut.current(), Epoch{9});
}

TEST(Authority, ANegativeEpochOrABlankSessionIsAnErrorAndNotStaleness) {
  Authority sut;
  ASSERT_TRUE(sut.accept(session, 7));
  EXPECT_EQ(sut.accept(session, -1).error().refusal, AuthorityRefusal::epoch_negative);
  EXPECT_EQ(sut.check(-1), EpochCheck::invalid);
  EXPECT_EQ(sut.accept(blank, 8).error().refusal, AuthorityRefusal::session_id_required);
  EXPECT_EQ(sut.current(), Epoch{7});
}

RC_GTEST_PROP(AuthorityProperty, TheCurrentEpochNeverDecreases, (const std::vector<std::int8_t>& epochs)) {
  Authority sut;
  std::int64_t highest = -1;
  for (const std::int8_t epoch : epochs) {
    const bool accepted = sut.accept(session, epoch).has_value();
    RC_ASSERT(accepted == (epoch >= 0 && epoch >= highest));
    if (accepted) highest = epoch;
    RC_ASSERT(sut.current().has_value() == (highest >= 0));
    if (highest >= 0) RC_ASSERT(static_cast<std::int64_t>(sut.current()->value) == highest);
  }
}

// contract: 10.2 row 6
TEST(Routing, ANewerViewMovesTheEpochAnOlderOneIsRefusedAndTheSameIsNoChange) {
  Authority sut;
  const RoutingView first{.version = 2, .endpoint = SymbolId{1}, .lease_epoch = 5};
  EXPECT_EQ(*sut.update_routing(session, first), RoutingUpdate::applied);
  EXPECT_EQ(sut.current(), Epoch{5});
  EXPECT_EQ(*sut.update_routing(session, first), RoutingUpdate::unchanged);
  EXPECT_EQ(sut.update_routing(session, {.version = 1, .endpoint = SymbolId{1}, .lease_epoch = 6}).error(),
            (AuthorityError{AuthorityRefusal::routing_version_older, 2, 1}));
  EXPECT_EQ(sut.update_routing(session, {.version = 3, .endpoint = SymbolId{1}, .lease_epoch = 4}).error(),
            (AuthorityError{AuthorityRefusal::stale_authority, 5, 4}));
  EXPECT_EQ(sut.routing(), first);
  EXPECT_EQ(*sut.update_routing(session, {.version = 3, .endpoint = SymbolId{2}, .lease_epoch = 6}),
            RoutingUpdate::applied);
  EXPECT_EQ(sut.current(), Epoch{6});
}

TEST(Routing, AViewNeedsASessionAVersionAnEndpointAndAnEpoch) {
  Authority sut;
  const auto refusal = [&](SymbolId id, RoutingView view) { return sut.update_routing(id, view).error().refusal; };
  EXPECT_EQ(refusal(blank, {1, SymbolId{1}, 1}), AuthorityRefusal::session_id_required);
  EXPECT_EQ(refusal(session, {0, SymbolId{1}, 1}), AuthorityRefusal::routing_version_invalid);
  EXPECT_EQ(refusal(session, {1, blank, 1}), AuthorityRefusal::routing_endpoint_required);
  EXPECT_EQ(refusal(session, {1, SymbolId{1}, -1}), AuthorityRefusal::epoch_negative);
  EXPECT_EQ(sut.routing(), std::nullopt);
}

TEST(Routing, AViewWithoutALeaseLeavesTheEpochAndOneBehindTheSessionIsRefused) {
  Authority sut;
  ASSERT_TRUE(sut.accept(session, 8));
  EXPECT_EQ(*sut.update_routing(session, {1, SymbolId{1}, 0}), RoutingUpdate::applied);
  EXPECT_EQ(sut.current(), Epoch{8});
  EXPECT_EQ(sut.update_routing(session, {2, SymbolId{1}, 7}).error().refusal, AuthorityRefusal::stale_authority);
  EXPECT_EQ(sut.routing()->version, 1) << "a refused view leaves nothing behind";
}

// contract: 10.2 row 1
TEST(EpochEnrichment, TheCarriedEpochIsUsedAsItIsElseTheRoutingViews) {
  EXPECT_EQ(enrich_epoch(session, 3, 9)->epoch, Epoch{3});
  EXPECT_FALSE(enrich_epoch(session, 0, 9)->enriched());
  for (const std::optional<std::int64_t> absent : {std::optional<std::int64_t>{}, std::optional<std::int64_t>{-1}}) {
    const auto enriched = enrich_epoch(session, absent, 9);
    EXPECT_EQ(enriched->epoch, Epoch{9});
    EXPECT_EQ(enriched->source, EpochSource::routing_view);
    EXPECT_TRUE(enriched->enriched());
  }
  EXPECT_EQ(enrich_epoch(session, std::nullopt, 0)->epoch, Epoch{0}) << "0 is an epoch";
  EXPECT_EQ(enrich_epoch(session, std::nullopt, -1).error().refusal, AuthorityRefusal::epoch_negative);
  EXPECT_EQ(enrich_epoch(blank, 3, 9).error().refusal, AuthorityRefusal::session_id_required);
}

// contract: 10.2 row 7
TEST(Lease, IsRenewedBeforeHalfItsLifeIsOverAndIsOverAtItsExpiry) {
  const Instant issued{0};
  const Instant expiry{1000};
  EXPECT_EQ(lease_phase(issued, expiry, Instant{499}), LeasePhase::fresh);
  EXPECT_EQ(lease_phase(issued, expiry, Instant{500}), LeasePhase::renew);
  EXPECT_EQ(lease_phase(issued, expiry, Instant{999}), LeasePhase::renew);
  EXPECT_EQ(lease_phase(issued, expiry, Instant{1000}), LeasePhase::expired);
}

}  // namespace
}  // namespace phalarope
