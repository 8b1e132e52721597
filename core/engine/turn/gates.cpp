#include "core/engine/turn/gates.hpp"

#include "core/engine/base/enforce.hpp"

namespace phalarope {
namespace {

/// What the walk knows so far; filled from left to right.
struct Walk {
  const OpenRequest& request;
  const GateHooks& hooks;
  BundleDecisions bundle{};
  MergedLease lease{};
};

constexpr OutcomeKind kind_of(FailurePolicy policy) noexcept {
  return policy == FailurePolicy::reject ? OutcomeKind::reject : OutcomeKind::defer;
}

/// The turn if one is named, else the session: scope S of runtime.md 2.4.
DecisionOutcome pre_turn_outcome(const OpenRequest& request, OutcomeKind kind, Emitter emitter,
                                 Reason reason) noexcept {
  return {.kind = kind,
          .phase = OutcomePhase::pre_turn,
          .scope = request.turn != no_turn ? OutcomeScope::turn : OutcomeScope::session,
          .emitter = emitter,
          .reason = reason,
          .turn = request.turn,
          .epoch = std::nullopt};
}

std::optional<DecisionOutcome> check_epoch(const OpenRequest& request, bool valid, Epoch epoch) noexcept {
  if (valid) return std::nullopt;
  DecisionOutcome outcome =
      pre_turn_outcome(request, OutcomeKind::stale_epoch_reject, Emitter::authority, Reason::authority_epoch_mismatch);
  outcome.epoch = epoch;
  return outcome;
}

std::optional<DecisionOutcome> check_authority(const OpenRequest& request, bool authorized, Epoch epoch) noexcept {
  if (authorized) return std::nullopt;
  DecisionOutcome outcome = pre_turn_outcome(request, OutcomeKind::deauthorized_drain, Emitter::authority,
                                             Reason::authority_revoked_before_open);
  outcome.epoch = epoch;
  return outcome;
}

std::optional<DecisionOutcome> check_capacity(const OpenRequest& request) noexcept {
  switch (request.capacity) {
    case Capacity::allow:
      return std::nullopt;
    case Capacity::reject:
      return pre_turn_outcome(request, OutcomeKind::reject, Emitter::admission, Reason::admission_capacity_reject);
    case Capacity::defer:
      return pre_turn_outcome(request, OutcomeKind::defer, Emitter::admission, Reason::admission_capacity_defer);
  }
  return std::nullopt;
}

std::optional<DecisionOutcome> check_admission(const BundleDecisions& bundle) noexcept {
  if (bundle.admission == AdmissionKind::admit) return std::nullopt;
  const bool rejected = bundle.admission == AdmissionKind::reject;
  // A "no" without a reason of its own gets the contract's default one (runtime.md 4.1).
  const bool unnamed =
      bundle.admission_reason == Reason::none || bundle.admission_reason == Reason::cp_admission_allowed;
  const Reason reason_default = rejected ? Reason::cp_admission_reject_policy : Reason::cp_admission_defer_capacity;
  // The control plane speaks about the tenant or the session, never about a turn: no turn id.
  return DecisionOutcome{
      .kind = rejected ? OutcomeKind::reject : OutcomeKind::defer,
      .phase = OutcomePhase::pre_turn,
      .scope = bundle.admission_scope == AdmissionScope::tenant ? OutcomeScope::tenant : OutcomeScope::session,
      .emitter = Emitter::cp_admission,
      .reason = unnamed ? reason_default : bundle.admission_reason,
      .turn = no_turn,
      .epoch = std::nullopt};
}

/// Asks one gate: nothing when it is passed, its outcome when it is not.
std::optional<DecisionOutcome> ask(Gate gate, Walk& walk) noexcept {
  const OpenRequest& request = walk.request;
  switch (gate) {
    case Gate::snapshot:
      if (request.snapshot_valid) return std::nullopt;
      return pre_turn_outcome(request, kind_of(request.snapshot_failure_policy), Emitter::admission,
                              Reason::snapshot_invalid_or_missing);
    case Gate::capacity:
      return check_capacity(request);
    case Gate::epoch:
      return check_epoch(request, request.epoch_valid, request.epoch);
    case Gate::authority:
      return check_authority(request, request.authorized, request.epoch);
    case Gate::bundle: {
      const std::optional<BundleDecisions> bundle = walk.hooks.resolve_bundle();
      if (!bundle)
        return pre_turn_outcome(request, kind_of(request.plan_failure_policy), Emitter::admission,
                                Reason::turn_start_bundle_resolution_failed);
      walk.bundle = *bundle;
      walk.lease = merge_lease(request, *bundle);
      return std::nullopt;
    }
    case Gate::lease: {
      const auto stale = check_epoch(request, walk.lease.valid, walk.lease.epoch);
      return stale ? stale : check_authority(request, walk.lease.authorized, walk.lease.epoch);
    }
    case Gate::admission:
      return check_admission(walk.bundle);
    case Gate::plan:
      if (walk.hooks.materialize_plan(walk.lease.epoch)) return std::nullopt;
      return pre_turn_outcome(request, kind_of(request.plan_failure_policy), Emitter::admission,
                              Reason::plan_materialization_failed);
  }
  return std::nullopt;
}

}  // namespace

Result<GateVerdict, TurnRefusal> walk_gates(const OpenRequest& request, const GateHooks& hooks) noexcept {
  Walk walk{.request = request, .hooks = hooks, .bundle = {}, .lease = {.epoch = request.epoch}};
  for (const Gate gate : gate_order) {
    // G5 and G8 speak about a turn; a bundle is not even asked for without one.
    if (gate == Gate::bundle && request.turn == no_turn) return refuse(TurnRefusal::turn_id_required);
    const std::optional<DecisionOutcome> failure = ask(gate, walk);
    if (!failure) continue;
    PHAL_ENFORCE(is_legal(*failure), "a gate answers with a legal pre-turn outcome");
    return GateVerdict{.failed = gate, .outcome = *failure, .epoch = walk.lease.epoch};
  }
  const DecisionOutcome admit =
      pre_turn_outcome(request, OutcomeKind::admit, Emitter::admission, Reason::admission_capacity_allow);
  PHAL_ASSERT(is_legal(admit), "the admit outcome of an opened turn is legal");
  return GateVerdict{.failed = std::nullopt, .outcome = admit, .epoch = walk.lease.epoch};
}

}  // namespace phalarope
