// LocalAuthority: the control plane of a board on its own. It grants everything, under one lease epoch that never
// falls.
//
// The answers reach the engine as one control_snapshot event per change, so that opening a turn never waits for a reply
// and a replay sees the same answers. A fleet's authority (leases, rollout, admission) takes this place later; the
// engine cannot tell the difference. Pure; control thread. Contract: runtime.md 2.4, 4.1 (defaults), 10.2.
#pragma once

#include "core/engine/base/event.hpp"
#include "core/engine/session/session_input.hpp"

namespace phalarope::control {

class LocalAuthority {
 public:
  explicit constexpr LocalAuthority(Epoch epoch) noexcept : epoch_(epoch) {}

  /// What a session is told at its start and after each change.
  constexpr Event snapshot(std::uint16_t session_slot, Instant now, WallTime wall) const noexcept {
    Event event{};
    event.kind = EventKind::control_snapshot;
    event.session_slot = session_slot;
    event.mono_ns = now.value;
    event.wall_ns = wall.value;
    event.authority_epoch = epoch_.value;
    event.argument_a = bits_;
    event.argument_b = static_cast<std::int64_t>(epoch_.value);
    event.lane = Lane::control;
    event.scope = Scope::session;
    event.emitter = Emitter::cp_lease;
    event.set(EventFlag::internal);
    return event;
  }

  /// The owner withdraws this board's right to speak; nothing gives it back but a new epoch.
  constexpr void revoke() noexcept { bits_ &= ~control_bit(ControlBit::authorized); }
  /// A new lease: a higher epoch, everything granted. False for an epoch that is not higher.
  [[nodiscard]] constexpr bool renew(Epoch epoch) noexcept {
    if (epoch <= epoch_) return false;
    epoch_ = epoch;
    bits_ = control_all_granted;
    return true;
  }
  constexpr Epoch epoch() const noexcept { return epoch_; }

 private:
  Epoch epoch_;
  std::int64_t bits_ = control_all_granted;
};

}  // namespace phalarope::control
