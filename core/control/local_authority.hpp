// LocalAuthority: the control plane of a board on its own. It answers for all nine sources of a turn-start bundle from
// what the board has (its pipeline, its one lease), so that every turn opens from a bundle like any fleet's.
//
//   pipeline ─▶ registry, policy, snapshots ┐
//   epoch ────▶ lease                       ├─▶ resolve_turn_start ─▶ plan template   (Conversation: before the engine)
//   owner's word ▶ authorized               ┘                      └▶ control_snapshot (one event: bits, epoch)
//
// The answers reach the engine as one control_snapshot event per change, so that opening a turn never waits for a reply
// and a replay sees the same answers. A fleet's authority (leases, rollout, admission) takes this place later; the
// engine cannot tell the difference. A board is its own lease authority: its lease has no end that it could miss.
//
// The normalizer asks for the profile `simple`: a pipeline's own profile is `simple` with a complete set of surfaces,
// which the policy supplies (decisions.md D1); its name stays in the plan.
// Invariants. (1) The epoch never falls. (2) A bundle that does not resolve opens no turn (T5a), and says why.
// Control thread. Contract: runtime.md 2.4, 4.1, 4.4, 10.2.
#pragma once

#include <memory>
#include <string>

#include "core/engine/base/event.hpp"
#include "core/engine/plan/turn_start_bundle.hpp"

namespace phalarope::control {

class LocalAuthority {
 public:
  /// Resolves the bundle of `session_id`'s turns at once; look at bundle() before the engine is made.
  LocalAuthority(const PlanTemplate& pipeline_plan, std::string session_id, Epoch epoch, WallTime now);

  /// The bundle that turns open from now on, or what stands in its way.
  const Result<std::shared_ptr<const TurnStartBundle>, BundleFailure>& bundle() const noexcept { return bundle_; }

  /// What a session is told at its start and after each change.
  Event snapshot(std::uint16_t session_slot, Instant now, WallTime wall) const noexcept;

  /// The owner withdraws this board's right to speak; nothing gives it back but a new epoch.
  void revoke() noexcept { authorized_ = false; }
  /// A new lease: a higher epoch, everything granted. False for an epoch that is not higher.
  [[nodiscard]] bool renew(Epoch epoch, WallTime now);
  Epoch epoch() const noexcept { return epoch_; }

 private:
  void resolve(WallTime now);

  PlanTemplate pipeline_plan_;
  std::string session_id_;
  Epoch epoch_;
  bool authorized_ = true;
  Result<std::shared_ptr<const TurnStartBundle>, BundleFailure> bundle_;
};

/// For people: source, what is wrong, in one sentence.
std::string describe(const BundleFailure& failure);

}  // namespace phalarope::control
