// Materialisation against the contract's vectors, its failures and their order.
#include "core/engine/plan/materialize.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/unit/engine/plan/plan_samples.hpp"

namespace phalarope {
namespace {

using test::name;
using test::override_template;
using test::set_actions;
using test::supply_all;
using test::vector_template;

struct PlanVector {
  std::string_view id;
  PlanTemplate source;
  std::string_view turn_id;
  std::uint64_t epoch;
  std::string_view plan_hash;
  std::int64_t seed;
};

PlanTemplate with_profile(std::string_view profile) {
  PlanTemplate plan = vector_template();
  plan.execution_profile = name(profile);
  return plan;
}

PlanTemplate with_actions() {
  PlanTemplate plan = vector_template();
  set_actions(plan, {AdaptiveAction::retry, AdaptiveAction::provider_switch, AdaptiveAction::fallback});
  return plan;
}

// contract: V1, V2, V3, V4, V5, 4.2 rule 3, 4.2 rule 4, 4.3, 4.4, 9.1
TEST(Materialize, ReproducesTheVectorsOfTheContract) {
  const PlanVector vectors[] = {
      {"V1", vector_template(), "turn-vec-1", 7, "a403ded4a84690176ff607c4f46ae76b9646d4b841a4e0e6f791a5c81ad9f68d",
       7292717791243168582},
      {"V2", vector_template(), "turn-vec-1", 8, "a10b40e663c0812c480466ebc6d31efecf363a6e0c0b3635485a6e6019eedb92",
       836892192568468826},
      {"V3", with_profile(" \tsimple/v1\n"), "turn-vec-1", 7,
       "b669946a3ff42d30e9f76a215b015d41e7e69643159363d37e039a3f3d18fb63", 1652558509942910110},
      {"V4", with_actions(), "turn-vec-1", 7, "6efe0f4e08dcfc94509d715672d0b518aff62727addf6ee129bddc221f2bf0ae",
       5955952224437074164},
      {"V5", override_template(), "turn-vec-2", 0, "9bce11e04f11e8a9eaf093baaad9545fc9dd428e4ec0f037d19d74f644c2fa9c",
       5168154916630687133},
  };
  for (const PlanVector& vector : vectors) {
    ResolvedTurnPlan plan;
    ASSERT_TRUE(materialize(vector.source, vector.turn_id, Epoch{vector.epoch}, plan)) << vector.id;
    EXPECT_EQ(plan.plan_hash.view(), vector.plan_hash) << vector.id;
    EXPECT_EQ(plan.determinism.seed, vector.seed) << vector.id;
    EXPECT_EQ(plan.turn_id.view(), vector.turn_id);
    EXPECT_EQ(plan.authority_epoch, Epoch{vector.epoch});
  }
}

// contract: 9.1 rows
TEST(Materialize, IssuesTheDeterminismContext) {
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(vector_template(), "turn-vec-1", Epoch{7}, plan));
  const Determinism& determinism = plan.determinism;
  ASSERT_EQ(determinism.ordering_markers.size(), 2U);
  EXPECT_EQ(determinism.ordering_markers[0].view(), "runtime_sequence");
  EXPECT_EQ(determinism.ordering_markers[1].view(), "event_id");
  EXPECT_EQ(determinism.merge_rule_id.view(), "default-merge-rule");
  EXPECT_EQ(determinism.merge_rule_version.view(), "v1.0.0");
  ASSERT_EQ(determinism.nondeterministic_inputs.size(), 1U);
  EXPECT_EQ(determinism.nondeterministic_inputs[0].input_key.view(), "plan_hash");
  EXPECT_EQ(determinism.nondeterministic_inputs[0].source, NondeterminismSource::other);
  EXPECT_EQ(determinism.nondeterministic_inputs[0].evidence_ref.view(), plan.plan_hash.view());
}

// contract: Appendix D row 1, 9.1 row 1
TEST(Materialize, SeedMatchesItsVectorAndNeedsAHash) {
  EXPECT_EQ(issue_seed("abc123", Epoch{10}).value(), 355751073263354295);
  EXPECT_EQ(issue_seed("", Epoch{10}).error(), PlanFailure::invalid_plan);
}

// contract: 4.4 rows 1-6, D1
TEST(Materialize, TakesTheBuiltInProfileWhenNothingIsOverridden) {
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(vector_template(), "t", Epoch{0}, plan));
  EXPECT_EQ(plan.budgets, (Budgets{5000, 1500, 3000, 500}));
  const std::pair<const char*, const char*> bindings[] = {
      {"stt", "default-stt"}, {"llm", "default-llm"}, {"tts", "default-tts"}};
  ASSERT_EQ(plan.provider_bindings.size(), std::size(bindings));
  for (std::size_t i = 0; i < std::size(bindings); ++i) {
    EXPECT_EQ(plan.provider_bindings[i].modality.view(), bindings[i].first);
    EXPECT_EQ(plan.provider_bindings[i].provider.view(), bindings[i].second);
  }
  ASSERT_EQ(plan.edge_buffer_policies.size(), 1U);
  const EdgePolicy& edge = plan.edge_buffer_policies[0];
  EXPECT_EQ(edge.edge.view(), "default");
  EXPECT_EQ(edge.strategy, EdgeStrategy::drop);
  EXPECT_EQ(edge.max_queue_items, 64);
  EXPECT_EQ(edge.max_queue_ms, 300);
  EXPECT_EQ(edge.max_queue_bytes, 262144);
  EXPECT_EQ(edge.max_latency_contribution_ms, 120);
  EXPECT_EQ(edge.watermarks.queue_items, (Threshold{48, 24}));
  EXPECT_FALSE(edge.watermarks.queue_ms.present());
  EXPECT_EQ(edge.lane_handling.data_lane, EdgeStrategy::drop);
  EXPECT_EQ(edge.lane_handling.telemetry_lane, TelemetryHandling::best_effort_drop);
  EXPECT_EQ(edge.defaulting_source, DefaultingSource::execution_profile_default);
  EXPECT_TRUE(plan.node_execution_policies.empty());
  const FlowControl& flow = plan.flow_control;
  for (const FlowMode mode : {flow.data_mode, flow.control_mode, flow.telemetry_mode})
    EXPECT_EQ(mode, FlowMode::signal);
  EXPECT_EQ(flow.data_watermarks, (Threshold{100, 50}));
  EXPECT_EQ(flow.control_watermarks, (Threshold{20, 10}));
  EXPECT_EQ(flow.telemetry_watermarks, (Threshold{200, 100}));
  EXPECT_EQ(flow.data_shedding, DataShedding::drop);
  EXPECT_EQ(flow.telemetry_shedding, TelemetryShedding::sample);
  EXPECT_EQ(plan.recording_policy.recording_level, RecordingLevel::L0);
  ASSERT_EQ(plan.recording_policy.allowed_replay_modes.size(), 1U);
  EXPECT_EQ(plan.recording_policy.allowed_replay_modes[0], ReplayMode::replay_decisions);
}

// contract: 4.2 rule 1, 4.2 rule 5
TEST(Materialize, RefusesWhenSomethingRequiredIsMissing) {
  ResolvedTurnPlan plan;
  EXPECT_EQ(materialize(vector_template(), "", Epoch{0}, plan).error(), PlanFailure::missing_required);
  PlanTemplate source = vector_template();
  source.pipeline_version.clear();
  EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::missing_required);
  source = vector_template();
  source.graph_definition_ref.clear();
  EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::missing_required);
  EXPECT_EQ(materialize(with_profile(" \t "), "t", Epoch{0}, plan).error(), PlanFailure::missing_required);
  source = vector_template();
  source.adaptive_actions_present = false;
  EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::missing_required);
  PlanReference SnapshotProvenance::* const snapshots[] = {
      &SnapshotProvenance::routing_view_snapshot,      &SnapshotProvenance::admission_policy_snapshot,
      &SnapshotProvenance::abi_compatibility_snapshot, &SnapshotProvenance::version_resolution_snapshot,
      &SnapshotProvenance::policy_resolution_snapshot, &SnapshotProvenance::provider_health_snapshot};
  for (const auto snapshot : snapshots) {
    source = vector_template();
    (source.snapshot_provenance.*snapshot).clear();
    EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::missing_required);
  }
  PreparedPlan prepared;
  ASSERT_TRUE(prepare(vector_template(), prepared));
  EXPECT_EQ(materialize(prepared, "", Epoch{0}, plan).error(), PlanFailure::missing_required);
}

// contract: 4.2 rule 2
TEST(Materialize, NodePoliciesCountAsSuppliedAlsoWithoutTheirFlag) {
  PlanTemplate source = override_template();
  source.supplied.node_execution_policies = false;
  ResolvedTurnPlan plan;
  EXPECT_TRUE(materialize(source, "t", Epoch{0}, plan)) << "they are there";
  source.overrides.node_execution_policies.clear();
  EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::incomplete_overrides);
}

// contract: 4.3
TEST(Materialize, AMarkThatIsNotSetIsNotHashed) {
  PlanTemplate with_age_only = override_template();
  with_age_only.overrides.edge_buffer_policies[0].watermarks.queue_items = {};
  PreparedPlan prepared;
  ASSERT_TRUE(prepare(with_age_only, prepared));
  EXPECT_NE(prepared.tail.view().find(R"("watermarks":{"queue_ms":{"high":200,"low":50}})"), std::string_view::npos);
}

// contract: 9.1 "An empty plan hash is refused"
TEST(Materialize, ASeedNeedsAHashOfItsSizeAndAnEpochOfTheWire) {
  EXPECT_EQ(issue_seed("", Epoch{1}).error(), PlanFailure::invalid_plan);
  EXPECT_EQ(issue_seed(std::string(200, 'a'), Epoch{1}).error(), PlanFailure::invalid_plan);
  EXPECT_EQ(issue_seed("abc123", Epoch{UINT64_MAX}).error(), PlanFailure::invalid_plan);
}

// contract: 4.2 rule 2
TEST(Materialize, WantsAllSixSurfacesOrNone) {
  constexpr unsigned surface_count = 6;
  for (unsigned supplied = 0; supplied < (1U << surface_count); ++supplied) {
    PlanTemplate source = vector_template();
    const PlanTemplate full = override_template();
    if ((supplied & 1U) != 0) source.overrides.budgets = full.overrides.budgets;
    if ((supplied & 2U) != 0) source.overrides.provider_bindings = full.overrides.provider_bindings;
    if ((supplied & 4U) != 0) source.overrides.edge_buffer_policies = full.overrides.edge_buffer_policies;
    source.supplied.node_execution_policies = (supplied & 8U) != 0;
    source.supplied.flow_control = (supplied & 16U) != 0;
    source.supplied.recording_policy = (supplied & 32U) != 0;
    source.overrides.flow_control = full.overrides.flow_control;
    source.overrides.recording_policy = full.overrides.recording_policy;
    ResolvedTurnPlan plan;
    const auto result = materialize(source, "t", Epoch{0}, plan);
    if (supplied == 0 || supplied == (1U << surface_count) - 1) {
      EXPECT_TRUE(result) << supplied;
    } else {
      ASSERT_FALSE(result) << supplied;
      EXPECT_EQ(result.error(), PlanFailure::incomplete_overrides) << supplied;
    }
  }
}

// contract: 4.2
TEST(Materialize, LooksForCausesInTheOrderOfTheContract) {
  ResolvedTurnPlan plan;
  PlanTemplate source = with_profile("edge/v1");
  EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::unsupported_profile);
  source.supplied.flow_control = true;
  EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::incomplete_overrides);
  PlanSurfaces surfaces = simple_v1_surfaces();
  supply_all(source, surfaces);
  EXPECT_TRUE(materialize(source, "t", Epoch{0}, plan)) << "a complete override set needs no known profile";
  surfaces.budgets.edge_budget_ms_default = 0;
  supply_all(source, surfaces);
  set_actions(source, {AdaptiveAction::retry, AdaptiveAction::retry});
  EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::invalid_surface);
  supply_all(source, simple_v1_surfaces());
  EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::invalid_plan);
  EXPECT_EQ(materialize(source, "", Epoch{0}, plan).error(), PlanFailure::missing_required);
}

TEST(Materialize, RefusesAnEpochThatTheWireCannotSay) {
  ResolvedTurnPlan plan;
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(materialize(vector_template(), "t", Epoch{largest}, plan));
  EXPECT_EQ(materialize(vector_template(), "t", Epoch{largest + 1}, plan).error(), PlanFailure::invalid_plan);
}

TEST(Materialize, RefusesATurnIdBeyondItsBoundAndLeavesTheOutputAlone) {
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(vector_template(), "t", Epoch{1}, plan));
  const std::string too_long(turn_id_bytes_max + 1, 'x');
  EXPECT_EQ(materialize(vector_template(), too_long, Epoch{2}, plan).error(), PlanFailure::invalid_plan);
  EXPECT_EQ(plan.turn_id.view(), "t");
  EXPECT_EQ(plan.authority_epoch, Epoch{1});
  EXPECT_TRUE(materialize(vector_template(), too_long.substr(1), Epoch{2}, plan)) << "the bound itself fits";
}

TEST(Materialize, RefusesAPipelineWhoseHashTextExceedsItsBound) {
  PlanTemplate source = override_template();
  EdgePolicy edge = source.overrides.edge_buffer_policies[0];
  source.overrides.edge_buffer_policies.clear();
  const std::string padding(name_bytes_max - 2, '\x01');
  for (char i = 0; i < static_cast<char>(edge_policies_max); ++i) {
    edge.edge = name(padding + static_cast<char>('0' + i));
    edge.fairness_key = name(padding);
    edge.sync_drop_policy.sync_domain = name(padding);
    ASSERT_TRUE(source.overrides.edge_buffer_policies.push_back(edge));
  }
  ResolvedTurnPlan plan;
  EXPECT_EQ(materialize(source, "t", Epoch{0}, plan).error(), PlanFailure::invalid_plan);
}

// contract: 4.2 rule 4, I8
TEST(Materialize, GivesTheSamePlanFromAPreparedTemplate) {
  PreparedPlan prepared;
  ASSERT_TRUE(prepare(override_template(), prepared));
  ResolvedTurnPlan once;
  ResolvedTurnPlan twice;
  ASSERT_TRUE(materialize(prepared, "turn-vec-2", Epoch{0}, once));
  ASSERT_TRUE(materialize(override_template(), "turn-vec-2", Epoch{0}, twice));
  EXPECT_EQ(once.plan_hash, twice.plan_hash);
  EXPECT_EQ(once.determinism.seed, twice.determinism.seed);
}

TEST(PlanFailureTable, GivesEachFailureItsStableIdAndASentence) {
  EXPECT_EQ(describe(PlanFailure::missing_required).id, "missing_required");
  EXPECT_EQ(describe(PlanFailure::invalid_plan).id, "invalid_plan");
  for (std::size_t i = 0; i < plan_failure_count; ++i) {
    EXPECT_FALSE(describe(static_cast<PlanFailure>(i)).sentence.empty());
    EXPECT_FALSE(describe(static_cast<PlanFailure>(i)).who_can_act.empty());
  }
}

}  // namespace
}  // namespace phalarope
