// Turn-start bundles. See turn_start_bundle.hpp.
#include "core/engine/plan/turn_start_bundle.hpp"

#include <array>
#include <charconv>

#include "core/engine/base/sha256.hpp"
#include "core/engine/plan/adaptive_actions.hpp"
#include "core/engine/plan/materialize.hpp"
#include "core/engine/plan/surface_rules.hpp"
#include "core/engine/plan/white_space.hpp"

namespace phalarope {

namespace {

constexpr std::array<BundleFaultText, bundle_fault_count> fault_table = {{
    {BundleFault::request_incomplete, "request_incomplete", "A turn-start request needs a session id."},
    {BundleFault::source_stale, "snapshot_stale", "The source's snapshot is stale; a turn never starts from one."},
    {BundleFault::source_failed, "source_failed", "The source failed, and strict mode takes no default for it."},
    {BundleFault::profile_unsupported, "profile_unsupported", "The execution profile must be exactly `simple`."},
    {BundleFault::surface_invalid, "surface_invalid", "The policy's surfaces break their rules; mend the policy."},
    {BundleFault::text_too_long, "text_too_long", "An id or reference is longer than the engine holds."},
}};

consteval bool fault_table_is_in_order() {
  for (std::size_t i = 0; i < fault_table.size(); ++i) {
    if (static_cast<std::size_t>(fault_table[i].fault) != i) return false;
  }
  return true;
}
static_assert(fault_table_is_in_order());

/// Walks the sources in order; the first failure sticks and every later step is passed over.
class BundleWalk {
 public:
  BundleWalk(const TurnStartRequest& request, FallbackMode mode) noexcept : request_(request), mode_(mode) {
    bundle_.plan = default_plan_template();
    if (request.session_id.empty()) fail(BundleSource::registry, BundleFault::request_incomplete);
  }

  void registry(const RegistryAnswer& answer) noexcept {
    PlanTemplate& plan = bundle_.plan;
    take(BundleSource::registry, request_.pipeline_version, plan.pipeline_version);
    if (!usable(BundleSource::registry, answer.state)) return;
    take(BundleSource::registry, answer.pipeline_version.view(), plan.pipeline_version);
    take(BundleSource::registry, answer.graph_definition_ref.view(), plan.graph_definition_ref);
    take(BundleSource::registry, trim_white_space(answer.execution_profile.view()), plan.execution_profile);
  }

  void normalizer() noexcept {
    if (bundle_.plan.execution_profile.view() != "simple") {
      fail(BundleSource::normalizer, BundleFault::profile_unsupported);
    }
  }

  void rollout(const RolloutAnswer& answer) noexcept {
    if (!usable(BundleSource::rollout, answer.state)) return;
    take(BundleSource::rollout, answer.pipeline_version.view(), bundle_.plan.pipeline_version);
    take(BundleSource::rollout, answer.version_resolution_snapshot.view(), snapshots().version_resolution_snapshot);
  }

  void graph_compiler(const GraphCompilerAnswer& answer) noexcept {
    const bool answered = usable(BundleSource::graph_compiler, answer.state);
    PlanTemplate& plan = bundle_.plan;
    if (answered) take(BundleSource::graph_compiler, answer.graph_definition_ref.view(), plan.graph_definition_ref);
    auto& print = bundle_.graph_fingerprint;
    if (answered && !answer.graph_fingerprint.empty()) {
      take(BundleSource::graph_compiler, answer.graph_fingerprint.view(), print);
      return;
    }
    const bool fits = print.assign_all("graph-fingerprint/", plan.pipeline_version.view(), "/",
                                       plan.graph_definition_ref.view(), "/", plan.execution_profile.view());
    PHAL_ENFORCE(fits, "the fingerprint's bound is the sum of its parts' bounds");
  }

  void routing_view(const RoutingAnswer& answer) noexcept {
    if (!usable(BundleSource::routing_view, answer.state)) return;
    take(BundleSource::routing_view, answer.routing_view_snapshot.view(), snapshots().routing_view_snapshot);
    take(BundleSource::routing_view, answer.admission_policy_snapshot.view(), snapshots().admission_policy_snapshot);
    take(BundleSource::routing_view, answer.abi_compatibility_snapshot.view(), snapshots().abi_compatibility_snapshot);
  }

  void provider_health(const HealthAnswer& answer) noexcept {
    if (!usable(BundleSource::provider_health, answer.state)) return;
    take(BundleSource::provider_health, answer.provider_health_snapshot.view(), snapshots().provider_health_snapshot);
  }

  void policy(const PolicyAnswer& answer) noexcept {
    if (!usable(BundleSource::policy, answer.state)) return;
    PlanTemplate& plan = bundle_.plan;
    take(BundleSource::policy, answer.policy_resolution_snapshot.view(), snapshots().policy_resolution_snapshot);
    if (!answer.adaptive_actions.empty()) plan.allowed_adaptive_actions = normalise_actions(answer.adaptive_actions);
    if (!fill_surfaces(answer, plan)) return;
    if (!is_valid(plan.overrides)) fail(BundleSource::policy, BundleFault::surface_invalid);
  }

  void lease(const LeaseAnswer& answer) noexcept {
    const bool answered = usable(BundleSource::lease, answer.state);
    BundleDecisions& decisions = bundle_.decisions;
    decisions.lease_epoch = request_.authority_epoch;
    bundle_.lease_expires_at = request_.now + lease_life_default;
    if (answered) {
      decisions.lease_epoch = answer.epoch.value_or(request_.authority_epoch);
      decisions.lease_valid = answer.valid.value_or(true);
      decisions.lease_granted = answer.granted.value_or(true);
      bundle_.lease_expires_at = answer.expires_at.value_or(bundle_.lease_expires_at);
      take(BundleSource::lease, answer.token_id.view(), bundle_.lease_token_id);
    }
    if (bundle_.lease_expires_at <= request_.now) decisions.lease_granted = false;
    if (bundle_.lease_token_id.empty()) name_lease(decisions.lease_epoch);
  }

  void admission(const AdmissionAnswer& answer) noexcept {
    BundleDecisions& decisions = bundle_.decisions;
    decisions.admission_scope = request_.tenant_id.empty() ? AdmissionScope::session : AdmissionScope::tenant;
    if (!usable(BundleSource::admission, answer.state)) return;
    decisions.admission = kind_of(answer.outcome_kind);
    if (answer.scope == "tenant") decisions.admission_scope = AdmissionScope::tenant;
    if (answer.scope == "session") decisions.admission_scope = AdmissionScope::session;
    decisions.admission_reason = answer.reason == Reason::none ? reason_of(decisions.admission) : answer.reason;
    if (is_over(answer.sessions) || is_over(answer.tokens)) {
      decisions.admission = AdmissionKind::reject;
      decisions.admission_reason = Reason::cp_admission_reject_quota;
    }
  }

  Result<void, BundleFailure> finish(TurnStartBundle& out) noexcept {
    if (failure_) return refuse(*failure_);
    out = bundle_;
    return {};
  }

 private:
  SnapshotProvenance& snapshots() noexcept { return bundle_.plan.snapshot_provenance; }

  void fail(BundleSource source, BundleFault fault) noexcept {
    if (!failure_) failure_ = BundleFailure{source, fault};
  }

  /// Whether the answer counts. A failed source of `availability` mode is listed, and its default stands.
  bool usable(BundleSource source, SourceState state) noexcept {
    switch (state) {
      case SourceState::answered:
        return !failure_;
      case SourceState::stale:
        fail(source, BundleFault::source_stale);
        return false;
      case SourceState::failed:
        break;
    }
    if (mode_ == FallbackMode::strict) {
      fail(source, BundleFault::source_failed);
    } else {
      PHAL_ENFORCE(bundle_.defaulted.push_back(source), "each source is asked once");
    }
    return false;
  }

  /// What a source supplies replaces the default; what it leaves empty does not.
  template <std::size_t bytes_max>
  void take(BundleSource source, std::string_view text, FixedString<bytes_max>& target) noexcept {
    if (!text.empty() && !target.assign(text)) fail(source, BundleFault::text_too_long);
  }

  /// Gaps of a subset are filled from 4.4. False when the policy supplies none: the profile's defaults stand.
  static bool fill_surfaces(const PolicyAnswer& answer, PlanTemplate& plan) noexcept {
    const PlanSurfaces& given = answer.surfaces;
    const bool budgets = given.budgets != Budgets{};
    const bool bindings = !given.provider_bindings.empty();
    const bool edges = !given.edge_buffer_policies.empty();
    const bool nodes = answer.supplied.node_execution_policies || !given.node_execution_policies.empty();
    if (!budgets && !bindings && !edges && !nodes && !answer.supplied.flow_control &&
        !answer.supplied.recording_policy) {
      return false;
    }
    PlanSurfaces& surfaces = plan.overrides;
    surfaces = simple_v1_surfaces();
    if (budgets) surfaces.budgets = given.budgets;
    if (bindings) surfaces.provider_bindings = given.provider_bindings;
    if (edges) surfaces.edge_buffer_policies = given.edge_buffer_policies;
    if (nodes) surfaces.node_execution_policies = given.node_execution_policies;
    if (answer.supplied.flow_control) surfaces.flow_control = given.flow_control;
    if (answer.supplied.recording_policy) surfaces.recording_policy = given.recording_policy;
    plan.supplied = {.node_execution_policies = true, .flow_control = true, .recording_policy = true};
    return true;
  }

  /// `lease-` and the first 16 hex digits of SHA-256(<session_id>|<epoch>).
  void name_lease(Epoch epoch) noexcept {
    constexpr std::size_t epoch_digits_max = 20;
    constexpr std::size_t token_digits = 16;
    if (request_.session_id.size() > session_id_bytes_max) {
      return fail(BundleSource::lease, BundleFault::text_too_long);
    }
    FixedString<session_id_bytes_max + 1 + epoch_digits_max> material;
    std::array<char, epoch_digits_max> digits;
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), epoch.value);
    const std::string_view number(digits.data(), static_cast<std::size_t>(written.ptr - digits.data()));
    const bool material_fits = material.assign_all(request_.session_id, "|", number);
    PHAL_ENFORCE(material_fits, "the material's bound is the sum of its parts' bounds");
    const Sha256Hex hex = to_hex(sha256(material.view()));
    const bool fits = bundle_.lease_token_id.assign_all("lease-", std::string_view(hex.data(), token_digits));
    PHAL_ENFORCE(fits, "a default token fits a name");
  }

  static AdmissionKind kind_of(std::string_view word) noexcept {
    if (word.empty() || word == "admit") return AdmissionKind::admit;
    return word == "defer" ? AdmissionKind::defer : AdmissionKind::reject;
  }
  static Reason reason_of(AdmissionKind kind) noexcept {
    switch (kind) {
      case AdmissionKind::admit:
        return Reason::cp_admission_allowed;
      case AdmissionKind::reject:
        return Reason::cp_admission_reject_policy;
      case AdmissionKind::defer:
        return Reason::cp_admission_defer_capacity;
    }
    return Reason::cp_admission_reject_policy;
  }
  static bool is_over(const QuotaRate& rate) noexcept {
    return rate.limit_per_minute > 0 && rate.observed_per_minute > rate.limit_per_minute;
  }

  // A session id travels as an interned symbol; the bound is that of a turn id.
  static constexpr std::size_t session_id_bytes_max = turn_id_bytes_max;

  const TurnStartRequest& request_;
  FallbackMode mode_;
  TurnStartBundle bundle_;
  std::optional<BundleFailure> failure_;
};

}  // namespace

const BundleFaultText& describe(BundleFault fault) noexcept {
  const auto at = static_cast<std::size_t>(fault);
  PHAL_ENFORCE(at < fault_table.size(), "a bundle fault has a row in its table");
  return fault_table[at];
}

Result<void, BundleFailure> resolve_turn_start(const TurnStartRequest& request, const TurnStartSources& sources,
                                               FallbackMode mode, TurnStartBundle& out) noexcept {
  BundleWalk walk(request, mode);
  walk.registry(sources.registry);
  walk.normalizer();
  walk.rollout(sources.rollout);
  walk.graph_compiler(sources.graph_compiler);
  walk.routing_view(sources.routing_view);
  walk.provider_health(sources.provider_health);
  walk.policy(sources.policy);
  walk.lease(sources.lease);
  walk.admission(sources.admission);
  return walk.finish(out);
}

}  // namespace phalarope
