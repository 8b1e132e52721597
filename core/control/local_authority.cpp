#include "core/control/local_authority.hpp"

#include <array>
#include <utility>
#include <vector>

#include "core/engine/plan/plan_names.hpp"
#include "core/engine/session/session_input.hpp"

namespace phalarope::control {
namespace {

constexpr std::string_view base_profile = "simple";

std::string_view name_of(BundleSource source) {
  constexpr std::array<std::string_view, bundle_source_count> names = {
      "registry",        "normalizer", "rollout", "graph_compiler", "routing_view",
      "provider_health", "policy",     "lease",   "admission"};
  return names[static_cast<std::size_t>(source)];
}

std::vector<std::string_view> action_words(const PlanTemplate& plan) {
  std::vector<std::string_view> words;
  for (const AdaptiveAction action : plan.allowed_adaptive_actions) words.push_back(wire_name(action));
  return words;
}

/// What the board's own pipeline answers in the place of the nine sources.
std::unique_ptr<TurnStartSources> sources_of(const PlanTemplate& plan, std::span<const std::string_view> actions) {
  auto sources = std::make_unique<TurnStartSources>();
  sources->registry.pipeline_version = plan.pipeline_version;
  sources->registry.graph_definition_ref = plan.graph_definition_ref;
  static_cast<void>(sources->registry.execution_profile.assign(base_profile));
  const SnapshotProvenance& from = plan.snapshot_provenance;
  sources->rollout.version_resolution_snapshot = from.version_resolution_snapshot;
  sources->routing_view.routing_view_snapshot = from.routing_view_snapshot;
  sources->routing_view.admission_policy_snapshot = from.admission_policy_snapshot;
  sources->routing_view.abi_compatibility_snapshot = from.abi_compatibility_snapshot;
  sources->provider_health.provider_health_snapshot = from.provider_health_snapshot;
  sources->policy.policy_resolution_snapshot = from.policy_resolution_snapshot;
  sources->policy.adaptive_actions = actions;
  sources->policy.surfaces = plan.overrides;
  sources->policy.supplied = plan.supplied;
  return sources;
}

}  // namespace

LocalAuthority::LocalAuthority(const PlanTemplate& pipeline_plan, std::string session_id, Epoch epoch, WallTime now)
    : pipeline_plan_(pipeline_plan), session_id_(std::move(session_id)), epoch_(epoch) {
  resolve(now);
}

void LocalAuthority::resolve(WallTime now) {
  const TurnStartRequest request{.tenant_id = {},
                                 .session_id = session_id_,
                                 .pipeline_version = pipeline_plan_.pipeline_version.view(),
                                 .authority_epoch = epoch_,
                                 .now = now};
  const std::vector<std::string_view> actions = action_words(pipeline_plan_);
  const auto sources = sources_of(pipeline_plan_, actions);
  auto bundle = std::make_shared<TurnStartBundle>();
  if (const auto done = resolve_turn_start(request, *sources, FallbackMode::availability, *bundle); !done) {
    bundle_ = std::unexpected(done.error());
    return;
  }
  bundle->plan.execution_profile = pipeline_plan_.execution_profile;
  // An empty list cannot be told from no answer at 4.1; here it is the pipeline's own word.
  bundle->plan.allowed_adaptive_actions = pipeline_plan_.allowed_adaptive_actions;
  bundle_ = std::move(bundle);
}

bool LocalAuthority::renew(Epoch epoch, WallTime now) {
  if (epoch <= epoch_) return false;
  epoch_ = epoch;
  authorized_ = true;
  resolve(now);
  return true;
}

Event LocalAuthority::snapshot(std::uint16_t session_slot, Instant now, WallTime wall) const noexcept {
  Event event{};
  event.kind = EventKind::control_snapshot;
  event.session_slot = session_slot;
  event.mono_ns = now.value;
  event.wall_ns = wall.value;
  event.authority_epoch = epoch_.value;
  event.argument_b = static_cast<std::int64_t>(epoch_.value);
  event.lane = Lane::control;
  event.scope = Scope::session;
  event.emitter = Emitter::cp_lease;
  event.set(EventFlag::internal);
  event.argument_a = control_all_granted;
  const auto withhold = [&event](ControlBit bit) { event.argument_a &= ~control_bit(bit); };
  if (!authorized_) withhold(ControlBit::authorized);
  if (!bundle_) {
    withhold(ControlBit::bundle_resolves);
    if (bundle_.error().fault == BundleFault::source_stale) withhold(ControlBit::snapshot_valid);
    return event;
  }
  const BundleDecisions& decisions = (*bundle_)->decisions;
  event.argument_b = static_cast<std::int64_t>(decisions.lease_epoch.value);
  if (!decisions.lease_valid) withhold(ControlBit::lease_valid);
  if (!decisions.lease_granted) withhold(ControlBit::lease_granted);
  if (decisions.admission == AdmissionKind::defer) event.argument_a |= control_bit(ControlBit::admission_defer);
  if (decisions.admission == AdmissionKind::reject) event.argument_a |= control_bit(ControlBit::admission_reject);
  return event;
}

std::string describe(const BundleFailure& failure) {
  const BundleFaultText& text = phalarope::describe(failure.fault);
  return std::string(text.id) + " (" + std::string(name_of(failure.source)) + "): " + std::string(text.sentence);
}

}  // namespace phalarope::control
