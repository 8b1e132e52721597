// The gates before a turn: eight questions in order; the first "no" ends the walk and is the answer.
//
//   G1 snapshot ─▶ G2 capacity ─▶ G3 epoch ─▶ G4 authority ─▶ G5 bundle ─▶ G6 lease ─▶ G7 admission ─▶ G8 plan ─▶ open
//      │              │              │             │             │           │            │              │
//      ▼              ▼              ▼             ▼             ▼           ▼            ▼              ▼
//    policy      reject/defer   stale_epoch   deauthorized    policy      as G3, G4   bundle's kind    policy
//
// Invariants. (1) After the first failure no gate is asked, no bundle resolved, no plan built. (2) A snapshot or
// capacity failure hides an authority failure. (3) Every failure is a legal pre-turn outcome (decision_outcome.hpp).
// (4) All gates passed <=> a plan exists with the merged epoch.
// Pure but for the two hooks, which are asked at most once each. Engine thread. Contract: runtime.md 2.4, T2-T5a.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/function_ref.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/turn/decision_outcome.hpp"
#include "core/engine/turn/refusal.hpp"

namespace phalarope {

/// `reject` only if exactly `reject`; anything else a person writes means `defer`.
enum class FailurePolicy : std::uint8_t { defer, reject };
constexpr FailurePolicy failure_policy_of(std::string_view text) noexcept {
  return text == "reject" ? FailurePolicy::reject : FailurePolicy::defer;
}

enum class Capacity : std::uint8_t { allow, defer, reject };

/// What a proposal brings along (the request's own view of authority and capacity).
struct OpenRequest {
  TurnNumber turn = no_turn;
  Epoch epoch{};
  bool snapshot_valid = true;
  Capacity capacity = Capacity::allow;
  bool epoch_valid = true;
  bool authorized = true;
  FailurePolicy snapshot_failure_policy = FailurePolicy::defer;
  FailurePolicy plan_failure_policy = FailurePolicy::defer;
};

enum class AdmissionScope : std::uint8_t { session, tenant };
enum class AdmissionKind : std::uint8_t { admit, reject, defer };

/// The two decisions inside a resolved turn-start bundle (runtime.md 4.1 rows 8 and 9).
struct BundleDecisions {
  Epoch lease_epoch{};
  bool lease_valid = true;
  bool lease_granted = true;
  AdmissionKind admission = AdmissionKind::admit;
  AdmissionScope admission_scope = AdmissionScope::session;
  Reason admission_reason = Reason::cp_admission_allowed;
};

struct MergedLease {
  Epoch epoch{};
  bool valid = false;
  bool authorized = false;
  constexpr bool operator==(const MergedLease&) const noexcept = default;
};

/// The lease's epoch if it has one, else the request's; valid and authorized if both say so. (The contract takes the
/// lease's also when the request has none: then both are 0.)
constexpr MergedLease merge_lease(const OpenRequest& request, const BundleDecisions& bundle) noexcept {
  return {.epoch = bundle.lease_epoch.value > 0 ? bundle.lease_epoch : request.epoch,
          .valid = request.epoch_valid && bundle.lease_valid,
          .authorized = request.authorized && bundle.lease_granted};
}

/// How the walk reaches what stands outside it. Passed down the call, never stored.
struct GateHooks {
  FunctionRef<std::optional<BundleDecisions>()> resolve_bundle;  // nothing: the bundle does not resolve
  FunctionRef<bool(Epoch merged_epoch)> materialize_plan;
};

enum class Gate : std::uint8_t { snapshot, capacity, epoch, authority, bundle, lease, admission, plan };
constexpr std::size_t gate_count = 8;

/// The order of asking; arbitration is this array.
constexpr std::array<Gate, gate_count> gate_order = {Gate::snapshot, Gate::capacity, Gate::epoch,     Gate::authority,
                                                     Gate::bundle,   Gate::lease,    Gate::admission, Gate::plan};

struct GateVerdict {
  std::optional<Gate> failed = Gate::snapshot;  // nothing: all passed; a verdict nobody filled opens no turn
  DecisionOutcome outcome{};                    // the failure's, or `admit`
  Epoch epoch{};                                // the merged epoch once the lease was asked, else the request's
  constexpr bool passed() const noexcept { return !failed.has_value(); }
};

/// Walks the gates. Refused only when a turn id is needed (G5, G8) and there is none.
[[nodiscard]] Result<GateVerdict, TurnRefusal> walk_gates(const OpenRequest& request, const GateHooks& hooks) noexcept;

}  // namespace phalarope
