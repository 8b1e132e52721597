// All 2^8 combinations of failing gates: the first one wins, later ones are not asked, no plan is built.
//
// contract: runtime.md 2.4, T2, T2a, T2b, T3, T4, T5, T5a, I3
#include "core/engine/turn/gates.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace phalarope {
namespace {

constexpr TurnNumber turn{6};
constexpr Epoch request_epoch{7};
constexpr Epoch lease_epoch{8};

struct Expected {
  OutcomeKind kind;
  Emitter emitter;
  OutcomeScope scope;
  Reason reason;
};

/// The eight rows of the contract's table, with both failure policies at `defer` and capacity at `reject`.
constexpr Expected rows[gate_count] = {
    {OutcomeKind::defer, Emitter::admission, OutcomeScope::turn, Reason::snapshot_invalid_or_missing},
    {OutcomeKind::reject, Emitter::admission, OutcomeScope::turn, Reason::admission_capacity_reject},
    {OutcomeKind::stale_epoch_reject, Emitter::authority, OutcomeScope::turn, Reason::authority_epoch_mismatch},
    {OutcomeKind::deauthorized_drain, Emitter::authority, OutcomeScope::turn, Reason::authority_revoked_before_open},
    {OutcomeKind::defer, Emitter::admission, OutcomeScope::turn, Reason::turn_start_bundle_resolution_failed},
    {OutcomeKind::stale_epoch_reject, Emitter::authority, OutcomeScope::turn, Reason::authority_epoch_mismatch},
    {OutcomeKind::reject, Emitter::cp_admission, OutcomeScope::session, Reason::cp_admission_reject_policy},
    {OutcomeKind::defer, Emitter::admission, OutcomeScope::turn, Reason::plan_materialization_failed},
};

struct World {
  OpenRequest request{.turn = turn, .epoch = request_epoch};
  BundleDecisions bundle{.lease_epoch = lease_epoch};
  bool resolves = true;
  bool materializes = true;
  int resolved = 0;
  int materialized = 0;
  Epoch materialized_for{};

  Result<GateVerdict, TurnRefusal> walk() {
    auto resolve = [this] {
      ++resolved;
      return resolves ? std::optional(bundle) : std::nullopt;
    };
    auto materialize = [this](Epoch epoch) {
      ++materialized;
      materialized_for = epoch;
      return materializes;
    };
    return walk_gates(request, {.resolve_bundle = resolve, .materialize_plan = materialize});
  }
};

World world_failing(unsigned failing) {
  World world;
  world.request.snapshot_valid = (failing & 1U) == 0;
  world.request.capacity = (failing & 2U) != 0 ? Capacity::reject : Capacity::allow;
  world.request.epoch_valid = (failing & 4U) == 0;
  world.request.authorized = (failing & 8U) == 0;
  world.resolves = (failing & 16U) == 0;
  world.bundle.lease_valid = (failing & 32U) == 0;
  world.bundle.admission = (failing & 64U) != 0 ? AdmissionKind::reject : AdmissionKind::admit;
  world.materializes = (failing & 128U) == 0;
  return world;
}

// contract: 2.4 combinations, G1, G2, G3, G4, G5, G6, G7, G8
TEST(Gates, OfAll256CombinationsTheFirstFailureIsTheAnswer) {
  for (unsigned failing = 1; failing < 256; ++failing) {
    SCOPED_TRACE("failing gates, G1 lowest bit: " + std::to_string(failing));
    World world = world_failing(failing);
    const auto verdict = world.walk();
    ASSERT_TRUE(verdict.has_value());
    ASSERT_FALSE(verdict->passed());
    const auto first = static_cast<std::size_t>(std::countr_zero(failing));
    EXPECT_EQ(static_cast<std::size_t>(*verdict->failed), first);
    EXPECT_EQ(verdict->outcome.kind, rows[first].kind);
    EXPECT_EQ(verdict->outcome.emitter, rows[first].emitter);
    EXPECT_EQ(verdict->outcome.scope, rows[first].scope);
    EXPECT_EQ(verdict->outcome.reason, rows[first].reason);
    EXPECT_EQ(verdict->outcome.phase, OutcomePhase::pre_turn);
    EXPECT_EQ(verdict->outcome.turn, rows[first].scope == OutcomeScope::turn ? turn : no_turn);
    const bool authority = rows[first].emitter == Emitter::authority;
    EXPECT_EQ(verdict->outcome.epoch.has_value(), authority);
    if (authority) {
      EXPECT_EQ(*verdict->outcome.epoch, first == 5 ? lease_epoch : request_epoch);
    }
    EXPECT_TRUE(is_legal(verdict->outcome));
    EXPECT_EQ(world.resolved, first >= 4 ? 1 : 0) << "no bundle is resolved after an earlier failure";
    EXPECT_EQ(world.materialized, first >= 7 ? 1 : 0) << "no plan is built after an earlier failure";
  }
}

TEST(Gates, AllPassedIsAnAdmitAndAPlanUnderTheMergedEpoch) {
  World world;
  const auto verdict = world.walk();
  ASSERT_TRUE(verdict.has_value());
  EXPECT_TRUE(verdict->passed());
  EXPECT_EQ(verdict->outcome.kind, OutcomeKind::admit);
  EXPECT_EQ(verdict->outcome.emitter, Emitter::admission);
  EXPECT_EQ(verdict->outcome.scope, OutcomeScope::turn);
  EXPECT_EQ(verdict->outcome.reason, Reason::admission_capacity_allow);
  EXPECT_TRUE(is_legal(verdict->outcome));
  EXPECT_EQ(verdict->epoch, lease_epoch);
  EXPECT_EQ(world.materialized_for, lease_epoch);
  EXPECT_EQ(world.resolved, 1);
  EXPECT_EQ(world.materialized, 1);
}

TEST(Gates, APolicyRejectsOnlyIfItSaysExactlyReject) {
  EXPECT_EQ(failure_policy_of("reject"), FailurePolicy::reject);
  for (const char* text : {"", "defer", "Reject", " reject", "drop"})
    EXPECT_EQ(failure_policy_of(text), FailurePolicy::defer) << text;
  for (const unsigned failing : {1U, 16U, 128U}) {
    World world = world_failing(failing);
    world.request.snapshot_failure_policy = failing == 1 ? FailurePolicy::reject : FailurePolicy::defer;
    world.request.plan_failure_policy = failing == 1 ? FailurePolicy::defer : FailurePolicy::reject;
    EXPECT_EQ(world.walk()->outcome.kind, OutcomeKind::reject) << "each policy governs its own gates";
  }
}

TEST(Gates, CapacityDeferIsADefer) {
  World world;
  world.request.capacity = Capacity::defer;
  EXPECT_EQ(world.walk()->outcome.kind, OutcomeKind::defer);
  EXPECT_EQ(world.walk()->outcome.reason, Reason::admission_capacity_defer);
}

TEST(Gates, TheLeaseIsAskedForItsEpochBeforeItsGrant) {
  World world;
  world.bundle.lease_granted = false;
  EXPECT_EQ(world.walk()->outcome.kind, OutcomeKind::deauthorized_drain);
  EXPECT_EQ(world.walk()->failed, Gate::lease);
  world.bundle.lease_valid = false;
  EXPECT_EQ(world.walk()->outcome.kind, OutcomeKind::stale_epoch_reject);
}

TEST(Gates, TheControlPlanesNoKeepsItsScopeAndReasonAndNamesNoTurn) {
  World world;
  world.bundle.admission = AdmissionKind::defer;
  world.bundle.admission_scope = AdmissionScope::tenant;
  world.bundle.admission_reason = Reason::cp_admission_invalid_input;
  const auto verdict = world.walk();
  EXPECT_EQ(verdict->outcome.kind, OutcomeKind::defer);
  EXPECT_EQ(verdict->outcome.scope, OutcomeScope::tenant);
  EXPECT_EQ(verdict->outcome.reason, Reason::cp_admission_invalid_input);
  EXPECT_EQ(verdict->outcome.turn, no_turn);
  world.bundle.admission_reason = Reason::none;
  EXPECT_EQ(world.walk()->outcome.reason, Reason::cp_admission_defer_capacity);
}

TEST(Gates, WithoutATurnIdTheFirstFourAnswerForTheSessionAndTheOthersAreRefused) {
  for (unsigned failing = 0; failing < 256; ++failing) {
    World world = world_failing(failing);
    world.request.turn = no_turn;
    const auto verdict = world.walk();
    if ((failing & 15U) != 0) {
      ASSERT_TRUE(verdict.has_value());
      EXPECT_EQ(verdict->outcome.scope, OutcomeScope::session);
    } else {
      ASSERT_FALSE(verdict.has_value());
      EXPECT_EQ(verdict.error(), TurnRefusal::turn_id_required);
    }
    EXPECT_EQ(world.resolved, 0);
  }
}

TEST(MergedLease, TakesTheLeasesEpochUnlessItHasNoneAndTheRequestHas) {
  const struct {
    std::uint64_t request, lease, merged;
  } cases[] = {{0, 0, 0}, {0, 5, 5}, {7, 0, 7}, {7, 5, 5}, {7, 9, 9}};
  for (const auto& c : cases) {
    EXPECT_EQ(merge_lease({.epoch = Epoch{c.request}}, {.lease_epoch = Epoch{c.lease}}).epoch, Epoch{c.merged});
  }
  for (const bool mine : {false, true}) {
    for (const bool leases : {false, true}) {
      const MergedLease merged =
          merge_lease({.epoch_valid = mine, .authorized = mine}, {.lease_valid = leases, .lease_granted = leases});
      EXPECT_EQ(merged.valid, mine && leases);
      EXPECT_EQ(merged.authorized, mine && leases);
    }
  }
}

}  // namespace
}  // namespace phalarope
