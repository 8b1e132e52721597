// The built-in execution profile simple/v1 and the defaults of the turn-start bundle, as values.
//
// Changing any number here needs a new profile version: the version is a replay boundary (runtime.md 4.4, D1).
// Pure constants; any thread. Contract: runtime.md 4.1 (defaults), 4.4.
#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/materialize.hpp"

namespace phalarope {

namespace {

template <std::size_t bytes_max>
constexpr FixedString<bytes_max> text(std::string_view value) noexcept {
  FixedString<bytes_max> fixed;
  PHAL_ENFORCE(fixed.assign(value), "a built-in text fits its field");
  return fixed;
}

constexpr EdgePolicy simple_v1_edge() noexcept {
  EdgePolicy policy;
  policy.edge = text<name_bytes_max>("default");
  policy.strategy = EdgeStrategy::drop;
  policy.max_queue_items = 64;
  policy.max_queue_ms = 300;
  policy.max_queue_bytes = 262144;
  policy.max_latency_contribution_ms = 120;
  policy.watermarks.queue_items = {.high = 48, .low = 24};
  return policy;
}

constexpr PlanSurfaces make_simple_v1() noexcept {
  PlanSurfaces surfaces;
  surfaces.budgets = {.turn_budget_ms = 5000,
                      .node_budget_ms_default = 1500,
                      .path_budget_ms_default = 3000,
                      .edge_budget_ms_default = 500};
  constexpr std::string_view bindings[][2] = {{"stt", "default-stt"}, {"llm", "default-llm"}, {"tts", "default-tts"}};
  for (const auto& [modality, provider] : bindings) {
    PHAL_ENFORCE(surfaces.provider_bindings.push_back({text<name_bytes_max>(modality), text<name_bytes_max>(provider)}),
                 "three bindings fit");
  }
  PHAL_ENFORCE(surfaces.edge_buffer_policies.push_back(simple_v1_edge()), "one edge policy fits");
  surfaces.flow_control.data_watermarks = {.high = 100, .low = 50};
  surfaces.flow_control.control_watermarks = {.high = 20, .low = 10};
  surfaces.flow_control.telemetry_watermarks = {.high = 200, .low = 100};
  surfaces.flow_control.telemetry_shedding = TelemetryShedding::sample;
  PHAL_ENFORCE(surfaces.recording_policy.allowed_replay_modes.push_back(ReplayMode::replay_decisions), "one mode fits");
  return surfaces;
}

constexpr PlanSurfaces simple_v1 = make_simple_v1();

}  // namespace

const PlanSurfaces& simple_v1_surfaces() noexcept { return simple_v1; }

PlanTemplate default_plan_template() noexcept {
  PlanTemplate plan;
  plan.pipeline_version = text<name_bytes_max>("pipeline-v1");
  plan.graph_definition_ref = text<plan_reference_bytes_max>("graph/default");
  plan.execution_profile = text<name_bytes_max>("simple");
  plan.snapshot_provenance.routing_view_snapshot = text<plan_reference_bytes_max>("routing-view/v1");
  plan.snapshot_provenance.admission_policy_snapshot = text<plan_reference_bytes_max>("admission-policy/v1");
  plan.snapshot_provenance.abi_compatibility_snapshot = text<plan_reference_bytes_max>("abi-compat/v1");
  plan.snapshot_provenance.version_resolution_snapshot = text<plan_reference_bytes_max>("version-resolution/v1");
  plan.snapshot_provenance.policy_resolution_snapshot = text<plan_reference_bytes_max>("policy-resolution/v1");
  plan.snapshot_provenance.provider_health_snapshot = text<plan_reference_bytes_max>("provider-health/v1");
  plan.adaptive_actions_present = true;
  constexpr AdaptiveAction actions[] = {AdaptiveAction::retry, AdaptiveAction::provider_switch,
                                        AdaptiveAction::fallback};
  for (const AdaptiveAction action : actions) {
    PHAL_ENFORCE(plan.allowed_adaptive_actions.push_back(action), "three actions fit");
  }
  return plan;
}

}  // namespace phalarope
