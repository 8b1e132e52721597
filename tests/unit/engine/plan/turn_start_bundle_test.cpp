// Turn-start bundles: each source's default, what it may change, and what fails the whole.
#include "core/engine/plan/turn_start_bundle.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "core/engine/plan/adaptive_actions.hpp"
#include "tests/unit/engine/plan/plan_samples.hpp"

namespace phalarope {
namespace {

using test::name;
using test::text;

class TurnStart : public testing::Test {
 protected:
  const TurnStartBundle& resolved(FallbackMode mode = FallbackMode::availability) {
    const auto answer = resolve_turn_start(request, sources, mode, *bundle);
    EXPECT_TRUE(answer) << describe(answer.error().fault).id;
    return *bundle;
  }
  BundleFailure refused(FallbackMode mode = FallbackMode::availability) {
    const auto answer = resolve_turn_start(request, sources, mode, *bundle);
    EXPECT_FALSE(answer);
    return answer ? BundleFailure{} : answer.error();
  }
  std::string hash_of_turn(std::string_view turn_id, Epoch epoch) {
    const auto plan = std::make_unique<ResolvedTurnPlan>();
    EXPECT_TRUE(materialize(resolved().plan, turn_id, epoch, *plan));
    return std::string(plan->plan_hash.view());
  }

  TurnStartRequest request{
      .tenant_id = {}, .session_id = "sess-vec-1", .pipeline_version = {}, .authority_epoch = Epoch{7}, .now = {}};
  TurnStartSources sources;
  std::unique_ptr<TurnStartBundle> bundle = std::make_unique<TurnStartBundle>();
};

// contract: 4.1 rows, V4
TEST_F(TurnStart, SilentSourcesGiveTheDefaultsOfTheContract) {
  const TurnStartBundle& given = resolved();
  EXPECT_EQ(given.plan.pipeline_version.view(), "pipeline-v1");
  EXPECT_EQ(given.plan.graph_definition_ref.view(), "graph/default");
  EXPECT_EQ(given.graph_fingerprint.view(), "graph-fingerprint/pipeline-v1/graph/default/simple");
  EXPECT_EQ(given.decisions.admission, AdmissionKind::admit);
  EXPECT_EQ(given.decisions.admission_scope, AdmissionScope::session);
  EXPECT_EQ(given.decisions.admission_reason, Reason::cp_admission_allowed);
  EXPECT_EQ(given.decisions.lease_epoch, Epoch{7});
  EXPECT_TRUE(given.decisions.lease_granted && given.decisions.lease_valid);
  EXPECT_EQ(given.lease_token_id.view(), "lease-ac3fceca56d72a0b");
  EXPECT_EQ(given.lease_expires_at, WallTime{} + lease_life_default);
  EXPECT_EQ(hash_of_turn("turn-vec-1", Epoch{7}), "6efe0f4e08dcfc94509d715672d0b518aff62727addf6ee129bddc221f2bf0ae");
}

TEST_F(TurnStart, RequestedVersionStandsUntilRegistryOrRolloutNameAnother) {
  request.pipeline_version = "asked";
  EXPECT_EQ(resolved().plan.pipeline_version.view(), "asked");
  sources.registry.pipeline_version = name("registered");
  EXPECT_EQ(resolved().plan.pipeline_version.view(), "registered");
  sources.rollout.pipeline_version = name("canary");
  EXPECT_EQ(resolved().plan.pipeline_version.view(), "canary");
  EXPECT_EQ(resolved().graph_fingerprint.view(), "graph-fingerprint/canary/graph/default/simple");
}

TEST_F(TurnStart, OnlyTheProfileSimplePassesAfterTrimming) {
  sources.registry.execution_profile = name(" \tsimple\n");
  EXPECT_EQ(resolved().plan.execution_profile.view(), "simple");
  for (const char* profile : {"simple/v1", "edge/v1", "Simple"}) {
    sources.registry.execution_profile = name(profile);
    EXPECT_EQ(refused(), (BundleFailure{BundleSource::normalizer, BundleFault::profile_unsupported})) << profile;
  }
}

// contract: 4.1
TEST_F(TurnStart, AdaptiveActionsAreCleanedAndOrdered) {
  const std::string_view words[] = {"fallback", "nap", "retry", "fallback", "Retry", "", "degrade"};
  sources.policy.adaptive_actions = words;
  const auto& actions = resolved().plan.allowed_adaptive_actions;
  ASSERT_EQ(actions.size(), 3U);
  EXPECT_EQ(actions[0], AdaptiveAction::retry);
  EXPECT_EQ(actions[1], AdaptiveAction::degrade);
  EXPECT_EQ(actions[2], AdaptiveAction::fallback);
}

// contract: 4.1, 4.2
TEST_F(TurnStart, AnySubsetOfTheSurfacesIsFilledToSix) {
  constexpr unsigned surface_count = 6;
  const PlanSurfaces full = test::override_template().overrides;
  for (unsigned given = 0; given < (1U << surface_count); ++given) {
    PolicyAnswer& policy = sources.policy;
    policy = {};
    if ((given & 1U) != 0) policy.surfaces.budgets = {1, 2, 3, 4};
    if ((given & 2U) != 0) policy.surfaces.provider_bindings = full.provider_bindings;
    if ((given & 4U) != 0) policy.surfaces.edge_buffer_policies = full.edge_buffer_policies;
    policy.supplied.node_execution_policies = (given & 8U) != 0;
    if ((given & 16U) != 0) policy.surfaces.flow_control = full.flow_control;
    policy.supplied.flow_control = (given & 16U) != 0;
    if ((given & 32U) != 0) policy.surfaces.recording_policy = full.recording_policy;
    policy.supplied.recording_policy = (given & 32U) != 0;
    const auto plan = std::make_unique<ResolvedTurnPlan>();
    ASSERT_TRUE(materialize(resolved().plan, "t", Epoch{1}, *plan)) << given;
    EXPECT_EQ(plan->budgets.turn_budget_ms, (given & 1U) != 0 ? 1 : 5000);
    EXPECT_EQ(plan->edge_buffer_policies[0].edge.view(), (given & 4U) != 0 ? "edge-stt->llm" : "default");
  }
}

TEST_F(TurnStart, ASurfaceThatBreaksItsRulesFailsTheBundle) {
  sources.policy.surfaces.budgets = {1, 0, 3, 4};
  EXPECT_EQ(refused(), (BundleFailure{BundleSource::policy, BundleFault::surface_invalid}));
}

// contract: 4.1, control-plane HTP-6
TEST_F(TurnStart, AStaleSourceFailsInEveryModeAndAFailedOneInStrictMode) {
  SourceState* const states[] = {&sources.registry.state,        &sources.rollout.state,
                                 &sources.graph_compiler.state,  &sources.routing_view.state,
                                 &sources.provider_health.state, &sources.policy.state,
                                 &sources.lease.state,           &sources.admission.state};
  constexpr BundleSource names[] = {
      BundleSource::registry,        BundleSource::rollout, BundleSource::graph_compiler, BundleSource::routing_view,
      BundleSource::provider_health, BundleSource::policy,  BundleSource::lease,          BundleSource::admission};
  for (std::size_t i = 0; i < std::size(states); ++i) {
    *states[i] = SourceState::stale;
    EXPECT_EQ(refused(FallbackMode::availability), (BundleFailure{names[i], BundleFault::source_stale}));
    EXPECT_EQ(refused(FallbackMode::strict), (BundleFailure{names[i], BundleFault::source_stale}));
    *states[i] = SourceState::failed;
    EXPECT_EQ(refused(FallbackMode::strict), (BundleFailure{names[i], BundleFault::source_failed}));
    ASSERT_EQ(resolved().defaulted.size(), 1U);
    EXPECT_EQ(resolved().defaulted[0], names[i]);
    *states[i] = SourceState::answered;
  }
}

TEST_F(TurnStart, AFailedSourceGivesItsDefaultAndNotItsHalfAnswer) {
  sources.registry.pipeline_version = name("half");
  sources.registry.state = SourceState::failed;
  EXPECT_EQ(resolved().plan.pipeline_version.view(), "pipeline-v1");
  sources.lease.state = SourceState::failed;
  sources.lease.granted = false;
  EXPECT_TRUE(resolved().decisions.lease_granted);
}

TEST_F(TurnStart, TheFirstSourceInOrderIsNamedAndTheBundleIsLeftAlone) {
  resolved();
  sources.admission.state = SourceState::stale;
  sources.rollout.state = SourceState::stale;
  request.pipeline_version = "other";
  EXPECT_EQ(refused().source, BundleSource::rollout);
  EXPECT_EQ(bundle->plan.pipeline_version.view(), "pipeline-v1");
  request.session_id = {};
  EXPECT_EQ(refused().fault, BundleFault::request_incomplete);
}

TEST_F(TurnStart, ALeaseThatEndsNowIsNotGranted) {
  request.now = WallTime{} + milliseconds(1000);
  sources.lease.expires_at = request.now;
  EXPECT_FALSE(resolved().decisions.lease_granted);
  sources.lease.expires_at = request.now + Duration{1};
  EXPECT_TRUE(resolved().decisions.lease_granted);
  sources.lease.expires_at.reset();
  EXPECT_EQ(resolved().lease_expires_at, request.now + lease_life_default);
}

TEST_F(TurnStart, AQuotaRejectsAboveItsLimitOnly) {
  request.tenant_id = "tenant";
  sources.admission.tokens = {.observed_per_minute = 10, .limit_per_minute = 10};
  EXPECT_EQ(resolved().decisions.admission, AdmissionKind::admit);
  EXPECT_EQ(resolved().decisions.admission_scope, AdmissionScope::tenant);
  sources.admission.tokens.observed_per_minute = 11;
  EXPECT_EQ(resolved().decisions.admission, AdmissionKind::reject);
  EXPECT_EQ(resolved().decisions.admission_reason, Reason::cp_admission_reject_quota);
  sources.admission.tokens.limit_per_minute = 0;
  EXPECT_EQ(resolved().decisions.admission, AdmissionKind::admit) << "no limit, no quota";
}

TEST_F(TurnStart, AnUnknownAdmissionRejects) {
  sources.admission.outcome_kind = "perhaps";
  EXPECT_EQ(resolved().decisions.admission, AdmissionKind::reject);
  EXPECT_EQ(resolved().decisions.admission_reason, Reason::cp_admission_reject_policy);
  sources.admission.outcome_kind = "defer";
  EXPECT_EQ(resolved().decisions.admission_reason, Reason::cp_admission_defer_capacity);
}

TEST_F(TurnStart, TextsBeyondTheirBoundsAreRefusedAndNotCut) {
  const std::string too_long(turn_id_bytes_max + 1, 's');
  request.session_id = too_long;
  EXPECT_EQ(refused(), (BundleFailure{BundleSource::lease, BundleFault::text_too_long}));
  request.session_id = "s";
  request.pipeline_version = too_long;
  EXPECT_EQ(refused(), (BundleFailure{BundleSource::registry, BundleFault::text_too_long}));
}

TEST_F(TurnStart, WhatASourceSuppliesReplacesItsDefault) {
  sources.graph_compiler.graph_fingerprint = text<plan_reference_bytes_max>("print/7");
  sources.lease.token_id = name("lease-mine");
  sources.admission.outcome_kind = "admit";
  sources.admission.scope = "tenant";
  sources.admission.reason = Reason::lease_authorized;
  const TurnStartBundle& given = resolved();
  EXPECT_EQ(given.graph_fingerprint.view(), "print/7");
  EXPECT_EQ(given.lease_token_id.view(), "lease-mine");
  EXPECT_EQ(given.decisions.admission, AdmissionKind::admit);
  EXPECT_EQ(given.decisions.admission_scope, AdmissionScope::tenant);
  EXPECT_EQ(given.decisions.admission_reason, Reason::lease_authorized);
  request.tenant_id = "tenant";
  sources.admission.scope = "session";
  EXPECT_EQ(resolved().decisions.admission_scope, AdmissionScope::session) << "said, though a tenant is known";
}

// contract: 4.1 rule 9
TEST_F(TurnStart, ASessionRateAboveItsLimitRejectsAsATokenRateDoes) {
  sources.admission.sessions = {.observed_per_minute = 3, .limit_per_minute = 2};
  EXPECT_EQ(resolved().decisions.admission_reason, Reason::cp_admission_reject_quota);
}

TEST_F(TurnStart, NodePoliciesOfThePolicyStandAlone) {
  sources.policy.surfaces.node_execution_policies = test::override_template().overrides.node_execution_policies;
  EXPECT_EQ(resolved().plan.overrides.node_execution_policies.size(), 2U);
  EXPECT_EQ(resolved().plan.overrides.budgets, simple_v1_surfaces().budgets);
}

// contract: 10.1 row 4, 4.1
TEST_F(TurnStart, ANewConfigurationIsAnotherVersionAndAnotherPlan) {
  const std::string before = hash_of_turn("t", Epoch{1});
  sources.policy.policy_resolution_snapshot = text<plan_reference_bytes_max>("policy-resolution/v2");
  EXPECT_NE(hash_of_turn("t", Epoch{1}), before) << "which version a turn ran under is part of its plan";
  const auto plan = std::make_unique<ResolvedTurnPlan>();
  ASSERT_TRUE(materialize(resolved().plan, "t", Epoch{1}, *plan));
  EXPECT_EQ(plan->snapshot_provenance.policy_resolution_snapshot.view(), "policy-resolution/v2");
}

// contract: 10.1 row 5, 4.1 row 6
TEST_F(TurnStart, ProviderHealthIsReadForEachTurnAndAStaleOneStartsNone) {
  EXPECT_EQ(resolved().plan.snapshot_provenance.provider_health_snapshot.view(), "provider-health/v1");
  sources.provider_health.provider_health_snapshot = text<plan_reference_bytes_max>("provider-health/42");
  const TurnStartBundle running = resolved();
  sources.provider_health.provider_health_snapshot = text<plan_reference_bytes_max>("provider-health/43");
  EXPECT_EQ(resolved().plan.snapshot_provenance.provider_health_snapshot.view(), "provider-health/43");
  EXPECT_EQ(running.plan.snapshot_provenance.provider_health_snapshot.view(), "provider-health/42")
      << "the running turn keeps what it was started with";
  sources.provider_health.state = SourceState::stale;
  EXPECT_EQ(refused(), (BundleFailure{BundleSource::provider_health, BundleFault::source_stale}));
}

}  // namespace
}  // namespace phalarope
